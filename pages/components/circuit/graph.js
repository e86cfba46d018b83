// The node-link view: modules stay where their signatures put them; only the window onto them moves.

import { mix } from "../canvas/colours.js";
import { letter, partners, ranked } from "./model.js";
import { packed } from "./pixels.js";
import { SLIP, Stage } from "./stage.js";

export const LEVELS = 32; // shades of an edge's size
const STROKES = 300; // drawn with width and arrow, for modules under the hand or pinned
const FEW = 5000; // edges up to which a fine screen gets fine lines
const MARKS = 500; // modules up to which each is a shape with a number
const DASH = 3; // of a line whose value is below 0: so many pixels drawn, as many left out
const EDGE = 34; // pixels around the picture
const GLIDE = 320; // milliseconds that modules take into their group and out of it

export class Graph extends Stage {
  /** @param told {hover(node), pin(node, add), choose(nodes, add), paint(), again(), hand()} */
  constructor(told) {
    super(told, "module graph", "stage");
    Object.assign(this, { window: null, hover: -1, frame: 0, paintMs: 0, pointers: new Map(), boxing: false, box: null, places: null, glide: null });
    this.listen();
  }

  listen() {
    const at = (event) => this.at(event);
    this.root.addEventListener("wheel", (event) => {
      if (!event.ctrlKey && !event.shiftKey && !this.root.matches(":focus")) return; // the page scrolls until the graph is taken up
      event.preventDefault();
      this.zoom(Math.exp(-event.deltaY * 0.0015), ...at(event));
    }, { passive: false });
    this.root.addEventListener("pointerdown", (event) => {
      this.root.focus({ preventScroll: true });
      this.pointers.set(event.pointerId, at(event));
      this.root.setPointerCapture(event.pointerId);
      this.pressed = { at: at(event), moved: false, boxing: event.shiftKey || this.boxing };
    });
    this.root.addEventListener("pointermove", (event) => this.move(event, at(event)));
    this.root.addEventListener("pointerup", (event) => {
      if (this.box) this.told.choose(this.inside(this.box), event.ctrlKey || event.metaKey);
      else if (this.pressed && !this.pressed.moved && this.pointers.size === 1) this.told.pin(this.near(...at(event)), event.shiftKey);
      this.lift(event);
    });
    this.root.addEventListener("pointercancel", (event) => this.lift(event));
    this.root.addEventListener("pointerleave", () => this.told.hover(-1));
    this.root.addEventListener("dblclick", (event) => this.zoom(2, ...at(event)));
  }

  lift(event) {
    this.pointers.delete(event.pointerId);
    if (!this.pointers.size) Object.assign(this, { pressed: null, box: null });
  }

  move(event, [x, y]) {
    const before = this.pointers.get(event.pointerId);
    if (!before) return this.told.hover(this.near(x, y));
    const others = [...this.pointers].filter(([id]) => id !== event.pointerId);
    if (others.length) {
      const [, [ox, oy]] = others[0];
      const [far, was] = [Math.hypot(x - ox, y - oy), Math.hypot(before[0] - ox, before[1] - oy)];
      if (was > 0) this.zoom(far / was, (x + ox) / 2, (y + oy) / 2);
    } else if (this.pressed.moved || Math.hypot(x - this.pressed.at[0], y - this.pressed.at[1]) > SLIP) {
      this.pressed.moved = true;
      if (this.pressed.boxing) {
        this.box = [...this.pressed.at, x, y];
        this.told.hand();
      } else this.pan(x - before[0], y - before[1]);
    }
    this.pointers.set(event.pointerId, [x, y]);
    return null;
  }

  pan(dx, dy) {
    this.window.x -= dx / this.window.scale;
    this.window.y += dy / this.window.scale;
    this.told.paint();
  }

  zoom(factor, x = this.width / 2, y = this.height / 2) {
    const { window: view } = this;
    const scale = Math.min(Math.max(view.scale * factor, this.fitted.scale / 2), this.fitted.scale * 60);
    view.x += (x - this.width / 2) * (1 / view.scale - 1 / scale);
    view.y -= (y - this.height / 2) * (1 / view.scale - 1 / scale);
    view.scale = scale;
    this.told.paint();
  }

  fit() {
    this.window = { ...this.fitted };
    this.told.paint();
  }

