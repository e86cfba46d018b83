// The adjacency matrix: who listens (rows) to whom (columns), modules in one order, the same edges as in the graph.

import { letter, ranked } from "./model.js";
import { LEVELS, levelOf, shades } from "./graph.js";
import { packed } from "./pixels.js";
import { SLIP, Stage } from "./stage.js";

const BAND = 12; // pixels of the bars that show communities
const HOLLOW = 5; // pixels from which on a cell whose value is below 0 is a frame

export class Matrix extends Stage {
  /** @param told {hover(node, other), choose(nodes, add), edge(edge)} */
  constructor(told) {
    super(told, "adjacency matrix", "stage square");
    this.cell = null;
    this.listen();
  }

  listen() {
    const at = (event) => this.at(event);
    this.root.addEventListener("pointerdown", (event) => {
      this.root.setPointerCapture(event.pointerId);
      this.from = at(event);
      this.drag = null;
    });
    this.root.addEventListener("pointermove", (event) => {
      const [x, y] = at(event);
      if (this.from && Math.hypot(x - this.from[0], y - this.from[1]) > SLIP) this.drag = [x, y];
      this.cell = this.under(x, y);
      this.told.hover(this.cell ? this.cell.row ?? this.cell.column : -1);
    });
    this.root.addEventListener("pointerup", (event) => {
      const [x, y] = at(event);
      if (this.drag) this.told.choose(this.brushed(this.from, [x, y]), event.shiftKey);
      else this.click(this.under(x, y), event.shiftKey);
      this.from = this.drag = null;
    });
    this.root.addEventListener("pointercancel", () => (this.from = this.drag = null));
    this.root.addEventListener("pointerleave", () => {
      this.cell = null;
      this.told.hover(-1);
    });
    this.root.addEventListener("keydown", (event) => this.key(event));
  }

  key(event) {
    const move = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
    const { order, place, n } = this.made;
    if (move) {
      const [row, column] = this.cell?.row !== undefined && this.cell?.column !== undefined ? [place[this.cell.row], place[this.cell.column]] : [0, 0];
      const inside = (v) => Math.min(n - 1, Math.max(0, v));
      this.cell = { row: order[inside(row + move[0])], column: order[inside(column + move[1])] };
      this.told.hover(this.cell.row);
    } else if (event.key === "Enter" && this.cell) this.click(this.cell, event.shiftKey);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  click(cell, add) {
    if (!cell) return;
    this.told.choose([...new Set([cell.row, cell.column].filter((i) => i !== undefined))], add);
  }

  take(made) {
    this.made = made;
    this.resize();
  }

  resize() {
    this.size = Math.min(this.root.clientWidth || 300, this.root.clientHeight || 300);
    this.side = Math.max(1, this.size - BAND - 1);
  }

  /** The modules under a place: a row, a column, or both. */
  under(x, y) {
    const { order, n } = this.made;
    const number = (v) => (v >= BAND && v < BAND + this.side ? order[Math.min(n - 1, Math.floor(((v - BAND) / this.side) * n))] : undefined);
    const [column, row] = [number(x), number(y)];
    if (column === undefined && row === undefined) return null;
    return { row, column };
  }

  brushed([x0, y0], [x1, y1]) {
    const { order, n } = this.made;
    const range = (a, b) => {
      const index = (v) => Math.min(n - 1, Math.max(0, Math.floor(((v - BAND) / this.side) * n)));
      const [low, high] = [index(Math.min(a, b)), index(Math.max(a, b))];
      return [...order.slice(low, high + 1)];
    };
    return [...new Set([...range(x0, x1), ...range(y0, y1)])];
  }

  /** @param scene {now, graph, view, theme, hover} */
  draw(scene) {
    this.scene = scene;
    const { now, graph, theme } = scene;
    const { made, size, side } = this;
    const fine = Math.min(globalThis.devicePixelRatio || 1, 2);
    const real = Math.round(size * fine);
    if (this.pixels.width !== real) this.pixels.resize(real, real);
    this.pixels.clear(packed(theme.background));
    const colours = shades(theme, ranked(graph), false);
    const { largest, signed } = ranked(graph);
    const cell = (side * fine) / made.n;
    const from = Float32Array.from({ length: made.n + 1 }, (_, i) => Math.floor(BAND * fine + i * cell));
    const wide = Math.max(1, Math.ceil(cell));
    const { source, target, place } = made;
    for (let i = now.edges.length - 1; i >= 0; i--) {
      const e = now.edges[i];
      const [column, row] = [place[source[e]], place[target[e]]];
      const [w, h] = cell < 1 ? [1, 1] : [Math.max(1, from[column + 1] - from[column]), Math.max(1, from[row + 1] - from[row])];
      const level = levelOf(graph.values[e], largest, signed);
      this.pixels.box(from[column], from[row], Math.min(w, wide), Math.min(h, wide), colours[level]);
      if (level >= LEVELS && w >= HOLLOW && h >= HOLLOW) this.pixels.box(from[column] + 2, from[row] + 2, w - 4, h - 4, packed(theme.background));
    }
    this.bands(theme, fine, from);
    this.pixels.show();
    this.overlay();
  }

  bands(theme, fine, from) {
    const { made } = this;
    const colours = theme.categorical.map(packed);
    const thick = Math.round((BAND - 4) * fine);
    for (let i = 0; i < made.n; i++) {
      const node = made.order[i];
      const colour = node < made.modules && made.community[node] >= 0 ? colours[made.community[node] % colours.length] : packed(theme.muted);
      const wide = Math.max(1, from[i + 1] - from[i]);
      this.pixels.box(from[i], 0, wide, thick, colour);
      this.pixels.box(0, from[i], thick, wide, colour);
    }
  }

  overlay() {
    const { view, theme, hover } = this.scene;
    const pen = this.clean(this.size, this.size);
    const { place, n } = this.made;
    const cell = this.side / n;
    const wide = Math.max(1.5, cell);
    Object.assign(pen, { lineWidth: 1 });
    for (const i of view.pins) {
      pen.fillStyle = theme.accent;
      pen.globalAlpha = 0.16;
      pen.fillRect(BAND, BAND + place[i] * cell, this.side, wide);
      pen.fillRect(BAND + place[i] * cell, BAND, wide, this.side);
      pen.globalAlpha = 1;
      pen.fillRect(BAND - 3, BAND + place[i] * cell, 3, wide);
      pen.fillRect(BAND + place[i] * cell, BAND - 3, wide, 3);
    }
    if (hover >= 0) {
      pen.strokeStyle = theme.text;
      pen.strokeRect(BAND, BAND + place[hover] * cell, this.side, wide);
      pen.strokeRect(BAND + place[hover] * cell, BAND, wide, this.side);
    }
    if (this.from && this.drag) {
      pen.strokeStyle = theme.accent;
      pen.strokeRect(this.from[0], this.from[1], this.drag[0] - this.from[0], this.drag[1] - this.from[1]);
    }
  }

  /** The edge under the hand, in words. */
  say(graph) {
    const { cell, made } = this;
    if (cell?.row === undefined || cell?.column === undefined) return "";
    const name = (i) => (i >= made.modules ? `output ${i - made.modules}` : `${letter(made.community[i])}${i}`);
    for (let e = 0; e < made.source.length; e++) {
      if (made.source[e] === cell.column && made.target[e] === cell.row) {
        const value = graph.values[e];
        return `${name(cell.row)} listens to ${name(cell.column)}: ${value === value ? Number(value.toPrecision(3)) : "no such edge"}`;
      }
    }
    return `${name(cell.row)} and ${name(cell.column)}: no edge`;
  }
}
