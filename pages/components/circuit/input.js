// One input through the circuit: asked live, drawn on the same graph. Links stay; what is measured is attention and what it is worth.

import { make } from "../canvas/canvas.js";
import { parse } from "../canvas/colours.js";
import { Asking } from "./asking.js";
import { short } from "./lists.js";
import { Scene } from "./scene.js";

const CUT = 200; // edges that are cut one by one at a press, at most
const SLOW = 600; // milliseconds after which waiting is told
export const SET = "set:"; // marks a data set among other choices
const OUTPUTS = 8; // output modules whose shares are listed
const SIDE = 64; // pixels that an uploaded picture is brought to

export class Input {
  /** @param told {graphs(graphs, focus), pinned(), colours(), edges(), draw(key), remember(state)} */
  constructor(told) {
    Object.assign(this, { told, asking: new Asking(), chosen: null, answer: null });
    this.tiles = make("div", { class: "pictures", role: "group", "aria-label": "Inputs" });
    this.upload = make("input", { type: "file", accept: "image/png,image/jpeg", "aria-label": "Upload an image", onchange: () => this.take(this.upload.files[0]) });
    this.classes = make("select", { "aria-label": "Class that attribution is for", onchange: () => this.ask() });
    this.slices = make("select", { "aria-label": "Average over a slice", onchange: () => this.sliced() });
    this.within = make("select", { "aria-label": "Only examples", hidden: true, onchange: () => this.slice() });
    this.scene = new Scene({ ask: () => this.draws() });
    this.shift = make("select", { "aria-label": "Shift", onchange: () => this.shifted() });
    this.strength = make("select", { "aria-label": "Strength", hidden: true, onchange: () => this.again() });
    this.said = make("div", { role: "status", class: "small" });
    this.maps = make("div", { class: "maps" });
    this.bars = make("div", { class: "bars" });
    this.outputs = make("div", { class: "bars", role: "group", "aria-label": "Output modules" });
    this.cutButton = make("button", { type: "button", class: "quiet", disabled: true, title: `Cut the strongest shown edges one by one, at most ${CUT}, and colour them by what the class's logit loses`, onclick: () => this.measureCuts() }, "Cut shown edges, one by one");
    this.cutSaid = make("div", { class: "small" });
    const label = (word, ...inner) => make("label", {}, make("span", {}, word), ...inner);
    const left = make("div", {}, this.tiles, make("div", { class: "line small", style: "margin-top:6px" }, label("or upload", this.upload)), make("div", { class: "line" }, label("Shift", this.shift, this.strength)), make("div", { class: "line" }, label("or average", this.slices, this.within)), this.scene.root);
    const middle = make("div", {}, this.maps, this.said);
    const right = make("div", {}, this.bars, this.outputs, make("div", { class: "line", style: "margin-top:6px" }, label("Attribution for", this.classes)), this.cutButton, this.cutSaid);
    this.root = make("div", { class: "asked", hidden: true }, left, middle, right);
  }

  /** Take up what the page offers: {live, circuit, examples, classes, shifts, channels, systems}, and what the address asks; null hides all. */
  update(offer, asked = {}) {
    this.root.hidden = !offer;
    if (!offer) return;
    const other = !this.offer || this.offer.circuit !== offer.circuit;
    this.offer = offer;
    if (!other) return;
    this.tiles.replaceChildren(...tiles(offer.examples, (id) => this.open(id)));
    this.classes.replaceChildren(option("", "predicted class"), ...offer.classes.map((name) => option(name, `class ${name}`)));
    this.slices.replaceChildren(option("", "one input"), option("*", "200 examples of all classes"), ...offer.classes.map((name) => option(name, `200 examples of class ${name}`)), ...offer.sets.map((name) => option(SET + name, `200 examples of ${name.replaceAll("_", " ")}`)));
    this.shift.replaceChildren(option("", "none"), ...Object.keys(offer.shifts).map((name) => option(name, name.replaceAll("_", " "))));
    this.chosen = null;
    this.groups = {};
    this.scene.update(offer.systems || []);
    this.restore(asked);
  }

