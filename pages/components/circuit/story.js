// What a module does, in words: asked of the circuit itself when its card is opened, and kept.

import { make } from "../canvas/canvas.js";
import { Asking } from "./asking.js";
import { heated } from "./input.js";

export class Stories {
  /** @param told {colours(), told()} */
  constructor(told) {
    Object.assign(this, { told, known: new Map() });
  }

  /** Take up where to ask: {live, circuit}; null where the circuit cannot be run here. */
  update(offer) {
    if (offer?.circuit !== this.offer?.circuit) this.known = new Map();
    this.offer = offer;
  }

  /** Return the words on a module as an element; they come later where they are not known yet. */
  of(node) {
    const box = make("div", { class: "story small" });
    if (!this.offer) return box;
    if (!this.known.has(node)) this.ask(node);
    const found = this.known.get(node);
    if (found.wrong) box.append(make("p", { class: "muted" }, found.wrong));
    else if (!found.answer) box.append(make("p", { class: "muted" }, "Watching it on 300 test images …"));
    else {
      const canvas = make("canvas", { role: "img", "aria-label": `Where module ${node} reads in the image` });
      heated(canvas, found.arrays.read_in.data, found.answer.side, found.arrays.picture, this.told.colours().accent);
      box.append(make("figure", {}, canvas, make("figcaption", {}, "where it reads")), make("div", {}, ...found.answer.sentences.map((words) => make("p", {}, words))));
      box.dataset.told = String(node);
    }
    return box;
  }

  async ask(node) {
    const { circuit, live } = this.offer;
    const mine = this.known;
    mine.set(node, {});
    try {
      mine.set(node, (await new Asking().ask(live, { kind: "module", circuit, module: node })) || { wrong: "" });
    } catch (problem) {
      mine.set(node, { wrong: problem.message });
    }
    if (mine === this.known) this.told.told();
  }
}
