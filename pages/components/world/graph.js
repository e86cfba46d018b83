// The causal graph: factors as buttons, causes left of effects; edges with their mechanism, confounded ones doubled, cut ones broken.

import { make } from "../canvas/canvas.js";
import { SvgPen } from "../canvas/svgpen.js";
import { Spread, shape } from "./spread.js";

const ROW = 47;
const TALL = 40;
const GAP = 8;
const LEAST = 92; // pixels that a factor's box needs
const MOST = 150;
const TIGHT = 125; // below it there is no room for a word beside the name

export class Graph {
  /** @param client {select(kind, key), toggle(kind, key)}: what a person chose, and whether to undo or cut it */
  constructor(client) {
    this.client = client;
    this.root = make("div", { class: "graph", role: "group" });
    this.tip = make("div", { class: "tip", role: "tooltip", id: "tip", hidden: true });
    this.root.addEventListener("keydown", (event) => this.key(event));
    this.observer = new ResizeObserver(() => this.place());
    this.observer.observe(this.root);
  }

  update(data) {
    this.data = data;
    this.nodes = new Map();
    this.edges = new Map();
    this.svg = shape("svg", { "aria-label": "Edges" });
    this.root.setAttribute("aria-label", `${data.title}: ${data.factors.length} factors, ${data.edges.length} edges`);
    this.heading = make("div", { class: "heading" }, data.edges.length ? "No cause in the system, and a cause of nothing but the picture:" : "No factor causes another:");
    this.root.replaceChildren(this.svg, this.heading, this.tip);
    for (const edge of data.edges) this.addEdge(edge);
    for (const factor of data.factors) this.addNode(factor);
    this.wide = 0;
    this.place();
  }

  addNode(factor) {
    const spread = new Spread(factor, 100, 15);
    const said = make("i");
    const role = factor.name === this.data.target ? "class" : factor.hidden ? "hidden" : "";
    const name = make("span", { class: "name" }, make("b", {}, factor.name), said, ...(role && role !== factor.name ? [make("small", {}, role)] : []));
    const kinds = ["node", factor.name === this.data.target && "target", factor.hidden && "hidden"].filter(Boolean).join(" ");
    const root = make("button", { type: "button", class: kinds, "data-key": factor.name, tabindex: "-1", onclick: () => this.client.select("factor", factor.name) }, name, spread.svg);
    const tell = () => this.show(factor.description, root.offsetLeft + root.offsetWidth / 2, root.offsetTop + TALL + 4);
    for (const [event, what] of [["mouseenter", tell], ["focus", tell], ["mouseleave", () => this.hide()], ["blur", () => this.hide()]]) root.addEventListener(event, what);
    this.nodes.set(factor.name, { root, spread, said, factor, role });
    this.root.append(root);
  }

  addEdge(edge) {
    const key = `${edge.source}->${edge.target}`;
    const parts = { hit: shape("path", { class: "hit" }), line: shape("path", { class: "line" }), inner: shape("path"), head: shape("path"), mark: shape("g") };
    const root = shape("g", { class: "edge", role: "button", tabindex: "-1", "data-key": key }, ...Object.values(parts));
    root.addEventListener("click", () => this.client.select("edge", key));
    const tell = () => this.show(this.sentence(edge), parts.middle.x, parts.middle.y + 12);
    for (const [event, what] of [["mouseenter", tell], ["focus", tell], ["mouseleave", () => this.hide()], ["blur", () => this.hide()]]) root.addEventListener(event, what);
    this.edges.set(key, { root, ...parts, parts, edge });
    this.svg.append(root);
  }

  sentence({ source, target, sentence, confounded }) {
    return `${source} → ${target}. ${sentence}${confounded ? " Confounded: it ties the class to what need not go with it elsewhere." : ""}`;
  }

  show(text, x, y) {
    this.tip.textContent = text;
    this.tip.hidden = false;
    const most = this.root.scrollLeft + this.root.clientWidth - this.tip.offsetWidth - 4;
    this.tip.style.left = `${Math.max(this.root.scrollLeft + 2, Math.min(x - this.tip.offsetWidth / 2, most))}px`;
    this.tip.style.top = `${y + this.tip.offsetHeight + 6 > this.root.clientHeight ? Math.max(2, y - this.tip.offsetHeight - 2 * TALL * 0.72) : y}px`;
  }

