// One sentence through a conditional circuit: the links it makes, the two scenes it is about, the answer. Here links do change.

import { make } from "../canvas/canvas.js";
import { Asking } from "./asking.js";
import { heated, pixels } from "./input.js";

export class Sentence {
  /** @param told {graphs(graphs, focus), pinned(), colours(), remember(state)} */
  constructor(told) {
    Object.assign(this, { told, asking: new Asking(), example: 0 });
    this.text = make("input", { type: "text", "aria-label": "Sentence", maxlength: "120", style: "width:100%", onkeydown: (event) => event.key === "Enter" && this.ask() });
    this.number = make("input", { type: "number", min: "0", step: "1", "aria-label": "Pair of scenes", style: "width:6em", onchange: () => this.open(Number(this.number.value)) });
    this.said = make("div", { role: "status" });
    this.maps = make("div", { class: "maps" });
    const label = (word, ...inner) => make("label", {}, make("span", {}, word), ...inner);
    const ask = make("button", { type: "button", class: "quiet", onclick: () => this.ask() }, "Ask");
    const own = make("button", { type: "button", class: "quiet", onclick: () => this.open(this.example) }, "Its own sentence");
    const left = make("div", {}, make("div", { class: "small muted" }, "Sentence about the two scenes"), this.text, make("div", { class: "line" }, ask, label("Pair of scenes", this.number), own), this.said);
    this.root = make("div", { class: "asked sentence", hidden: true }, left, make("div", {}, this.maps));
  }

  /** Take up what the page offers: {live, circuit, split, open, turn}; null hides all. */
  update(offer, asked = {}) {
    this.root.hidden = !offer;
    if (!offer) return;
    const other = this.offer?.circuit !== offer.circuit;
    const opened = this.offer && this.offer.open !== offer.open && offer.open !== null;
    this.offer = offer;
    if (opened) this.open(offer.open);
    else if (other) {
      this.example = Number.isInteger(asked.example) && asked.example >= 0 ? asked.example : offer.open || 0;
      this.text.value = asked.sentence || "";
      this.ask(true);
    }
  }

  open(example) {
    this.example = example;
    this.text.value = "";
    this.ask();
  }

  async ask(first = false) {
    const { circuit, live, split } = this.offer;
    const written = this.text.value.trim();
    const question = { kind: "sentence", circuit, split, example: this.example, ...(written ? { sentence: written } : {}) };
    if (!first) this.told.remember({ example: this.example, ...(written && written !== this.own ? { sentence: written } : {}) });
    this.root.setAttribute("data-asking", "yes");
    this.said.replaceChildren(make("p", { class: "muted" }, "Asking the circuit …"));
    try {
      const found = await this.asking.ask(live, question);
      if (!found) return;
      this.tell(found);
    } catch (problem) {
      this.said.replaceChildren(make("div", { class: "wrong", role: "alert" }, problem.message));
    }
    this.root.setAttribute("data-asking", "no");
  }

  tell({ answer, arrays }) {
    Object.assign(this, { answer, arrays });
    this.number.value = String(answer.example);
    this.number.max = String(answer.examples - 1);
    this.text.value = answer.sentence;
    if (answer.family) this.own = answer.sentence;
    const truth = answer.label === null ? "Your own sentence: whether it is true is not known." : `It is ${answer.label ? "true" : "false"} (template family: ${answer.family}).`;
    const says = answer.true >= 0.5 ? "true" : "false";
    this.said.replaceChildren(make("div", { class: "verdict" }, make("p", {}, make("b", {}, `The circuit says ${says}`), `, with ${(100 * Math.max(answer.true, 1 - answer.true)).toFixed(1)} %. ${truth}`), make("p", { class: "small muted" }, "The sentence makes the links, the scenes run through them.")));
    this.pinned();
    this.told.graphs(this.graphs(), "sentence");
    this.root.setAttribute("data-answered", String(answer.example));
  }

  /** Graphs of the answer: its links, what they differ from those before any sentence, and attention layer by layer. */
  graphs() {
    const { answer, arrays } = this;
    const u = answer.modules;
    const of = answer.sentence;
    const graph = (kind, layer, value, more = {}) => ({ key: `${kind}${layer === null ? "" : `.${layer}`}`, kind, layer, slice: "", step: null, live: true, of, value, ...more });
    const link = (array) => (target, source) => array.data[target * u + source];
    const made = [graph("sentence", null, link(arrays.links)), graph("rewiring", null, (t, s) => link(arrays.links)(t, s) - link(arrays.static_links)(t, s), { signs: true, compared: true, of: `“${of}” minus no sentence` })];
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
    this.maps.replaceChildren(...["left", "right"].flatMap((side, k) => {
      const image = { shape: [h, w, c], data: scenes.data.subarray(k * h * w * c, (k + 1) * h * w * c) };
      const [plain, heat] = [make("canvas", { role: "img", "aria-label": `The ${side} scene` }), make("canvas", { role: "img", "aria-label": `Where the circuit reads in the ${side} scene` })];
      pixels(plain, image);
      heated(heat, sums.subarray(k * half, (k + 1) * half), this.answer.side, image, this.told.colours().accent);
      return [make("figure", {}, plain, make("figcaption", {}, `${side} scene`)), make("figure", {}, heat, make("figcaption", {}, `read-in of ${whose}`))];
    }));
  }

  destroy() {
    this.asking.end();
  }
}
