// One unit along one factor: pictures from the dashboard, answers from the warm process, the hand in the browser. The last request wins.

import { make } from "../canvas/canvas.js";
import { theme } from "../canvas/colours.js";
import { buttons } from "../canvas/quiet.js";
import { fileName, raster, save, withFont } from "../canvas/saving.js";
import { component } from "../canvas/streamlit.js";
import { SvgPen } from "../canvas/svgpen.js";
import { draw, hand, layout, nearest, palette } from "./drawing.js";

const REST = 300; // milliseconds after which the address follows the hand
const KEYS = "\u2190 \u2192 along the factor, Shift faster, Home End to its ends, o to the unit as it is, \u2191 \u2193 another unit";
const CSS = `
.all { color: var(--ink); font: 13px/1.4 var(--st-font, "Source Sans", system-ui, sans-serif); font-variant-numeric: tabular-nums; position: relative; }
.all * { box-sizing: border-box; }
.units { display: flex; flex-wrap: wrap; gap: 4px; margin-bottom: 10px; align-items: center; }
.units button { font: inherit; color: var(--muted); background: none; border: 2px solid transparent; border-radius: 4px; padding: 1px; cursor: pointer; min-width: 24px; min-height: 44px; }
.units button[aria-selected="true"] { border-color: var(--accent); }
.units button:hover { border-color: var(--muted); }
.units canvas { width: 40px; height: 40px; display: block; }
.stage { position: relative; width: 100%; cursor: ew-resize; touch-action: pan-y; user-select: none; -webkit-user-select: none; }
.stage canvas { display: block; width: 100%; position: absolute; inset: 0; }
.stage:focus-visible, button:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
.foot { color: var(--muted); min-height: 20px; font-size: 12.5px; }
.foot.wrong { color: var(--wrong); }
.now { display: flex; flex-wrap: wrap; gap: 14px; margin-top: 8px; }
.now figure { margin: 0; width: min(112px, calc((100% - 28px) / 3)); }
.now figure canvas { width: 100%; aspect-ratio: 1; display: block; background: var(--surface); }
.now figcaption { font-size: 12px; color: var(--muted); margin-top: 3px; overflow-wrap: anywhere; }
.answers { flex: 1 1 320px; min-width: 0; display: grid; grid-template-columns: minmax(80px, 1fr) auto auto minmax(110px, 170px); gap: 4px 12px; align-items: end; align-content: start; margin: 0; }
.who { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.what { font-weight: 600; }
.what.no { color: var(--wrong); }
.sure { color: var(--muted); text-align: right; }
.bars { display: flex; gap: 2px; align-items: end; height: 34px; }
.bars span { flex: 1; display: flex; flex-direction: column; justify-content: end; height: 100%; font-size: 9.5px; line-height: 11px; text-align: center; color: var(--muted); overflow: hidden; }
.bars i { display: block; min-height: 1px; }
.help { color: var(--muted); font-size: 12.5px; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
[hidden] { display: none !important; }
`;
const percent = (share) => `${share >= 0.9995 && share < 1 ? ">99.9" : (100 * share).toFixed(share >= 0.995 && share < 1 ? 1 : 0)}\u202f%`;

class Strip {
  constructor(host, data, tell) {
    Object.assign(this, { host, client: crypto.randomUUID?.() || String(Math.random()), asked: 0, sprite: null, said: null, told: {} });
    this.style = make("style");
    this.style.textContent = CSS;
    this.units = make("div", { class: "units", role: "listbox", "aria-label": "Units" });
    this.base = make("canvas", { "aria-hidden": "true" });
    this.over = make("canvas", { "aria-hidden": "true" });
    this.stage = make("div", { class: "stage", tabindex: "0", role: "slider" }, this.base, this.over);
    this.foot = make("div", { class: "foot" });
    this.spoken = make("div", { class: "unseen", role: "status", "aria-live": "polite" });
    this.now = make("div", { class: "now" });
    this.help = make("div", { class: "help", hidden: true }, KEYS);
    this.tools = make("div");
    this.all = make("div", { class: "all" }, this.units, this.stage, this.foot, this.now, this.help, this.tools, this.spoken);
    host.append(this.style, this.all);
    this.quiet = buttons(this.tools, [
      ["PNG", "Save the strip as PNG", () => this.savePng()],
      ["SVG", "Save the strip as SVG", () => this.saveSvg()],
      ["Keys", "Show the keys", () => (this.help.hidden = !this.help.hidden)],
    ]);
    this.listen();
    this.observer = new ResizeObserver(() => this.paint());
    this.observer.observe(this.stage);
    this.update(data, tell);
  }