  hide() {
    this.tip.hidden = true;
  }

  /** Put everything where it belongs in the width that there is. */
  place() {
    if (!this.data || this.root.clientWidth === this.wide) return;
    this.wide = this.root.clientWidth;
    const width = this.wide - 4;
    const { columns, rows, places, passing, alone } = this.data.layout;
    const across = Math.max(columns, 1);
    const box = Math.max(LEAST, Math.min(MOST, (width - 34 * (across - 1)) / across));
    const step = across > 1 ? Math.max((width - box) / (across - 1), box + 28) : 0;
    const centre = across === 2 ? Math.max(0, (width - (box + Math.min(step, 260))) / 2) : 0;
    const x = (column) => 2 + centre + column * (across === 2 ? Math.min(step, 260) : step);
    const y = (row) => 2 + row * ROW;
    for (const [name, [column, row]] of Object.entries(places)) this.put(name, x(column), y(row) - TALL / 2, box);
    const ways = new Map();
    for (const [key, { edge }] of this.edges) {
      const [from, to] = [places[edge.source], places[edge.target]];
      const stops = [[x(from[0]) + box, y(from[1])], ...passing[key].flatMap(([column, row]) => [[x(column), y(row)], [x(column) + box, y(row)]]), [x(to[0]) - 2, y(to[1])]];
      ways.set(key, stops);
    }
    const top = y(rows) + (rows ? 10 : 0);
    this.heading.hidden = !alone.length;
    Object.assign(this.heading.style, { left: "2px", top: `${top}px` });
    const fit = Math.max(1, Math.floor((width + GAP) / (LEAST + 18 + GAP)));
    const each = Math.min(MOST, (width - GAP * (fit - 1)) / fit);
    alone.forEach((name, i) => this.put(name, 2 + (i % fit) * (each + GAP), top + 22 + Math.floor(i / fit) * (TALL + 6), each));
    const high = top + (alone.length ? 22 + Math.ceil(alone.length / fit) * (TALL + 6) : 0);
    this.root.style.height = `${high + 6}px`;
    this.svg.setAttribute("width", Math.max(width, x(across - 1) + box));
    this.svg.setAttribute("height", high);
    for (const [key, stops] of ways) this.draw(key, stops);
  }

  put(name, left, top, width) {
    const { root } = this.nodes.get(name);
    Object.assign(root.style, { left: `${left}px`, top: `${top}px`, width: `${width}px` });
    root.classList.toggle("tight", width < TIGHT);
  }

  draw(key, stops) {
    const one = this.edges.get(key);
    const last = stops.length - 1;
    const way = stops.map(([x, y], i) => {
      if (!i) return `M${x} ${y}`;
      const [px, py] = stops[i - 1];
      if (i % 2 === 0) return `L${x} ${y}`;
      const end = i === last ? x - 7 : x;
      const bend = Math.max(10, (end - px) / 2);
      return `C${px + bend} ${py} ${end - bend} ${y} ${end} ${y}`;
    });
    for (const path of [one.hit, one.line, one.inner]) path.setAttribute("d", way.join(""));
    const [x, y] = stops[last];
    one.head.setAttribute("d", `M${x - 8} ${y - 4.5}L${x} ${y}L${x - 8} ${y + 4.5}Z`);
    const middle = one.line.getPointAtLength(one.line.getTotalLength() * (stops.length > 2 ? 0.62 : 0.5));
    one.parts.middle = { x: middle.x, y: middle.y };
    one.mark.replaceChildren(
      shape("circle", { cx: middle.x, cy: middle.y, r: 7, fill: "var(--page)" }),
      shape("path", { d: `M${middle.x - 5} ${middle.y + 5}L${middle.x - 0.5} ${middle.y - 5}M${middle.x + 0.5} ${middle.y + 5}L${middle.x + 5} ${middle.y - 5}`, stroke: "var(--ink)", "stroke-width": 1.6 }),
    );
  }

