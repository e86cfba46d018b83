// A plane that is panned, zoomed, brushed, hit, walked by keyboard and taken away as PNG or SVG. It knows no Streamlit.
//
// A client draws and answers; the plane owns the canvas, the view, the pointer, the keys, the tools. Two canvases lie on each
// other: the drawing, repainted when data or view change, and what follows the hand (hover ring, brush).

import { theme } from "./colours.js";
import { CSS } from "./looks.js";
import { fileName, raster, save, withFont } from "./saving.js";
import { SvgPen } from "./svgpen.js";

const ICONS = {
  pan: '<path d="M8 2v12M2 8h12M6 4l2-2 2 2M6 12l2 2 2-2M4 6 2 8l2 2M12 6l2 2-2 2"/>',
  box: '<path d="M3 3h10v10H3z" stroke-dasharray="2.4 2"/>',
  lasso: '<path d="M8 3c3.300 0 5.500 1.500 5.500 3.700S11.300 10.500 8 10.500 2.500 9 2.500 6.700 4.700 3 8 3z" stroke-dasharray="2.400 2"/><path d="M5 10.500c0 2-1 3-2 3"/>',
  fit: '<path d="M2.500 6V2.500H6M10 2.500h3.500V6M13.500 10v3.500H10M6 13.500H2.500V10"/>',
  table: '<path d="M2.500 3h11v10h-11zM2.500 6.500h11M2.500 9.800h11M6.500 3v10"/>',
};
const MODES = { pan: "Move and zoom", box: "Select a box", lasso: "Select freehand" };
const KEYS = [
  ["arrows", "go to the nearest point in that direction"],
  ["Home End", "go to the leftmost, rightmost point"],
  ["Enter", "open the point"],
  ["+ \u2212", "zoom"],
  ["Shift + arrows", "move the view"],
  ["0", "show everything"],
  ["p b l", "move, box, freehand"],
  ["Esc", "clear the selection"],
  ["t", "table"],
  ["?", "this list"],
];
const SLIP = 4; // pixels that a click may slip
const WHEEL = 0.0015;

function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value !== null && value !== undefined && value !== false) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children);
  return element;
}

export { make };

export class Plane {
  /**
   * @param host element or shadow root to fill
   * @param client {paint(pen, plane), near(px, py, reach), step(index, dx, dy), ends(), at(index), say(index), tip(index), open(index),
   *   brushed(region or null), table(), extent(), name, label, margin}
   */
  constructor(host, client) {
    Object.assign(this, { host, client, mode: "pan", view: null, moved: false, active: -1, brush: null, drag: null, pinch: null, paintMs: 0 });
    this.pointers = new Map();
    this.build();
    this.observer = new ResizeObserver(() => this.resize());
    this.observer.observe(this.stage);
  }

  build() {
    this.style = make("style");
    this.style.textContent = CSS;
    this.legend = make("div", { class: "legend" });
    this.modeButtons = Object.entries(MODES).map(([mode, title]) =>
      this.button(title, ICONS[mode], () => this.setMode(mode), { "data-mode": mode, "aria-pressed": String(mode === this.mode) }));
    this.tableButton = this.button("Show as table", ICONS.table, () => this.toggleTable(), { "data-tool": "table", "aria-expanded": "false" });
    this.helpButton = this.button("Keys", null, () => this.toggleHelp(), { "data-tool": "help", "aria-expanded": "false" }, "?");
    this.tools = make(
      "div", { class: "tools", role: "toolbar", "aria-label": "Figure tools" },
      ...this.modeButtons,
      this.button("Show everything", ICONS.fit, () => this.fit(), { "data-tool": "fit" }),
      this.tableButton,
      this.button("Save as PNG", null, () => this.savePng(), { "data-tool": "png" }, "PNG"),
      this.button("Save as SVG", null, () => this.saveSvg(), { "data-tool": "svg" }, "SVG"),
      this.helpButton,
    );
    this.base = make("canvas", { "aria-hidden": "true" });
    this.over = make("canvas", { "aria-hidden": "true" });
    this.tip = make("div", { class: "tip", hidden: true });
    this.stage = make("div", { class: "stage", tabindex: "0", role: "application", "aria-roledescription": "interactive figure" }, this.base, this.over, this.tip);
    this.said = make("div", { class: "unseen", role: "status", "aria-live": "polite" });
    this.foot = make("div", { class: "foot" });
    this.table = make("div", { class: "panel", hidden: true, tabindex: "0", role: "region", "aria-label": "The points as a table" });
    this.help = make("div", { class: "panel", hidden: true }, make("dl", {}, ...KEYS.flatMap(([key, does]) => [make("dt", {}, key), make("dd", {}, does)])));
    this.root = make("div", { class: "plane" }, make("div", { class: "bar" }, this.legend, this.tools), this.stage, this.foot, this.help, this.table, this.said);
    this.host.append(this.style, this.root);
    this.listen();
  }

