// A neural interpreter at work on one image: rows are functions, columns are steps, a patch's colour is how much of it a function takes.

import { make } from "../canvas/canvas.js";
import { theme } from "../canvas/colours.js";
import { buttons } from "../canvas/quiet.js";
import { fileName, raster, save, withFont } from "../canvas/saving.js";
import { component } from "../canvas/streamlit.js";
import { Asking } from "../circuit/asking.js";
import { brought, offerStrengths, option, pixels, tiles } from "../circuit/input.js";
import { CIRCUIT_CSS } from "../circuit/looks.js";
import { fill, picture } from "./cells.js";
import { ROUTING_CSS } from "./looks.js";

const SLOW = 700; // milliseconds after which waiting is told
const NARROW = 640; // pixels
const STRONGEST = 0.9; // of the colour that the largest share has
const KEYS = "← → ↑ ↓ over the patches, Page up and Page down from step to step, Enter holds a patch";
export const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const percent = (share) => `${(100 * share).toFixed(share > 0 && share < 0.1 ? 1 : 0)} %`;
const points = (share) => `${share > 0 ? "+" : share < 0 ? "−" : ""}${Math.abs(100 * share).toFixed(1)}`;

class Router {
  constructor(host, data, tell) {
    Object.assign(this, { host, asking: new Asking(), measuring: new Asking(), gone: new Set(), chosen: null, at: null, held: false, colours: [] });
    this.style = make("style");
    this.style.textContent = CIRCUIT_CSS + ROUTING_CSS;
    const label = (word, ...inner) => make("label", {}, make("span", {}, word), ...inner);
    this.tiles = make("div", { class: "pictures", role: "group", "aria-label": "Images" });
    this.upload = make("input", { type: "file", accept: "image/png,image/jpeg", "aria-label": "Upload an image", onchange: () => this.take(this.upload.files[0]) });
    this.shift = make("select", { "aria-label": "Shift", onchange: () => this.shifted() });
    this.strength = make("select", { "aria-label": "Strength", hidden: true, onchange: () => this.ask() });
    this.input = make("canvas", { class: "input", role: "img", "aria-label": "The image as the interpreter gets it" });
    this.said = make("div", { role: "status", class: "small" });
    this.bars = make("div", { class: "bars" });
    this.measured = make("div", { class: "small", role: "status" });
    this.grid = make("div", { class: "grid", tabindex: "0", role: "application", "aria-label": `Patches and the functions that take them. ${KEYS}` });
    this.foot = make("div", { class: "under", role: "status" });
    this.tools = make("div");
    const left = make("div", {}, this.tiles, make("div", { class: "line small", style: "margin-top:6px" }, label("or upload", this.upload)), make("div", { class: "line" }, label("Shift", this.shift, this.strength)));
    const right = make("div", {}, make("div", { class: "answered" }, this.input, make("div", {}, this.said, this.bars)), this.measured);
    this.root = make("div", { class: "circuit routing" }, make("div", { class: "asked two" }, left, right), this.grid, this.foot, this.tools);
    host.append(this.style, this.root);
    this.quiet = buttons(this.tools, [
      ["PNG", "Save the routing as PNG", () => this.savePicture("png")],
      ["SVG", "Save the routing as SVG", () => this.savePicture("svg")],
      ["CSV", "Save all shares as CSV", () => this.saveTable()],
    ]);
    this.listen();
    this.observer = new ResizeObserver(() => this.root.classList.toggle("narrow", this.root.clientWidth < NARROW));
    this.observer.observe(this.root);
    this.update(data, tell);
  }

  listen() {
    const patch = (event) => event.target.closest?.("canvas[data-step]");
    this.grid.addEventListener("pointermove", (event) => patch(event) && !this.held && this.point(patch(event), event));
    this.grid.addEventListener("pointerleave", () => !this.held && this.go(null));
    this.grid.addEventListener("click", (event) => {
      if (!patch(event)) return;
      this.held = false;
      this.point(patch(event), event);
      this.held = this.at !== null;
    });
    this.grid.addEventListener("keydown", (event) => this.key(event));
  }

