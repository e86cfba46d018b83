// A picture that a causal model draws, under what is done to it: the same unit, one factor set after another.

import { make } from "../canvas/canvas.js";

const option = (value, word) => make("option", { value }, word);
const words = (name) => name.replaceAll("_", " ");

export class Scene {
  /** @param told {ask()} */
  constructor(told) {
    Object.assign(this, { told, systems: [] });
    this.system = make("select", { "aria-label": "System", onchange: () => this.chosen() });
    this.unit = make("input", { type: "number", min: "0", max: "9999", value: "0", "aria-label": "Unit", style: "width:5em", onchange: () => this.told.ask() });
    this.acts = make("div", { class: "line small" });
    const ask = make("button", { type: "button", class: "quiet", onclick: () => this.told.ask() }, "Draw it");
    this.root = make("details", { hidden: true }, make("summary", {}, "or draw one and intervene on it"), make("div", { class: "line small", style: "margin-top:6px" }, make("label", {}, make("span", {}, "System"), this.system), make("label", {}, make("span", {}, "unit"), this.unit), ask), this.acts);
  }

  /** Take up what can be drawn: [{name, title, factors: [{name, levels}]}]. */
  update(systems) {
    this.systems = systems;
    this.root.hidden = !systems.length;
    this.system.replaceChildren(...systems.map(({ name, title }) => option(name, title)));
    this.fill();
  }

  fill() {
    const { factors = [] } = this.systems.find(({ name }) => name === this.system.value) || {};
    this.selects = factors.map(({ name, levels }) => {
      const select = make("select", { "aria-label": `Set ${words(name)}`, onchange: () => this.told.ask() }, option("", "as it is"), ...levels.map((level) => option(level, level)));
      return [name, select];
    });
    this.acts.replaceChildren(...this.selects.map(([name, select]) => make("label", {}, make("span", {}, words(name)), select)));
  }

  chosen() {
    this.fill();
    this.told.ask();
  }

  get act() {
    return this.selects.filter(([, select]) => select.value).map(([name, select]) => `do(${name}=${select.value})`).join("; ");
  }

  /** What the circuit is asked about. */
  question() {
    return { system: this.system.value, unit: Math.max(0, Math.trunc(Number(this.unit.value)) || 0), do: this.act };
  }

  /** The same as an address holds it. */
  state() {
    const { system, unit, do: act } = this.question();
    return { system, unit, ...(act ? { do: act } : {}) };
  }

  /** Stand where an address says; whether it does. */
  restore({ system, unit, do: act }) {
    if (!this.systems.some(({ name }) => name === system)) return false;
    this.system.value = system;
    this.unit.value = String(unit || 0);
    this.fill();
    const set = new Map([...String(act || "").matchAll(/do\((\w+)=([^)]+)\)/g)].map(([, name, value]) => [name, value]));
    for (const [name, select] of this.selects) if ([...select.options].some(({ value }) => value === set.get(name))) select.value = set.get(name);
    this.root.open = true;
    return true;
  }

  /** A picture in words, for what is answered; "" for another kind. */
  said({ system, unit, do: act }) {
    return system ? `${system} ${unit} ${act}`.trim() : "";
  }
}
