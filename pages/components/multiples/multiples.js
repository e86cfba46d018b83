// Small multiples from the bytes of engine/plots/multiples.py: little scatters under headings. Arrows move, Enter opens.

import { make } from "../canvas/canvas.js";
import { faded, theme } from "../canvas/colours.js";
import { buttons } from "../canvas/quiet.js";
import { fileName, raster, save, withFont } from "../canvas/saving.js";
import { count } from "../canvas/scales.js";
import { component } from "../canvas/streamlit.js";
import { SvgPen } from "../canvas/svgpen.js";

const MAGIC = "TSM1";
const SHOWN = 120; // pixels of a panel's side where a picture is saved
const CSS = `
.all { color: var(--ink); font: 13px/1.3 var(--st-font, "Source Sans", system-ui, sans-serif); font-variant-numeric: tabular-nums; }
.all * { box-sizing: border-box; }
.head { font-weight: 600; margin: 10px 0 6px; }
.head:first-child { margin-top: 0; }
.head small { font-size: 12px; font-weight: 400; color: var(--muted); margin-left: 6px; }
.grid { display: grid; grid-template-columns: repeat(auto-fill, minmax(var(--panel), 1fr)); gap: 8px; }
.panel { font: inherit; white-space: normal;  color: inherit; text-align: left; background: none; border: 1px solid var(--rule); border-radius: 4px; padding: 6px; cursor: pointer; min-width: 0; }
.panel:hover { border-color: var(--muted); }
.panel:focus-visible { outline: 2px solid var(--accent); outline-offset: 1px; }
.panel[aria-selected="true"] { border-color: var(--accent); box-shadow: inset 0 0 0 1px var(--accent); }
.panel canvas { display: block; width: 100%; aspect-ratio: 1; }
.title { font-size: 12px; overflow-wrap: anywhere; margin-top: 4px; }
.note { font-size: 11.5px; color: var(--muted); }
`;

/** Return the header of a packed block with the places of each panel. */
export function unpack(data) {
  const bytes = data instanceof Uint8Array ? data : new Uint8Array(data.buffer || data, data.byteOffset || 0, data.byteLength);
  if (new TextDecoder().decode(bytes.subarray(0, 4)) !== MAGIC) throw new Error("not panels");
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(4, true);
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length)));
  let offset = 8 + length;
  const next = (n) => bytes.subarray(offset, (offset += n));
  for (const panel of header.panels) {
    [panel.x, panel.y] = [next(panel.places), next(panel.places)];
    panel.chosen = panel.marked ? next(panel.places) : null;
  }
  return header;
}

/** Draw one panel with any pen into a square at (left, top). */
export function draw(pen, panel, { left, top, size, resolution }, colours) {
  const at = (place) => (place / resolution) * size;
  const dot = Math.max(1.6, size / 60);
  pen.save();
  pen.beginPath();
  pen.rect(left, top, size, size);
  pen.clip();
  if (panel.diagonal) line(pen, [left, top + size, left + size, top], colours.axis, [3, 3]);
  for (const strong of panel.chosen ? [0, 1] : [1]) {
    pen.fillStyle = panel.chosen ? (strong ? colours.accent : faded(colours.muted, 0.25)) : faded(colours.accent, panel.places > 400 ? 0.5 : 0.75);
    pen.beginPath();
    for (let i = 0; i < panel.places; i++) {
      if (panel.chosen && panel.chosen[i] !== strong) continue;
      pen.rect(left + at(panel.x[i] + 0.5) - dot / 2, top + size - at(panel.y[i] + 0.5) - dot / 2, dot, dot);
    }
    pen.fill();
  }
  if (panel.fit.length) {
    const [x, y, x1, y1] = panel.fit.map(at);
    line(pen, [left + x, top + size - y, left + x1, top + size - y1], colours.text, []);
  }
  pen.restore();
}

function line(pen, [x, y, x1, y1], colour, dash) {
  pen.strokeStyle = colour;
  pen.lineWidth = dash.length ? 1 : 1.5;
  pen.setLineDash(dash);
  pen.beginPath();
  pen.moveTo(x, y);
  pen.lineTo(x1, y1);
  pen.stroke();
}

class Multiples {
  constructor(host, data, onOpen) {
    this.host = host;
    this.style = make("style");
    this.style.textContent = CSS;
    this.all = make("div", { class: "all" });
    this.all.addEventListener("keydown", (event) => this.key(event));
    this.foot = make("div");
    host.append(this.style, this.all, this.foot);
    this.quiet = buttons(this.foot, [
      ["PNG", "Save all panels as PNG", () => this.savePng()],
      ["SVG", "Save all panels as SVG", () => this.saveSvg()],
    ]);
    this.observer = new ResizeObserver(() => this.paint());
    this.observer.observe(this.all);
    this.update(data, onOpen);
  }

  update(data, onOpen) {
    this.onOpen = onOpen;
    this.colours = theme(this.host.host || this.host);
    const { text, muted, rule, accent } = this.colours;
    for (const [name, value] of Object.entries({ ink: text, muted, rule, accent })) this.all.style.setProperty(`--${name}`, value);
    this.quiet.colour();
    if (data !== this.data) this.fill(unpack(data));
    this.data = data;
    this.paint();
  }

