// A world under the hand: the causal graph, what is done to it, and pictures of it that the server draws anew at every move.
//
// While the hand moves, only the route that draws is asked: one request at a time, and of what was wanted meanwhile the last. When the hand rests,
// the page is told, which writes it into the address.

import { faded, mix, theme } from "../canvas/colours.js";
import { make } from "../canvas/canvas.js";
import { fileName, save } from "../canvas/saving.js";
import { component } from "../canvas/streamlit.js";
import { cutEdge, readActs, withAct, withoutAct, written } from "./acts.js";
import { Answers } from "./answers.js";
import { Asking } from "./asking.js";
import { Dials } from "./dials.js";
import { Graph, legend } from "./graph.js";
import { Hand } from "./hand.js";
import { WORLD_CSS } from "./looks.js";
import { Latest, fetchWorld } from "./route.js";
import { Tiles } from "./tiles.js";
import { Unit, describeUnit } from "./unit.js";

const REST = 450; // milliseconds without a move
const NARROW = 720; // pixels
const LIFTED = ["pointerup", "pointercancel"];
const SHEET = 6; // columns of a saved sheet
const KEYS = [["arrows", "go to the next factor, edge or picture"], ["Enter", "choose it"], ["x, Delete", "cut an edge or join it; leave a factor to its mechanism"], ["u", "undo the last thing done"], ["b", "hold: pictures as they were before"], ["n", "other pictures"], ["?", "this list"]];

class World {
  constructor(host, data, tell) {
    this.host = host;
    this.style = make("style");
    this.style.textContent = WORLD_CSS;
    this.graph = new Graph({ select: (kind, key) => this.select(kind, key), toggle: (kind, key) => this.toggle(kind, key) });
    this.tiles = new Tiles({ open: (index) => this.open(index), describe: (index) => this.described(index), says: (index, past) => this.answer && this.answers.of(this.answer.units[index], past) });
    this.hand = new Hand({ put: (act) => this.put(act), drop: (key) => this.drop(key), select: (kind, key) => this.select(kind, key, { focus: true }), film: (factor, count) => this.film(factor, count) });
    this.dials = new Dials((numbers) => this.tune(numbers));
    this.detail = new Unit({ close: () => this.open(this.unit), leave: () => this.leave() });
    this.latest = new Latest(() => this.ask());
    this.answers = new Answers({ rest: () => this.addressed() });
    this.asking = new Asking({ shown: (answer, world) => this.said(answer, world), counted: (now, before, world) => this.counted(now, before, world), say: (text, wrong) => this.answers.say(text, wrong) });
    this.build();
    this.observer = new ResizeObserver(() => this.root.classList.toggle("narrow", this.root.clientWidth < NARROW));
    this.observer.observe(this.root);
    this.sent = [];
    this.moves = 0;
    this.unit = null;
    this.update(data, tell);
  }

  build() {
    this.done = make("div", { class: "done", role: "group", "aria-label": "What is done" });
    this.starts = make("div", { class: "starts" });
    this.wrong = make("div", { role: "alert" });
    this.legend = make("div");
    this.count = make("span", { role: "status" });
    this.note = make("p", { class: "warn small", role: "status" });
    this.turn = make("button", { type: "button", class: "quiet", "aria-pressed": "false", title: "Show the same pictures as they were before (hold b)", onclick: () => this.back(!this.tiles.all) }, "Before");
    this.others = make("button", { type: "button", class: "quiet", title: "Draw other units (n)", onclick: () => this.reseed(this.seed + 1) }, "Others");
    this.saves = make("button", { type: "button", class: "quiet", title: "Save the pictures as PNG", onclick: () => this.save() }, "PNG");
    const help = make("button", { type: "button", class: "quiet", title: "Keys", "aria-label": "Keys", onclick: () => this.help() }, "?");
    this.keys = make("div", { class: "keys", hidden: true }, ...KEYS.flatMap(([key, words]) => [make("kbd", {}, key), make("span", {}, words)]));
    const bar = make("div", { class: "bar" }, this.count, this.turn, this.others, this.saves, help);
    const left = make("div", { class: "graphed" }, this.graph.root, this.legend, this.dials.root);
    const right = make("div", { class: "seen" }, bar, this.tiles.root, this.note);
    this.root = make("div", { class: "world" }, this.keys, this.done, this.starts, this.answers.root, this.wrong, make("div", { class: "columns" }, left, right, this.hand.root), this.detail.root);
    this.root.addEventListener("keydown", (event) => this.key(event));
    this.root.addEventListener("keyup", (event) => event.key === "b" && this.back(false));
    this.root.addEventListener("pointerdown", () => (this.pressed = true));
    this.lifted = () => {
      this.pressed = false;
      if (this.restless) this.restLater();
    };
    for (const event of LIFTED) window.addEventListener(event, this.lifted);
    this.host.append(this.style, this.root);
  }