  /** What is asked, as the address holds it; an uploaded picture stays here. */
  state() {
    const { example_id: chosen } = this.chosen || {};
    const example = chosen === this.offer.examples[0]?.id ? "" : chosen;
    const slice = this.slices.value;
    const drawn = this.chosen?.system && !slice ? this.scene.state() : {};
    const said = { example, ...drawn, shift: this.shift.value, strength: this.shift.value && Number(this.strength.value), slice, only: slice && this.within.value, class: this.classes.value };
    return Object.fromEntries(Object.entries(said).filter(([, value]) => value));
  }

  /** Ask what an address asks, or about the first example. */
  restore(asked) {
    set(this.classes, asked.class);
    if (set(this.shift, asked.shift)) this.strengths(asked.strength);
    const known = this.offer.examples.find(({ id }) => id === asked.example) || this.offer.examples[0];
    if (asked.slice && known) this.chosen = { example_id: known.id };
    if (set(this.slices, asked.slice)) {
      this.offerWithin(asked.only);
      this.slice();
    } else if (this.scene.restore(asked)) this.draws();
    else if (known) this.open(known.id);
  }

  open(id) {
    this.chosen = { example_id: id };
    this.unsliced();
    for (const button of this.tiles.children) button.setAttribute("aria-pressed", String(button.dataset.id === id));
    this.ask();
  }

  /** Bring an uploaded picture to the circuit's size and ask about it. */
  async take(file) {
    if (!file) return;
    try {
      this.chosen = { image: await brought(file, this.offer.channels) };
    } catch (problem) {
      this.complain(problem.message, "");
      return;
    }
    this.unsliced();
    for (const button of this.tiles.children) button.setAttribute("aria-pressed", "false");
    this.ask();
  }

  /** A picture that a system draws, acted on as the selects say. */
  draws() {
    this.chosen = this.scene.question();
    this.unsliced();
    for (const button of this.tiles.children) button.setAttribute("aria-pressed", "false");
    this.ask();
  }

  unsliced() {
    this.slices.value = "";
    this.within.hidden = true;
  }

  sliced() {
    this.groups = {};
    this.offerWithin();
    this.slice();
  }

  /** What a slice can be narrowed to: the classes of another set, and its groups once an answer has told them. */
  offerWithin(chosen = this.within.value) {
    const sets = this.slices.value === "*" || this.slices.value.startsWith(SET);
    const groups = Object.entries(this.groups).flatMap(([column, values]) => values.map((value) => option(`${column}=${value}`, `${column.replaceAll("_", " ")} ${value}`)));
    this.within.replaceChildren(option("", "all of them"), ...(this.slices.value === "*" ? [] : this.offer.classes.map((name) => option(`class=${name}`, `class ${name}`))), ...groups);
    set(this.within, chosen);
    this.within.hidden = !sets || this.within.options.length < 2;
  }

  shifted() {
    this.strengths();
    this.again();
  }

  strengths(chosen) {
    offerStrengths(this.strength, this.offer.shifts[this.shift.value] || [], chosen);
  }

  again() {
    if (this.slices.value) this.slice();
    else this.ask();
  }

  question() {
    const shift = this.shift.value ? { shift: this.shift.value, strength: Number(this.strength.value) } : {};
    return { circuit: this.offer.circuit, ...shift };
  }

  async ask() {
    if (!this.chosen) return;
    const began = performance.now();
    const found = await this.fetched({ kind: "input", ...this.question(), ...this.chosen, ...(this.classes.value ? { class: this.classes.value } : {}) });
    if (!found) return;
    this.answer = found.answer;
    this.arrays = found.arrays;
    this.draw();
    this.what = { attribution: `class ${this.name(found.answer.class)} for this input`, input: "this input" };
    this.told.graphs(this.graphs(this.what), "input.attribution");
    this.root.setAttribute("data-answered", this.chosen.example_id || this.scene.said(this.chosen) || "upload");
    this.root.setAttribute("data-milliseconds", String(Math.round(performance.now() - began)));
  }

  async slice() {
    if (!this.slices.value) return this.ask();
    const { value } = this.slices;
    const one = value === "*" ? {} : value.startsWith(SET) ? { dataset: value.slice(SET.length) } : { class: value };
    const [column, only] = this.within.hidden ? [] : this.within.value.split(/=(.*)/);
    if (only) Object.assign(one, column === "class" ? { class: only } : { groups: { [column]: only } });
    const found = await this.fetched({ kind: "slice", ...this.question(), ...one, n: 200 });
    if (!found) return null;
    this.answer = found.answer;
    this.arrays = found.arrays;
    this.draw();
    this.groups = found.answer.groups || {};
    this.offerWithin();
    const of = `the mean of ${found.answer.n} examples`;
    this.told.graphs(this.graphs({ attribution: of, input: of }), "input.attribution");
    this.root.setAttribute("data-answered", `slice ${this.slices.value}`);
    return null;
  }