  /** Draw what is done: values set, edges cut, what is selected. */
  mark(acts, selected) {
    const done = new Map(acts.map((act) => [act.key, act]));
    for (const [name, { root, said, factor, role }] of this.nodes) {
      const act = done.get(name);
      root.classList.toggle("acted", Boolean(act));
      said.textContent = act ? (act.law ? `~ ${act.law}` : `= ${act.value}`) : "";
      const words = [name, role && `(${role})`, act ? `set by hand: ${act.text}` : "", factor.description].filter(Boolean).join(" ");
      root.setAttribute("aria-label", words);
      root.setAttribute("aria-pressed", String(selected === name));
    }
    for (const [key, { root, line, inner, head, mark, edge }] of this.edges) {
      const how = done.has(key) ? "cut" : done.has(edge.target) ? `cut, since ${edge.target} is set by hand` : "";
      const colour = how ? "var(--axis)" : edge.confounded ? "var(--warn)" : "var(--muted)";
      const set = (path, values) => Object.entries(values).forEach(([name, value]) => path.setAttribute(name, value));
      set(line, { stroke: colour, "stroke-width": edge.confounded ? 4.4 : 1.6, "stroke-dasharray": how ? "3 5" : "none" });
      set(inner, { stroke: "var(--page)", "stroke-width": edge.confounded && !how ? 1.8 : 0, "pointer-events": "none" });
      set(head, { style: `fill:${colour}` });
      if (how) set(line, { "stroke-width": 1.6 });
      mark.style.display = how ? "" : "none";
      root.classList.toggle("selected", selected === key);
      root.setAttribute("aria-label", `Edge ${this.sentence(edge)}${how ? ` It is ${how}.` : ""}`);
      root.setAttribute("data-cut", String(Boolean(how)));
    }
    this.stop(selected && this.item(selected) ? selected : this.active || this.data.factors[0]?.name);
  }

  /** Draw how every factor is spread now, beside training. */
  spread(now, usual) {
    for (const [name, { spread }] of this.nodes) if (now[name]) spread.update(now[name], usual[name]);
  }

  item(key) {
    return (this.nodes.get(key) || this.edges.get(key))?.root;
  }

  /** One item takes part in the order of tabs; arrows go on from there. */
  stop(key) {
    if (!this.item(key)) return;
    this.active = key;
    for (const [name, { root }] of [...this.nodes, ...this.edges]) root.setAttribute("tabindex", name === key ? "0" : "-1");
  }

  middle(key) {
    const node = this.nodes.get(key)?.root;
    return node ? { x: node.offsetLeft + node.offsetWidth / 2, y: node.offsetTop + TALL / 2 } : this.edges.get(key).parts.middle;
  }

  key(event) {
    const key = event.target.getAttribute("data-key");
    if (!key || event.altKey || event.ctrlKey || event.metaKey) return;
    const kind = this.nodes.has(key) ? "factor" : "edge";
    const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (way) this.step(key, ...way);
    else if ((event.key === "Enter" || event.key === " ") && kind === "edge") this.client.select(kind, key);
    else if (event.key === "Delete" || event.key === "Backspace" || event.key === "x") this.client.toggle(kind, key);
    else return;
    event.preventDefault();
  }

  step(key, dx, dy) {
    const from = this.middle(key);
    const found = [...this.nodes.keys(), ...this.edges.keys()]
      .filter((other) => other !== key)
      .map((other) => {
        const to = this.middle(other);
        const [along, aside] = dx ? [(to.x - from.x) * dx, Math.abs(to.y - from.y)] : [(to.y - from.y) * dy, Math.abs(to.x - from.x)];
        return { other, along, far: along + 2.2 * aside };
      })
      .filter(({ along }) => along > 3)
      .sort((a, b) => a.far - b.far)[0];
    if (!found) return;
    this.stop(found.other);
    this.item(found.other).focus();
  }