  fill(shown) {
    const focused = this.tiles().indexOf((this.host.activeElement || document.activeElement)?.closest?.("button"));
    this.shown = shown;
    this.all.style.setProperty("--panel", `${shown.size}px`);
    this.groups = [...new Set(shown.panels.map((panel) => panel.group))].map((name) => [name, shown.panels.filter((panel) => panel.group === name)]);
    this.all.replaceChildren(
      ...this.groups.flatMap(([name, panels]) => [
        make("div", { class: "head", role: "heading", "aria-level": "2" }, name, make("small", {}, count(panels.length))),
        make("div", { class: "grid", role: "listbox", "aria-label": `${shown.label} ${name}` }, ...panels.map((panel) => this.tile(panel))),
      ]),
    );
    const tiles = this.tiles();
    const stop = tiles.find((tile) => tile.dataset.id === shown.selected) || tiles[0];
    for (const tile of tiles) tile.tabIndex = tile === stop ? 0 : -1;
    if (focused >= 0) tiles[focused]?.focus();
  }

  tile(panel) {
    const selected = panel.id === this.shown.selected;
    return make(
      "button", { type: "button", class: "panel", role: "option", "data-id": panel.id, "aria-selected": String(selected), "aria-label": `${panel.title}. ${panel.note}. ${panel.group}`, onclick: () => this.onOpen(panel.id) },
      make("canvas", { "aria-hidden": "true" }), make("div", { class: "title" }, panel.title), make("div", { class: "note" }, panel.note),
    );
  }

  tiles() {
    return [...this.all.querySelectorAll("button")];
  }

  paint() {
    if (!this.shown) return;
    const ratio = window.devicePixelRatio || 1;
    const inOrder = this.groups.flatMap(([, panels]) => panels);
    this.tiles().forEach((tile, i) => {
      const canvas = tile.firstChild;
      const size = canvas.clientWidth;
      if (!size) return;
      canvas.width = canvas.height = Math.round(size * ratio);
      const pen = canvas.getContext("2d");
      pen.scale(ratio, ratio);
      draw(pen, inOrder[i], { left: 0, top: 0, size, resolution: this.shown.side }, this.colours);
    });
  }

  key(event) {
    const tiles = this.tiles();
    const here = tiles.indexOf(event.target.closest("button"));
    if (here < 0) return;
    const columns = getComputedStyle(tiles[here].parentElement).gridTemplateColumns.split(" ").length;
    const to = { ArrowLeft: here - 1, ArrowRight: here + 1, ArrowUp: here - columns, ArrowDown: here + columns, Home: 0, End: tiles.length - 1 }[event.key];
    if (to === undefined || !tiles[to]) return;
    event.preventDefault();
    for (const tile of tiles) tile.tabIndex = -1;
    tiles[to].tabIndex = 0;
    tiles[to].focus();
  }

  svg() {
    const { text, muted, background, font } = this.colours;
    const [columns, cell, tall] = [6, SHOWN + 24, SHOWN + 46];
    const height = 40 + this.groups.reduce((sum, [, panels]) => sum + 26 + tall * Math.ceil(panels.length / columns), 0);
    const pen = new SvgPen(16 + columns * cell, height);
    pen.fillStyle = background;
    pen.fillRect(0, 0, pen.width, height);
    const write = (words, x, y, size, colour, weight = "") => {
      Object.assign(pen, { fillStyle: colour, font: `${weight}${size}px ${font}`, textAlign: "left", textBaseline: "middle" });
      pen.fillText(words, x, y);
    };
    write(this.shown.name, 12, 20, 15, text, "600 ");
    let top = 40;
    for (const [name, panels] of this.groups) {
      write(`${name} (${count(panels.length)})`, 12, top + 10, 13, text, "600 ");
      top += 26;
      panels.forEach((panel, i) => {
        const [left, y] = [12 + (i % columns) * cell, top + tall * Math.floor(i / columns)];
        draw(pen, panel, { left, top: y, size: SHOWN, resolution: this.shown.side }, this.colours);
        write(panel.title, left, y + SHOWN + 11, 11, text);
        write(panel.note, left, y + SHOWN + 25, 10.5, muted);
      });
      top += tall * Math.ceil(panels.length / columns);
    }
    return { text: pen.text(this.shown.name, this.shown.label), width: pen.width, height };
  }

  saveSvg() {
    save(new Blob([this.svg().text], { type: "image/svg+xml" }), fileName(this.shown.name, "svg"));
  }

  async savePng() {
    const { text, width, height } = this.svg();
    save(await raster(await withFont(text), width, height, 2, this.colours.background), fileName(this.shown.name, "png"));
  }

  destroy() {
    this.observer.disconnect();
    this.quiet.destroy();
    for (const node of [this.style, this.all, this.foot]) node.remove();
  }
}

/** Mount small multiples in an element or shadow root. */
export const mount = (host, data, onOpen) => new Multiples(host, data, onOpen);

export default component(({ parentElement, data, setTriggerValue }) => {
  const grid = mount(parentElement, data, (id) => setTriggerValue("open", id));
  return { update: (next) => grid.update(next.data, (id) => next.setTriggerValue("open", id)), destroy: () => grid.destroy() };
});
