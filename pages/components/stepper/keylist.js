// The list of keys: what each does, and how it is changed. Changes are kept in this browser.

import { make } from "../canvas/canvas.js";
import { ACTS, boundKeys, keyName, rebound } from "./keys.js";

const FIXED = [["← →", "one frame back, on"], ["Shift + ← →", "ten frames"], ["Home End", "first, last frame"], ["Space", "play, stop"], ["Esc", "close this list"]];

export class KeyList {
  /** @param told {changed()} when a key was changed */
  constructor(told) {
    Object.assign(this, { told, bound: boundKeys(), asking: null });
    this.rows = make("div", { class: "rows" });
    this.said = make("p", { class: "small", role: "status" });
    this.usual = make("button", { type: "button", class: "quiet", onclick: () => this.take(null) }, "Usual keys");
    this.root = make("div", { class: "keys", hidden: true, role: "dialog", "aria-label": "Keys" }, make("p", { class: "small muted" }, "Press a key's button, then another key, to change it. This browser keeps it."), this.rows, this.said, this.usual);
    this.fill();
  }

  fill() {
    const key = ([act, , words]) => {
      const [mine, asked] = [this.bound[act], this.asking === act];
      return [make("button", { type: "button", "data-act": act, "aria-pressed": String(asked), "aria-label": `${words}: ${mine}. Change the key`, onclick: () => this.ask(act) }, asked ? "key …" : mine.toUpperCase()), make("span", {}, words)];
    };
    this.rows.replaceChildren(...FIXED.flatMap(([name, words]) => [make("kbd", {}, name), make("span", {}, words)]), ...ACTS.flatMap(key));
  }

  ask(act) {
    this.asking = this.asking === act ? null : act;
    this.said.textContent = this.asking ? "Press the new key; Esc leaves it as it is." : "";
    this.fill();
    this.rows.querySelector(`[data-act="${act}"]`).focus();
  }

  /** Take a key that is pressed while one is asked for; returns whether it was. */
  heard(event) {
    if (!this.asking || this.root.hidden || ["Shift", "Control", "Alt", "Meta", "Tab"].includes(event.key)) return false;
    const act = this.asking;
    if (event.key === "Escape") this.ask(act);
    else this.take(act, keyName(event.key));
    return true;
  }

  take(act, key) {
    const found = rebound(this.bound, act, key);
    this.said.textContent = typeof found === "string" ? found : "";
    if (typeof found === "string") return;
    Object.assign(this, { bound: found, asking: null });
    this.fill();
    (act ? this.rows.querySelector(`[data-act="${act}"]`) : this.usual).focus();
    this.told.changed();
  }
}
