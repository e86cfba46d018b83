// A scatter of up to 50 000 networks with intervals, fed by the bytes of engine/plots/points.py. `mount` runs anywhere.

import { make, Plane } from "../canvas/canvas.js";
import { component } from "../canvas/streamlit.js";
import { count, interval, scale } from "../canvas/scales.js";
import { outline } from "../canvas/symbols.js";
import { BARS, cut, inside, Painting, range } from "./painting.js";

const MAGIC = "TSP1";
const ROWS = 200; // table rows at first
const CELL = 24; // pixels of the grid that finds points
const FEW_LABELS = 14; // legend entries

/** Return header and arrays of a packed block (ArrayBuffer or a view of one). */
export function unpack(data) {
  const bytes = data instanceof Uint8Array ? data : new Uint8Array(data.buffer || data, data.byteOffset || 0, data.byteLength);
  const aligned = bytes.byteOffset % 4 ? bytes.slice() : bytes;
  const buffer = aligned.buffer;
  const start = aligned.byteOffset;
  const view = new DataView(buffer, start);
  if (new TextDecoder().decode(aligned.subarray(0, 4)) !== MAGIC) throw new Error("not points");
  const length = view.getUint32(4, true);
  const header = JSON.parse(new TextDecoder().decode(aligned.subarray(8, 8 + length)));
  let offset = 8 + length;
  const arrays = {};
  for (const name of header.arrays) {
    arrays[name] = new Float32Array(buffer, start + offset, header.count);
    offset += 4 * header.count;
  }
  const colours = header.colours ? new Uint8Array(buffer, start + offset, header.count) : null;
  const ids = names(header.ids);
  return { ...header, ...arrays, ids, labels: names(header.labels) || ids, xAxis: header.x, yAxis: header.y, x: arrays.x, y: arrays.y, groupOf: colours };
}

/** Return names that were written as what each does not share with the one before it. */
function names(given) {
  if (!given?.shared) return given;
  let last = "";
  return given.shared.split("\n").map((line) => (last = last.slice(0, line.charCodeAt(0) - 33) + line.slice(1)));
}

/** Mount a scatter in an element or shadow root. Returns {update(data), destroy(), plane}. */
export function mount(host, { data, onOpen = () => {}, onRegion = () => {} }) {
  const client = new Scatter(onOpen, onRegion);
  const plane = new Plane(host, client);
  client.plane = plane;
  const update = (next, handlers = {}) => {
    client.onOpen = handlers.onOpen || client.onOpen;
    client.onRegion = handlers.onRegion || client.onRegion;
    client.take(next);
  };
  update(data);
  return { update, destroy: () => plane.destroy(), plane, client };
}

class Scatter extends Painting {
  constructor(onOpen, onRegion) {
    super();
    Object.assign(this, { onOpen, onRegion, points: null, chosen: null, shown: null, sprites: new Map(), rows: ROWS, focus: -1 });
  }

  // ---- data ---------------------------------------------------------------------------------------------------------------------

  take(data) {
    const first = !this.points;
    if (data !== this.data) {
      this.data = data;
      this.points = unpack(data);
      this.transform();
      this.rows = ROWS;
      if (this.focus >= this.points.groups.length) this.focus = -1;
    }
    this.plane.stage.style.height = `${this.points.height || 460}px`;
    if (first && this.points.region) this.plane.brush = this.pathOf(this.points.region);
    this.choose();
    this.fillLegend();
    this.plane.refresh();
    this.fillFoot();
  }

  transform() {
    const { points } = this;
    this.sx = scale(points.xAxis.scale, points.epsilon);
    this.sy = scale(points.yAxis.scale, points.epsilon);
    const along = (values, { to }) => values && Float64Array.from(values, to);
    this.px = along(points.x, this.sx);
    this.py = along(points.y, this.sy);
    this.bounds = { xl: along(points.x_low, this.sx), xh: along(points.x_high, this.sx), yl: along(points.y_low, this.sy), yh: along(points.y_high, this.sy) };
    this.grid = null;
    const n = points.count;
    this.radius = n <= 200 ? 5 : n <= 1000 ? 4 : n <= 6000 ? 3 : 2.4;
    this.alpha = n <= 200 ? 0.95 : n <= 1000 ? 0.85 : n <= 6000 ? 0.65 : 0.45;
  }

