// One cell of the routing: a colour for each patch with the picture in ink over it, and the class token as a square below it.

import { parse } from "../canvas/colours.js";

const SIDE = 120; // pixels of a picture
const TOKEN = 18; // of the class token's square
const GAP = 6;
const HEIGHT = SIDE + GAP + TOKEN;

/** Draw a cell: `painted` has colour and strength (0..1) of each token, the class token last; `marked` is the token that is pointed at. */
export function fill(canvas, image, side, painted, marked, { surface, text, axis }) {
  if (canvas.width !== SIDE) Object.assign(canvas, { width: SIDE, height: HEIGHT });
  const pen = canvas.getContext("2d");
  pen.clearRect(0, 0, SIDE, HEIGHT);
  pen.putImageData(tinted(pen, image, side, painted, parse(surface), parse(text)), 0, 0);
  const last = painted[painted.length - 1];
  pen.fillStyle = surface;
  pen.fillRect(0, SIDE + GAP, TOKEN, TOKEN);
  pen.globalAlpha = last.strength;
  pen.fillStyle = last.colour;
  pen.fillRect(0, SIDE + GAP, TOKEN, TOKEN);
  pen.globalAlpha = 1;
  Object.assign(pen, { strokeStyle: axis, lineWidth: 1 });
  pen.strokeRect(0.5, SIDE + GAP + 0.5, TOKEN - 1, TOKEN - 1);
  if (marked === undefined || marked === null) return;
  Object.assign(pen, { strokeStyle: text, lineWidth: 2 });
  const step = SIDE / side;
  if (marked === side * side) pen.strokeRect(1, SIDE + GAP + 1, TOKEN - 2, TOKEN - 2);
  else pen.strokeRect((marked % side) * step + 1, Math.floor(marked / side) * step + 1, step - 2, step - 2);
}

/** Each patch in its colour, by its strength; what the picture shows lies over it in the page's ink. */
function tinted(pen, { shape: [h, w, c], data }, side, painted, paper, ink) {
  const made = pen.createImageData(SIDE, SIDE);
  const inks = painted.map(({ colour }) => parse(colour));
  for (let y = 0; y < SIDE; y++) {
    for (let x = 0; x < SIDE; x++) {
      const at = (Math.floor((y * h) / SIDE) * w + Math.floor((x * w) / SIDE)) * c;
      const drawn = (0.6 * (c === 1 ? data[at] : (data[at] + data[at + 1] + data[at + 2]) / 3)) / 255;
      const token = Math.floor((y * side) / SIDE) * side + Math.floor((x * side) / SIDE);
      const { strength } = painted[token];
      const i = 4 * (y * SIDE + x);
      for (let k = 0; k < 3; k++) made.data[i + k] = (paper[k] * (1 - strength) + inks[token][k] * strength) * (1 - drawn) + ink[k] * drawn;
      made.data[i + 3] = 255;
    }
  }
  return made;
}

export const picture = {
  /** Return the token at a place of a cell, in 0..1 both ways; null between them. */
  token(x, y, side) {
    const down = y * HEIGHT;
    if (x < 0 || x >= 1 || down < 0) return null;
    if (down < SIDE) return Math.min(side - 1, Math.floor((down * side) / SIDE)) * side + Math.min(side - 1, Math.floor(x * side));
    return down >= SIDE + GAP && x * SIDE <= TOKEN ? side * side : null;
  },

  /** Return all cells as one SVG: {text, width, height}. */
  svg(cells, names, steps, { text, muted, font, background }, title) {
    const [left, top, wide, high] = [190, 52, SIDE + 14, HEIGHT + 12];
    const [width, height] = [left + steps.length * wide, top + cells.length * high];
    const safe = (word) => word.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
    const words = (x, y, word, size, colour, weight = 400) => `<text x="${x}" y="${y}" font-size="${size}" fill="${colour}" font-weight="${weight}">${safe(word)}</text>`;
    const heads = steps.map((word, i) => words(left + i * wide, top - 8, word, 12, muted)).join("");
    const rows = cells.map((row, i) => lines(names[i]).map((line, k) => words(0, top + i * high + 18 + 16 * k, line, 13, text, k ? 400 : 600)).join("") + row.map((canvas, j) => `<image x="${left + j * wide}" y="${top + i * high}" width="${SIDE}" height="${HEIGHT}" href="${canvas.toDataURL()}"/>`).join("")).join("");
    return { text: `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="${font.replaceAll('"', "'")}"><rect width="${width}" height="${height}" fill="${background}"/>${words(0, 18, title, 15, text, 600)}${heads}${rows}</svg>`, width, height };
  },
};

/** Break a name into lines of about 26 letters. */
function lines(name) {
  const found = [""];
  for (const word of name.split(" ")) {
    if ((found[found.length - 1] + word).length > 26) found.push("");
    found[found.length - 1] += `${word} `;
  }
  return found.map((line) => line.trim());
}
