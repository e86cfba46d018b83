// One picture: before and now, and the value of every factor, those that have changed marked.

import { make } from "../canvas/canvas.js";
import { drawTile } from "./tiles.js";

/** Return a value as people read it. */
export const told = (value) => (typeof value === "number" ? String(Number(value.toPrecision(3))).replace("-", "\u2212") : value);

/** Say in a line what a picture is of, and what has changed in it. */
export function describeUnit(answer, target, index) {
  const labels = [`Picture ${answer.units[index]}: ${target} ${told(answer.values[target][index])}`];
  for (const [name, before] of Object.entries(answer.before)) {
    const now = answer.values[name][index];
    if (before[index] !== now) labels.push(`${name} ${told(now)}, before ${told(before[index])}`);
  }
  return labels.join("; ");
}

export class Unit {
  /** @param client {close(), leave()} */
  constructor(client) {
    this.client = client;
    this.root = make("section", { class: "unit", "aria-label": "The chosen picture", hidden: true });
  }

  show({ data, answer, past, index, said, before }) {
    this.root.hidden = index === null;
    if (index === null) return;
    const button = (words, press) => make("button", { type: "button", class: "quiet", onclick: press }, words);
    const follow = (event) => {
      event.preventDefault();
      this.client.leave();
    };
    const head = make(
      "div", { class: "bar" }, make("h2", {}, `Unit ${answer.units[index]}`), make("span", { class: "muted small" }, "The same chance as before: only what the act reaches has changed."),
      ...(data.strip ? [make("a", { href: "#", onclick: follow }, "How networks answer as it changes")] : []), button("Close", () => this.client.close()),
    );
    const pictures = [...(past ? [this.picture(past, answer.side, index, "before")] : []), this.picture(answer.bitmaps[0], answer.side, index, "now")];
    this.root.replaceChildren(head, make("div", { class: "pair" }, ...pictures, ...(said ? [this.says(said, before)] : [])), make("dl", { class: "facts" }, ...data.factors.map(({ name }) => this.fact(answer, name, index))));
  }

  picture(bitmap, side, index, words) {
    const canvas = make("canvas", { role: "img", "aria-label": words });
    drawTile(canvas, bitmap, side, index);
    return make("figure", {}, canvas, make("figcaption", {}, words));
  }

  /** What networks say to it: before, where that is another answer, and now. */
  says(said, before) {
    const word = ({ word: text, right, sure }) => make("span", { class: right ? "" : "no" }, `${right ? "\u2713" : "\u2717"} ${text}`, make("small", {}, ` ${sure}`));
    const rows = said.map((one, i) => {
      const was = before?.[i];
      return make("div", {}, make("dt", {}, one.name), make("dd", {}, ...(was && was.word !== one.word ? [word(was), " \u2192 "] : []), word(one)));
    });
    return make("dl", { class: "replies" }, ...rows);
  }

  fact(answer, name, index) {
    const [now, before] = [answer.values[name][index], answer.before[name]?.[index]];
    const moved = before !== undefined && before !== now;
    return make("div", { class: moved ? "moved" : "" }, make("dt", {}, name), make("dd", {}, ...(moved ? [make("s", {}, told(before)), " → "] : []), told(now)));
  }
}