  async measureCuts() {
    const shown = this.told.edges().filter(({ graph }) => graph.live);
    const edges = shown.slice(0, CUT);
    if (!edges.length) return (this.cutSaid.textContent = "Draw attention or attribution of this input first: its shown edges are cut.");
    const asked = edges.map(({ source, target, graph }) => [graph.layer ?? (target >= this.answer.modules ? this.answer.layers : null), source, target]);
    this.cutSaid.textContent = "Cutting …";
    const found = await this.fetched({ kind: "cut", ...this.question(), ...this.chosen, edges: asked, ...(this.classes.value ? { class: this.classes.value } : {}) });
    if (!found) return null;
    const { effect, together, random, random_mean: mean } = found.answer;
    const spread = [Math.min(...random), Math.max(...random)];
    const top = edges.map((one, i) => ({ ...one, effect: effect[i] })).sort((a, b) => Math.abs(b.effect) - Math.abs(a.effect)).slice(0, 5);
    const name = (i) => (i >= this.answer.modules ? `o${i - this.answer.modules}` : String(i));
    this.cutSaid.replaceChildren(
      make("p", {}, make("b", {}, `All ${edges.length} together: class logit ${signed(-together)}. `), `As many random edges: ${signed(-mean)} (${random.length} draws, from ${signed(-spread[1])} to ${signed(-spread[0])}).`),
      make("p", { class: "muted" }, `Drop-one effect, largest: ${top.map((one) => `${name(one.source)} → ${name(one.target)} ${signed(-one.effect)}`).join(", ")}.`),
    );
    const n = this.answer.modules + this.arrays.read_out.shape[0];
    const at = new Map(edges.map((one, i) => [one.target * n + one.source, effect[i]]));
    const { layer } = edges[0].graph;
    const of = `class ${this.name(found.answer.class)}, measured for the ${edges.length} strongest of ${shown.length.toLocaleString("en")} shown edges`;
    const graph = { key: "input.cut", kind: "cut", layer, slice: "", step: null, live: true, signs: true, of, value: (target, source) => at.get(target * n + source) ?? NaN };
    this.told.graphs([...this.graphs(this.what), graph], "input.attribution");
    this.told.draw("input.cut");
    this.root.setAttribute("data-cut", String(edges.length));
    return null;
  }

  async fetched(question) {
    this.root.setAttribute("data-asking", "yes");
    const slow = setTimeout(() => this.said.replaceChildren("Asking the circuit. The first answer after a pause takes some seconds …"), SLOW);
    this.told.remember(this.state());
    try {
      const found = await this.asking.ask(this.offer.live, question);
      if (found) this.root.setAttribute("data-asking", "no");
      return found;
    } catch (problem) {
      this.root.setAttribute("data-asking", "no");
      return this.complain(problem.message, "");
    } finally {
      clearTimeout(slow);
    }
  }

  complain(sentence, hint) {
    this.said.replaceChildren(make("div", { class: "wrong", role: "alert" }, `${sentence} ${hint || ""}`));
    return null;
  }

  name(place) {
    return (this.answer.classes || this.offer.classes)[place];
  }

  /** The input's graphs over the circuit's edges: attention and attribution, each layer, the read-out, all together; `of`: what of, by kind. */
  graphs(of) {
    const { arrays } = this;
    const [layers, u] = [arrays.attention.shape[0], arrays.attention.shape[2]];
    const outputs = arrays.read_out.shape[0];
    return [["attribution", arrays.attribution, arrays.attribution_out, 1], ["input", arrays.attention, arrays.read_out, 1 / layers]].flatMap(([kind, within, out, share]) => {
      const made = (layer, value) => ({ key: layer === null ? `input.${kind}` : `input.${kind}.${layer}`, kind, layer, slice: "", step: null, live: true, of: of[kind], value });
      const at = (array, row, source, layer = 0) => array.data[(layer * (array === out ? outputs : u) + row) * u + source];
      const all = (target, source) => (target < u ? Array.from({ length: layers }, (_, l) => at(within, target, source, l)).reduce((a, b) => a + b, 0) * share : kind === "attribution" ? at(out, target - u, source) : NaN);
      return [
        made(null, all), ...Array.from({ length: layers }, (_, l) => made(l, (target, source) => (target < u ? at(within, target, source, l) : NaN))),
        made(layers, (target, source) => (target < u ? NaN : at(out, target - u, source))),
      ];
    });
  }