  size() {
    return this.points.count;
  }

  extent() {
    const [x, y] = [this.range(this.px, this.sx, this.points.xAxis), this.range(this.py, this.sy, this.points.yAxis)];
    return { x0: x[0], x1: x[1], y0: y[0], y1: y[1], fixed: Boolean(this.points.xAxis.within && this.points.yAxis.within) };
  }

  range(places, { to }, axis) {
    if (axis.within) return axis.within.map(to);
    let [low, high] = [Infinity, -Infinity];
    for (const v of places) {
      if (v < low) low = v;
      if (v > high) high = v;
    }
    if (!(high >= low)) [low, high] = [to(0.1), to(0.9)];
    const edge = 0.06 * (high - low) || 0.05 * Math.abs(high) || 0.5;
    return [low - edge, high + edge];
  }

  name() {
    return this.points.name || `${this.points.yAxis.title} against ${this.points.xAxis.title}`;
  }

  label() {
    const said = this.points.alt || `Scatter of ${this.points.yAxis.title} against ${this.points.xAxis.title}.`;
    return `${said} ${count(this.points.count)} points.`;
  }

  margin(width) {
    return { left: width < 480 ? 54 : 60, right: 12, bottom: 44 };
  }

  // ---- answers to the plane -----------------------------------------------------------------------------------------------------

  at(i) {
    return [this.plane.pixelX(this.px[i]), this.plane.pixelY(this.py[i])];
  }

  /** Points by cells of the screen, made when first asked after a paint. */
  cells() {
    if (this.grid) return this.grid;
    const { box } = this.plane;
    const [columns, rows] = [Math.ceil(box.width / CELL) + 1, Math.ceil(box.height / CELL) + 1];
    const of = new Int32Array(this.px.length).fill(-1);
    const starts = new Int32Array(columns * rows + 1);
    for (let i = 0; i < of.length; i++) {
      const [x, y] = this.at(i);
      if (!inside(box, x, y, 0)) continue;
      of[i] = Math.floor((y - box.top) / CELL) * columns + Math.floor((x - box.left) / CELL);
      starts[of[i] + 1]++;
    }
    for (let c = 1; c < starts.length; c++) starts[c] += starts[c - 1];
    const next = starts.slice();
    const order = new Int32Array(starts[starts.length - 1]);
    for (let i = 0; i < of.length; i++) if (of[i] >= 0) order[next[of[i]]++] = i;
    this.grid = { columns, rows, starts, order };
    return this.grid;
  }

  near(x, y, reach) {
    const { box } = this.plane;
    const { columns, rows, starts, order } = this.cells();
    const span = Math.ceil(reach / CELL);
    const [cx, cy] = [Math.floor((x - box.left) / CELL), Math.floor((y - box.top) / CELL)];
    let [best, least] = [-1, reach * reach];
    for (let row = Math.max(0, cy - span); row <= Math.min(rows - 1, cy + span); row++) {
      for (let column = Math.max(0, cx - span); column <= Math.min(columns - 1, cx + span); column++) {
        const cell = row * columns + column;
        for (let k = starts[cell]; k < starts[cell + 1]; k++) {
          const [px, py] = this.at(order[k]);
          const d = (px - x) ** 2 + (py - y) ** 2;
          if (d <= least && this.strength(order[k]) === 1) [best, least] = [order[k], d];
        }
      }
    }
    return best;
  }

  /** The nearest point in a direction: within 45 degrees of it first, else within 90. */
  step(from, dx, dy) {
    const [x, y] = this.at(from);
    let [best, least] = [from, Infinity];
    for (let i = 0; i < this.px.length; i++) {
      if (i === from || this.strength(i) !== 1) continue;
      const [px, py] = this.at(i);
      const ahead = (px - x) * dx + (py - y) * dy;
      const aside = Math.abs((px - x) * dy + (py - y) * dx);
      if (ahead <= 0 && !(ahead === 0 && aside === 0 && i > from)) continue;
      const cost = ahead + (aside > ahead ? 4 : 1) * aside;
      if (cost < least) [best, least] = [i, cost];
    }
    return best;
  }

  ends() {
    let [low, high] = [-1, -1];
    for (let i = 0; i < this.px.length; i++) {
      if (this.strength(i) !== 1) continue;
      if (low < 0 || this.px[i] < this.px[low]) low = i;
      if (high < 0 || this.px[i] > this.px[high]) high = i;
    }
    return [low, high];
  }

