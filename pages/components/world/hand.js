// The hand: what is known of the chosen factor or edge, and what can be done to it.

import { make } from "../canvas/canvas.js";
import { cutEdge, drawnFrom, setTo, tidy } from "./acts.js";
import { Spread } from "./spread.js";
import { drawTile } from "./tiles.js";

const NUMBER_WAYS = [["one", "one value"], ["uniform", "anything between two"], ["normal", "around a mean"]];
const NAME_WAYS = [["one", "one value"], ["choice", "any of several"]];
const FILM = 7; // pictures along a number
const short = (value) => String(Number(Number(value).toPrecision(4))).replace("-", "\u2212");
const percent = (share) => (share === 0 ? "0\u202f%" : share < 0.001 ? "<0.1\u202f%" : `${Number((100 * share).toPrecision(2))}\u202f%`);

export class Hand {
  /** @param client {put(act), drop(key), select(kind, key), film(factor, count) => promise of {bitmap, side, values}} */
  constructor(client) {
    this.client = client;
    this.root = make("section", { class: "hand", "aria-label": "What to do with the chosen factor" });
  }

  /** Show what was chosen, or how to choose; `acts` are done. */
  show(data, kind, key, acts) {
    Object.assign(this, { data, kind, key, acts, film: [], spread: null, values: null, tied: null });
    this.built = `${kind} ${key}`;
    this.mode = null;
    if (kind === "edge") this.edge();
    else if (kind === "factor") this.factor();
    else this.root.replaceChildren(make("p", { class: "muted" }, "Choose a factor in the graph to set it by hand, or an edge to cut it."));
  }

  get act() {
    return this.acts.find(({ key }) => key === this.key);
  }

  edge() {
    const edge = this.data.edges.find(({ source, target }) => `${source}->${target}` === this.key);
    const cut = Boolean(this.act);
    const over = this.acts.some(({ key }) => key === edge.target);
    const words = [
      this.head(`${edge.source} → ${edge.target}`, edge.confounded ? ["confounded"] : []),
      make("p", {}, edge.sentence),
      ...(edge.heldOut ? [make("p", { class: "small muted" }, edge.heldOut)] : []),
      make("p", { class: "small muted" }, `Cut, ${edge.target} follows the ${edge.source} of an unrelated picture of training instead of its own. No other mechanism changes: what ties the two besides, such as a common cause, stays.`),
    ];
    if (over) words.push(make("p", {}, `${edge.target} is set by hand now, so this edge has no say anyway.`));
    const press = () => (cut ? this.client.drop(this.key) : this.client.put(cutEdge(edge.source, edge.target)));
    this.root.replaceChildren(...words, make("div", {}, make("button", { type: "button", class: "plain", "aria-pressed": String(cut), onclick: press }, cut ? "Join this edge again" : "Cut this edge")));
  }

  head(name, tags) {
    return make("div", { class: "head" }, make("h2", {}, name), ...tags.map((tag) => make("span", { class: "tag" }, tag)));
  }

  factor() {
    const factor = this.data.factors.find(({ name }) => name === this.key);
    this.about = factor;
    const tags = [factor.name === this.data.target && "the class", factor.hidden && "hidden cause", factor.unit].filter(Boolean);
    this.mode = this.modeOf(this.act);
    this.control = make("div");
    this.say = make("p", { class: "warn", role: "status" });
    this.causes = make("div");
    this.root.replaceChildren(this.head(factor.name, tags), make("p", {}, factor.description), this.control, this.say, this.causes);
    this.build();
    this.refresh(this.acts);
  }

  modeOf(act) {
    if (!act?.law) return act ? "one" : this.mode || "one";
    return act.law;
  }

  build() {
    const { about } = this;
    const ways = (about.categorical ? NAME_WAYS : NUMBER_WAYS).map(([mode, words]) =>
      make("button", { type: "button", class: "quiet", "data-mode": mode, "aria-pressed": String(mode === this.mode), onclick: () => this.turn(mode) }, words),
    );
    this.leave = make("button", { type: "button", class: "plain", onclick: () => this.client.drop(this.key) }, "Leave it to its mechanism");
    const row = make("div", { class: "bar" }, make("span", { class: "ways", role: "group", "aria-label": "What it is set to" }, ...ways), this.leave);
    this.control.replaceChildren(row, about.categorical ? this.names() : this.numbers());
    this.fill();
  }

  turn(mode) {
    this.mode = mode;
    this.build();
    this.refresh(this.acts);
    this.root.querySelector(`[data-mode="${mode}"]`)?.focus();
  }