  /** Where the window stands, in a few digits; null where it shows everything. */
  get looked() {
    const { x, y, scale } = this.window;
    const zoom = scale / this.fitted.scale;
    const still = Math.abs(zoom - 1) < 1e-3 && Math.hypot(x - this.fitted.x, y - this.fitted.y) * scale < 1;
    return still ? null : [x, y, zoom].map((value) => Number(value.toPrecision(4)));
  }

  /** Stand where an address says. */
  look([x, y, zoom]) {
    this.window = { x, y, scale: this.fitted.scale * Math.min(Math.max(zoom, 0.5), 60) };
  }

  /** The seen modules in a box; those in a closed group come together. */
  inside([x0, y0, x1, y1]) {
    const [left, right, top, bottom] = [Math.min(x0, x1), Math.max(x0, x1), Math.min(y0, y1), Math.max(y0, y1)];
    return [...Array(this.made.n).keys()].filter((i) => {
      const [x, y] = this.screen(i);
      return this.now.seen[i] && x >= left && x <= right && y >= top && y <= bottom;
    });
  }

  /** Take up a circuit; the window stays unless another circuit has come. */
  take(made, anew) {
    this.made = made;
    if (anew) Object.assign(this, { window: null, places: null, glide: null });
    this.resize();
  }

  resize() {
    [this.width, this.height] = [this.root.clientWidth || 600, this.root.clientHeight || 440];
    if (!this.made) return;
    const [x, y] = [span(this.made.x), span(this.made.y)];
    const scale = Math.min((this.width - 2 * EDGE) / (x.wide || 1), (this.height - 2 * EDGE) / (y.wide || 1));
    const before = this.fitted;
    this.fitted = { x: x.middle, y: y.middle, scale };
    if (!this.window) this.window = { ...this.fitted };
    else if (before) this.window.scale *= scale / before.scale;
  }

  screen(node) {
    return this.onScreen(this.places.x[node], this.places.y[node]);
  }

  onScreen(x, y) {
    const { window: view } = this;
    return [this.width / 2 + (x - view.x) * view.scale, this.height / 2 - (y - view.y) * view.scale];
  }

  near(x, y, reach = 14) {
    let [best, least] = [-1, reach];
    const seen = this.now?.seen || [];
    for (let i = 0; i < this.made.n; i++) {
      if (!seen[i]) continue;
      const [px, py] = this.screen(i);
      const away = Math.hypot(px - x, py - y) - this.radius(i) * 0.5;
      if (away < least) [best, least] = [i, away];
    }
    return best;
  }

  radius(i) {
    const { degree, n, modules } = this.made;
    const small = n > MARKS ? 2 : n > 150 ? 3.5 : 6;
    if (i >= modules || Number.isNaN(degree[i])) return small;
    return small * (0.75 + 0.9 * Math.sqrt(Math.max(0, degree[i]) / (this.top || 1)));
  }

  /** Where modules belong: where they are, or in the middle of their group where that is closed. */
  placed(groups) {
    const places = { x: Float32Array.from(this.made.x), y: Float32Array.from(this.made.y), of: new Map(), middles: new Map() };
    for (const group of groups.filter(({ closed }) => closed)) {
      const mean = (values) => group.members.reduce((sum, i) => sum + values[i], 0) / group.members.length;
      const [x, y] = [mean(this.made.x), mean(this.made.y)];
      places.middles.set(group, [x, y]);
      for (const i of group.members) [places.x[i], places.y[i]] = [x, y];
      for (const i of group.members) places.of.set(i, group);
    }
    return places;
  }

  /** Where modules are drawn now: members of a group that closes or opens are on their way, all others stand still. */
  gliding(groups) {
    const aim = this.placed(groups);
    const from = this.places;
    const same = (a, b) => a.x.every((x, i) => x === b.x[i] && a.y[i] === b.y[i]);
    if (!from || from.x.length !== aim.x.length || matchMedia("(prefers-reduced-motion: reduce)").matches) this.glide = null;
    else if (!same(this.glide?.aim || from, aim)) this.glide = { aim, x: from.x, y: from.y, began: performance.now() };
    if (!this.glide) return aim;
    const share = Math.min(1, (performance.now() - this.glide.began) / GLIDE);
    if (share === 1) this.glide = null;
    else this.told.again();
    if (share === 1) return aim;
    const eased = share * share * (3 - 2 * share);
    const way = (start, end) => Float32Array.from(end, (value, i) => (start[i] === value ? value : start[i] + (value - start[i]) * eased));
    return { ...aim, x: way(this.glide.x, aim.x), y: way(this.glide.y, aim.y) };
  }