  middle() {
    const { left, top, width, height } = this.plane.box;
    return this.nearestTo(left + width / 2, top + height / 2);
  }

  nearestTo(x, y) {
    let [best, least] = [-1, Infinity];
    for (let i = 0; i < this.px.length; i++) {
      if (this.strength(i) !== 1) continue;
      const [px, py] = this.at(i);
      const d = (px - x) ** 2 + (py - y) ** 2;
      if (d < least) [best, least] = [i, d];
    }
    return best;
  }

  texts(i) {
    const { points } = this;
    const read = (name) => (points[name] ? points[name][i] : NaN);
    return {
      x: interval(points.x[i], read("x_low"), read("x_high"), read("x_n"), points.xAxis.unit),
      y: interval(points.y[i], read("y_low"), read("y_high"), read("y_n"), points.yAxis.unit),
      group: points.groupOf ? points.groups[points.groupOf[i]][0] : "",
    };
  }

  say(i) {
    const { x, y } = this.texts(i);
    const { points } = this;
    return `${points.labels[i]}. ${points.xAxis.title}: ${x}. ${points.yAxis.title}: ${y}.`;
  }

  tip(i) {
    const { x, y, group } = this.texts(i);
    const { points } = this;
    const row = (name, value) => make("div", {}, make("small", {}, `${name} `), value);
    const under = group !== points.labels[i] ? group : "";
    return [make("b", {}, points.labels[i]), row(points.xAxis.title, x), row(points.yAxis.title, y), ...(under ? [make("small", {}, under)] : [])];
  }

  open(i) {
    this.onOpen(this.points.ids[i]);
  }

  // ---- brush --------------------------------------------------------------------------------------------------------------------

  /** The brush changed: mark what it holds and send its region, never the points. */
  brushed(path, kind) {
    this.choose();
    this.fillFoot();
    this.onRegion(path ? this.regionOf(path, kind) : null);
  }

  regionOf(path, kind) {
    const back = ([x, y]) => [this.sx.from(x), this.sy.from(y)].map((v) => Number(v.toPrecision(7)));
    if (kind === "box") {
      const [xs, ys] = [0, 1].map((k) => path.map((p) => back(p)[k]).sort((a, b) => a - b));
      return { kind, x: [xs[0], xs[xs.length - 1]], y: [ys[0], ys[ys.length - 1]] };
    }
    return { kind: "lasso", path: thinned(path, 64).map(back), scales: [this.points.xAxis.scale, this.points.yAxis.scale] };
  }

  pathOf(region) {
    const corners = region.kind === "box" ? [[0, 0], [1, 0], [1, 1], [0, 1]].map(([i, j]) => [region.x[i], region.y[j]]) : region.path;
    return corners.map(([x, y]) => [this.sx.to(x), this.sy.to(y)]);
  }

  choose() {
    const path = this.plane.brush;
    this.chosen = path ? Uint8Array.from(this.px, (x, i) => within(path, x, this.py[i])) : null;
  }

  // ---- words around the figure --------------------------------------------------------------------------------------------------

  fillFoot() {
    const { points, chosen } = this;
    const parts = [`${count(points.count)} points`];
    if (points.hidden) parts.push(`${count(points.hidden)} not shown: not measured or undefined`);
    if (points.count > BARS && points.x_low) parts.push("intervals on hover");
    const said = make("span", {}, parts.join(" · "));
    if (!chosen) return this.plane.foot.replaceChildren(said);
    const held = chosen.reduce((a, b) => a + b, 0);
    const clear = make("button", { type: "button", "data-tool": "clear", onclick: () => this.plane.setBrush(null) }, "clear");
    return this.plane.foot.replaceChildren(said, make("span", {}, `${count(held)} of ${count(points.count)} selected`), clear);
  }

