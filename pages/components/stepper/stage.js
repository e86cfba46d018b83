// The picture: one canvas with one or two panes; a frame and its layers are drawn in one go.

import { make } from "../canvas/canvas.js";
import { FIRST, OCCLUDER, ODDS, SECOND, TRUTH, VISIBLE } from "./layers.js";
import { Painter } from "./painter.js";

const GAP = 8; // pixels of the page between panes
const HIGHEST = 520;
const SAVED = 960; // pixels that the longer side of a saved picture has at least, by whole factors
const STEPS = ["under 10 %", "10 to 30 %", "30 to 50 %", "50 to 70 %", "70 to 90 %", "above 90 %"];

export class Stage {
  /** @param told {wiped(share)} */
  constructor(told) {
    this.told = told;
    this.painter = new Painter();
    this.canvas = make("canvas", { role: "img", "aria-label": "The frame with its layers" });
    this.names = make("div", { class: "names" });
    this.said = make("div", { class: "under", "aria-live": "off" });
    this.root = make("div", { class: "stage" }, this.names, this.canvas);
    this.pen = this.canvas.getContext("2d", { alpha: false });
    this.canvas.addEventListener("pointermove", (event) => this.hover(event));
    this.canvas.addEventListener("pointerleave", () => this.say(null));
    this.canvas.addEventListener("pointerdown", (event) => this.wipes(event) && this.canvas.setPointerCapture(event.pointerId));
  }

  take(clip) {
    this.clip = clip;
    this.painter.take(clip.height, clip.width);
  }

  /** Lay out one pane or two in a width; the picture keeps its shape. */
  layout(width, two) {
    const { height: h, width: w } = this.clip;
    this.ratio = window.devicePixelRatio || 1;
    const each = two ? (width - GAP) / 2 : width;
    const scale = Math.min(each / w, Math.min(HIGHEST, Math.max(240, 0.42 * window.innerHeight)) / h);
    const [pw, ph] = [Math.max(1, Math.round(w * scale * this.ratio)), Math.max(1, Math.round(h * scale * this.ratio))];
    const gap = Math.round(GAP * this.ratio);
    this.panes = (two ? [0, pw + gap] : [0]).map((x) => ({ x, y: 0, width: pw, height: ph }));
    const [cw, ch] = [two ? 2 * pw + gap : pw, ph];
    if (this.canvas.width !== cw || this.canvas.height !== ch) [this.canvas.width, this.canvas.height] = [cw, ch];
    this.canvas.style.width = `${cw / this.ratio}px`;
    this.names.style.width = this.canvas.style.width;
  }

  /**
   * Draw a frame with everything over it.
   * @param scene {picture, masks, mode, side, wipe, names: [[words, colour] …]}
   */
  draw(scene) {
    this.scene = scene;
    this.painter.masks(scene.masks);
    this.repaint();
  }

  repaint() {
    const { mode, picture, side, wipe } = this.scene;
    const { panes, pen } = this;
    if (mode === "side") {
      pen.fillStyle = this.background;
      pen.fillRect(0, 0, this.canvas.width, this.canvas.height);
      panes.forEach((pane, i) => this.painter.paint(pen, picture, pane, i));
      return;
    }
    const [pane] = panes;
    const at = Math.round(wipe * pane.width);
    this.painter.paint(pen, picture, pane, mode === "wipe" ? { at } : side);
    if (mode === "wipe") {
      pen.fillStyle = "#fff";
      pen.fillRect(at - 1, 0, 2, pane.height);
      pen.fillStyle = "#000";
      pen.fillRect(at + 1, 0, 1, pane.height);
    }
  }

  name(words) {
    this.names.replaceChildren(...words.map(([text, colour]) => make("span", {}, make("i", { style: `background:${colour}` }), text)));
  }

  /** Return the pixel of the clip under a pointer, and in which pane. */
  place(event) {
    const rect = this.canvas.getBoundingClientRect();
    const x = ((event.clientX - rect.left) / rect.width) * this.canvas.width;
    const y = ((event.clientY - rect.top) / rect.height) * this.canvas.height;
    const pane = this.panes.findIndex((one) => x >= one.x && x < one.x + one.width);
    if (pane < 0 || y < 0 || y >= this.canvas.height) return null;
    const { x: left, width, height } = this.panes[pane];
    return { pane, share: (x - left) / width, x: Math.min(this.clip.width - 1, Math.floor(((x - left) * this.clip.width) / width)), y: Math.min(this.clip.height - 1, Math.floor((y * this.clip.height) / height)) };
  }

  wipes(event) {
    if (this.scene?.mode !== "wipe" || event.button > 0) return false;
    const place = this.place(event);
    if (place) this.told.wiped(place.share);
    return true;
  }

  hover(event) {
    if (!this.scene) return;
    const place = this.place(event);
    if (event.buttons & 1 && place) this.wipes(event);
    this.say(place);
  }

  /** Say what is at a pixel, by all masks that are known, shown or not. */
  say(place) {
    if (!place) {
      this.said.textContent = this.hint || "";
      return;
    }
    const { mode, side, wipe } = this.scene;
    const answer = mode === "side" ? place.pane : mode === "wipe" ? (place.share < wipe ? 0 : 1) : side;
    const bits = this.painter.at(place.x, place.y, answer);
    const words = [[VISIBLE, "visible"], [FIRST, "predicted"], [TRUTH, "in the truth"], [OCCLUDER, "occluder"]].filter(([bit]) => bits & bit).map(([, word]) => word);
    const odds = this.scene.masks.odds?.[answer] ? `, probability ${STEPS[bits >> ODDS]}` : "";
    this.said.textContent = `x ${place.x}, y ${place.y}: ${words.join(", ") || "background"}${odds}`;
  }

  /** Return how many pixels of the occluder are found, claimed, missed, left out by an answer. */
  kinds(answer) {
    const found = [0, 0, 0, 0];
    const { box, plane, width } = this.painter;
    const bit = answer ? SECOND : FIRST;
    for (let y = box[1]; y < box[3]; y++) {
      for (let x = box[0]; x < box[2]; x++) {
        const b = plane[y * width + x];
        if (b & OCCLUDER) found[b & TRUTH ? (b & bit ? 0 : 2) : b & bit ? 1 : 3]++;
      }
    }
    return found;
  }

  /** Return a picture of what is shown, or of the layers alone (transparent), as a PNG blob; small clips are enlarged by a whole factor. */
  async saved(alone) {
    const { height: h, width: w } = this.clip;
    const factor = Math.max(1, Math.floor(SAVED / Math.max(h, w)));
    const { mode, picture, side, wipe } = this.scene;
    const two = mode === "side";
    const canvas = make("canvas", { width: (two ? 2 : 1) * w * factor + (two ? 16 : 0), height: h * factor });
    const pen = canvas.getContext("2d");
    const panes = (two ? [0, w * factor + 16] : [0]).map((x) => ({ x, y: 0, width: w * factor, height: h * factor }));
    panes.forEach((pane, i) => this.painter.paint(pen, alone ? null : picture, pane, two ? i : mode === "wipe" ? { at: Math.round(wipe * pane.width) } : side));
    return new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
  }
}
