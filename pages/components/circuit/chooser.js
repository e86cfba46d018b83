// What is drawn, and how much of it: links or attention, which layer, which examples, which step of training; threshold and top-k.

import { make } from "../canvas/canvas.js";
import { short } from "./lists.js";
import { ranked } from "./model.js";

const KINDS = { link: "Links (static)", attention: "Attention (mean)", input: "Attention (this input)", attribution: "Attribution (this input)", cut: "Drop-one effect (this input)", difference: "Difference of attention", first: "Attention, first", second: "Attention, second", rewiring: "Difference of links", links_second: "Links, second", sentence: "Links of this sentence" };
const FINE = 1000; // places of a slider

export class Chooser {
  /** @param told {change(change)} */
  constructor(told) {
    this.told = told;
    const select = (label, act) => make("select", { "aria-label": label, onchange: act });
    this.kind = select("What is drawn", () => this.choose({ kind: this.kind.value, layer: undefined, slice: "", step: null }));
    this.layer = select("Layer", () => this.choose({ layer: this.layer.value === "mean" ? null : Number(this.layer.value) }));
    this.slice = select("Examples", () => this.choose({ slice: this.slice.value }));
    this.step = make("input", { type: "range", min: "0", step: "1", "aria-label": "Training step", oninput: () => this.choose({ step: this.steps[Number(this.step.value)] }) });
    this.stepSaid = make("b");
    this.threshold = make("input", { type: "range", min: "0", max: String(FINE), step: "1", "aria-label": "Threshold", oninput: () => this.slide() });
    this.most = make("input", { type: "range", min: "0", max: String(FINE), step: "1", "aria-label": "Strongest edges", oninput: () => this.slideMost() });
    this.thresholdSaid = make("b");
    this.mostSaid = make("b");
    const label = (word, ...inner) => make("label", {}, make("span", {}, word), ...inner);
    this.layerLabel = label("Layer", this.layer);
    this.sliceLabel = label("Examples", this.slice);
    this.stepLabel = label("Training step", this.step, this.stepSaid);
    const [threshold, most] = [label("Threshold", this.threshold, this.thresholdSaid), label("Strongest", this.most, this.mostSaid)];
    for (const wide of [this.stepLabel, threshold, most]) wide.className = "wide";
    this.root = make("div", {}, make("div", { class: "line" }, label("Draw", this.kind), this.layerLabel, this.sliceLabel, this.stepLabel), make("div", { class: "line" }, threshold, most));
  }

  take(made) {
    this.made = made;
    const kinds = [...new Set(made.graphs.map(({ kind }) => kind))];
    this.kind.replaceChildren(...kinds.map((kind) => make("option", { value: kind }, KINDS[kind] || kind)));
    this.steps = [...made.graphs.filter(({ kind, step }) => kind === "link" && step !== null).map(({ step }) => step), null];
  }

  /** Draw another graph: the one of these settings, or the nearest there is. */
  choose(change) {
    const now = { ...this.graph, ...change };
    const mine = this.made.graphs.filter(({ kind }) => kind === now.kind);
    const fits = (graph, names) => names.every((name) => now[name] === undefined || graph[name] === now[name]);
    const found = mine.find((graph) => fits(graph, ["layer", "slice", "step"])) || mine.find((graph) => fits(graph, ["slice", "step"])) || mine[0];
    const other = found.kind !== this.graph.kind;
    this.told.change({ graph: found.key, ...(other ? { threshold: 0 } : {}) });
  }

  slide() {
    this.told.change({ threshold: (Number(this.threshold.value) / FINE) ** 2 * ranked(this.graph).largest });
  }

  slideMost() {
    const all = ranked(this.graph).order.length;
    const share = Number(this.most.value) / FINE;
    this.told.change({ most: share >= 1 ? Math.max(all, 1) : Math.max(1, Math.round(all ** share)) });
  }