  /** Take up what the page says; an echo of what the hand told it changes nothing, for the hand may be further by now. */
  update(data, tell) {
    this.tell = tell;
    this.colour();
    const other = !this.data || this.data.name !== data.name;
    const changed = JSON.stringify([data.factors, data.edges, data.layout]);
    const anew = other || changed !== this.drawn;
    const echo = this.sent.indexOf(JSON.stringify(data.world));
    this.data = data;
    const asked = this.answers.ask(data.networks, JSON.stringify([data.name, data.networks]));
    this.root.classList.toggle("alone", !data.networks.length);
    if (anew) {
      this.drawn = changed;
      this.graph.update(data);
      this.legend.replaceChildren(legend(data, () => this.saveGraph()));
    }
    if (other) Object.assign(this, { answer: null, past: null, pastOf: "", unit: null, selected: null });
    if (echo >= 0 && !other) this.sent.splice(0, echo + 1);
    if (other || (echo < 0 && JSON.stringify(this.world()) !== JSON.stringify(data.world))) this.adopt(data.world);
    else if (asked) this.inquire();
    if (anew) this.choose(other);
    this.shown();
  }

  adopt(world) {
    this.sent = [];
    Object.assign(this, { acts: readActs(world.do), given: world.given, seed: world.seed, numbers: { ...world.with }, unit: null });
    this.seek();
  }

  /** Choose what the hand works on at first: what is done last, or what tells most. */
  choose(first) {
    const last = this.acts[this.acts.length - 1];
    if (first || !this.selected) this.selected = last ? { kind: last.source ? "edge" : "factor", key: last.key } : { kind: "factor", key: this.data.first };
    this.hand.answer = this.answer;
    this.hand.show(this.data, this.selected.kind, this.selected.key, this.acts);
  }

  colour() {
    const colours = theme(this.host.host || this.host);
    const warn = colours.categorical[1];
    const named = {
      ink: colours.text, page: colours.background, muted: colours.muted, rule: colours.rule, axis: colours.axis, accent: colours.accent, surface: colours.surface,
      wrong: colours.dark ? "#ff9d86" : "#b3261e",
      warn: colours.dark ? mix(warn, "#ffffff", 0.2) : warn, tint: faded(colours.accent, 0.12), halo: faded(colours.accent, 0.25), past: mix(colours.text, colours.background, 0.68), known: faded(colours.accent, 0.13),
    };
    colours.categorical.slice(0, 4).forEach((colour, i) => (named[`letter-${i}`] = colours.dark ? mix(colour, "#ffffff", 0.2) : colour));
    for (const [name, value] of Object.entries(named)) this.root.style.setProperty(`--${name}`, value);
  }

  world() {
    return { do: written(this.acts), given: this.given, with: this.numbers, seed: this.seed };
  }

  // what a person does

  put(act) {
    this.acts = withAct(this.acts, act);
    this.moved();
  }

  drop(key) {
    this.acts = withoutAct(this.acts, key);
    this.moved();
  }

  toggle(kind, key) {
    if (this.acts.some((act) => act.key === key)) this.drop(key);
    else if (kind === "edge") this.put(cutEdge(...key.split("->")));
    this.select(kind, key);
  }

  select(kind, key, { focus = false, scroll = true } = {}) {
    this.selected = { kind, key };
    this.hand.answer = this.answer;
    this.hand.show(this.data, kind, key, this.acts);
    this.graph.mark(this.acts, key);
    if (focus) this.graph.item(key)?.focus();
    if (scroll) this.hand.root.scrollIntoView({ block: "nearest" });
  }

  start(act) {
    this.acts = withAct([], act);
    this.select(act.source ? "edge" : "factor", act.key, { scroll: false });
    this.moved();
  }

  reseed(seed) {
    this.seed = seed % 2 ** 31;
    this.moved();
  }

  /** Something was moved: show it at once, ask for the pictures, and tell the page once the hand rests. */
  moved() {
    this.since = performance.now();
    this.shown();
    this.seek();
    this.restLater();
  }

  /** Ask for the pictures of the world as it is now, and for what networks say to them. */
  seek() {
    this.latest.want();
    this.inquire();
  }

  inquire() {
    this.answers.wait();
    this.asking.want({ live: this.data.live, system: this.data.name, ...this.world(), networks: this.data.networks.map(({ name }) => name), n: this.data.units });
  }

