// What both views stand on: a buffer of pixels below, what follows the hand above it.

import { make } from "../canvas/canvas.js";
import { Pixels } from "./pixels.js";

export const SLIP = 4; // pixels that a hand may move and still press

export class Stage {
  /** @param what the role's description; @param look CSS classes */
  constructor(told, what, look) {
    this.told = told;
    this.base = make("canvas", { "aria-hidden": "true" });
    this.over = make("canvas", { "aria-hidden": "true" });
    this.root = make("div", { class: look, tabindex: "0", role: "application", "aria-roledescription": what }, this.base, this.over);
    this.pixels = new Pixels(this.base);
  }

  /** Where the hand is, in pixels from the upper left. */
  at(event) {
    const box = this.root.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  }

  /** Return a clean pen over the picture, for what follows the hand. */
  clean(width, height) {
    const fine = Math.min(globalThis.devicePixelRatio || 1, 2);
    const [wide, tall] = [Math.round(width * fine), Math.round(height * fine)];
    if (this.over.width !== wide || this.over.height !== tall) Object.assign(this.over, { width: wide, height: tall });
    const pen = this.over.getContext("2d");
    pen.setTransform(fine, 0, 0, fine, 0, 0);
    pen.clearRect(0, 0, width, height);
    return pen;
  }
}
