// The system's own numbers, which say how training is: how strong a tie is, how common a value.

import { make } from "../canvas/canvas.js";

const told = (value) => String(Number(value.toPrecision(3))).replace("-", "\u2212");

export class Dials {
  /** @param change (numbers): those that are not as usual */
  constructor(change) {
    this.change = change;
    this.root = make("details", { class: "settings" });
  }

  /** Build the dials of a system, once, and show what its numbers are. */
  show(data, numbers) {
    Object.assign(this, { parameters: data.parameters, numbers });
    if (this.of !== data.name) this.build(data.name);
    this.root.hidden = !this.parameters.length;
    const words = this.parameters.map((one) => `${one.name} ${told(this.value(one))}`).join(", ");
    this.summary.textContent = `How training is: ${words}${Object.keys(numbers).length ? " (changed)" : ""}`;
    for (const { one, said, range } of this.dials) {
      said.textContent = told(this.value(one));
      if (Number(range.value) !== this.value(one)) range.value = this.value(one);
    }
  }

  value(one) {
    return this.numbers[one.name] ?? one.default;
  }

  build(name) {
    this.of = name;
    this.summary = make("summary");
    this.dials = this.parameters.map((one) => {
      const said = make("b");
      const range = make("input", { type: "range", min: one.low, max: one.high, step: (one.high - one.low) / 100, "aria-label": `${one.name}: ${one.description}` });
      range.addEventListener("input", () => this.turn(one, Number(Number(range.value).toFixed(4))));
      return { one, said, range, label: make("label", {}, make("span", {}, `${one.name}: ${one.description}`), said, range) };
    });
    const usual = make("button", { type: "button", class: "quiet", onclick: () => this.change({}) }, "As usual");
    this.root.replaceChildren(this.summary, ...this.dials.map(({ label }) => label), usual);
  }

  turn(one, value) {
    const all = this.parameters.map((other) => [other, other === one ? value : this.value(other)]);
    this.change(Object.fromEntries(all.filter(([other, number]) => number !== other.default).map(([other, number]) => [other.name, number])));
  }
}
