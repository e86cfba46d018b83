// What a scatter draws: axes, the line y = x, the fit with its band, intervals, points (each drawn, stamped, or as pixels), rings.

import { parse } from "../canvas/colours.js";
import { tick, ticks } from "../canvas/scales.js";
import { outline } from "../canvas/symbols.js";

export const BARS = 500; // points up to which all error bars are drawn; of others, the one under the hand
export const STAMPED = 1500; // points up to which the browser draws each; beyond, we blend pixels, which is ten times as fast

/** The painting half of a scatter; the other half holds the points and answers the plane. */
export class Painting {
  paint(pen, plane, vector = false) {
    this.grid = null;
    this.paintAxes(pen, plane);
    const { left, top, width, height } = plane.box;
    pen.save();
    pen.beginPath();
    pen.rect(left, top, width, height);
    pen.clip();
    if (this.points.reference) this.paintReference(pen, plane);
    if (this.points.fit) this.paintFit(pen, plane);
    if (this.points.count <= BARS) for (let i = 0; i < this.points.count; i++) this.paintBars(pen, plane, i, 0.4);
    if (vector) this.paintShapes(pen, plane);
    else if (this.points.count <= STAMPED) this.paintStamps(pen, plane);
    pen.restore();
    if (!vector && this.points.count > STAMPED) this.paintPixels(pen, plane);
  }

  paintAxes(pen, plane) {
    const { theme, box } = plane;
    const { left, top, width, height } = box;
    const [font, small] = [`13px ${theme.font}`, `12px ${theme.font}`];
    pen.lineWidth = 1;
    pen.font = small;
    pen.textAlign = "center";
    pen.textBaseline = "top";
    for (const value of ticks(this.points.xAxis.scale, plane.view.x0, plane.view.x1, Math.max(3, width / 70))) {
      const x = Math.round(plane.pixelX(this.sx.to(value))) + 0.5;
      if (x < left - 1 || x > left + width + 1) continue;
      line(pen, theme.rule, [x, top], [x, top + height]);
      line(pen, theme.axis, [x, top + height], [x, top + height + 4]);
      pen.fillStyle = theme.muted;
      pen.fillText(tick(value, this.points.xAxis.unit), x, top + height + 7);
    }
    pen.textAlign = "right";
    pen.textBaseline = "middle";
    for (const value of ticks(this.points.yAxis.scale, plane.view.y0, plane.view.y1, Math.max(3, height / 48))) {
      const y = Math.round(plane.pixelY(this.sy.to(value))) + 0.5;
      if (y < top - 1 || y > top + height + 1) continue;
      line(pen, theme.rule, [left, y], [left + width, y]);
      line(pen, theme.axis, [left - 4, y], [left, y]);
      pen.fillStyle = theme.muted;
      pen.fillText(tick(value, this.points.yAxis.unit), left - 7, y);
    }
    line(pen, theme.axis, [left + 0.5, top], [left + 0.5, top + height + 0.5], [left + width, top + height + 0.5]);
    pen.fillStyle = theme.text;
    pen.font = font;
    pen.textAlign = "center";
    pen.textBaseline = "bottom";
    pen.fillText(cut(titled(this.points.xAxis), width, 13), left + width / 2, top + height + 42);
    pen.save();
    pen.translate(9, top + height / 2);
    pen.rotate(-Math.PI / 2);
    pen.textBaseline = "middle";
    pen.fillText(cut(titled(this.points.yAxis), height, 13), 0, 0);
    pen.restore();
  }

  /** y = x, which is straight only where both axes have the same scale. */
  paintReference(pen, plane) {
    const { x0, x1 } = plane.view;
    const steps = this.points.xAxis.scale === this.points.yAxis.scale ? 1 : 120;
    const path = [];
    for (let i = 0; i <= steps; i++) {
      const place = x0 + ((x1 - x0) * i) / steps;
      const other = steps === 1 ? place : this.sy.to(this.sx.from(place));
      path.push([plane.pixelX(place), plane.pixelY(other)]);
    }
    pen.setLineDash([4, 4]);
    pen.lineWidth = 1;
    line(pen, plane.theme.axis, ...path);
    pen.setLineDash([]);
  }