  fillLegend() {
    const { groups } = this.points;
    const buttons = groups.slice(0, FEW_LABELS).map(([name, slot, symbol], g) => {
      const mark = make("canvas", { width: 28, height: 28, style: "width:14px;height:14px", "aria-hidden": "true" });
      const button = make("button", { type: "button", title: `Show only ${name}`, "aria-pressed": String(this.focus === g), onclick: () => this.toggle(g) }, mark, make("span", {}, name));
      button.draw = (theme) => {
        const pen = mark.getContext("2d");
        pen.clearRect(0, 0, 28, 28);
        pen.beginPath();
        outline(pen, symbol, 14, 14, 9);
        pen.fillStyle = theme.categorical[slot % theme.categorical.length];
        pen.fill();
      };
      return button;
    });
    const rest = groups.length - buttons.length;
    this.plane.legend.replaceChildren(...(groups.length > 1 || groups[0]?.[0] ? buttons : []), ...(rest > 0 ? [make("span", {}, `and ${rest} more`)] : []));
    this.legendMarks = buttons;
  }

  /** The theme is known: colour what stands beside the drawing. */
  coloured(theme) {
    for (const button of this.legendMarks || []) button.draw(theme);
  }

  toggle(group) {
    this.focus = this.focus === group ? -1 : group;
    this.fillLegend();
    this.plane.repaint();
  }

  legendRows(width) {
    const { groups } = this.points;
    const rows = [[]];
    let used = 0;
    for (const [name, slot, symbol] of groups.length > 1 || groups[0]?.[0] ? groups : []) {
      const wide = 28 + 6.6 * name.length;
      if (used + wide > width - 20 && rows[rows.length - 1].length) {
        rows.push([]);
        used = 0;
      }
      rows[rows.length - 1].push({ name, slot, symbol, x: 10 + used });
      used += wide;
    }
    return rows.filter((row) => row.length);
  }

  legendHeight(width) {
    return 30 + 18 * this.legendRows(width).length;
  }

  paintLegend(pen, plane) {
    pen.fillStyle = plane.theme.text;
    pen.font = `600 14px ${plane.theme.font}`;
    pen.textAlign = "left";
    pen.textBaseline = "middle";
    pen.fillText(cut(this.name(), plane.width - 16, 14), 8, 16);
    pen.font = `12px ${plane.theme.font}`;
    this.legendRows(plane.width).forEach((row, r) => {
      for (const { name, slot, symbol, x } of row) {
        pen.beginPath();
        outline(pen, symbol, x + 4, 38 + 18 * r, 4.5);
        pen.fillStyle = plane.theme.categorical[slot % plane.theme.categorical.length];
        pen.fill();
        pen.fillStyle = plane.theme.text;
        pen.fillText(name, x + 13, 38 + 18 * r);
      }
    });
  }

  table() {
    const { points, chosen } = this;
    const order = range(points.count, (i) => i).filter((i) => !chosen || chosen[i]).sort((a, b) => points.y[b] - points.y[a]);
    const head = make("tr", {}, ...["", points.xAxis.title, points.yAxis.title].map((text) => make("th", { scope: "col" }, text)));
    head.firstChild.replaceWith(make("td", {}));
    const rows = order.slice(0, this.rows).map((i) => {
      const { x, y } = this.texts(i);
      const name = make("button", { type: "button", onclick: () => this.open(i) }, points.labels[i]);
      return make("tr", {}, make("th", { scope: "row" }, name), make("td", {}, x), make("td", {}, y));
    });
    const more = () => {
      this.rows += ROWS;
      this.plane.fillTable();
    };
    const foot = order.length > rows.length ? [make("button", { type: "button", onclick: more }, `${count(rows.length)} of ${count(order.length)} shown: show more`)] : [];
    return [make("table", {}, make("thead", {}, head), make("tbody", {}, ...rows)), ...foot];
  }
}


/** Whether a polygon holds a place, by the parity of crossings of a ray to the right. */
function within(path, x, y) {
  let held = 0;
  for (let i = 0, j = path.length - 1; i < path.length; j = i++) {
    const [[ax, ay], [bx, by]] = [path[j], path[i]];
    if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) held ^= 1;
  }
  return held;
}

function thinned(path, most) {
  if (path.length <= most) return path;
  return range(most, (i) => path[Math.floor((i * path.length) / most)]);
}

// ---- Streamlit ------------------------------------------------------------------------------------------------------------------

const handlers = ({ setStateValue, setTriggerValue }) => ({
  onOpen: (id) => setTriggerValue("open", id),
  onRegion: (region) => setStateValue("region", region),
});

export default component((given) => {
  const scatter = mount(given.parentElement, { data: given.data, ...handlers(given) });
  return { update: (next) => scatter.update(next.data, handlers(next)), destroy: scatter.destroy };
});