  listen() {
    const follow = (event) => this.to(nearest(this.box, event.clientX - this.stage.getBoundingClientRect().left));
    this.stage.addEventListener("pointerdown", (event) => {
      this.stage.setPointerCapture(event.pointerId);
      this.held = true;
      follow(event);
    });
    this.stage.addEventListener("pointermove", (event) => this.held && follow(event));
    for (const name of ["pointerup", "pointercancel"]) this.stage.addEventListener(name, () => (this.held = false));
    this.stage.addEventListener("keydown", (event) => this.key(event));
  }

  update(data, tell) {
    this.out = tell;
    this.theme = theme(this.host.host || this.host);
    const { text, muted, accent, surface, dark } = this.theme;
    for (const [name, value] of Object.entries({ ink: text, muted, accent, surface, wrong: dark ? "#ff9d86" : "#b3261e" })) this.all.style.setProperty(`--${name}`, value);
    this.quiet.colour();
    const before = this.data;
    this.data = data;
    if (before && JSON.stringify(before.question) !== JSON.stringify(data.question)) this.sprite = null;
    if (!before || this.heard("unit", data.unit, before.unit)) this.unit = data.unit;
    const about = JSON.stringify([data.question, data.units]);
    if (about !== this.about) this.showUnits();
    this.about = about;
    if (!before || this.heard("at", data.at, before.at) || data.question.factor !== before.question.factor) this.index = data.levels.findIndex((level) => level.text === data.at);
    this.ask();
    this.paint();
  }

  /** Return whether a value that the page says is news: not what the hand did itself, nor what it has left behind since. */
  heard(name, now, before) {
    const own = name in this.told;
    if (own && now === this.told[name]) delete this.told[name];
    return !own && now !== before;
  }

  tell(name, value) {
    this.told[name] = value;
    this.out(name, value);
  }

  question() {
    return { ...this.data.question, unit: this.unit };
  }

  get at() {
    return this.data.levels[this.index];
  }

  // ---- pictures and answers --------------------------------------------------------------------------------------------------------

  /** Ask for pictures and answers, unless these are the ones that are shown. */
  ask() {
    const question = JSON.stringify(this.question());
    if (question === this.current) return;
    this.current = question;
    const turn = ++this.asked;
    this.cancel?.abort();
    this.cancel = new AbortController();
    this.began = performance.now();
    this.say("");
    this.all.dataset.answered = "";
    this.pictures(turn, question);
    this.answers(turn, question);
    this.slow = setTimeout(() => turn === this.asked && !this.all.dataset.answered && this.say("The networks are being made ready: a few seconds the first time."), 900);
  }

  async pictures(turn, question) {
    try {
      const sprite = await this.picture(`${this.data.pictures}&q=${encodeURIComponent(question)}`);
      if (turn !== this.asked) return;
      this.sprite = sprite;
      this.tiles = null;
      this.paint();
      this.all.dataset.pictureMs = (performance.now() - this.began).toFixed(1);
    } catch (problem) {
      if (turn === this.asked && problem.name !== "AbortError") this.say(problem.message, true);
    }
  }

  /** Return a picture; where there is none, the sentence that says why is raised. */
  async picture(address) {
    const answer = await fetch(address, { signal: this.cancel?.signal });
    if (!answer.ok) throw new Error(await answer.text());
    return createImageBitmap(await answer.blob());
  }

