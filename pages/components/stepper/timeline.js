// The timeline under the picture: how much is hidden, and how well each answer finds it, frame by frame. Gaps where undefined.

import { make } from "../canvas/canvas.js";

const [LEFT, RIGHT, TOP, PLOT, GAP, AREA] = [34, 8, 6, 78, 10, 26];
export const HEIGHT = TOP + PLOT + GAP + AREA + 20;
const SLIP = 4; // pixels that a click may slip
const DASHES = [[], [6, 3]];

export class Timeline {
  /** @param told {go(frame), span(first, last), words(frame)} */
  constructor(told) {
    Object.assign(this, { told, count: 1, lines: [], share: null, frame: 0, loop: null, marks: [], hovered: -1 });
    this.base = make("canvas", { "aria-hidden": "true" });
    this.over = make("canvas", { "aria-hidden": "true" });
    this.tip = make("div", { class: "tip", hidden: true });
    this.root = make("div", { class: "timeline", tabindex: "0", role: "slider", "aria-label": "Frame", "aria-valuemin": "0" }, this.base, this.over, this.tip);
    const on = (name, act) => this.root.addEventListener(name, act);
    on("pointerdown", (event) => this.down(event));
    on("pointermove", (event) => this.move(event));
    on("pointerup", (event) => this.up(event));
    on("pointercancel", () => (this.drag = null));
    on("pointerleave", () => !this.drag && this.point(-1));
  }

  /** Take what is drawn: `lines` [{values, colour}] in thousandths, `share` likewise, `marks` frames to mark. */
  take({ count, lines, share, shareName, lineName, marks }, colours) {
    Object.assign(this, { count, lines, share, shareName, lineName, marks, colours });
    this.root.setAttribute("aria-valuemax", String(count - 1));
    this.paint();
  }

  show(frame, loop) {
    Object.assign(this, { frame, loop });
    this.root.setAttribute("aria-valuenow", String(frame));
    this.root.setAttribute("aria-valuetext", this.told.words(frame));
    this.paintOver();
  }

  x(frame) {
    return LEFT + (this.count > 1 ? (frame / (this.count - 1)) * (this.width - LEFT - RIGHT) : 0);
  }

  at(event) {
    const place = (event.clientX - this.root.getBoundingClientRect().left - LEFT) / (this.width - LEFT - RIGHT);
    return Math.max(0, Math.min(this.count - 1, Math.round(place * (this.count - 1))));
  }

  down(event) {
    if (event.button > 0) return;
    this.root.setPointerCapture(event.pointerId);
    this.drag = { x: event.clientX, frame: this.at(event), far: false };
  }

  move(event) {
    const frame = this.at(event);
    if (this.drag && (this.drag.far || Math.abs(event.clientX - this.drag.x) >= SLIP)) {
      this.drag.far = true;
      this.loop = [Math.min(frame, this.drag.frame), Math.max(frame, this.drag.frame)];
    }
    this.point(frame);
  }

  up(event) {
    const { drag } = this;
    this.drag = null;
    if (!drag) return;
    const frame = this.at(event);
    if (drag.far && frame !== drag.frame) this.told.span(Math.min(frame, drag.frame), Math.max(frame, drag.frame));
    else this.told.go(frame);
    if (event.pointerType === "touch") this.point(-1);
  }

  point(frame) {
    this.hovered = frame;
    this.tip.hidden = frame < 0;
    if (frame >= 0) {
      this.tip.textContent = this.told.words(frame);
      const x = this.x(frame);
      this.tip.style.left = `${Math.max(0, Math.min(this.width - this.tip.offsetWidth, x - this.tip.offsetWidth / 2))}px`;
    }
    this.paintOver();
  }

  resize() {
    const width = this.root.clientWidth;
    if (!width) return;
    this.ratio = window.devicePixelRatio || 1;
    this.width = width;
    for (const canvas of [this.base, this.over]) {
      [canvas.width, canvas.height] = [Math.round(width * this.ratio), Math.round(HEIGHT * this.ratio)];
      canvas.getContext("2d").setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    }
    this.paint();
  }

  y(value) {
    return TOP + PLOT * (1 - value / 1000);
  }

