// Plain one-pixel lines and boxes into a pixel buffer of our own: twenty thousand of them in a frame, which strokes of a canvas never manage.

import { parse } from "../canvas/colours.js";

/** Return a colour as one number, as the buffer has it. */
export function packed(colour) {
  const [r, g, b] = parse(colour);
  return (255 << 24) | (b << 16) | (g << 8) | r;
}

export class Pixels {
  constructor(canvas) {
    this.canvas = canvas;
    this.pen = canvas.getContext("2d", { alpha: false });
    this.resize(1, 1);
  }

  resize(width, height) {
    Object.assign(this, { width: Math.max(1, Math.round(width)), height: Math.max(1, Math.round(height)) });
    Object.assign(this.canvas, { width: this.width, height: this.height });
    this.image = this.pen.createImageData(this.width, this.height);
    this.cells = new Uint32Array(this.image.data.buffer);
  }

  clear(colour) {
    this.cells.fill(colour);
  }

  /** A line between two places; the part outside is cut off. Dashed where `dash` says after how many pixels as many are left out. */
  line(x0, y0, x1, y1, colour, dash = 0) {
    const [right, bottom] = [this.width - 1, this.height - 1];
    if (x0 < 0 || y0 < 0 || x0 > right || y0 > bottom || x1 < 0 || y1 < 0 || x1 > right || y1 > bottom) {
      // Liang and Barsky
      const [dx, dy] = [x1 - x0, y1 - y0];
      let [from, to] = [0, 1];
      const cut = (p, q) => {
        if (p === 0) return q >= 0;
        const r = q / p;
        if (p < 0) from = Math.max(from, r);
        else to = Math.min(to, r);
        return from <= to;
      };
      if (!cut(-dx, x0) || !cut(dx, right - x0) || !cut(-dy, y0) || !cut(dy, bottom - y0)) return;
      [x1, y1] = [x0 + to * dx, y0 + to * dy];
      [x0, y0] = [x0 + from * dx, y0 + from * dy];
    }
    const { cells, width } = this;
    const [dx, dy] = [x1 - x0, y1 - y0];
    const [wide, tall] = [Math.abs(dx), Math.abs(dy)];
    if (wide >= tall) {
      const steps = wide | 0;
      const step = dx < 0 ? -1 : 1;
      const slope = steps ? ((dy / wide) * 65536) | 0 : 0;
      let x = x0 | 0;
      let y = (y0 * 65536) | 0;
      for (let i = 0; i <= steps; i++) {
        if (!dash || i % (2 * dash) < dash) cells[(y >> 16) * width + x] = colour;
        x += step;
        y += slope;
      }
    } else {
      const steps = tall | 0;
      const step = dy < 0 ? -width : width;
      const slope = ((dx / tall) * 65536) | 0;
      let at = (y0 | 0) * width;
      let x = (x0 * 65536) | 0;
      for (let i = 0; i <= steps; i++) {
        if (!dash || i % (2 * dash) < dash) cells[at + (x >> 16)] = colour;
        at += step;
        x += slope;
      }
    }
  }

  /** A filled box; the part outside is cut off. */
  box(left, top, width, height, colour) {
    const [x0, y0] = [Math.max(0, left | 0), Math.max(0, top | 0)];
    const [x1, y1] = [Math.min(this.width, (left + width) | 0 || 0), Math.min(this.height, (top + height) | 0 || 0)];
    for (let y = y0; y < y1; y++) this.cells.fill(colour, y * this.width + x0, y * this.width + Math.max(x0, x1));
  }

  show() {
    this.pen.putImageData(this.image, 0, 0);
  }
}
