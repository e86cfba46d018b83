// People on the plane as pixels: dots while few are in sight, cells of a density beyond; and who stands in the wedge.

import { parse } from "../canvas/colours.js";

export const DOTS = 30_000; // people in sight up to which each is a dot
const CELL = 3; // pixels of a cell of the density
const MAGIC = "TSH1";
const pixels = new WeakMap();

/** Return header and arrays of a packed block (see engine/plots/planes.py). */
export function unpack(data) {
  const bytes = data instanceof Uint8Array ? data : new Uint8Array(data.buffer || data, data.byteOffset || 0, data.byteLength);
  const aligned = bytes.byteOffset % 4 ? bytes.slice() : bytes;
  const start = aligned.byteOffset;
  if (new TextDecoder().decode(aligned.subarray(0, 4)) !== MAGIC) throw new Error("not a plane");
  const length = new DataView(aligned.buffer, start).getUint32(4, true);
  const header = JSON.parse(new TextDecoder().decode(aligned.subarray(8, 8 + length)));
  const n = header.count;
  const at = start + 8 + length;
  return {
    ...header,
    f: new Float32Array(aligned.buffer, at, n),
    g: new Float32Array(aligned.buffer, at + 4 * n, n),
    members: new Uint8Array(aligned.buffer, at + 8 * n, n),
    labels: new Uint8Array(aligned.buffer, at + 9 * n, n),
  };
}

/** Whether the line accepts; rounded as engine/heads/merge.py rounds, so that nobody is decided otherwise here than there. */
export const accepts = (f, g, { b, c }) => Math.fround(f + b * g) + c > 0;

/**
 * Return who is decided otherwise by the line than by the score alone, and for each group how many there are, are accepted by the score alone, by the
 * line, only now, no more, and how many are decided rightly.
 */
export function tally(people, line) {
  const { f, g, members, labels, groups } = people;
  const { b, c } = line;
  const moved = new Int32Array(f.length);
  const cells = new Int32Array(8 * groups.length); // group, before, now, outcome
  let m = 0;
  for (let i = 0; i < f.length; i++) {
    const before = f[i] > 0 ? 4 : 0;
    const now = Math.fround(f[i] + b * g[i]) + c > 0 ? 2 : 0;
    cells[8 * members[i] + before + now + labels[i]]++;
    if (now * 2 !== before) moved[m++] = i;
  }
  const counts = groups.map((group, k) => {
    const [dd0, dd1, du0, du1, ud0, ud1, uu0, uu1] = cells.subarray(8 * k, 8 * k + 8);
    const n = dd0 + dd1 + du0 + du1 + ud0 + ud1 + uu0 + uu1;
    return { group, n, before: ud0 + ud1 + uu0 + uu1, now: du0 + du1 + uu0 + uu1, up: du0 + du1, down: ud0 + ud1, right: dd0 + du1 + ud0 + uu1 };
  });
  return { counts, moved: moved.subarray(0, m) };
}

/** Return how many people are in sight. */
export function inSight(people, plane) {
  const { x0, x1, y0, y1 } = plane.view;
  let seen = 0;
  for (let i = 0; i < people.f.length; i++) if (people.f[i] >= x0 && people.f[i] <= x1 && people.g[i] >= y0 && people.g[i] <= y1) seen++;
  return seen;
}

/**
 * Paint people into a canvas as large as the drawing's box; its pixels are kept from one painting to the next.
 * @param rows who is painted
 * @param strength opacity, 0 to 1
 */
export function paintPeople(canvas, people, plane, { dense, rows, strength, colours, focus }) {
  const { box, ratio, view } = plane;
  const [wide, high] = [Math.max(1, Math.round(box.width * ratio)), Math.max(1, Math.round(box.height * ratio))];
  if (canvas.width !== wide || canvas.height !== high) [canvas.width, canvas.height] = [wide, high];
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  const [kx, ky] = [canvas.width / (view.x1 - view.x0), canvas.height / (view.y1 - view.y0)];
  const place = { kx, ky, x0: view.x0, y1: view.y1, width: canvas.width, height: canvas.height };
  const image = pixels.get(canvas)?.width === wide && pixels.get(canvas).height === high ? pixels.get(canvas) : pen.createImageData(wide, high);
  pixels.set(canvas, image);
  image.data.fill(0);
  if (dense) cells(image, people, place, { rows, strength, colours, focus, cell: Math.round(CELL * ratio) });
  else dots(image, people, place, { rows, strength, colours, focus, radius: 2.1 * ratio });
  pen.putImageData(image, 0, 0);
}

