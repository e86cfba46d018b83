// The pictures: units that keep their identity while the world changes; what they were before shows under the pointer or while a key is held.

import { make } from "../canvas/canvas.js";

/** Draw one of the pictures that stand below each other in a bitmap. */
export function drawTile(canvas, bitmap, side, index) {
  if (canvas.width !== side) [canvas.width, canvas.height] = [side, side];
  const pen = canvas.getContext("2d");
  pen.drawImage(bitmap, 0, index * side, side, side, 0, 0, side, side);
}

export class Tiles {
  /** @param client {open(index), describe(index), says(index, past) => [{letter, word, right, sure}] or null} */
  constructor(client) {
    this.client = client;
    this.all = false;
    this.root = make("div", { class: "tiles", role: "listbox", "aria-label": "Pictures" });
    this.root.addEventListener("keydown", (event) => this.key(event));
    this.tiles = [];
  }

  /** Show an answer: pictures now and before. */
  show({ bitmap, past, side, units, moved }) {
    Object.assign(this, { bitmap, past, side, moved, units });
    if (this.tiles.length !== units.length) this.build(units.length);
    this.tiles.forEach((tile, i) => {
      tile.root.setAttribute("aria-label", this.client.describe(i));
      this.paint(i);
    });
  }

  /** Take up that networks have said something. */
  say() {
    if (!this.bitmap) return;
    this.tiles.forEach((tile, i) => {
      tile.root.setAttribute("aria-label", this.client.describe(i));
      this.answer(i);
    });
  }

  answer(index) {
    const { root, answers, back } = this.tiles[index];
    const said = this.client.says(index, back) || [];
    root.classList.toggle("silent", !said.length);
    answers.replaceChildren(...said.map(({ letter, word, right, sure }) => make("span", { class: right ? "" : "no", title: `${letter}: ${word}, ${sure}` }, ...(word.length < 3 ? [make("small", {}, letter)] : []), word)));
  }

  build(count) {
    this.tiles = [...Array(count).keys()].map((i) => {
      const canvas = make("canvas", { width: 28, height: 28 });
      const answers = make("span", { class: "says", "aria-hidden": "true" });
      const root = make("button", { type: "button", class: "tile", role: "option", tabindex: i ? "-1" : "0", onclick: () => this.client.open(i) }, make("span", { class: "shot" }, canvas), answers);
      for (const [event, past] of [["pointerenter", true], ["pointerleave", false], ["pointercancel", false]])
        root.addEventListener(event, () => this.peek(i, past));
      return { root, canvas, answers, past: false, back: false };
    });
    this.root.replaceChildren(...this.tiles.map(({ root }) => root));
  }

  peek(index, past) {
    this.tiles[index].past = past;
    this.paint(index);
  }

  /** Show all pictures as they were, or as they are. */
  back(all) {
    this.all = all;
    this.tiles.forEach((_, i) => this.paint(i));
  }

  paint(index) {
    if (!this.bitmap) return;
    const { root, canvas, past } = this.tiles[index];
    const before = (past || this.all) && this.moved[index] && this.past;
    drawTile(canvas, before ? this.past : this.bitmap, this.side, index);
    root.classList.toggle("past", Boolean(before));
    this.tiles[index].back = Boolean(before);
    this.answer(index);
  }

  mark(index) {
    this.tiles.forEach(({ root }, i) => root.setAttribute("aria-selected", String(i === index)));
  }

  key(event) {
    const here = this.tiles.findIndex(({ root }) => root === event.target);
    if (here < 0) return;
    const columns = getComputedStyle(this.root).gridTemplateColumns.split(" ").length;
    const last = this.tiles.length - 1;
    const to = { ArrowLeft: here - 1, ArrowRight: here + 1, ArrowUp: here - columns, ArrowDown: here + columns, Home: 0, End: last }[event.key];
    if (to === undefined || !this.tiles[to]) return;
    event.preventDefault();
    this.tiles.forEach(({ root }, i) => root.setAttribute("tabindex", i === to ? "0" : "-1"));
    this.tiles[to].root.focus();
  }
}