  names() {
    this.values = this.about.domain.map((value) => {
      const canvas = make("canvas", { width: 28, height: 28, "aria-hidden": "true" });
      const share = make("small");
      const seen = this.about.support.values.includes(value);
      const root = make("button", { type: "button", class: `value${seen ? "" : " unseen"}`, "data-value": value, onclick: () => this.pick(value) }, canvas, make("b", {}, value), share);
      return { value, root, canvas, share, seen };
    });
    return make("div", { class: "values", role: "group", "aria-label": `Values of ${this.key}` }, ...this.values.map(({ root }) => root));
  }

  pick(value) {
    if (this.mode === "one") {
      if (this.act?.value === value) this.client.drop(this.key);
      else this.client.put(setTo(this.key, value));
      return;
    }
    const chosen = this.chosen();
    const next = chosen.includes(value) ? chosen.filter((one) => one !== value) : this.about.domain.filter((one) => one === value || chosen.includes(one));
    if (next.length) this.client.put(drawnFrom(this.key, "choice", next.map((one) => `${one}:1`)));
    else this.client.drop(this.key);
  }

  chosen() {
    if (this.act?.law === "choice") return this.act.words.filter((word) => !word.endsWith(":0")).map((word) => word.split(":")[0]);
    return this.act?.value ? [this.act.value] : [];
  }

  numbers() {
    const [low, high] = this.about.domain;
    const rows = { one: [[`${this.key} =`, low, high]], uniform: [["from", low, high], ["to", low, high]], normal: [["mean", low, high], ["standard deviation", (high - low) / 200, (high - low) / 4]] };
    this.spread = new Spread(this.about, 400, 52);
    this.spread.svg.setAttribute("class", "spread");
    this.sliders = rows[this.mode].map(([words, from, to], i) => this.slider(words, from, to, i));
    const known = this.about.support.intervals.map(([a, b]) => (a === b ? short(a) : `${short(a)} to ${short(b)}`)).join(", ");
    const ends = make("div", { class: "ends" }, make("span", {}, short(low)), make("span", {}, `shaded: in training (${known})`), make("span", {}, short(high)));
    this.film = [...Array(FILM).keys()].map((i) => {
      const value = tidy(low + (i * (high - low)) / (FILM - 1), low, high);
      const canvas = make("canvas", { width: 28, height: 28, "aria-hidden": "true" });
      return { canvas, root: make("button", { type: "button", title: `Set ${this.key} to ${short(value)}`, "aria-label": `Set ${this.key} to ${short(value)}`, onclick: () => this.client.put(setTo(this.key, value)) }, canvas, make("span", {}, short(value))) };
    });
    return make("div", { class: "slide" }, this.spread.svg, ...(this.mode === "normal" ? [] : this.sliders.map(({ range }) => range)), ends, ...(this.mode === "normal" ? this.sliders.map(({ range }) => range) : []), make("div", { class: "bar" }, ...this.sliders.map(({ box }) => box)), make("div", { class: "film" }, ...this.film.map(({ root }) => root)));
  }

  slider(words, low, high, index) {
    const name = this.mode === "one" ? this.key : `${this.key}, ${words}`;
    const step = 10 ** Math.floor(Math.log10((high - low) / 100));
    const range = make("input", { type: "range", min: low, max: high, step: "any", "aria-label": name, "data-slider": index });
    const number = make("input", { type: "number", min: low, max: high, step, "aria-label": `${name}, as a number` });
    range.addEventListener("input", () => this.move(index, tidy(range.value, low, high)));
    range.addEventListener("keydown", (event) => this.nudge(event, range, low, high, index));
    number.addEventListener("change", () => this.typed(number, index));
    return { range, number, low, high, box: make("label", { class: "number" }, make("span", { class: "muted" }, words), number) };
  }

