// One sentence through a conditional circuit: the links it makes, beside those of another; two scenes it is about, the answer. Here links do change.

import { make } from "../canvas/canvas.js";
import { Asking } from "./asking.js";
import { heated, pixels } from "./input.js";

const LAST = 2 ** 31 - 1; // pair of scenes
const percent = (value) => `${(100 * value).toFixed(1)} %`;
const small = (value) => value.toFixed(3);

export class Sentence {
  /** @param told {graphs(graphs, focus), pinned(), colours(), remember(state)} */
  constructor(told) {
    Object.assign(this, { told, asking: new Asking(), seed: 0 });
    const line = (label) => make("input", { type: "text", "aria-label": label, maxlength: "120", list: "circuit-sentences", style: "width:100%", onkeydown: (event) => event.key === "Enter" && this.ask(), onchange: () => this.ask() });
    this.text = line("Sentence");
    this.beside = line("Compare with the sentence");
    this.known = make("datalist", { id: "circuit-sentences" });
    this.number = make("input", { type: "number", min: "0", max: String(LAST), step: "1", "aria-label": "Pair of scenes", style: "width:6.5em", onchange: () => this.step(Number(this.number.value) - this.seed) });
    this.said = make("div", { role: "status" });
    this.maps = make("div", { class: "maps", style: "display:grid;grid-template-columns:repeat(2,132px);gap:8px 14px" });
    const button = (word, act) => make("button", { type: "button", class: "quiet", onclick: act }, word);
    const scenes = make("div", { class: "line", style: "margin:0" }, make("label", {}, make("span", {}, "Pair of scenes"), this.number), button("Previous", () => this.step(-1)), button("Next", () => this.step(1)));
    const field = (word, input) => make("div", {}, make("div", { class: "small muted" }, word), input);
    const left = make("div", {}, field("A sentence about the two scenes: choose one, or write it in the same words", this.text), field("Compare its links with those of another sentence (empty: no sentence)", this.beside), this.known, scenes, this.said);
    this.root = make("div", { class: "asked sentence", hidden: true }, left, make("div", {}, this.maps));
  }

  /** Take up what the page offers: {live, circuit, sentences, open}; null hides all. */
  update(offer, asked = {}) {
    this.root.hidden = !offer;
    if (!offer) return;
    const other = this.offer?.circuit !== offer.circuit;
    const opened = this.offer && this.offer.open !== offer.open && offer.open !== null;
    this.offer = offer;
    if (other) this.known.replaceChildren(...offer.sentences.map((one) => make("option", { value: one })));
    if (opened) this.begin({ sentence: offer.open, beside: this.beside.value.trim(), seed: this.seed });
    else if (other) this.begin(asked, true);
  }

  /** Take up what was asked before, or elsewhere. */
  begin({ sentence, beside, seed }, first = false) {
    this.seed = Number.isInteger(seed) && seed >= 0 && seed <= LAST ? seed : 0;
    this.text.value = sentence || this.offer.open || this.offer.sentences[0];
    this.beside.value = beside || "";
    this.ask(first);
  }

  /** Other scenes, the same sentence. */
  step(by) {
    this.seed = Math.max(0, Math.min(LAST, this.seed + (Number.isInteger(by) ? by : 0)));
    this.number.value = String(this.seed);
    this.ask();
  }

  async ask(first = false) {
    const { circuit, live } = this.offer;
    const [sentence, beside] = [this.text.value.trim(), this.beside.value.trim()];
    const asked = { sentence, seed: this.seed, ...(beside ? { beside } : {}) };
    const words = JSON.stringify(asked);
    if (this.now === words) return; // a change and a key say the same
    this.now = words;
    if (!first) this.told.remember(asked);
    this.root.setAttribute("data-asking", "yes");
    if (!this.answer) this.said.replaceChildren(make("p", { class: "muted" }, "Asking the circuit …"));
    try {
      const found = await this.asking.ask(live, { kind: "sentence", circuit, ...asked });
      if (!found) return;
      this.tell(found);
    } catch (problem) {
      this.now = "";
      this.said.replaceChildren(make("div", { class: "wrong", role: "alert" }, problem.message));
    }
    this.root.setAttribute("data-asking", "no");
  }