  paintFit(pen, plane) {
    const { fit } = this.points;
    const at = (values, i) => [plane.pixelX(this.sx.to(fit.x[i])), plane.pixelY(this.sy.to(values[i]))];
    const known = fit.x.map((_, i) => i);
    if (fit.low && fit.high) {
      const corners = [...known.map((i) => at(fit.high, i)), ...known.reverse().map((i) => at(fit.low, i))];
      pen.beginPath();
      corners.forEach(([x, y], i) => (i ? pen.lineTo(x, y) : pen.moveTo(x, y)));
      pen.closePath();
      pen.fillStyle = plane.theme.muted;
      pen.globalAlpha = 0.14;
      pen.fill();
      pen.globalAlpha = 1;
    }
    pen.lineWidth = 1.5;
    line(pen, plane.theme.muted, ...fit.x.map((_, i) => at(fit.y, i)));
  }

  paintBars(pen, plane, i, opacity) {
    const { xl, xh, yl, yh } = this.bounds;
    const [x, y] = [plane.pixelX(this.px[i]), plane.pixelY(this.py[i])];
    pen.globalAlpha = opacity * this.strength(i);
    pen.lineWidth = 1;
    const colour = this.colour(i, plane);
    if (xl && xh && xl[i] <= xh[i]) line(pen, colour, [plane.pixelX(xl[i]), y], [plane.pixelX(xh[i]), y]);
    if (yl && yh && yl[i] <= yh[i]) line(pen, colour, [x, plane.pixelY(yl[i])], [x, plane.pixelY(yh[i])]);
    pen.globalAlpha = 1;
  }

  paintShapes(pen, plane) {
    for (let i = 0; i < this.points.count; i++) {
      const [x, y] = [plane.pixelX(this.px[i]), plane.pixelY(this.py[i])];
      if (!inside(plane.box, x, y, this.radius)) continue;
      pen.globalAlpha = this.alpha * this.strength(i);
      pen.fillStyle = this.colour(i, plane);
      pen.beginPath();
      outline(pen, this.symbol(i), x, y, this.radius);
      pen.fill();
    }
    pen.globalAlpha = 1;
  }

  /** Call back for each point in sight with its pixel and whether it is lit: first the dim ones, then the lit ones over them. */
  eachInSight(plane, call) {
    const { box, view } = plane;
    const [kx, ky] = [box.width / (view.x1 - view.x0), box.height / (view.y1 - view.y0)];
    const [ox, oy] = [box.left - view.x0 * kx, box.top + box.height + view.y0 * ky];
    const { px, py, chosen, focus } = this;
    const groupOf = this.points.groupOf;
    const edge = this.radius;
    const [left, right, top, bottom] = [box.left - edge, box.left + box.width + edge, box.top - edge, box.top + box.height + edge];
    for (let pass = chosen || focus >= 0 ? 0 : 1; pass < 2; pass++) {
      for (let i = 0; i < px.length; i++) {
        const x = ox + px[i] * kx;
        const y = oy - py[i] * ky;
        if (x < left || x > right || y < top || y > bottom) continue;
        const group = groupOf ? groupOf[i] : 0;
        const lit = (!chosen || chosen[i] === 1) && (focus < 0 || group === focus);
        if (lit === (pass === 1)) call(x, y, group, lit);
      }
    }
  }

  /** Each look is drawn once and stamped. */
  paintStamps(pen, plane) {
    const { half, lit, dim } = this.stamps(plane);
    this.eachInSight(plane, (x, y, group, shines) => pen.drawImage((shines ? lit : dim)[group], x - half, y - half, 2 * half, 2 * half));
  }

  /** Blend each look's pixels into the drawing, whole pixels at a time: 30 000 points take some milliseconds. */
  paintPixels(pen, plane) {
    const { ratio, box } = plane;
    const [left, top] = [Math.round(box.left * ratio) + 1, Math.round(box.top * ratio)];
    const [width, height] = [Math.round(box.width * ratio) - 1, Math.round(box.height * ratio)];
    const image = pen.getImageData(left, top, width, height);
    const pixels = new Uint32Array(image.data.buffer);
    const { lit, dim } = this.masks(plane);
    this.eachInSight(plane, (x, y, group, shines) => {
      const { offsets, alphas, red, green, blue } = (shines ? lit : dim)[group];
      const [cx, cy] = [Math.round(x * ratio) - left, Math.round(y * ratio) - top];
      for (let k = 0; k < alphas.length; k++) {
        const u = cx + offsets[2 * k];
        const v = cy + offsets[2 * k + 1];
        if (u < 0 || v < 0 || u >= width || v >= height) continue;
        const at = v * width + u;
        const old = pixels[at];
        const a = alphas[k];
        const r = old & 255;
        const g = (old >> 8) & 255;
        const b = (old >> 16) & 255;
        pixels[at] = 0xff000000 | ((b + (((blue - b) * a) >> 8)) << 16) | ((g + (((green - g) * a) >> 8)) << 8) | (r + (((red - r) * a) >> 8));
      }
    });
    pen.putImageData(image, left, top);
  }