  update(offer, tell) {
    this.tell = tell;
    this.theme = theme(this.host.host || this.host);
    const { text, muted, accent, surface, rule, axis, background, dark, categorical } = this.theme;
    const told = { ink: text, muted, accent, surface, rule, axis, page: background, past: axis, warn: dark ? "#ff9d86" : "#b3261e" };
    for (const [name, value] of Object.entries(told)) this.root.style.setProperty(`--${name}`, value);
    this.colours = categorical;
    this.quiet.colour();
    const other = !this.offer || this.offer.circuit !== offer.circuit;
    this.offer = offer;
    if (!other) {
      this.draw();
      return;
    }
    this.tiles.replaceChildren(...tiles(offer.examples, (id) => this.open(id)));
    this.shift.replaceChildren(option("", "none"), ...Object.keys(offer.shifts).map((name) => option(name, name.replaceAll("_", " "))));
    Object.assign(this, { gone: new Set(offer.start.without), about: null, answer: null });
    this.learn();
    const first = offer.examples.find((one) => one.id === offer.start.image) || offer.examples[0];
    if (first) this.open(first.id);
  }

  open(id) {
    this.chosen = { example_id: id };
    for (const button of this.tiles.children) button.setAttribute("aria-pressed", String(button.dataset.id === id));
    this.ask();
  }

  async take(file) {
    if (!file) return;
    try {
      this.chosen = { image: await brought(file, this.offer.channels) };
    } catch (problem) {
      this.complain(problem.message);
      return;
    }
    for (const button of this.tiles.children) button.setAttribute("aria-pressed", "false");
    this.ask();
  }

  shifted() {
    offerStrengths(this.strength, this.offer.shifts[this.shift.value] || []);
    this.ask();
  }

  question(kind) {
    const shift = this.shift.value ? { shift: this.shift.value, strength: Number(this.strength.value) } : {};
    return { kind, circuit: this.offer.circuit, ...shift, ...this.chosen, without: [...this.gone] };
  }

  /** Ask where this image's patches go; whole as well, where functions are out. */
  async ask() {
    if (!this.chosen) return;
    const began = performance.now();
    const slow = setTimeout(() => this.said.replaceChildren("Asking the interpreter. The first answer after a pause takes some seconds …"), SLOW);
    try {
      const found = await this.asking.ask(this.offer.live, this.question("routes"));
      if (!found) return;
      Object.assign(this, { answer: found.answer, arrays: found.arrays });
      if (!found.answer.without.length) this.whole = found.answer;
      this.draw();
      this.root.setAttribute("data-answered", `${this.chosen.example_id || "upload"} without ${found.answer.without.join(",") || "none"}`);
      this.root.setAttribute("data-milliseconds", String(Math.round(performance.now() - began)));
      this.tell("view", { image: this.chosen.example_id || "", without: found.answer.without });
    } catch (problem) {
      this.complain(problem.message);
    } finally {
      clearTimeout(slow);
    }
  }

  /** Ask once what the functions take, and what goes without each. */
  async learn() {
    const { circuit, n, live } = this.offer;
    try {
      const found = await new Asking().ask(live, { kind: "functions", circuit, n });
      if (!found || circuit !== this.offer.circuit) return;
      this.about = found.answer;
      this.heads();
      if (this.gone.size) this.measure();
    } catch {
      this.about = null; // the answer to the image tells what is wrong
    }
  }

  async measure() {
    if (!this.gone.size) {
      this.measured.replaceChildren();
      return;
    }
    const names = [...this.gone].sort().map((f) => LETTERS[f]).join(" and ");
    this.measured.replaceChildren(`Measuring test images without ${names} …`);
    try {
      const { circuit, n, sets, live } = this.offer;
      const found = await this.measuring.ask(live, { kind: "removed", circuit, n, sets, without: [...this.gone] });
      if (!found || !this.gone.size) return;
      const rows = found.answer.sets.map((one) => make("tr", {}, make("td", {}, one.shift ? one.shift.replaceAll("_", " ") : "as in training"), make("td", {}, percent(one.before)), make("td", {}, percent(one.after)), make("td", {}, `${points(one.difference)} [${points(one.low)}, ${points(one.high)}]`)));
      const head = make("tr", {}, ...["test images", "whole", `without ${names}`, "points, 95 %"].map((word) => make("th", { scope: "col" }, word)));
      this.measured.replaceChildren(make("table", { class: "measured" }, make("thead", {}, head), make("tbody", {}, ...rows)), make("p", { class: "muted" }, `${found.answer.sets[0].n} images each, the same with and without.`));
      this.root.setAttribute("data-measured", [...this.gone].join(","));
    } catch (problem) {
      this.measured.replaceChildren(make("div", { class: "wrong", role: "alert" }, problem.message));
    }
  }