  /** Arrows go a hundredth of the way, with Shift a tenth. */
  nudge(event, range, low, high, index) {
    const way = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -10, PageUp: 10 }[event.key];
    if (!way) return;
    event.preventDefault();
    const by = (way * (event.shiftKey ? 10 : 1) * (high - low)) / 100;
    range.value = Math.min(high, Math.max(low, Number(range.value) + by));
    this.move(index, tidy(range.value, low, high));
  }

  typed(number, index) {
    const { low, high } = this.sliders[index];
    const value = Number(number.value);
    if (number.value === "" || !Number.isFinite(value)) return this.refresh(this.acts);
    this.move(index, Math.min(high, Math.max(low, value)));
  }

  move(index, value) {
    const numbers = this.sliders.map(({ range, low, high }, i) => (i === index ? value : tidy(range.value, low, high)));
    if (this.mode === "one") return this.client.put(setTo(this.key, numbers[0]));
    if (this.mode === "uniform" && numbers[0] > numbers[1]) numbers[1 - index] = value;
    this.client.put(drawnFrom(this.key, this.mode, numbers));
  }

  /** Take up acts and answers without building anything anew, so that a slider is not lost under the hand. */
  refresh(acts, answer = this.answer) {
    Object.assign(this, { acts, answer });
    if (this.kind === "edge") return this.kept(this.root, () => this.edge());
    if (this.kind !== "factor") return;
    const { act, about } = this;
    if (act && this.modeOf(act) !== this.mode) {
      this.mode = this.modeOf(act);
      this.build();
    }
    this.leave.style.visibility = act ? "visible" : "hidden";
    if (about.categorical) this.refreshNames();
    else this.refreshNumbers();
    this.say.textContent = answer?.said.find(({ text }) => text === act?.text)?.outside || "";
    this.say.style.display = this.say.textContent ? "" : "none";
    const ties = acts.map(({ key }) => key).join();
    if (ties !== this.tied) this.kept(this.causes, () => this.causes.replaceChildren(...this.ties()));
    this.tied = ties;
  }

  /** Build something anew and leave the focus where it was. */
  kept(host, build) {
    const place = [...host.querySelectorAll("button")].indexOf(host.getRootNode().activeElement);
    build();
    if (place >= 0) host.querySelectorAll("button")[place]?.focus();
  }

  refreshNames() {
    const chosen = this.chosen();
    this.values.forEach(({ value, root, share, seen }, i) => {
      root.setAttribute("aria-pressed", String(chosen.includes(value)));
      if (!this.answer) return;
      const usual = this.answer.usual[this.key][i];
      const now = this.answer.now[this.key][i];
      share.textContent = Math.abs(usual - now) < 5e-4 ? (seen ? percent(usual) : "not in training") : `${percent(usual)} → ${percent(now)}`;
    });
  }

  refreshNumbers() {
    const { act, answer } = this;
    const [low, high] = this.about.domain;
    if (answer) this.spread.update(answer.now[this.key], answer.usual[this.key]);
    const known = this.about.support.intervals;
    const middle = (known[0][0] + known[known.length - 1][1]) / 2;
    const usual = { one: [middle], uniform: [known[0][0], known[known.length - 1][1]], normal: [middle, (high - low) / 20] }[this.mode];
    const numbers = act ? (act.law ? act.words : [act.value]) : usual.map((value) => tidy(value, low, high));
    this.sliders.forEach(({ range, number }, i) => {
      const value = Number(numbers[i] ?? usual[i]);
      if (Math.abs(Number(range.value) - value) > (high - low) / 1000) range.value = value;
      number.value = act ? value : "";
      number.placeholder = "its own law";
      const strange = act && this.mode !== "normal" && !known.some(([a, b]) => value >= a && value <= b);
      range.setAttribute("aria-valuetext", `${act ? short(value) : "not set"}${strange ? ", outside training" : ""}`);
    });
  }

  /** What causes the factor and what it causes, each to be cut. */
  ties() {
    const { about, data, acts, act } = this;
    const into = data.edges.filter(({ target }) => target === about.name);
    const from = data.edges.filter(({ source }) => source === about.name);
    const words = act ? `Set by hand now. Its mechanism, which has no say: ${about.sentence}` : `Its mechanism: ${about.sentence}`;
    const row = (edge, other, text) => {
      const key = `${edge.source}->${edge.target}`;
      const cut = acts.some((one) => one.key === key);
      const over = acts.some((one) => one.key === edge.target);
      const press = () => (cut ? this.client.drop(key) : this.client.put(cutEdge(edge.source, edge.target)));
      return make(
        "li", {}, make("span", {}, make("button", { type: "button", class: "quiet", onclick: () => this.client.select("factor", other) }, text), make("span", { class: "small muted" }, edge.sentence)),
        make("button", { type: "button", class: "quiet", "aria-label": `${cut ? "Join" : "Cut"} ${key}`, disabled: over && !cut, onclick: press }, cut ? "join again" : over ? "cut" : "cut this edge"),
      );
    };
    return [
      make("p", { class: "small" }, words),
      ...(into.length || from.length ? [make("ul", {}, ...into.map((edge) => row(edge, edge.source, `${edge.source} →`)), ...from.map((edge) => row(edge, edge.target, `→ ${edge.target}`)))] : []),
    ];
  }

  /** Fill the little pictures: one unit at each value. */
  async fill() {
    const wanted = this.built;
    const holders = this.about.categorical ? this.values : this.film;
    const found = await this.client.film(this.key, FILM).catch(() => null);
    if (!found || wanted !== this.built || holders !== (this.about.categorical ? this.values : this.film)) return;
    holders.slice(0, found.values.length).forEach(({ canvas }, i) => drawTile(canvas, found.bitmap, found.side, i));
  }
}
