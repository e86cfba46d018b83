// A pen with the part of CanvasRenderingContext2D that our drawings use, which writes SVG. The same code draws both.

const escaped = (text) => String(text).replace(/[&<>"]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[c]);
const short = (v) => String(Math.round(v * 100) / 100);
const ANCHOR = { left: "start", start: "start", center: "middle", right: "end", end: "end" };
const BASELINE = { top: "0.8em", middle: "0.35em", alphabetic: "0", bottom: "-0.2em" };

export class SvgPen {
  constructor(width, height) {
    Object.assign(this, { width, height, out: [], defs: [], path: "" });
    this.state = {
      fillStyle: "#000", strokeStyle: "#000", lineWidth: 1, globalAlpha: 1, font: "12px sans-serif", textAlign: "left",
      textBaseline: "alphabetic", dash: [], groups: 0,
    };
    this.stack = [];
    for (const name of ["fillStyle", "strokeStyle", "lineWidth", "globalAlpha", "font", "textAlign", "textBaseline"]) {
      Object.defineProperty(this, name, { get: () => this.state[name], set: (value) => (this.state[name] = value) });
    }
  }

  save() {
    this.stack.push(this.state);
    this.state = { ...this.state, groups: 0 };
  }

  restore() {
    for (; this.state.groups > 0; this.state.groups--) this.out.push("</g>");
    this.state = this.stack.pop() || this.state;
  }

  group(attributes) {
    this.out.push(`<g ${attributes}>`);
    this.state.groups++;
  }

  translate(x, y) {
    this.group(`transform="translate(${short(x)} ${short(y)})"`);
  }

  rotate(angle) {
    this.group(`transform="rotate(${short((angle * 180) / Math.PI)})"`);
  }

  setLineDash(dash) {
    this.state.dash = dash;
  }

  beginPath() {
    this.path = "";
  }

  moveTo(x, y) {
    this.path += `M${short(x)} ${short(y)}`;
  }

  lineTo(x, y) {
    this.path += `L${short(x)} ${short(y)}`;
  }

  closePath() {
    this.path += "Z";
  }

  rect(x, y, w, h) {
    this.path += `M${short(x)} ${short(y)}h${short(w)}v${short(h)}h${short(-w)}Z`;
  }

  /** Only whole circles are drawn. */
  arc(x, y, r) {
    this.path += `M${short(x - r)} ${short(y)}a${short(r)} ${short(r)} 0 1 0 ${short(2 * r)} 0a${short(r)} ${short(r)} 0 1 0 ${short(-2 * r)} 0Z`;
  }

  clip() {
    const id = `c${this.defs.length}`;
    this.defs.push(`<clipPath id="${id}"><path d="${this.path}"/></clipPath>`);
    this.group(`clip-path="url(#${id})"`);
  }

  fill() {
    this.out.push(`<path d="${this.path}" fill="${this.state.fillStyle}"${this.opacity()}/>`);
  }

  stroke() {
    const dash = this.state.dash.length ? ` stroke-dasharray="${this.state.dash.join(" ")}"` : "";
    this.out.push(
      `<path d="${this.path}" fill="none" stroke="${this.state.strokeStyle}" stroke-width="${short(this.state.lineWidth)}"${dash}${this.opacity()}/>`,
    );
  }

  fillRect(x, y, w, h) {
    this.beginPath();
    this.rect(x, y, w, h);
    this.fill();
  }

  /** A small picture from a data address, its pixels kept sharp. */
  image(href, x, y, w, h) {
    this.out.push(`<image href="${escaped(href)}" x="${short(x)}" y="${short(y)}" width="${short(w)}" height="${short(h)}" style="image-rendering:pixelated"${this.opacity()}/>`);
  }

  fillText(text, x, y) {
    const [, weight, size, family] = this.state.font.match(/^(?:(\d+|bold) )?([\d.]+)px (.*)$/) || [0, "", 12, "sans-serif"];
    const style = `font-family="${escaped(family.replace(/"/g, "'"))}" font-size="${size}"${weight ? ` font-weight="${weight}"` : ""}`;
    const place = `x="${short(x)}" y="${short(y)}" dy="${BASELINE[this.state.textBaseline] || 0}" text-anchor="${ANCHOR[this.state.textAlign]}"`;
    this.out.push(`<text ${place} ${style} fill="${this.state.fillStyle}"${this.opacity()}>${escaped(text)}</text>`);
  }

  opacity() {
    return this.state.globalAlpha < 1 ? ` opacity="${short(this.state.globalAlpha)}"` : "";
  }

  /** Return the whole drawing; `title` and `description` are what a screen reader says of it. */
  text(title = "", description = "") {
    const said = (title ? `<title>${escaped(title)}</title>` : "") + (description ? `<desc>${escaped(description)}</desc>` : "");
    const defs = this.defs.length ? `<defs>${this.defs.join("")}</defs>` : "";
    const size = `width="${short(this.width)}" height="${short(this.height)}" viewBox="0 0 ${short(this.width)} ${short(this.height)}"`;
    return `<svg xmlns="http://www.w3.org/2000/svg" ${size} role="img">${said}${defs}${this.out.join("")}</svg>\n`;
  }
}