  paint() {
    if (!this.width || !this.colours) return;
    const { colours, width } = this;
    const pen = this.base.getContext("2d");
    pen.clearRect(0, 0, width, HEIGHT);
    Object.assign(pen, { font: `11px ${colours.font}`, textBaseline: "middle", textAlign: "right", lineWidth: 1 });
    for (const value of [0, 500, 1000]) {
      pen.fillStyle = colours.rule;
      pen.fillRect(LEFT, Math.round(this.y(value)), width - LEFT - RIGHT, 1);
      pen.fillStyle = colours.muted;
      pen.fillText(String(value / 1000), LEFT - 5, this.y(value));
    }
    const bottom = TOP + PLOT + GAP + AREA;
    pen.fillText("100 %", LEFT - 5, bottom - AREA + 4);
    if (this.share) this.paintShare(pen, bottom);
    pen.fillStyle = colours.axis;
    pen.fillRect(LEFT, bottom, width - LEFT - RIGHT, 1);
    this.lines.forEach((line, i) => this.paintLine(pen, line, DASHES[i % DASHES.length]));
    this.paintTicks(pen, bottom);
    this.paintOver();
  }

  paintTicks(pen, bottom) {
    const room = Math.max(1, Math.floor((this.width - LEFT - RIGHT) / 70));
    const raw = Math.max(1, this.count / room);
    const unit = 10 ** Math.floor(Math.log10(raw));
    const step = Math.max(1, [1, 2, 5, 10].map((k) => k * unit).find((k) => k >= raw));
    pen.fillStyle = this.colours.muted;
    for (let frame = 0; frame < this.count; frame += step) {
      pen.textAlign = frame ? "center" : "left";
      pen.fillText(frame.toLocaleString("en"), this.x(frame), bottom + 11);
    }
  }

  /** The share that is hidden as an area; where several frames fall on one pixel, the largest. */
  paintShare(pen, bottom) {
    pen.fillStyle = this.colours.past;
    const wide = Math.max(1, (this.width - LEFT - RIGHT) / Math.max(1, this.count - 1));
    this.share.forEach((value, frame) => {
      const [from, until] = [Math.max(LEFT, this.x(frame) - wide / 2), Math.min(this.width - RIGHT, this.x(frame) + wide / 2)];
      if (value) pen.fillRect(from, bottom - (AREA * value) / 1000, until - from, (AREA * value) / 1000);
    });
  }

  /** A line with its gaps; single frames between gaps are dots. Where several frames fall on one pixel, all are drawn: dips stay. */
  paintLine(pen, { values, colour }, dash) {
    if (!values) return;
    Object.assign(pen, { strokeStyle: colour, fillStyle: colour, lineWidth: 1.75, lineJoin: "round" });
    pen.setLineDash(this.count > 2 * this.width ? [] : dash);
    pen.beginPath();
    let open = false;
    values.forEach((value, frame) => {
      if (value === null) {
        open = false;
        return;
      }
      const [x, y] = [this.x(frame), this.y(value)];
      if (open) pen.lineTo(x, y);
      else if (values[frame + 1] === null || frame + 1 === values.length) pen.rect(x - 1, y - 1, 2, 2);
      else pen.moveTo(x, y);
      open = true;
    });
    pen.stroke();
    pen.setLineDash([]);
  }

  paintOver() {
    if (!this.width || !this.colours) return;
    const { colours, loop } = this;
    const pen = this.over.getContext("2d");
    pen.clearRect(0, 0, this.width, HEIGHT);
    const bottom = TOP + PLOT + GAP + AREA;
    if (loop) {
      pen.fillStyle = colours.tint;
      pen.fillRect(this.x(loop[0]), TOP, Math.max(2, this.x(loop[1]) - this.x(loop[0])), bottom - TOP);
      pen.fillStyle = colours.accent;
      for (const end of loop) pen.fillRect(this.x(end) - 1, TOP, 2, bottom - TOP);
    }
    pen.fillStyle = colours.warn;
    for (const frame of this.marks) {
      pen.beginPath();
      pen.moveTo(this.x(frame), bottom - AREA - GAP + 9);
      pen.lineTo(this.x(frame) - 4, bottom - AREA - GAP + 2);
      pen.lineTo(this.x(frame) + 4, bottom - AREA - GAP + 2);
      pen.fill();
    }
    if (this.hovered >= 0) {
      pen.fillStyle = colours.muted;
      pen.fillRect(this.x(this.hovered) - 0.5, TOP, 1, bottom - TOP);
    }
    pen.fillStyle = colours.text;
    pen.fillRect(this.x(this.frame) - 1, TOP - 4, 2, bottom - TOP + 6);
    pen.beginPath();
    pen.arc(this.x(this.frame), TOP - 1, 4, 0, 2 * Math.PI);
    pen.fill();
  }
}