  /** Return the stamps as lists of pixels with their opacity in 0..256. */
  masks(plane) {
    const stamps = this.stamps(plane);
    stamps.masks ||= { lit: stamps.lit.map((s, g) => this.mask(s, g, plane)), dim: stamps.dim.map((s, g) => this.mask(s, g, plane)) };
    return stamps.masks;
  }

  mask(stamp, group, plane) {
    const { width, data } = stamp.getContext("2d").getImageData(0, 0, stamp.width, stamp.height);
    const [offsets, alphas] = [[], []];
    for (let k = 0; k < data.length / 4; k++) {
      if (data[4 * k + 3] < 4) continue;
      offsets.push((k % width) - (width >> 1), Math.floor(k / width) - (width >> 1));
      alphas.push(Math.round((data[4 * k + 3] * 256) / 255));
    }
    const [red, green, blue] = parse(this.colourOf(group, plane));
    return { offsets: Int16Array.from(offsets), alphas: Int16Array.from(alphas), red, green, blue };
  }

  stamps(plane) {
    const groups = Math.max(1, this.points.groups.length);
    const key = [plane.ratio, this.radius, this.alpha, plane.theme.background, plane.theme.categorical, this.points.groups].join("|");
    if (this.stampKey !== key) {
      this.stampKey = key;
      const half = Math.ceil(this.radius * 1.3 + 1.5);
      const draw = (group, alpha) => this.stamp(plane, group, half, alpha);
      this.stamped = { half, lit: range(groups, (g) => draw(g, this.alpha)), dim: range(groups, (g) => draw(g, 0.13 * this.alpha)) };
    }
    return this.stamped;
  }

  stamp(plane, group, half, alpha) {
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = Math.ceil(2 * half * plane.ratio);
    const pen = canvas.getContext("2d");
    pen.scale(plane.ratio, plane.ratio);
    pen.globalAlpha = alpha;
    pen.beginPath();
    outline(pen, this.points.groups[group]?.[2] ?? 0, half, half, this.radius);
    pen.fillStyle = this.colourOf(group, plane);
    pen.fill();
    if (this.points.count <= 1000) {
      pen.strokeStyle = plane.theme.background;
      pen.lineWidth = 0.8;
      pen.stroke();
    }
    return canvas;
  }

  paintOver(pen, plane) {
    const marked = this.points.selected ? this.points.ids.indexOf(this.points.selected) : -1;
    if (marked >= 0) this.ring(pen, plane, marked, plane.theme.accent, 3);
    if (plane.active < 0) return;
    this.paintBars(pen, plane, plane.active, 1);
    this.ring(pen, plane, plane.active, plane.theme.text, plane.byKey ? 4 : 2.5);
  }

  ring(pen, plane, i, colour, gap) {
    const [x, y] = this.at(i);
    pen.beginPath();
    outline(pen, this.symbol(i), x, y, this.radius);
    pen.fillStyle = this.colour(i, plane);
    pen.fill();
    pen.beginPath();
    pen.arc(x, y, this.radius + gap, 0, 2 * Math.PI);
    pen.strokeStyle = colour;
    pen.lineWidth = 1.75;
    pen.stroke();
  }

  colourOf(group, plane) {
    const slot = this.points.groups[group]?.[1] ?? 0;
    return plane.theme.categorical[slot % plane.theme.categorical.length];
  }

  colour(i, plane) {
    return this.colourOf(this.points.groupOf ? this.points.groupOf[i] : 0, plane);
  }

  symbol(i) {
    return this.points.groups[this.points.groupOf ? this.points.groupOf[i] : 0]?.[2] ?? 0;
  }

  strength(i) {
    const lit = (!this.chosen || this.chosen[i]) && (this.focus < 0 || this.points.groupOf[i] === this.focus);
    return lit ? 1 : 0.15;
  }
}

export const range = (n, make) => Array.from({ length: n }, (_, i) => make(i));
export const titled = ({ title, unit }) => (unit && unit !== "fraction" ? `${title} (${unit})` : title);
export const cut = (text, width, size) => (text.length * size * 0.5 > width ? `${text.slice(0, Math.max(3, Math.floor(width / (size * 0.5)) - 1))}…` : text);
export const inside = ({ left, top, width, height }, x, y, edge) => x >= left - edge && x <= left + width + edge && y >= top - edge && y <= top + height + edge;

function line(pen, colour, ...path) {
  pen.beginPath();
  path.forEach(([x, y], i) => (i ? pen.lineTo(x, y) : pen.moveTo(x, y)));
  pen.strokeStyle = colour;
  pen.stroke();
}