  async answers(turn, question) {
    try {
      const body = JSON.stringify({ client: this.client, turn, question: JSON.parse(question) });
      const answer = await fetch(this.data.live, { method: "POST", body, headers: { "Content-Type": "application/json" }, signal: this.cancel.signal });
      if (turn !== this.asked || answer.status === 409) return;
      if (answer.status === 403) throw new Error(await answer.text());
      const told = await answer.json();
      if (turn !== this.asked) return;
      if (!answer.ok) throw new Error([told.error, told.hint].filter(Boolean).join(" "));
      this.said = { ...told.answer, question, probabilities: unpacked(told.arrays.probabilities) };
      this.all.dataset.answerMs = (performance.now() - this.began).toFixed(1);
      this.all.dataset.answered = String(this.unit);
      this.say("");
      this.paint();
    } catch (problem) {
      if (turn === this.asked && problem.name !== "AbortError") this.say(problem.message, true);
    } finally {
      // only now, for the page asks the same when it hears of the unit
      if (turn === this.asked && this.unit !== this.data.unit && this.unit !== this.told.unit) this.tell("unit", this.unit);
    }
  }

  say(text, wrong = false) {
    clearTimeout(this.slow);
    this.foot.textContent = text;
    this.foot.classList.toggle("wrong", wrong);
  }

  // ---- units -----------------------------------------------------------------------------------------------------------------------

  async showUnits() {
    const { units, thumbs, question } = this.data;
    this.units.replaceChildren(...units.map((unit) => make(
      "button", { type: "button", role: "option", "data-unit": unit, "aria-label": `Unit ${unit}`, title: `Unit ${unit}`, onclick: () => this.choose(unit) }, make("canvas", { width: 80, height: 80 }),
    )));
    this.mark();
    const { system, do: done, seed, split } = question;
    const asked = { system, with: question.with, do: done, seed, split, units };
    try {
      const sheet = await this.picture(`${thumbs}&q=${encodeURIComponent(JSON.stringify(asked))}`);
      [...this.units.querySelectorAll("canvas")].forEach((canvas, i) => tile(canvas, sheet, i));
    } catch {
      // the strip itself says what is wrong
    }
  }

  mark() {
    for (const button of this.units.children) {
      const selected = Number(button.dataset.unit) === this.unit;
      button.setAttribute("aria-selected", String(selected));
      button.tabIndex = selected ? 0 : -1;
    }
  }

  choose(unit) {
    this.unit = unit;
    this.mark();
    this.ask();
  }

  // ---- the hand --------------------------------------------------------------------------------------------------------------------

  to(index) {
    const next = Math.max(0, Math.min(this.data.levels.length - 1, index));
    if (next === this.index) return;
    this.index = next;
    this.paintHand();
    clearTimeout(this.rest);
    this.rest = setTimeout(() => this.tell("at", this.at.text), REST);
  }