  button(title, icon, action, attributes = {}, word = "") {
    const button = make("button", { type: "button", title, "aria-label": title, ...attributes, onclick: action });
    if (icon) button.innerHTML = `<svg viewBox="0 0 16 16" aria-hidden="true">${icon}</svg>`;
    else button.append(make("span", { class: "word" }, word));
    return button;
  }

  listen() {
    const on = (name, handler, options) => this.stage.addEventListener(name, handler, options);
    on("pointerdown", (event) => this.down(event));
    on("pointermove", (event) => this.move(event));
    on("pointerup", (event) => this.up(event));
    on("pointercancel", (event) => this.cancel(event));
    on("pointerleave", (event) => event.pointerType !== "touch" && !this.drag && !this.byKey && this.point(-1));
    on("wheel", (event) => this.wheel(event), { passive: false });
    on("dblclick", () => !this.touched && this.fit());
    on("keydown", (event) => this.key(event));
    on("blur", () => this.byKey && this.point(-1));
  }

  destroy() {
    this.observer.disconnect();
    cancelAnimationFrame(this.asked);
    this.root.remove();
    this.style.remove();
  }

  // ---- view ---------------------------------------------------------------------------------------------------------------------

  /** The client's data changed: keep the view where the visitor chose it or where everything still fits. */
  refresh() {
    const extent = this.client.extent();
    if (!this.view || (!this.moved && !this.stillFits(extent))) this.view = { ...extent };
    this.home = extent;
    if (this.active >= this.client.size()) this.active = -1;
    this.stage.setAttribute("aria-label", `${this.client.label()} Press question mark for the keys.`);
    if (!this.table.hidden) this.fillTable();
    this.repaint();
  }

  stillFits(extent) {
    const { view, home } = this;
    if (!home || extent.fixed || home.fixed) return false;
    const inside = extent.x0 >= view.x0 && extent.x1 <= view.x1 && extent.y0 >= view.y0 && extent.y1 <= view.y1;
    return inside && extent.x1 - extent.x0 > 0.5 * (view.x1 - view.x0) && extent.y1 - extent.y0 > 0.5 * (view.y1 - view.y0);
  }

  fit() {
    this.view = { ...this.client.extent() };
    this.moved = false;
    this.repaint();
  }

  zoom(factor, px, py) {
    const { view } = this;
    const [cx, cy] = [this.placeX(px), this.placeY(py)];
    const next = { x0: cx + (view.x0 - cx) * factor, x1: cx + (view.x1 - cx) * factor, y0: cy + (view.y0 - cy) * factor, y1: cy + (view.y1 - cy) * factor };
    const span = this.home.x1 - this.home.x0;
    if (next.x1 - next.x0 > 8 * span || next.x1 - next.x0 < 1e-5 * span) return;
    this.view = next;
    this.moved = true;
    this.repaint();
  }

  pan(dx, dy) {
    const { view, box } = this;
    const [kx, ky] = [(view.x1 - view.x0) / box.width, (view.y1 - view.y0) / box.height];
    this.view = { x0: view.x0 - dx * kx, x1: view.x1 - dx * kx, y0: view.y0 + dy * ky, y1: view.y1 + dy * ky };
    this.moved = true;
    this.repaint();
  }

  pixelX(place) {
    return this.box.left + ((place - this.view.x0) / (this.view.x1 - this.view.x0)) * this.box.width;
  }

