// Acting on a circuit: pruning along curves that were measured before, dropping and forcing pinned modules live.

import { make } from "../canvas/canvas.js";
import { Asking } from "./asking.js";
import { set } from "./input.js";
import { short } from "./lists.js";

const [WIDE, TALL, LEFT, BELOW] = [520, 230, 40, 34];
const percent = (value) => `${(100 * value).toFixed(1)} %`;
const points = (value) => `${value > 0 ? "+" : value < 0 ? "−" : ""}${Math.abs(100 * value).toFixed(1)} points`;

function shape(tag, attributes, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

export class Act {
  /** @param told {prune(nodes, text), pinned(), colours(), remember(state)} */
  constructor(told) {
    Object.assign(this, { told, asking: new Asking() });
    this.ranking = make("select", { "aria-label": "Ranking", onchange: () => this.slid() });
    this.kept = make("input", { type: "range", min: "1", step: "1", "aria-label": "Modules left", oninput: () => this.slid() });
    this.keptSaid = make("b");
    this.chart = shape("svg", { viewBox: `0 0 ${WIDE} ${TALL}`, role: "img", "aria-label": "Accuracy over the number of modules left" });
    this.chart.style.cssText = "width:100%;max-width:560px;height:auto;display:block";
    this.numbers = make("div", { class: "tabled", tabindex: "0", role: "region", "aria-label": "Accuracy with the modules that are left" });
    this.lines = make("p", { class: "small muted" });
    this.none = make("p", { class: "muted" }, "No pruning curves are stored for this circuit.");
    const label = (word, ...inner) => make("label", { class: "wide" }, make("span", {}, word), ...inner);
    this.pruning = make("div", {}, make("h2", {}, "Prune"), make("div", { class: "line" }, make("label", {}, make("span", {}, "Order"), this.ranking), label("Modules left", this.kept, this.keptSaid)), this.chart, this.lines, this.numbers);
    this.dropButton = make("button", { type: "button", class: "quiet", onclick: () => this.act("dropped") }, "Drop pinned modules");
    this.forceButton = make("button", { type: "button", class: "quiet", onclick: () => this.act("forced") }, "Force pinned modules");
    this.said = make("div", { role: "status" });
    this.acting = make("div", {}, make("h2", {}, "Drop or force"), make("p", { class: "small muted" }, "A dropped module is heard by nobody, a forced one by everybody. Pin modules in the graph below, then see accuracy move, paired image by image."),
      make("div", { class: "line" }, this.dropButton, this.forceButton), this.said);
    this.root = make("div", { class: "asked acts", hidden: true }, this.pruning, this.acting, this.none);
  }

  /** Take up what the page offers: {live, circuit, sets, pruning: {ranking: {kept, removed, density, milliseconds, sets}}}; null hides all. */
  update(offer, asked = {}) {
    this.root.hidden = !offer;
    if (!offer) return;
    const other = this.offer?.circuit !== offer.circuit;
    this.offer = offer;
    this.pinned();
    if (!other) return this.slide();
    const names = Object.keys(offer.pruning);
    this.pruning.hidden = !names.length;
    this.none.hidden = names.length > 0;
    this.ranking.replaceChildren(...names.map((name) => make("option", { value: name }, name)));
    this.ranking.value = names.includes("greedy") ? "greedy" : names[0] || "";
    if (!names.length) return null;
    this.kept.max = String(Math.max(...this.curve.kept));
    set(this.ranking, asked.ranking);
    this.kept.value = String(asked.kept || this.kept.max);
    return this.slide();
  }

  get curve() {
    return this.offer.pruning[this.ranking.value];
  }

  slid() {
    this.slide();
    this.told.remember({ ranking: this.ranking.value, kept: Number(this.kept.value) });
  }

  slide() {
    if (!this.ranking.value) return;
    const { curve } = this;
    const kept = Number(this.kept.value);
    const at = curve.kept.indexOf(kept);
    this.keptSaid.textContent = `${kept} of ${this.kept.max}`;
    const gone = curve.removed.filter((node, i) => node !== null && curve.kept[i] >= kept);
    this.told.prune(gone);
    const rows = curve.sets.map((set) => make("tr", {}, make("td", {}, set.name), make("td", {}, `${percent(set.accuracy[at])} [${percent(set.low[at])}, ${percent(set.high[at])}]`), make("td", {}, points(set.accuracy[at] - set.accuracy[0]))));
    const head = make("tr", {}, ...["Test set", "Accuracy", "Change"].map((word) => make("th", { scope: "col" }, word)));
    const cost = curve.milliseconds[at] === null ? "" : ` · ${short(curve.milliseconds[at])} ms for 64 images (${short(curve.milliseconds[0])} with all)`;
    const order = gone.length || kept === Number(this.kept.max) ? "" : " · mean of several orders, so no module is hidden below";
    this.numbers.replaceChildren(make("table", {}, make("thead", {}, head), make("tbody", {}, ...rows)), make("p", { class: "small muted" }, `density ${short(curve.density[at])}${cost} · n ${curve.sets[0].n}${order}`));
    this.draw(kept);
    this.root.setAttribute("data-kept", String(kept));
  }

  draw(kept) {
    const { curve } = this;
    const theme = this.told.colours();
    const wide = Math.min(WIDE, this.chart.clientWidth || WIDE); // as on screen, so that words keep their size on a phone
    this.chart.setAttribute("viewBox", `0 0 ${wide} ${TALL}`);
    const most = Number(this.kept.max);
    const x = (k) => LEFT + ((k - 1) / Math.max(1, most - 1)) * (wide - LEFT - 110);
    const y = (a) => 8 + (1 - a) * (TALL - BELOW - 8);
    const word = (text, at, more = {}) => shape("text", { x: at[0], y: at[1], fill: theme.muted, "font-size": 12, ...more }, text);
    const made = [];
    for (const a of [0, 0.5, 1]) made.push(shape("line", { x1: LEFT, x2: wide - 110, y1: y(a), y2: y(a), stroke: theme.rule }), word(`${100 * a} %`, [LEFT - 5, y(a) + 4], { "text-anchor": "end" }));
    for (const k of [1, Math.round(most / 2), most]) made.push(word(String(k), [x(k), TALL - BELOW + 16], { "text-anchor": "middle" }));
    made.push(word("modules left", [x(most / 2), TALL - 4], { "text-anchor": "middle" }));
    const random = this.offer.pruning.random;
    if (random && this.ranking.value !== "random") made.push(shape("path", { d: path(random.kept.map((k, i) => [x(k), y(random.sets[0].accuracy[i])])), fill: "none", stroke: theme.axis, "stroke-dasharray": "2 3", "stroke-width": 1.3 }));
    const ends = [];
    curve.sets.forEach((set, s) => {
      const colour = theme.categorical[s % theme.categorical.length];
      made.push(shape("path", { d: path(curve.kept.map((k, i) => [x(k), y(set.accuracy[i])])), fill: "none", stroke: colour, "stroke-width": s ? 1.4 : 2.4, "stroke-dasharray": s ? ["", "6 3", "2 2", "8 3 2 3"][s % 4] : "" }));
      ends.push([y(set.accuracy[0]), set.short, colour]);
    });
    ends.sort((a, b) => a[0] - b[0]);
    let last = -20;
    for (const [at, text, colour] of ends) {
      last = Math.max(at, last + 14);
      made.push(word(text, [wide - 104, last + 4], { fill: colour }));
    }
    made.push(shape("line", { x1: x(kept), x2: x(kept), y1: 8, y2: TALL - BELOW, stroke: theme.accent, "stroke-width": 1.5 }));
    const beside = this.offer.beside?.[this.ranking.value];
    if (beside) {
      const share = (k) => 1 + ((k - 1) / Math.max(1, beside.kept[0] - 1)) * (most - 1);
      made.push(shape("path", { d: path(beside.kept.map((k, i) => [x(share(k)), y(beside.accuracy[i])])), fill: "none", stroke: theme.text, "stroke-dasharray": "1 4", "stroke-linecap": "round", "stroke-width": 2.2 }));
    }
    const drawn = [...(random && this.ranking.value !== "random" ? ["dashed grey: random order"] : []), ...(beside ? [`dots: ${this.offer.beside_title}, same order`] : [])];
    this.lines.textContent = drawn.length ? `${drawn.join("; ")}; both on the circuit's own test set.` : "";
    this.chart.replaceChildren(...made);
  }

  pinned() {
    const pins = this.told.pinned();
    for (const button of [this.dropButton, this.forceButton]) button.disabled = !pins.length;
  }

  async act(how) {
    const pins = this.told.pinned().filter((i) => i < this.offer.modules);
    this.said.textContent = "Measuring …";
    this.root.setAttribute("data-acted", "no");
    try {
      const found = await this.asking.ask(this.offer.live, { kind: "act", circuit: this.offer.circuit, [how]: pins, sets: this.offer.sets, n: this.offer.n });
      if (found) this.tell(found.answer.sets, how, pins);
    } catch (problem) {
      this.said.replaceChildren(make("div", { class: "wrong", role: "alert" }, problem.message));
    }
  }

  tell(sets, how, pins) {
    const head = make("tr", {}, ...["Test set", "As it is", how === "dropped" ? "Dropped" : "Forced", "Difference"].map((word) => make("th", { scope: "col" }, word)));
    const name = ({ dataset, shift, strength }) => (shift ? `${shift.replaceAll("_", " ")} ${strength}` : dataset);
    const rows = sets.map((set) => make("tr", {}, make("td", {}, name(set)), make("td", {}, percent(set.before)), make("td", {}, percent(set.after)), make("td", {}, `${points(set.difference)} [${(100 * set.low).toFixed(1)}, ${(100 * set.high).toFixed(1)}]`)));
    this.said.replaceChildren(make("p", { class: "small" }, `${pins.length === 1 ? `Module ${pins[0]}` : `Modules ${pins.join(", ")}`} ${how}, n ${sets[0].n} a set.`), make("div", { class: "tabled", tabindex: "0", role: "region", "aria-label": "Accuracy before and after" }, make("table", {}, make("thead", {}, head), make("tbody", {}, ...rows))));
    this.root.setAttribute("data-acted", how);
  }

  destroy() {
    this.asking.end();
  }
}

const path = (places) => places.map(([x, y], i) => `${i ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`).join("");