  key(event) {
    const { units, levels } = this.data;
    const step = event.shiftKey ? 5 : 1;
    const beside = (by) => this.choose(units[(units.indexOf(this.unit) + by + units.length) % units.length]);
    const acts = {
      ArrowLeft: () => this.to(this.index - step), ArrowRight: () => this.to(this.index + step), PageDown: () => this.to(this.index - 5), PageUp: () => this.to(this.index + 5),
      Home: () => this.to(0), End: () => this.to(levels.length - 1), o: () => this.to(this.own()), ArrowUp: () => beside(-1), ArrowDown: () => beside(1),
      "?": () => (this.help.hidden = !this.help.hidden),
    };
    if (!acts[event.key] || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    acts[event.key]();
  }

  /** Return the level nearest to the unit as it is. */
  own() {
    if (!this.shown) return this.index;
    const { value } = this.shown.own;
    return this.data.span ? nearest(this.box, this.box.at(value)) : this.data.levels.findIndex((level) => level.text === value);
  }

  // ---- painting --------------------------------------------------------------------------------------------------------------------

  paint() {
    const width = this.stage.clientWidth;
    if (!width) return;
    const ratio = window.devicePixelRatio || 1;
    this.box = layout(this.data, width);
    this.stage.style.height = `${this.box.height}px`;
    for (const canvas of [this.base, this.over]) {
      [canvas.width, canvas.height] = [Math.round(width * ratio), Math.round(this.box.height * ratio)];
      canvas.style.height = `${this.box.height}px`;
      canvas.getContext("2d").setTransform(ratio, 0, 0, ratio, 0, 0);
    }
    const pen = this.base.getContext("2d");
    pen.imageSmoothingEnabled = false;
    this.shown = this.said?.question === this.current ? this.said : null;
    draw(pen, this.data, this.shown, this.theme, width, (i, x, y, size) => this.sprite && pen.drawImage(this.sprite, i * this.side(), 0, this.side(), this.side(), x, y, size, size));
    if (!(this.index >= 0) && this.shown) this.index = this.own();
    this.paintHand();
  }

  side() {
    return this.sprite.height;
  }

  paintHand() {
    const pen = this.over.getContext("2d");
    pen.clearRect(0, 0, this.box.width, this.box.height);
    if (!(this.index >= 0)) return; // where the unit itself is comes with the answers
    hand(pen, this.data, this.shown, this.theme, this.box, this.index);
    this.paintNow();
    const text = this.words();
    Object.entries({ "aria-valuemin": 0, "aria-valuemax": this.data.levels.length - 1, "aria-valuenow": this.index, "aria-valuetext": text, "aria-label": `${this.data.label} ${KEYS}` })
      .forEach(([name, value]) => this.stage.setAttribute(name, value));
    this.spoken.textContent = text;
    this.all.dataset.at = this.at.text;
  }

  words() {
    const answers = this.shown ? this.data.networks.map((name, i) => `${name} ${this.shown.classes[this.shown.predicted[i][this.index]]}`) : [];
    return [`${this.data.question.factor} ${this.at.text}${this.at.inside ? "" : ", outside training"}`, ...answers].join(", ");
  }

  paintNow() {
    const { factor } = this.data.question;
    if (!this.tiles) {
      this.tiles = ["As it is", "", "What differs"].map(() => make("canvas", { width: 224, height: 224, "aria-hidden": "true" }));
      this.captions = this.tiles.map(() => make("figcaption"));
      this.listing = make("div", { class: "answers" });
      this.now.replaceChildren(...this.tiles.map((canvas, i) => make("figure", {}, canvas, this.captions[i])), this.listing);
    }
    const { shown } = this;
    if (this.sprite) {
      tile(this.tiles[0], this.sprite, 0);
      tile(this.tiles[1], this.sprite, this.index + 1);
      this.differing();
    }
    const own = shown ? String(typeof shown.own.value === "number" ? Number(shown.own.value.toPrecision(3)) : shown.own.value) : "";
    this.captions[0].textContent = `As it is${own && `: ${factor} ${own}`}`.replace("-", "\u2212");
    this.captions[1].textContent = `${factor} ${this.at.text.replace("-", "\u2212")}${this.at.inside ? "" : " (outside training)"}`;
    this.listing.replaceChildren(...(shown ? this.data.networks.flatMap((name, i) => this.answer(name, i)) : []));
  }

  /** Show the pixels that differ between the unit as it is and as it would be, and count them. */
  differing() {
    const side = this.side();
    const small = make("canvas", { width: side, height: side });
    const pen = small.getContext("2d", { willReadFrequently: true });
    const [before, after] = [0, this.index + 1].map((i) => {
      pen.drawImage(this.sprite, i * side, 0, side, side, 0, 0, side, side);
      return pen.getImageData(0, 0, side, side);
    });
    let moved = 0;
    for (let k = 0; k < after.data.length; k += 4) {
      const gap = Math.max(...[0, 1, 2].map((c) => Math.abs(after.data[k + c] - before.data[k + c])));
      after.data.set([208, 84, 40, gap ? Math.min(255, 72 + gap) : 0], k);
      moved += gap > 0;
    }
    pen.putImageData(after, 0, 0);
    const shown = this.tiles[2].getContext("2d");
    shown.imageSmoothingEnabled = false;
    shown.clearRect(0, 0, 224, 224);
    shown.drawImage(small, 0, 0, 224, 224);
    this.captions[2].textContent = `What differs: ${moved} of ${side * side} pixels`;
  }

  answer(name, i) {
    const { shown, index } = this;
    const [answer, label] = [shown.predicted[i][index], shown.labels[index]];
    const colours = palette(this.theme);
    const bars = shown.classes.map((word, k) => {
      const share = shown.probabilities.at(i, index, k);
      return make("span", { title: `${word}: ${percent(share)}` }, make("i", { style: `height:${Math.round(22 * share)}px;background:${share > 0.005 ? colours[k % colours.length] : this.theme.rule}` }), word.length > 2 ? word.slice(0, 2) : word);
    });
    return [
      make("span", { class: "who", title: name }, name),
      make("span", { class: `what${answer === label ? "" : " no"}` }, `${answer === label ? "\u2713" : "\u2717"} ${shown.classes[answer]}`),
      make("span", { class: "sure" }, percent(shown.confidence[i][index])),
      make("span", { class: "bars", "aria-hidden": "true" }, ...bars),
    ];
  }

  // ---- taking away -----------------------------------------------------------------------------------------------------------------

  svg() {
    const width = 900;
    const { text, muted, background, font } = this.theme;
    const pen = new SvgPen(width, layout(this.data, width).height + 40);
    Object.assign(pen, { fillStyle: background });
    pen.fillRect(0, 0, pen.width, pen.height);
    const write = (words, x, y, size, colour, weight = "") => {
      Object.assign(pen, { fillStyle: colour, font: `${weight}${size}px ${font}`, textAlign: "left", textBaseline: "middle" });
      pen.fillText(words, x, y);
    };
    write(this.data.name, 10, 14, 15, text, "600 ");
    write("Shaded: what training shows. Line: confidence. Band: answer, underlined where it is wrong.", 10, 32, 11, muted);
    pen.translate(0, 40);
    const small = make("canvas", { width: this.side(), height: this.side() });
    draw(pen, this.data, this.shown, this.theme, width, (i, x, y, size) => {
      small.getContext("2d").drawImage(this.sprite, i * this.side(), 0, this.side(), this.side(), 0, 0, this.side(), this.side());
      pen.image(small.toDataURL(), x, y, size, size);
    });
    pen.restore();
    return { text: pen.text(this.data.name, this.data.label), width, height: pen.height };
  }

  saveSvg() {
    if (this.sprite) save(new Blob([this.svg().text], { type: "image/svg+xml" }), fileName(this.data.name, "svg"));
  }

  async savePng() {
    if (!this.sprite) return;
    const { text, width, height } = this.svg();
    save(await raster(await withFont(text), width, height, 2, this.theme.background), fileName(this.data.name, "png"));
  }

  destroy() {
    this.cancel?.abort();
    clearTimeout(this.rest);
    clearTimeout(this.slow);
    this.observer.disconnect();
    this.quiet.destroy();
    for (const node of [this.style, this.all]) node.remove();
  }
}

/** Draw one picture of a sprite over the whole of a canvas. */
function tile(canvas, sprite, i) {
  const pen = canvas.getContext("2d");
  pen.imageSmoothingEnabled = false;
  pen.drawImage(sprite, i * sprite.height, 0, sprite.height, sprite.height, 0, 0, canvas.width, canvas.height);
}

/** Return numbers in three axes from base64. */
function unpacked({ shape, data }) {
  const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
  const numbers = new Float32Array(bytes.buffer);
  return { at: (i, j, k) => numbers[(i * shape[1] + j) * shape[2] + k] };
}

/** Mount a strip in an element or shadow root. */
export const mount = (host, data, tell) => new Strip(host, data, tell);

export default component(({ parentElement, data, setStateValue }) => {
  const strip = mount(parentElement, data, (name, value) => setStateValue(name, value));
  return { update: (next) => strip.update(next.data, (name, value) => next.setStateValue(name, value)), destroy: () => strip.destroy() };
});