  // drawing

  draw() {
    const { answer, arrays } = this;
    const picture = make("canvas", { role: "img", "aria-label": "The input as the circuit gets it" });
    const heat = make("canvas", { role: "img", "aria-label": "Where the circuit reads in" });
    this.heat = heat;
    this.heatSaid = make("figcaption");
    const figures = arrays.image ? [make("figure", {}, picture, make("figcaption", {}, "input"))] : [];
    this.maps.replaceChildren(...figures, make("figure", {}, heat, this.heatSaid));
    if (arrays.image) pixels(picture, arrays.image);
    this.pinned();
    if (answer.probabilities) this.fillBars();
    else this.bars.replaceChildren(make("span", {}, `accuracy on these ${answer.n}`), make("span"), make("b", {}, `${Math.round(1000 * answer.accuracy) / 10} %`));
    this.fillOutputs();
    const right = answer.label === null || answer.label === undefined ? "" : answer.label === answer.predicted ? ", which is right" : `; it is ${this.name(answer.label)}`;
    this.said.replaceChildren(answer.probabilities ? make("p", {}, make("b", {}, `Answer: ${this.name(answer.predicted)}`), `${right}. Links are the same for every image; only attention is of this one.`) : make("p", {}, `Means over ${answer.n} test examples. Links are the same for each of them.`));
    this.cutButton.disabled = !answer.probabilities;
    this.cutSaid.replaceChildren();
    this.root.removeAttribute("data-cut");
  }

  /** How much each output module counts in the answer. */
  fillOutputs() {
    const shares = this.arrays.confidence ? [...this.arrays.confidence.data] : [];
    const most = Math.max(...shares);
    const order = shares.map((_, o) => o).sort((a, b) => shares[b] - shares[a]).slice(0, OUTPUTS);
    const head = make("span", { class: "muted small", style: "grid-column:1/-1;margin-top:6px" }, `Share of the answer, output modules${shares.length > OUTPUTS ? `, ${OUTPUTS} of ${shares.length}` : ""}`);
    this.outputs.replaceChildren(...(shares.length ? [head] : []), ...order.flatMap((o) => [make("span", {}, `o${o}`), make("s", { "aria-hidden": "true", style: `--share:${(100 * shares[o]) / most}%` }), make("span", {}, `${(100 * shares[o]).toFixed(1)} %`)]));
  }

  fillBars() {
    const { probabilities, predicted } = this.answer;
    const order = probabilities.map((_, k) => k).sort((a, b) => probabilities[b] - probabilities[a]).slice(0, 5);
    this.bars.replaceChildren(...order.flatMap((k) => [make("span", { class: k === predicted ? "best" : "" }, this.name(k)), make("s", { "aria-hidden": "true", style: `--share:${100 * probabilities[k]}%` }), make("span", {}, `${(100 * probabilities[k]).toFixed(1)} %`)]));
  }

  /** The read-in of pinned modules, or of all where none is. */
  pinned() {
    if (!this.heat || !this.arrays) return;
    const { read_in: read, image } = this.arrays;
    const [u, tokens] = read.shape;
    const side = this.answer.side;
    const pins = this.told.pinned().filter((i) => i < u);
    const rows = pins.length ? pins : [...Array(u).keys()];
    const sums = Float32Array.from({ length: tokens }, (_, t) => rows.reduce((sum, i) => sum + read.data[i * tokens + t], 0) / rows.length);
    heated(this.heat, sums, side, image, this.told.colours().accent);
    this.heatSaid.textContent = pins.length ? `read-in of ${pins.length === 1 ? `module ${pins[0]}` : `${pins.length} pinned modules`}` : "read-in, mean of all modules";
  }

  destroy() {
    this.asking.end();
  }
}

export const option = (value, word) => make("option", { value }, word);

