// Lays masks over a frame: bits for each pixel of the clip, colours for each pixel of the screen, so that patterns and lines stay fine.
//
// One canvas holds the frame and everything over it, drawn in one go: nothing can be out of step.

import { COMBINED, fills, FIRST, GHOST, GHOSTED, LINES, MEMORY, OCCLUDER, ODDS, ODDS_SECOND, REVEALED, rims, SECOND, TILE, TRUTH, VISIBLE } from "./layers.js";
import { fillMask } from "./rle.js";

const MOST = 2.2e6; // pixels that are coloured one by one; a larger canvas is coloured in coarser ones
const SIDES = [0, 1].map((answer) => Uint16Array.from({ length: 1 << 14 }, (_, b) => {
  const own = answer ? (b & SECOND ? FIRST : 0) : b & FIRST;
  return (b & (VISIBLE | TRUTH | OCCLUDER | REVEALED | MEMORY)) | own | (b & GHOST ? GHOSTED : 0) | (((b >> (answer ? ODDS_SECOND : ODDS)) & 7) << ODDS);
}));

export class Painter {
  constructor() {
    this.sheet = document.createElement("canvas");
    this.maps = new Map();
  }

  /** Take the size of the clip. */
  take(height, width) {
    Object.assign(this, { height, width, plane: new Uint16Array(height * width), box: [0, 0, 0, 0] });
    this.maps.clear();
  }

  /** Take how layers look now; `ratio`: pixels of the screen for each of the page's. */
  look(layers, ratio) {
    this.size = TILE * (ratio >= 1.5 ? 2 : 1);
    this.looks = [0, 1].map((answer) => ({ fills: fills(layers, answer, this.size), rims: rims(layers, answer, this.size) }));
    this.image = layers.find(({ id }) => id === "image");
  }

  /**
   * Take the masks of a frame, as codes; the answers are [first, second].
   * @param masks {visible, truth, occluder, revealed, memory, ghost, answers: [code, code], odds: [[code …] or null, …]}
   */
  masks({ visible, truth, occluder, revealed, memory, ghost, answers = [], odds = [] }) {
    const { height, width, plane } = this;
    plane.fill(0);
    const box = [width, height, 0, 0];
    for (const [text, bit] of [[visible, VISIBLE], [truth, TRUTH], [occluder, OCCLUDER], [revealed, REVEALED], [memory, MEMORY], [ghost, GHOST], [answers[0], FIRST], [answers[1], SECOND]]) fillMask(text, height, width, plane, bit, box);
    odds.forEach((levels, i) => levels?.forEach((text, k) => {
      const at = i ? ODDS_SECOND : ODDS;
      fillMask(text, height, width, plane, (b) => (b & ~(7 << at)) | ((k + 1) << at), box);
    }));
    this.box = box;
  }

  /** Return the answers' bits at a pixel of the clip. */
  at(x, y, answer) {
    return SIDES[answer][this.plane[y * this.width + x]];
  }

  /**
   * Draw a frame and what lies over it into a place of a canvas, in its pixels.
   * @param pen of the canvas; its transform must be none
   * @param picture the frame, or null for the layers alone
   * @param where {x, y, width, height}
   * @param side which answer, 0 or 1; or {at}: the first left of that column, the second right of it
   */
  paint(pen, picture, where, side) {
    const { x, y, width, height } = where;
    if (picture) {
      pen.fillStyle = "#16181c";
      pen.fillRect(x, y, width, height);
      if (this.image.on) {
        pen.globalAlpha = this.image.opacity;
        pen.imageSmoothingEnabled = width < picture.width;
        pen.drawImage(picture, x, y, width, height);
        pen.globalAlpha = 1;
      }
    }
    if (this.box[2] <= this.box[0]) return;
    const coarse = Math.max(1, Math.sqrt((width * height) / MOST));
    const [w, h] = [Math.round(width / coarse), Math.round(height / coarse)];
    const found = this.over(w, h, typeof side === "number" ? side : { at: Math.round(side.at / coarse) });
    if (!found) return;
    const { data, left, top } = found;
    if (this.sheet.width < data.width || this.sheet.height < data.height) [this.sheet.width, this.sheet.height] = [w, h];
    this.sheet.getContext("2d").putImageData(data, 0, 0);
    const k = width / w;
    pen.imageSmoothingEnabled = false;
    pen.drawImage(this.sheet, 0, 0, data.width, data.height, x + left * k, y + top * (height / h), data.width * k, data.height * (height / h));
  }

  /** Return which pixel of the clip each place of a side shows. */
  map(places, of) {
    const key = `${places}/${of}`;
    if (!this.maps.has(key)) {
      if (this.maps.size > 16) this.maps.clear();
      this.maps.set(key, Int32Array.from({ length: places }, (_, i) => Math.min(of - 1, Math.floor(((i + 0.5) * of) / places))));
    }
    return this.maps.get(key);
  }

  /** Return the colours over a picture of w x h, as far as any mask reaches: {data, left, top}. */
  over(w, h, side) {
    const { box, height, plane, size, width } = this;
    const [xs, ys] = [this.map(w, width), this.map(h, height)];
    const [kx, ky] = [w / width, h / height];
    const [left, top] = [Math.max(0, Math.floor(box[0] * kx) - 2), Math.max(0, Math.floor(box[1] * ky) - 2)];
    const [right, bottom] = [Math.min(w, Math.ceil(box[2] * kx) + 2), Math.min(h, Math.ceil(box[3] * ky) + 2)];
    const [across, down] = [right - left, bottom - top];
    if (across <= 0 || down <= 0) return null;
    const data = new ImageData(across, down);
    const out = new Uint32Array(data.data.buffer);
    const split = typeof side === "number" ? (side ? left : right) : Math.min(Math.max(side.at, left), right);
    const none = new Uint16Array(across + 2);
    const rows = [new Uint16Array(across + 2), new Uint16Array(across + 2), new Uint16Array(across + 2)];
    const read = (dy, into) => {
      if (dy < 0 || dy >= h) return none;
      const base = ys[dy] * width;
      const [from, until] = [Math.max(left - 1, 0), Math.min(right + 1, w)];
      for (let x = from; x < until; x++) into[x - left + 1] = (x < split ? SIDES[0] : SIDES[1])[plane[base + xs[x]]];
      return into;
    };
    let [above, row, below] = [read(top - 1, rows[0]), read(top, rows[1]), none];
    let free = rows[2];
    for (let y = 0; y < down; y++) {
      const next = top + y + 1;
      below = next < h && ys[next] === ys[next - 1] ? row : read(next, free);
      const phases = ((top + y) % size) * size;
      for (let x = 0; x < across; x++) {
        const b = row[x + 1];
        const e = (b ^ row[x]) | (b ^ row[x + 2]) | (b ^ above[x + 1]) | (b ^ below[x + 1]);
        if (!(b | e)) continue;
        const look = this.looks[left + x < split ? 0 : 1];
        const phase = phases + ((left + x) % size);
        const lines = LINES[e & (COMBINED - 1)];
        let colour = 0;
        if (lines) {
          const inner = lines & LINES[b];
          colour = look.rims[(inner | ((lines & ~inner) << 4)) * size * size + phase];
        }
        out[y * across + x] = colour || look.fills[b * size * size + phase];
      }
      if (below !== row) {
        free = rows.find((one) => one !== row && one !== below);
        above = row;
        row = below;
      } else above = row;
    }
    return { data, left, top };
  }
}