  /** The graph as an SVG text, as it stands now: names, what is set, edges whole or cut. */
  drawing(title) {
    const style = getComputedStyle(this.root);
    const colour = (name) => style.getPropertyValue(`--${name}`).trim();
    const real = (value) => value.replace(/var\(--(\w+)\)/, (_, name) => colour(name));
    const pen = new SvgPen(Math.max(this.wide, Number(this.svg.getAttribute("width")) + 6), this.root.clientHeight + 4);
    const stroke = (path, from, width = from.getAttribute("stroke-width")) => {
      if (!Number(width)) return;
      const dash = from.getAttribute("stroke-dasharray");
      pen.setLineDash(dash && dash !== "none" ? dash.split(" ").map(Number) : []);
      Object.assign(pen, { path, lineWidth: Number(width), strokeStyle: real(from.getAttribute("stroke")) });
      pen.stroke();
      pen.setLineDash([]);
    };
    pen.fillStyle = colour("page");
    pen.fillRect(0, 0, pen.width, pen.height);
    for (const { line, inner, head, mark } of this.edges.values()) {
      stroke(line.getAttribute("d"), line);
      stroke(inner.getAttribute("d"), inner);
      Object.assign(pen, { path: head.getAttribute("d"), fillStyle: real(head.style.fill) });
      pen.fill();
      if (mark.style.display !== "none") stroke(mark.lastChild.getAttribute("d"), mark.lastChild);
    }
    for (const [name, { root, said, factor }] of this.nodes) {
      const acted = root.classList.contains("acted");
      pen.beginPath();
      pen.rect(root.offsetLeft, root.offsetTop, root.offsetWidth, root.offsetHeight);
      pen.fillStyle = colour("page");
      pen.fill();
      pen.setLineDash(factor.hidden ? [4, 3] : []);
      Object.assign(pen, { lineWidth: acted || name === this.data.target ? 2 : 1, strokeStyle: colour(acted ? "accent" : name === this.data.target ? "ink" : "axis") });
      pen.stroke();
      pen.setLineDash([]);
      Object.assign(pen, { font: "600 14px Source Sans, sans-serif", textBaseline: "middle", fillStyle: colour("ink") });
      pen.fillText(`${name} ${said.textContent}`.trim(), root.offsetLeft + 8, root.offsetTop + TALL / 2);
    }
    return pen.text(title, [...this.edges.values()].map(({ edge }) => `${edge.source} causes ${edge.target}`).join("; "));
  }

  destroy() {
    this.observer.disconnect();
  }
}

/** What the signs mean, as little drawings with words, and a way to take the graph away. */
export function legend(data, keep) {
  const sign = (...drawn) => shape("svg", { width: 30, height: 14, viewBox: "0 0 30 14", "aria-hidden": "true" }, ...drawn);
  const line = (settings) => shape("path", { d: "M1 7H22", fill: "none", ...settings });
  const head = (colour) => shape("path", { d: "M21 3l8 4-8 4Z", fill: colour });
  const entry = (drawn, words) => make("span", {}, drawn, words);
  const entries = [entry(sign(line({ stroke: "var(--muted)", "stroke-width": 1.6 }), head("var(--muted)")), "causes")];
  if (data.edges.some(({ confounded }) => confounded))
    entries.push(entry(sign(line({ stroke: "var(--warn)", "stroke-width": 4.4 }), line({ stroke: "var(--page)", "stroke-width": 1.8 }), head("var(--warn)")), "confounded: ties the class to what need not go with it"));
  entries.push(entry(sign(line({ d: "M1 7H29", stroke: "var(--axis)", "stroke-dasharray": "3 5", "stroke-width": 1.6 }), shape("path", { d: "M11 12L14.5 2M16 12L19.5 2", stroke: "var(--ink)", "stroke-width": 1.6 })), "cut"));
  if (data.factors.some(({ hidden }) => hidden)) entries.push(entry(sign(shape("rect", { x: 2, y: 1, width: 26, height: 12, rx: 3, fill: "none", stroke: "var(--axis)", "stroke-dasharray": "3 2" })), "hidden: reaches the picture only through others"));
  entries.push(entry(sign(shape("path", { d: "M2 13V5h8v8ZM11 13V8h8v5ZM20 13v-9h8v9Z", fill: "var(--past)" })), "training"));
  entries.push(entry(sign(shape("path", { d: "M2 13V7h9v-4h9v7h9v3", fill: "none", stroke: "var(--accent)", "stroke-width": 1.6 })), "now"));
  return make("div", { class: "legend" }, ...entries, make("button", { type: "button", class: "quiet small", title: "Save the graph as SVG", "aria-label": "Save the graph as SVG", onclick: keep }, "SVG"));
}