/** Choose what an address says, where that is offered; say whether anything is chosen. */
export function set(select, value) {
  if (value !== undefined && [...select.options].some((one) => one.value === String(value))) select.value = String(value);
  return Boolean(select.value);
}

/** Offer a shift's strengths, the middle one at first. */
export function offerStrengths(select, strengths, chosen) {
  select.hidden = !strengths.length;
  select.replaceChildren(...strengths.map((value) => option(String(value), String(value))));
  if (strengths.length) select.value = String(strengths[Math.floor(strengths.length / 2)]);
  set(select, chosen);
}

/** Buttons with pictures of examples. */
export function tiles(examples, open, word = "Example") {
  return examples.map((one) => make("button", { type: "button", title: `${one.label}, ${one.id}`, "aria-label": `${word} ${one.id}, class ${one.label}`, "aria-pressed": "false", "data-id": one.id, onclick: () => open(one.id) }, make("img", { src: one.url, alt: "", loading: "lazy" })));
}

/** Return a picture file as a question holds it, brought to a small square; raises Error with a sentence. */
export async function brought(file, channels) {
  let bitmap;
  try {
    bitmap = await createImageBitmap(file);
  } catch {
    throw new Error("This file cannot be read as a picture. Choose a PNG or JPEG.");
  }
  const side = Math.min(bitmap.width, bitmap.height);
  const canvas = make("canvas", { width: String(SIDE), height: String(SIDE) });
  const pen = canvas.getContext("2d");
  Object.assign(pen, { fillStyle: "#fff", imageSmoothingQuality: "high" });
  pen.fillRect(0, 0, SIDE, SIDE);
  pen.drawImage(bitmap, (bitmap.width - side) / 2, (bitmap.height - side) / 2, side, side, 0, 0, SIDE, SIDE);
  const { data } = pen.getImageData(0, 0, SIDE, SIDE);
  const grey = channels === 1;
  const pixels = new Uint8Array(SIDE * SIDE * (grey ? 1 : 3));
  for (let i = 0; i < SIDE * SIDE; i++) {
    if (grey) pixels[i] = Math.round(0.299 * data[4 * i] + 0.587 * data[4 * i + 1] + 0.114 * data[4 * i + 2]);
    else pixels.set(data.subarray(4 * i, 4 * i + 3), 3 * i);
  }
  return { shape: [SIDE, SIDE, grey ? 1 : 3], data: btoa(String.fromCharCode(...pixels)) };
}

const signed = (value) => `${value >= 0 ? "+" : "−"}${short(Math.abs(value))}`;

/** Draw a picture that the circuit got, as it is. */
export function pixels(canvas, { shape: [h, w, c], data }) {
  Object.assign(canvas, { width: w, height: h });
  const pen = canvas.getContext("2d");
  const made = pen.createImageData(w, h);
  for (let i = 0; i < h * w; i++) for (let k = 0; k < 4; k++) made.data[4 * i + k] = k === 3 ? 255 : data[i * c + (c === 1 ? 0 : k)];
  pen.putImageData(made, 0, 0);
}

/** A heat map over the picture in grey: the more of a colour, the more is read there. */
export function heated(canvas, values, side, image, colour) {
  const [h, w] = image ? image.shape : [8 * side, 8 * side];
  Object.assign(canvas, { width: w, height: h });
  const pen = canvas.getContext("2d");
  const made = pen.createImageData(w, h);
  const rgb = parse(colour);
  const most = values.reduce((a, b) => Math.max(a, b), 0) || 1;
  for (let y = 0; y < h; y++) {
    for (let x = 0; x < w; x++) {
      const i = y * w + x;
      const share = values[Math.min(side - 1, Math.floor((y * side) / h)) * side + Math.min(side - 1, Math.floor((x * side) / w))] / most;
      const c = image ? image.shape[2] : 1;
      const grey = image ? 0.55 * (c === 1 ? image.data[i] : (image.data[i * c] + image.data[i * c + 1] + image.data[i * c + 2]) / 3) : 40;
      for (let k = 0; k < 3; k++) made.data[4 * i + k] = grey * (1 - 0.8 * share) + rgb[k] * 0.9 * share + 60 * share;
      made.data[4 * i + 3] = 255;
    }
  }
  pen.putImageData(made, 0, 0);
}