  pixelY(place) {
    return this.box.top + this.box.height - ((place - this.view.y0) / (this.view.y1 - this.view.y0)) * this.box.height;
  }

  placeX(px) {
    return this.view.x0 + ((px - this.box.left) / this.box.width) * (this.view.x1 - this.view.x0);
  }

  placeY(py) {
    return this.view.y0 + ((this.box.top + this.box.height - py) / this.box.height) * (this.view.y1 - this.view.y0);
  }

  // ---- painting -----------------------------------------------------------------------------------------------------------------

  resize() {
    const { width, height } = this.stage.getBoundingClientRect();
    if (!width || !height) return;
    this.ratio = window.devicePixelRatio || 1;
    for (const canvas of [this.base, this.over]) {
      [canvas.width, canvas.height] = [Math.round(width * this.ratio), Math.round(height * this.ratio)];
    }
    [this.width, this.height] = [width, height];
    this.paintNow();
  }

  layout(width, height, top = 0) {
    const { left, right, bottom } = this.client.margin(width);
    return { left, top: top + 8, width: Math.max(20, width - left - right), height: Math.max(20, height - top - 8 - bottom) };
  }

  /** Paint before the next frame, once however often it was asked for. */
  repaint() {
    if (this.asked) return;
    this.asked = requestAnimationFrame(() => this.paintNow());
  }

  paintNow() {
    cancelAnimationFrame(this.asked);
    this.asked = 0;
    if (!this.width || !this.view) return;
    const began = performance.now();
    this.theme = theme(this.root);
    for (const name of ["text", "muted", "axis", "rule", "surface", "background", "accent"]) this.root.style.setProperty(`--plane-${name}`, this.theme[name]);
    this.client.coloured?.(this.theme);
    this.box = this.layout(this.width, this.height);
    // kept in memory instead of on a graphics card: many points are blended into its pixels by hand
    const pen = this.base.getContext("2d", { willReadFrequently: true });
    pen.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    pen.fillStyle = this.theme.background;
    pen.fillRect(0, 0, this.width, this.height);
    this.client.paint(pen, this);
    this.paintOver();
    this.paintMs = performance.now() - began;
    this.root.dataset.paintMs = this.paintMs.toFixed(2);
    this.root.dataset.view = ["x0", "x1", "y0", "y1"].map((end) => this.view[end].toPrecision(5)).join(" ");
    this.root.dataset.painted = String(Number(this.root.dataset.painted || 0) + 1);
  }

  paintOver() {
    const pen = this.over.getContext("2d");
    pen.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    pen.clearRect(0, 0, this.width, this.height);
    if (this.client.paintOver) this.client.paintOver(pen, this);
    const outline = this.drag?.path || this.brushPixels();
    if (outline) this.paintBrush(pen, outline);
  }

  paintBrush(pen, path) {
    pen.beginPath();
    path.forEach(([x, y], i) => (i ? pen.lineTo(x, y) : pen.moveTo(x, y)));
    pen.closePath();
    pen.fillStyle = this.theme.accent;
    pen.globalAlpha = 0.07;
    pen.fill();
    pen.globalAlpha = 1;
    pen.strokeStyle = this.theme.accent;
    pen.lineWidth = 1.25;
    pen.setLineDash([4, 3]);
    pen.stroke();
    pen.setLineDash([]);
  }

  brushPixels() {
    return this.brush && this.brush.map(([x, y]) => [this.pixelX(x), this.pixelY(y)]);
  }

  // ---- pointer ------------------------------------------------------------------------------------------------------------------

  where(event) {
    const rect = this.stage.getBoundingClientRect();
    return [event.clientX - rect.left, event.clientY - rect.top];
  }

  down(event) {
    if (event.button > 0) return;
    this.byKey = false;
    this.touched = event.pointerType === "touch";
    const [x, y] = this.where(event);
    this.pointers.set(event.pointerId, [x, y]);
    if (this.pointers.size === 2) {
      this.drag = null;
      this.pinch = this.span();
      return;
    }
    if (event.pointerType !== "touch" || this.mode !== "pan") this.stage.setPointerCapture(event.pointerId);
    this.drag = { start: [x, y], last: [x, y], far: false, path: null, touch: event.pointerType === "touch" };
  }