  /**
   * Draw all there is.
   * @param scene {now (what is shown), graph, view, theme, hits: Set, hover}
   */
  draw(scene) {
    const began = performance.now();
    const { now, graph, view, theme } = scene;
    Object.assign(this, { now, scene, places: this.gliding(view.groups), top: this.made.degree.reduce((most, v) => (v > most ? v : most), 0) });
    const fine = now.edges.length <= FEW ? Math.min(globalThis.devicePixelRatio || 1, 2) : 1;
    if (this.pixels.width !== Math.round(this.width * fine) || this.pixels.height !== Math.round(this.height * fine)) this.pixels.resize(this.width * fine, this.height * fine);
    this.pixels.clear(packed(theme.background));
    this.lines(now.edges, graph, theme, fine, view.pins.size > 0 || this.hover >= 0);
    if (this.made.n > MARKS) this.dots(theme, fine);
    this.pixels.show();
    this.overlay();
    this.paintMs = performance.now() - began;
  }

  lines(edges, graph, theme, fine, dim) {
    const { made, pixels, window: view, places } = this;
    const { source, target } = made;
    const colours = shades(theme, ranked(graph), dim);
    const { largest, signed } = ranked(graph);
    const [ox, oy, scale] = [(this.width / 2) * fine, (this.height / 2) * fine, view.scale * fine];
    const sx = new Float32Array(made.n);
    const sy = new Float32Array(made.n);
    for (let i = 0; i < made.n; i++) [sx[i], sy[i]] = [ox + (places.x[i] - view.x) * scale, oy - (places.y[i] - view.y) * scale];
    for (let i = edges.length - 1; i >= 0; i--) {
      const e = edges[i];
      const level = levelOf(graph.values[e], largest, signed);
      pixels.line(sx[source[e]], sy[source[e]], sx[target[e]], sy[target[e]], colours[level], level >= LEVELS ? DASH : 0);
    }
  }

  /** The shown edges as lines of a pen, one path for each shade. */
  traced(pen) {
    const { graph, theme, view } = this.scene;
    const { largest, signed } = ranked(graph);
    const { source, target } = this.made;
    const colours = shades(theme, { signed }, view.pins.size > 0, String);
    const paths = new Map();
    for (const e of [...this.now.edges].reverse()) {
      const at = levelOf(graph.values[e], largest, signed);
      if (!paths.has(at)) paths.set(at, []);
      paths.get(at).push(e);
    }
    for (const at of [...paths.keys()].sort((a, b) => (a % LEVELS) - (b % LEVELS))) {
      pen.beginPath();
      for (const e of paths.get(at)) {
        pen.moveTo(...this.screen(source[e]));
        pen.lineTo(...this.screen(target[e]));
      }
      Object.assign(pen, { strokeStyle: colours[at], lineWidth: 1 });
      pen.setLineDash(at >= LEVELS ? [DASH, DASH] : []);
      pen.stroke();
    }
    pen.setLineDash([]);
  }

  dots(theme, fine) {
    const { made, pixels, now } = this;
    const colours = theme.categorical.map(packed);
    const muted = packed(theme.muted);
    for (let i = 0; i < made.n; i++) {
      if (!now.seen[i]) continue;
      const [x, y] = this.screen(i);
      const half = this.radius(i) * fine;
      pixels.box(x * fine - half, y * fine - half, 2 * half, 2 * half, made.community[i] >= 0 ? colours[made.community[i] % colours.length] : muted);
    }
  }

  /** What follows the hand: strokes of pinned and hovered modules, shapes and numbers. */
  overlay() {
    this.ink(this.clean(this.width, this.height));
  }