/** Mark along the lower edge which score a typical member of each group needs: a triangle in the group's colour, at a probability. */
export function markThresholds(pen, plane, thresholds, colours) {
  const foot = plane.box.top + plane.box.height - 1;
  thresholds.forEach((p, k) => {
    const x = plane.pixelX(Math.log(p / (1 - p)));
    if (!Number.isFinite(x)) return;
    pen.beginPath();
    [[x - 6, foot], [x, foot - 12], [x + 6, foot]].forEach(([px, py], i) => (i ? pen.lineTo(px, py) : pen.moveTo(px, py)));
    pen.closePath();
    pen.fillStyle = colours[k];
    pen.fill();
    pen.strokeStyle = plane.theme.background;
    pen.lineWidth = 1;
    pen.stroke();
  });
}

function dots(image, { f, g, members }, { kx, ky, x0, y1, width, height }, { rows, strength, colours, focus, radius }) {
  const reach = Math.ceil(radius);
  const mask = [];
  for (let dy = -reach; dy <= reach; dy++) for (let dx = -reach; dx <= reach; dx++) if (dx * dx + dy * dy <= radius * radius) mask.push([dx, dy]);
  const inks = colours.map(parse);
  const { data } = image;
  for (const i of rows) {
    if (focus >= 0 && members[i] !== focus) continue;
    const x = Math.round((f[i] - x0) * kx);
    const y = Math.round((y1 - g[i]) * ky);
    if (x < -reach || y < -reach || x >= width + reach || y >= height + reach) continue;
    const [red, green, blue] = inks[members[i]];
    for (const [dx, dy] of mask) {
      const [px, py] = [x + dx, y + dy];
      if (px < 0 || py < 0 || px >= width || py >= height) continue;
      const at = 4 * (py * width + px);
      const under = data[at + 3] / 255;
      const alpha = strength + under * (1 - strength);
      const share = strength / alpha;
      data[at] += (red - data[at]) * share;
      data[at + 1] += (green - data[at + 1]) * share;
      data[at + 2] += (blue - data[at + 2]) * share;
      data[at + 3] = 255 * alpha;
    }
  }
}

function cells(image, { f, g, members }, { kx, ky, x0, y1, width, height }, { rows, strength, colours, focus, cell }) {
  const columns = Math.ceil(width / cell);
  const size = columns * Math.ceil(height / cell);
  const all = new Uint32Array(size);
  const of = colours.map(() => new Uint32Array(size)); // each group's share of a cell is its share of the colour
  for (const i of rows) {
    if (focus >= 0 && members[i] !== focus) continue;
    const x = (f[i] - x0) * kx;
    const y = (y1 - g[i]) * ky;
    if (x < 0 || y < 0 || x >= width || y >= height) continue;
    const at = Math.floor(y / cell) * columns + Math.floor(x / cell);
    all[at]++;
    of[members[i]][at]++;
  }
  let most = 1;
  for (const n of all) if (n > most) most = n;
  const parsed = colours.map(parse);
  const shade = (at, channel) => Math.round(parsed.reduce((sum, ink, k) => sum + ink[channel] * of[k][at], 0) / all[at]);
  const scale = 1 / Math.log1p(most);
  const inks = new Uint32Array(image.data.buffer);
  for (let at = 0; at < all.length; at++) {
    if (!all[at]) continue;
    const [red, green, blue] = [shade(at, 0), shade(at, 1), shade(at, 2)];
    const alpha = Math.round(255 * strength * (0.18 + 0.82 * Math.log1p(all[at]) * scale));
    const ink = ((alpha << 24) | (blue << 16) | (green << 8) | red) >>> 0;
    const [left, top] = [(at % columns) * cell, Math.floor(at / columns) * cell];
    const right = Math.min(width, left + cell);
    for (let y = top; y < Math.min(height, top + cell); y++) inks.fill(ink, y * width + left, y * width + right);
  }
}