  tell({ answer, arrays }) {
    Object.assign(this, { answer, arrays });
    this.number.value = String(answer.seed);
    const says = (p) => `${p >= 0.5 ? "true" : "false"}, with ${percent(Math.max(p, 1 - p))}`;
    const form = answer.held_out ? `${answer.family}; training never had this colour in this form` : answer.family;
    const truth = answer.label === null ? "Not one of the six forms of sentences: whether it is true is not known." : `It is ${answer.label ? "true" : "false"} (form: ${form}).`;
    const right = answer.label === null ? "" : (answer.true >= 0.5) === (answer.label === 1) ? "Right. " : "Wrong. ";
    const lines = [make("p", {}, make("b", {}, `The circuit says ${says(answer.true)}. ${right}`), truth), make("p", { class: "small muted" }, `With the links it has before any sentence, all else the same, it says ${says(answer.true_static)}.`)];
    if (answer.beside) lines.push(make("p", { class: "small" }, `A link of the two sentences differs by ${small(answer.apart)} on average; between sentences of one form it is ${small(answer.within)}, of two forms ${small(answer.between)}.`));
    this.said.replaceChildren(make("div", { class: "verdict" }, ...lines));
    this.pinned();
    this.told.graphs(this.graphs(), answer.beside ? "rewiring" : "sentence");
    this.root.setAttribute("data-answered", `${answer.sentence} ${answer.seed}`);
  }

  /** Graphs of the answer: its links, those of the other sentence, what they differ, and attention layer by layer. */
  graphs() {
    const { answer, arrays } = this;
    const u = answer.modules;
    const of = answer.sentence;
    const graph = (kind, layer, value, more = {}) => ({ key: `${kind}${layer === null ? "" : `.${layer}`}`, kind, layer, slice: "", step: null, live: true, of, value, ...more });
    const link = (array) => (target, source) => array.data[target * u + source];
    const [mine, other] = [link(arrays.links), link(arrays.beside || arrays.static_links)];
    const against = answer.beside ? `“${answer.beside}”` : "no sentence";
    const made = [graph("sentence", null, mine)];
    if (answer.beside) made.push(graph("links_second", null, other, { of: `Links that ${against} makes` }));
    made.push(graph("rewiring", null, (t, s) => mine(t, s) - other(t, s), { signs: true, compared: true, of: `“${of}” minus ${against}` }));
    for (let l = 0; l < answer.layers; l++) made.push(graph("input", l, (t, s) => (t < u ? arrays.attention.data[(l * u + t) * u + s] : NaN)));
    made.push(graph("input", answer.layers, (t, s) => (t < u ? NaN : arrays.read_out.data[(t - u) * u + s])));
    return made;
  }

  /** Where pinned modules read in the scenes, or all where none is pinned. */
  pinned() {
    if (!this.arrays) return;
    const { read_in: read, scenes } = this.arrays;
    const [u, tokens] = read.shape;
    const half = tokens / 2;
    const pins = this.told.pinned().filter((i) => i < u);
    const rows = pins.length ? pins : [...Array(u).keys()];
    const sums = Float32Array.from({ length: tokens }, (_, t) => rows.reduce((sum, i) => sum + read.data[i * tokens + t], 0) / rows.length);
    const [, h, w, c] = scenes.shape;
    const whose = pins.length === 1 ? `module ${pins[0]}` : pins.length ? `${pins.length} pinned modules` : "all modules";
    const image = (k) => ({ shape: [h, w, c], data: scenes.data.subarray(k * h * w * c, (k + 1) * h * w * c) });
    const figure = (words, caption, draw) => {
      const canvas = make("canvas", { role: "img", "aria-label": words });
      draw(canvas);
      return make("figure", {}, canvas, make("figcaption", {}, caption));
    };
    const sides = ["left", "right"];
    const plain = sides.map((side, k) => figure(`The ${side} scene`, `${side} scene`, (canvas) => pixels(canvas, image(k))));
    const heat = sides.map((side, k) => figure(`Where the circuit reads in the ${side} scene`, `read-in of ${whose}`, (canvas) => heated(canvas, sums.subarray(k * half, (k + 1) * half), this.answer.side, image(k), this.told.colours().accent)));
    this.maps.replaceChildren(...plain, ...heat);
  }

  destroy() {
    this.asking.end();
  }
}