  /** Draw strokes and modules with any pen that draws like a canvas. */
  ink(pen) {
    const { graph, view, theme } = this.scene;
    const chosen = new Set([...view.pins, ...(this.hover >= 0 ? [this.hover] : [])]);
    for (const e of this.strokes(chosen)) this.stroke(pen, e, graph, theme);
    if (this.made.n <= MARKS) for (let i = 0; i < this.made.n; i++) if (this.now.seen[i]) this.module(pen, i);
    if (this.made.n > MARKS) for (const i of [...this.scene.hits, ...chosen]) if (this.now.seen[i]) this.module(pen, i);
    for (const [group, middle] of this.places.middles) this.supernode(pen, group, middle);
    if (this.box) {
      const [x0, y0, x1, y1] = this.box;
      Object.assign(pen, { strokeStyle: theme.accent, lineWidth: 1 });
      pen.strokeRect(x0, y0, x1 - x0, y1 - y0);
    }
  }

  /** The shown edges of chosen modules, strongest last, as many as strokes may be. */
  strokes(chosen) {
    if (!chosen.size) return [];
    const { source, target } = this.made;
    const found = [];
    for (const e of this.now.edges) {
      if (chosen.has(source[e]) || chosen.has(target[e])) found.push(e);
      if (found.length >= STROKES) break;
    }
    return found.reverse();
  }

  stroke(pen, e, graph, theme) {
    const { source, target } = this.made;
    const [x0, y0] = this.screen(source[e]);
    const [x1, y1] = this.screen(target[e]);
    const [dx, dy] = [x1 - x0, y1 - y0];
    const far = Math.hypot(dx, dy);
    if (far < 2) return;
    const { largest } = ranked(graph);
    const share = Math.abs(graph.values[e]) / (largest || 1);
    const colour = graph.values[e] < 0 ? theme.categorical[1] : graph.signed ? theme.categorical[0] : theme.accent;
    const [bx, by] = [(x0 + x1) / 2 + dy * 0.12, (y0 + y1) / 2 - dx * 0.12]; // both directions between two modules stay apart
    Object.assign(pen, { strokeStyle: colour, fillStyle: colour, lineWidth: 0.6 + 3.4 * share, globalAlpha: 0.35 + 0.65 * Math.sqrt(share) });
    const rim = this.radius(target[e]) + 2;
    const [tx, ty] = [x1 - bx, y1 - by];
    const long = Math.hypot(tx, ty) || 1;
    const [ex, ey] = [x1 - (tx / long) * rim, y1 - (ty / long) * rim];
    pen.beginPath();
    pen.moveTo(x0, y0);
    curve(pen, x0, y0, bx, by, ex, ey);
    pen.setLineDash(graph.values[e] < 0 ? [6, 4] : []);
    pen.stroke();
    pen.setLineDash([]);
    const size = 3.5 + 2.5 * share;
    const [ux, uy] = [tx / long, ty / long];
    pen.beginPath();
    pen.moveTo(ex + ux * 1.5, ey + uy * 1.5);
    pen.lineTo(ex - ux * size * 1.6 - uy * size * 0.7, ey - uy * size * 1.6 + ux * size * 0.7);
    pen.lineTo(ex - ux * size * 1.6 + uy * size * 0.7, ey - uy * size * 1.6 - ux * size * 0.7);
    pen.closePath();
    pen.fill();
    pen.globalAlpha = 1;
  }

  module(pen, i) {
    const { made, places } = this;
    const { theme, view, hits } = this.scene;
    if (places.of.has(i) && !this.glide) return;
    const [x, y] = this.screen(i);
    const r = this.radius(i);
    const output = i >= made.modules;
    const colour = output ? theme.background : made.community[i] >= 0 ? theme.categorical[made.community[i] % theme.categorical.length] : theme.muted;
    const outline = (size) => {
      pen.beginPath();
      if (output) pen.rect(x - size, y - size, 2 * size, 2 * size);
      else {
        pen.moveTo(x + size, y);
        pen.arc(x, y, size, 0, 2 * Math.PI);
      }
    };
    if (view.pins.has(i) || i === this.hover || hits.has(i)) {
      outline(r + 4);
      Object.assign(pen, { strokeStyle: view.pins.has(i) ? theme.accent : theme.text, lineWidth: view.pins.has(i) ? 2.4 : 1.4 });
      pen.setLineDash(hits.has(i) && !view.pins.has(i) ? [3, 2] : []);
      pen.stroke();
      pen.setLineDash([]);
    }
    outline(r);
    pen.fillStyle = colour;
    pen.fill();
    Object.assign(pen, { strokeStyle: output ? theme.text : theme.background, lineWidth: output ? 1.6 : 1 });
    pen.stroke();
    const close = made.n <= 80 || this.window.scale > 2.2 * this.fitted.scale || view.pins.has(i) || i === this.hover;
    if (!close) return;
    const word = output ? `o${i - made.modules}` : `${letter(made.community[i])}${i}`;
    this.word(pen, made.labels[i] ? made.labels[i].slice(0, 18) : word, x, y - r - 3, view.pins.has(i) || i === this.hover ? 600 : 400);
  }