  span() {
    const [[ax, ay], [bx, by]] = [...this.pointers.values()];
    return { distance: Math.hypot(ax - bx, ay - by) || 1, middle: [(ax + bx) / 2, (ay + by) / 2] };
  }

  move(event) {
    const [x, y] = this.where(event);
    if (this.pointers.has(event.pointerId)) this.pointers.set(event.pointerId, [x, y]);
    if (this.pinch && this.pointers.size === 2) return this.movePinch();
    if (!this.drag) {
      if (event.pointerType !== "touch") this.hover(x, y, 14);
      return undefined;
    }
    const [sx, sy] = this.drag.start;
    if (!this.drag.far && Math.hypot(x - sx, y - sy) < SLIP) return undefined;
    this.drag.far = true;
    this.point(-1);
    if (this.mode === "pan") this.dragView(x, y);
    else this.dragBrush(x, y);
    return undefined;
  }

  movePinch() {
    const next = this.span();
    this.pan(next.middle[0] - this.pinch.middle[0], next.middle[1] - this.pinch.middle[1]);
    this.zoom(this.pinch.distance / next.distance, ...next.middle);
    this.pinch = next;
  }

  dragView(x, y) {
    this.stage.classList.add("dragging");
    this.pan(x - this.drag.last[0], y - this.drag.last[1]);
    this.drag.last = [x, y];
  }

  dragBrush(x, y) {
    const [sx, sy] = this.drag.start;
    if (this.mode === "box") this.drag.path = [[sx, sy], [x, sy], [x, y], [sx, y]];
    else (this.drag.path ||= [[sx, sy]]).push([x, y]);
    this.paintOver();
  }

  up(event) {
    this.pointers.delete(event.pointerId);
    this.stage.classList.remove("dragging");
    if (this.pinch) {
      if (!this.pointers.size) this.pinch = null;
      this.drag = null;
      return;
    }
    const drag = this.drag;
    this.drag = null;
    if (!drag) return;
    if (!drag.far) this.click(event, drag);
    else if (drag.path) this.setBrush(drag.path.map(([x, y]) => [this.placeX(x), this.placeY(y)]), this.mode);
  }

  cancel(event) {
    this.pointers.delete(event.pointerId);
    this.drag = null;
    this.pinch = null;
    this.stage.classList.remove("dragging");
    this.paintOver();
  }

  /** A click opens what lies under it; a first touch only shows it. */
  click(event, drag) {
    const [x, y] = this.where(event);
    const before = this.active;
    this.hover(x, y, drag.touch ? 24 : 14);
    if (this.active < 0) return;
    if (!drag.touch || this.active === before) this.client.open(this.active);
    else this.said.textContent = `${this.client.say(this.active)} Touch again to open.`;
  }

  hover(x, y, reach) {
    this.byKey = false;
    this.point(this.client.near(x, y, reach));
  }

  point(index) {
    if (index === this.active) return;
    this.active = index;
    this.stage.classList.toggle("pointing", index >= 0 && !this.byKey);
    this.paintOver();
    this.showTip(index);
  }

  showTip(index) {
    this.tip.hidden = index < 0;
    if (index < 0) return;
    this.tip.replaceChildren(...this.client.tip(index));
    const [x, y] = this.client.at(index);
    const { offsetWidth: w, offsetHeight: h } = this.tip;
    const left = x + 14 + w > this.width ? Math.max(0, x - 14 - w) : x + 14;
    const top = y - h - 10 < 0 ? Math.min(this.height - h, y + 14) : y - h - 10;
    Object.assign(this.tip.style, { left: `${left}px`, top: `${Math.max(0, top)}px` });
  }

  /** The wheel zooms only where the visitor is at work, so that the page still scrolls past the figure. */
  wheel(event) {
    const here = this.host.activeElement === this.stage || document.activeElement === this.stage;
    if (!event.ctrlKey && !event.metaKey && !here) return;
    event.preventDefault();
    this.zoom(Math.exp(event.deltaY * WHEEL * (event.deltaMode ? 16 : 1)), ...this.where(event));
  }