  restLater() {
    this.restless = true;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => !this.pressed && this.rest(), REST);
  }

  rest() {
    this.restless = false;
    const said = this.world();
    const text = JSON.stringify(said);
    if (text === JSON.stringify(this.data.world)) return;
    this.sent.push(text);
    this.tell("rest", said);
    if (this.selected.kind === "factor") this.hand.fill();
  }

  // pictures

  query(more = {}) {
    const written = Object.entries(this.numbers).map(([name, value]) => `${name}=${value}`).join(",");
    const asked = { with: written, do: this.acts ? this.world().do : "", given: this.given, seed: this.seed, t: this.data.token, ...more };
    return new URLSearchParams(Object.entries(asked).filter(([, value]) => value !== "")).toString();
  }

  /** Ask for pictures of the world as it is now; those of before come along where they are not here yet. */
  async ask() {
    this.root.setAttribute("data-asking", "yes");
    const [since, name] = [this.since, this.data.name];
    const from = JSON.stringify([name, this.numbers, this.given, this.seed]);
    try {
      const answer = await this.fetched("units", { n: this.data.units, ...(this.pastOf !== from || this.given ? { before: 1 } : {}) });
      if (name === this.data.name) this.receive(answer, since, from);
    } catch (problem) {
      this.complain(problem.message);
    }
    this.root.setAttribute("data-asking", this.latest.again ? "yes" : "no");
  }

  fetched(what, more) {
    return fetchWorld(`${this.data.url}${what}?${this.query(more)}`);
  }

  receive(answer, since, from) {
    if (answer.bitmaps.length > 1) Object.assign(this, { past: answer.bitmaps[1], pastOf: from });
    this.answer = answer;
    this.complain("");
    this.tiles.show({ ...answer, bitmap: answer.bitmaps[0], past: this.past });
    this.root.setAttribute("data-moves", String(++this.moves));
    if (since && since !== this.measured) {
      this.measured = since;
      this.root.setAttribute("data-ms", (performance.now() - since).toFixed(1));
    }
    this.graph.spread(answer.now, answer.usual);
    this.hand.answer = answer;
    this.shown();
    this.detailed();
    if (this.filmed !== this.first && this.selected.kind === "factor") this.hand.fill();
  }

  /** The unit that stands for all: the chosen one, or the first. */
  get first() {
    return this.answer?.units[this.unit ?? 0] ?? 0;
  }

  // answers of networks

  said(answer, world) {
    if (world.system !== this.data.name) return;
    this.answers.shown(answer);
    this.tiles.say();
    this.root.setAttribute("data-said", JSON.stringify(world.do));
    if (this.answer) this.detailed();
  }

  counted(now, before, { system, do: done, given }) {
    if (system !== this.data.name) return;
    this.answers.count(now, before, Boolean(done || given));
    this.tiles.say();
    this.root.setAttribute("data-counted", done);
    if (this.answer) this.detailed();
  }

  described(index) {
    if (!this.answer) return "";
    const said = this.answers.of(this.answer.units[index]) || [];
    return [describeUnit(this.answer, this.data.target, index), ...said.map(({ name, word, right }) => `${name} says ${word}${right ? "" : ", wrong"}`)].join("; ");
  }

  /** Wait until the page has heard where the hand rests, so that the address says it; not for ever. */
  async addressed() {
    clearTimeout(this.timer);
    this.rest();
    for (let i = 0; i < 60 && this.sent.length; i++) await new Promise((resolve) => setTimeout(resolve, 50));
  }

  film(factor, count) {
    this.filmed = this.first;
    return this.fetched("along", { factor, count, start: this.first, given: "" }).then(({ bitmaps, side, values }) => ({ bitmap: bitmaps[0], side, values }));
  }

  complain(text) {
    this.tiles.root.classList.toggle("waiting", Boolean(text));
    this.wrong.replaceChildren(...(text ? [make("p", { class: "wrong" }, text)] : []));
  }

  // what is shown of what is done

  shown() {
    const { data, acts, answer } = this;
    const words = (act) => answer?.said.find(({ text }) => text === act.text)?.words || act.text;
    const chip = (text, title, remove) => make("span", { class: "chip", title }, make("span", {}, text), make("button", { type: "button", "aria-label": `Undo: ${text}`, onclick: remove }, "\u00d7"));
    const chips = acts.map((act) => chip(words(act), act.text, () => this.drop(act.key)));
    if (this.given) chips.push(chip(`only units with ${this.given}`, this.given, () => this.lookAtAll()));
    const button = (text, title, press) => make("button", { type: "button", class: "quiet", title, onclick: press }, text);
    const inside = this.done.contains(this.done.getRootNode().activeElement);
    this.done.replaceChildren(
      make("strong", {}, chips.length ? "Done:" : "Nothing is done yet. These are pictures as training shows them."), ...chips,
      ...(chips.length ? [button("Undo the last", "Undo the last thing done (u)", () => this.undo()), button("Reset all", "Leave everything to its mechanism", () => this.reset())] : []),
    );
    if (inside) (this.done.querySelector("button") || this.graph.item(this.graph.active))?.focus();
    this.trying();
    const changed = answer ? answer.moved.filter(Boolean).length : 0;
    const count = answer?.units.length ?? data.units;
    this.count.textContent = chips.length && answer ? `${changed} of ${count} pictures changed` : `${count} pictures, as in training`;
    const outside = answer ? answer.said.filter(({ text, outside }) => outside && acts.some((act) => act.text === text && act.key !== this.selected?.key)) : [];
    this.note.textContent = outside.map((one) => one.outside).join(" ");
    this.graph.mark(acts, this.selected?.key);
    this.hand.refresh(acts);
    this.dials.show(data, this.numbers);
  }

  trying() {
    const offered = JSON.stringify(this.data.starts);
    if (offered === this.offered) return;
    this.offered = offered;
    this.starts.replaceChildren(
      ...this.data.starts.map(({ act, href, label, question }) => make("a", { href, onclick: (event) => this.follow(event, act) }, make("b", {}, `Try: ${label}`), question)),
    );
  }

  follow(event, act) {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    event.preventDefault();
    this.start(readActs(act)[0]);
    this.answers.told.scrollIntoView({ block: "nearest" }); // on a narrow screen it is below the fold
    (this.answers.root.hidden ? this.graph.item(this.selected.key) : this.answers.link)?.focus({ preventScroll: true });
  }

  undo() {
    if (this.acts.length) this.drop(this.acts[this.acts.length - 1].key);
    else if (this.given) this.lookAtAll();
  }

  lookAtAll() {
    this.given = "";
    this.moved();
  }

  reset() {
    Object.assign(this, { acts: [], given: "" });
    this.moved();
  }

  tune(numbers) {
    this.numbers = numbers;
    this.moved();
  }

  // one picture

  open(index) {
    this.unit = this.unit === index ? null : index;
    this.detailed();
    if (this.unit !== null && this.root.classList.contains("narrow")) this.detail.root.scrollIntoView({ block: "nearest" });
    if (this.selected.kind === "factor") this.hand.fill();
  }

  detailed() {
    this.tiles.mark(this.unit);
    const unit = this.answer?.units[this.unit];
    this.detail.show({ data: this.data, answer: this.answer, past: this.past, index: this.unit, said: this.answers.of(unit), before: this.answers.of(unit, true) });
  }

  /** Go to the page of strips with this unit, through the page, so that nothing is loaded anew. */
  leave() {
    this.tell("strip", { ...this.world(), unit: this.answer.units[this.unit], factor: this.selected.kind === "factor" ? this.selected.key : "" });
  }

  back(all) {
    this.tiles.back(all);
    this.turn.setAttribute("aria-pressed", String(all));
  }

  help() {
    this.keys.hidden = !this.keys.hidden;
  }

  key(event) {
    if (event.target.matches("input") || event.altKey || event.ctrlKey || event.metaKey) return;
    const press = { u: () => this.undo(), n: () => this.reseed(this.seed + 1), b: () => event.repeat || this.back(true), "?": () => this.help(), Escape: () => !this.keys.hidden && this.help() }[event.key];
    if (press) press();
  }

  save() {
    const { answer } = this;
    if (!answer) return;
    const side = Math.max(1, Math.round(84 / answer.side)) * answer.side;
    const sheet = make("canvas", { width: SHEET * (side + 4) - 4, height: Math.ceil(answer.units.length / SHEET) * (side + 4) - 4 });
    const pen = sheet.getContext("2d");
    pen.imageSmoothingEnabled = false;
    answer.units.forEach((_, i) => pen.drawImage(answer.bitmaps[0], 0, i * answer.side, answer.side, answer.side, (i % SHEET) * (side + 4), Math.floor(i / SHEET) * (side + 4), side, side));
    sheet.toBlob((blob) => save(blob, fileName(`${this.data.title} ${written(this.acts)}`, "png")), "image/png");
  }

  saveGraph() {
    const title = [this.data.title, written(this.acts)].filter(Boolean).join(": ");
    save(new Blob([this.graph.drawing(title)], { type: "image/svg+xml" }), fileName(title, "svg"));
  }

  destroy() {
    this.latest.end();
    this.asking.end();
    clearTimeout(this.timer);
    for (const event of LIFTED) window.removeEventListener(event, this.lifted);
    this.observer.disconnect();
    this.graph.destroy();
    this.style.remove();
    this.root.remove();
  }
}

/** Mount a world in an element or shadow root; `tell(name, value)` hears "rest" and "strip". */
export const mount = (host, data, tell) => new World(host, data, tell);

export default component(({ parentElement, data, setTriggerValue }) => {
  const world = mount(parentElement, data, setTriggerValue);
  return { update: (next) => world.update(next.data, next.setTriggerValue), destroy: () => world.destroy() };
});