  word(pen, text, x, y, weight) {
    const { theme } = this.scene;
    Object.assign(pen, { font: `${weight} 11px ${theme.font}`, textAlign: "center", textBaseline: "bottom", fillStyle: theme.background, globalAlpha: 0.8 });
    const wide = 6.2 * text.length + 3;
    pen.fillRect(x - wide / 2, y - 12, wide, 13);
    Object.assign(pen, { globalAlpha: 1, fillStyle: theme.text });
    pen.fillText(text, x, y);
  }

  supernode(pen, group, middle) {
    const { theme } = this.scene;
    const [x, y] = this.onScreen(...middle);
    const r = 9 + 2.2 * Math.sqrt(group.members.length);
    pen.beginPath();
    pen.moveTo(x + r, y);
    pen.arc(x, y, r, 0, 2 * Math.PI);
    Object.assign(pen, { fillStyle: theme.surface, strokeStyle: theme.text, lineWidth: 2 });
    pen.fill();
    pen.stroke();
    Object.assign(pen, { font: `600 12px ${theme.font}`, textAlign: "center", textBaseline: "middle", fillStyle: theme.text });
    pen.fillText(String(group.members.length), x, y);
    this.word(pen, group.name, x, y - r - 3, 600);
  }

  /** The nearest seen module in a direction, for the arrow keys. */
  step(from, dx, dy) {
    const [x, y] = from >= 0 ? this.screen(from) : [this.width / 2, this.height / 2];
    let [best, least] = [from, Infinity];
    for (let i = 0; i < this.made.n; i++) {
      if (i === from || !this.now.seen[i]) continue;
      const [px, py] = this.screen(i);
      const ahead = (px - x) * dx + (py - y) * dy;
      const aside = Math.abs((px - x) * dy) + Math.abs((py - y) * dx);
      if (from >= 0 && ahead <= 0) continue;
      const cost = Math.abs(ahead) + (aside > Math.abs(ahead) ? 4 : 1) * aside;
      if (cost < least) [best, least] = [i, cost];
    }
    return best;
  }
}

function span(values) {
  const [low, high] = [values.reduce((a, b) => Math.min(a, b), Infinity), values.reduce((a, b) => Math.max(a, b), -Infinity)];
  return { wide: high - low, middle: (high + low) / 2 };
}

/** A bent line as eight straight ones: pens that write SVG have no curves. */
function curve(pen, x0, y0, bx, by, x1, y1) {
  for (let k = 1; k <= 8; k++) {
    const t = k / 8;
    const [a, b, c] = [(1 - t) ** 2, 2 * t * (1 - t), t * t];
    pen.lineTo(a * x0 + b * bx + c * x1, a * y0 + b * by + c * y1);
  }
}

/** Shades from hardly seen to plain: of one colour, or of two where values have signs; as a pixel buffer has them, or as `form` makes them. */
export function shades(theme, { signed }, dim, form = packed) {
  const floor = 0.07;
  const most = dim ? 0.35 : 1;
  const ramp = (colour) => Array.from({ length: LEVELS }, (_, i) => form(mix(theme.background, colour, most * (floor + (1 - floor) * ((i + 1) / LEVELS) ** 1.3))));
  return signed ? [...ramp(theme.categorical[0]), ...ramp(theme.categorical[1])] : ramp(theme.text);
}

/** The place of a value among the shades. */
export function levelOf(value, largest, signed) {
  const level = largest > 0 ? Math.min(LEVELS - 1, Math.floor(Math.sqrt(Math.abs(value) / largest) * LEVELS)) : 0;
  return signed && value < 0 ? LEVELS + level : level;
}

/** The strongest partners of a module in a graph, as words. */
export function neighboursSaid(made, graph, node) {
  const said = (way) => partners(made, graph, node, way).slice(0, 3).map(({ other }) => other).join(", ");
  return `listens most to ${said("in") || "nobody"}; heard most by ${said("out") || "nobody"}`;
}