  setMode(mode) {
    this.mode = mode;
    this.stage.classList.toggle("taking", mode !== "pan");
    for (const button of this.modeButtons) button.setAttribute("aria-pressed", String(button.dataset.mode === mode));
  }

  /** Keep a brush (places of its corners) and tell the client; null clears it. */
  setBrush(path, kind = "lasso", quiet = false) {
    this.brush = path;
    this.client.brushed(path, kind, quiet);
    this.repaint();
  }

  // ---- keys ---------------------------------------------------------------------------------------------------------------------

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const arrows = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    const does = arrows
      ? () => (event.shiftKey ? this.pan(-60 * arrows[0], -60 * arrows[1]) : this.walk(...arrows))
      : {
          Home: () => this.walkTo(this.client.ends()[0]),
          End: () => this.walkTo(this.client.ends()[1]),
          Enter: () => this.active >= 0 && this.client.open(this.active),
          " ": () => this.active >= 0 && this.client.open(this.active),
          "+": () => this.zoomMiddle(0.8),
          "=": () => this.zoomMiddle(0.8),
          "-": () => this.zoomMiddle(1.25),
          0: () => this.fit(),
          p: () => this.setMode("pan"),
          b: () => this.setMode("box"),
          l: () => this.setMode("lasso"),
          t: () => this.toggleTable(),
          "?": () => this.toggleHelp(),
          Escape: () => this.escape(),
        }[event.key];
    if (!does) return;
    event.preventDefault();
    event.stopPropagation();
    does();
  }

  escape() {
    this.point(-1);
    if (this.brush) this.setBrush(null);
    if (!this.help.hidden) this.toggleHelp();
  }

  zoomMiddle(factor) {
    this.zoom(factor, this.box.left + this.box.width / 2, this.box.top + this.box.height / 2);
  }

  walk(dx, dy) {
    this.walkTo(this.active < 0 ? this.client.middle() : this.client.step(this.active, dx, dy));
  }

  walkTo(index) {
    if (index === undefined || index < 0) return;
    this.byKey = true;
    this.bring(index);
    this.point(index);
    this.said.textContent = this.client.say(index);
  }

  /** Move the view as far as it takes to see a point. */
  bring(index) {
    const [x, y] = this.client.at(index);
    const { left, top, width, height } = this.box;
    const dx = x < left ? left - x + 20 : x > left + width ? left + width - x - 20 : 0;
    const dy = y < top ? top - y + 20 : y > top + height ? top + height - y - 20 : 0;
    if (dx || dy) {
      this.pan(dx, dy);
      this.paintNow();
    }
  }

  toggleHelp() {
    this.help.hidden = !this.help.hidden;
    this.helpButton.setAttribute("aria-expanded", String(!this.help.hidden));
  }

  toggleTable() {
    this.table.hidden = !this.table.hidden;
    this.tableButton.setAttribute("aria-expanded", String(!this.table.hidden));
    if (!this.table.hidden) this.fillTable();
  }

  fillTable() {
    this.table.replaceChildren(...this.client.table());
  }

  // ---- taking away --------------------------------------------------------------------------------------------------------------

  /** Return the figure as SVG text, legend included, as it is seen now. */
  svg() {
    const top = this.client.legendHeight ? this.client.legendHeight(this.width) : 0;
    const pen = new SvgPen(this.width, this.height + top);
    const before = this.box;
    pen.fillStyle = this.theme.background;
    pen.fillRect(0, 0, pen.width, pen.height);
    this.box = this.layout(this.width, this.height + top, top);
    try {
      if (top) this.client.paintLegend(pen, this);
      this.client.paint(pen, this, true);
    } finally {
      this.box = before;
    }
    return { text: pen.text(this.client.name(), this.client.label()), width: pen.width, height: pen.height };
  }

  saveSvg() {
    save(new Blob([this.svg().text], { type: "image/svg+xml" }), fileName(this.client.name(), "svg"));
  }

  async savePng() {
    const { text, width, height } = this.svg();
    save(await raster(await withFont(text), width, height, 2, this.theme.background), fileName(this.client.name(), "png"));
  }
}