  complain(sentence) {
    this.said.replaceChildren(make("div", { class: "wrong", role: "alert" }, sentence));
  }

  toggle(f) {
    if (this.gone.has(f)) this.gone.delete(f);
    else this.gone.add(f);
    this.ask();
    this.measure();
  }

  // drawing

  colour(f) {
    return this.colours[f % this.colours.length];
  }

  draw() {
    if (!this.answer) return;
    const { answer, arrays } = this;
    pixels(this.input, arrays.image);
    const name = (k) => answer.classes[k];
    const right = answer.label === null ? "" : answer.label === answer.predicted ? ", which is right" : `; it is ${name(answer.label)}`;
    this.said.replaceChildren(make("p", {}, make("b", {}, `Answer: ${name(answer.predicted)}`), `${right}.`));
    const order = answer.probabilities.map((_, k) => k).sort((a, b) => answer.probabilities[b] - answer.probabilities[a]).slice(0, 4);
    this.bars.replaceChildren(...order.flatMap((k) => [make("span", { class: k === answer.predicted ? "best" : "" }, name(k)), make("s", { "aria-hidden": "true", style: `--share:${100 * answer.probabilities[k]}%` }), make("span", {}, percent(answer.probabilities[k]))]));
    if (!this.cells || this.cells.length !== answer.functions + 1 || this.cells[0].length !== answer.steps) this.build();
    this.heads();
    this.paint();
  }

  build() {
    const { functions, steps } = this.answer;
    const cell = (row, step) => make("canvas", { "data-row": String(row), "data-step": String(step), role: "img" });
    this.cells = Array.from({ length: functions + 1 }, (_, row) => Array.from({ length: steps }, (__, step) => cell(row, step)));
    this.names = Array.from({ length: functions + 1 }, () => make("div", { class: "name" }));
    const head = [make("div", { class: "name" }), ...Array.from({ length: steps }, (_, step) => make("div", { class: "step" }, `Step ${step + 1}`))];
    this.grid.style.setProperty("--steps", String(steps));
    this.grid.replaceChildren(...head, ...this.cells.flatMap((row, i) => [this.names[i], ...row]));
  }

  heads() {
    if (!this.names) return;
    this.names[0].replaceChildren(make("b", {}, "All"), make("span", { class: "muted" }, "who takes most"));
    for (let f = 0; f < this.answer.functions; f++) {
      const about = this.about?.names[f];
      const loss = this.about?.losses[f];
      const gone = this.gone.has(f);
      const last = !gone && this.gone.size + 1 >= this.answer.functions;
      const button = make("button", { type: "button", class: "quiet", "aria-pressed": String(gone), disabled: last, title: last ? "One function must stay" : "", "aria-label": `${gone ? "Put back" : "Remove"} function ${LETTERS[f]}`, onclick: () => this.toggle(f) }, gone ? "Put back" : "Remove");
      this.names[f + 1].replaceChildren(
        make("b", { style: `--mark:${this.colour(f)}` }, LETTERS[f]), make("span", {}, about ? about.takes : "…"),
        ...(loss ? [make("span", { class: "muted", title: "Accuracy without it, minus accuracy with it, 95 % interval" }, `without it ${points(loss.difference)} [${points(loss.low)}, ${points(loss.high)}] points`)] : []), button,
      );
      this.names[f + 1].classList.toggle("gone", gone);
    }
  }

  paint() {
    const { routes } = this.arrays;
    const { side, functions, steps } = this.answer;
    const tokens = side * side + 1;
    const share = (step, token, f) => routes.data[(step * tokens + token) * functions + f];
    this.share = share;
    const most = Math.max(...routes.data);
    this.most = most;
    const of = (step, token, f) => ({ colour: this.colour(f), strength: (STRONGEST * share(step, token, f)) / most });
    for (let row = 0; row <= functions; row++) {
      for (let step = 0; step < steps; step++) {
        const canvas = this.cells[row][step];
        const painted = Array.from({ length: tokens }, (_, token) => {
          const best = Array.from({ length: functions }, (__, f) => f).sort((a, b) => share(step, token, b) - share(step, token, a))[0];
          return of(step, token, row ? row - 1 : best);
        });
        fill(canvas, this.arrays.image, side, painted, this.at?.token, this.theme);
        canvas.setAttribute("aria-label", row ? `Step ${step + 1}, function ${LETTERS[row - 1]}: ${percent(this.mean(step, row - 1))} of the patches, ${percent(share(step, tokens - 1, row - 1))} of the class token` : `Step ${step + 1}, the function that takes most of each patch`);
      }
    }
    this.tellPatch();
  }