  show(view, graph) {
    this.graph = graph;
    const { largest, order } = ranked(graph);
    const options = (select, values, chosen, words) => {
      const text = JSON.stringify(values);
      if (select.said !== text) select.replaceChildren(...values.map((value) => make("option", { value: String(value) }, words(value))));
      Object.assign(select, { said: text, value: String(chosen) });
    };
    this.kind.value = graph.kind;
    const mine = this.made.graphs.filter(({ kind }) => kind === graph.kind);
    const layers = [...new Set(mine.filter(({ slice }) => slice === graph.slice).map(({ layer }) => layer ?? "mean"))];
    options(this.layer, layers, graph.layer ?? "mean", (value) => (value === "mean" ? (graph.kind === "attribution" ? "sum of all" : "mean of all") : value === this.made.layers ? "read-out" : String(value)));
    this.layerLabel.hidden = layers.length < 2;
    const slices = [...new Set(mine.map(({ slice }) => slice))];
    options(this.slice, slices, graph.slice, (value) => (value ? value.replace("=", " ") : "all"));
    this.sliceLabel.hidden = slices.length < 2;
    this.stepLabel.hidden = graph.kind !== "link" || this.steps.length < 2;
    this.step.max = String(this.steps.length - 1);
    this.step.value = String(this.steps.indexOf(graph.step));
    this.stepSaid.textContent = graph.step === null ? "end" : graph.step.toLocaleString("en");
    this.threshold.value = String(Math.round(FINE * Math.sqrt(Math.min(1, largest > 0 ? view.threshold / largest : 0))));
    this.thresholdSaid.textContent = view.threshold > 0 ? `≥ ${short(view.threshold)}` : "none";
    const [shown, all] = [Math.min(view.most, order.length), order.length];
    this.most.value = String(all > 1 ? Math.round((FINE * Math.log(shown)) / Math.log(all)) : FINE);
    this.mostSaid.textContent = shown >= all ? "all" : shown.toLocaleString("en");
    this.threshold.setAttribute("aria-valuetext", this.thresholdSaid.textContent);
    this.most.setAttribute("aria-valuetext", this.mostSaid.textContent);
  }

  /** What the lines mean in the graph that is drawn. */
  explain(graph, largest) {
    const scale = `Faint is near 0, plain is ${largest}; an arrow goes from the module that is heard to the one that listens.`;
    if (graph.kind === "link" && graph.step !== null) return `Links as they were at step ${graph.step}. ${scale}`;
    if (graph.kind === "sentence") return `Links that “${graph.of}” makes: in this circuit the sentence decides who listens to whom. ${scale}`;
    if (graph.kind === "link" && this.made.conditional) return `Links before any sentence. ${scale}`;
    if (graph.kind === "link") return `Links are part of the network: the same for every input. ${scale}`;
    if (graph.kind === "attention") return `Attention is a mean over examples${graph.slice ? ` (${graph.slice.replace("=", " ")})` : ""}. It changes from input to input while the links stay. ${scale}`;
    if (graph.kind === "input") return `Attention of ${graph.of}: what this input makes of the same links, no rewiring. ${scale}`;
    if (graph.kind === "cut") return `Drop-one effect on ${graph.of}: what the class's logit loses when an edge alone is cut. Blue spoke for the class, orange against it; other edges were not cut. ${scale}`;
    if (graph.kind === "difference" || graph.kind === "rewiring") return `${graph.of}: blue and solid lines (filled cells) are more, orange and dashed lines (hollow cells) less. ${scale}`;
    if (graph.kind === "first" || graph.kind === "second" || graph.kind === "links_second") return `${graph.of}. ${scale}`;
    return `Attention × gradient of ${graph.of}: blue speaks for the class, orange against it. ${scale}`;
  }

  /** The name of a graph, for titles. */
  name(graph) {
    const layer = graph.layer === null ? "" : graph.layer === this.made.layers ? ", read-out" : `, layer ${graph.layer}`;
    const step = graph.step === null ? "" : `, step ${graph.step}`;
    const of = graph.compared ? ` (${graph.of})` : "";
    return `${KINDS[graph.kind] || graph.kind}${of}${layer}${graph.slice ? `, ${graph.slice.replace("=", " ")}` : ""}${step}`;
  }
}