  mean(step, f) {
    const patches = this.answer.side ** 2;
    return Array.from({ length: patches }, (_, token) => this.share(step, token, f)).reduce((a, b) => a + b, 0) / patches;
  }

  point(canvas, event) {
    const box = canvas.getBoundingClientRect();
    const { side } = this.answer;
    const token = picture.token((event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height, side);
    this.go(token === null ? null : { token, step: Number(canvas.dataset.step) });
  }

  go(at) {
    if (JSON.stringify(at) === JSON.stringify(this.at)) return;
    this.at = at;
    if (this.answer) this.paint();
  }

  tellPatch() {
    const { side, functions, steps } = this.answer;
    if (!this.at) {
      const out = this.answer.truncated > 0 ? ` ${percent(this.answer.truncated)} of all shares are exactly 0: too far from the function's signature.` : "";
      this.foot.replaceChildren(`The stronger the colour, the more of the patch goes to the function: full colour is ${percent(this.most)}, and the shares of a patch add up to 1. The square below each picture is the class token, which the answer is read from.${out} Point at a patch to follow it; click holds it.`);
      return;
    }
    const { token } = this.at;
    const where = token === side * side ? "The class token" : `Patch in row ${Math.floor(token / side) + 1}, column ${(token % side) + 1}`;
    const told = Array.from({ length: steps }, (_, step) => `step ${step + 1}: ${Array.from({ length: functions }, (__, f) => [f, this.share(step, token, f)]).filter(([, value]) => value > 0).sort((a, b) => b[1] - a[1]).map(([f, value]) => `${LETTERS[f]} ${percent(value)}`).join(", ")}`);
    this.foot.replaceChildren(make("b", {}, where), ` goes to, ${told.join("; ")}.`);
  }

  key(event) {
    if (event.target !== this.grid || !this.answer) return;
    const { side, steps } = this.answer;
    const now = this.at || { token: 0, step: 0 };
    const move = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [-side, 0], ArrowDown: [side, 0], PageUp: [0, -1], PageDown: [0, 1], Home: [-now.token, 0], End: [side * side - now.token, 0] }[event.key];
    if (event.key === "Enter") this.held = !this.held && this.at !== null;
    else if (event.key === "Escape") this.go(null);
    if (!move) return;
    event.preventDefault();
    const clamp = (value, most) => Math.max(0, Math.min(most, value));
    this.held = true;
    this.go({ token: this.at ? clamp(now.token + move[0], side * side) : 0, step: clamp(now.step + move[1], steps - 1) });
  }

  // taking away

  get title() {
    return `Routing of ${this.offer.circuit}`;
  }

  async savePicture(kind) {
    if (!this.answer) return;
    const { functions, steps } = this.answer;
    const names = ["All", ...Array.from({ length: functions }, (_, f) => `${LETTERS[f]}${this.about ? `: ${this.about.names[f].takes}` : ""}`)];
    const made = picture.svg(this.cells, names, Array.from({ length: steps }, (_, step) => `Step ${step + 1}`), this.theme, this.title);
    if (kind === "svg") save(new Blob([made.text], { type: "image/svg+xml" }), fileName(this.title, "svg"));
    else save(await raster(await withFont(made.text), made.width, made.height, 2, this.theme.background), fileName(this.title, "png"));
  }

  saveTable() {
    if (!this.answer) return;
    const { side, functions, steps } = this.answer;
    const rows = ["step,row,column,function,share"];
    for (let step = 0; step < steps; step++) for (let token = 0; token <= side * side; token++) for (let f = 0; f < functions; f++) rows.push([step + 1, ...(token === side * side ? ["", ""] : [Math.floor(token / side) + 1, (token % side) + 1]), LETTERS[f], this.share(step, token, f).toPrecision(4)].join(","));
    save(new Blob([`${rows.join("\n")}\n`], { type: "text/csv" }), fileName(this.title, "csv"));
  }

  destroy() {
    this.asking.end();
    this.measuring.end();
    this.observer.disconnect();
    this.style.remove();
    this.root.remove();
  }
}

export default component(({ parentElement, data, setStateValue }) => {
  const router = new Router(parentElement, data, setStateValue);
  return { update: (given) => router.update(given.data, given.setStateValue), destroy: () => router.destroy() };
});
