// The two-head plane: one dot a person, score along x, group value along y; the slack tilts the line, all in the browser. `mount` runs anywhere.

import { make, Plane } from "../canvas/canvas.js";
import { faded } from "../canvas/colours.js";
import { component } from "../canvas/streamlit.js";
import { count, fixed, scale, THIN, tick, ticks } from "../canvas/scales.js";
import { accepts, tally, DOTS, inSight, markThresholds, paintPeople, unpack } from "./dots.js";

const REST = 350; // milliseconds without a key until the page is told
const ROOM = 44; // pixels between two shares along the score
const SHARES = [0.5, 0.1, 0.9, 0.01, 0.99, 0.001, 0.999, 0.0001, 0.9999, 0.3, 0.7, 0.05, 0.95, 0.4, 0.6, 0.45, 0.55];
const LOOK = `
.said { margin: 0 0 6px; font-size: 15px; line-height: 1.45; color: var(--plane-text); min-height: 88px; }
.said b { font-weight: 600; }
.slide { display: flex; flex-wrap: wrap; gap: 4px 12px; align-items: center; margin: 2px 0 6px; color: var(--plane-text); font-size: 14px; }
.slide label { flex: 0 0 auto; }
.slide input { flex: 1 1 200px; min-width: 140px; accent-color: var(--plane-accent); height: 26px; }
.slide input:focus-visible { outline: 2px solid var(--plane-accent); outline-offset: 2px; border-radius: 4px; }
.slide output { flex: 0 0 90px; text-align: right; }
.legend i { display: inline-block; width: 11px; height: 11px; border-radius: 50%; }
@media (max-width: 480px) { .said { min-height: 150px; } }
`;
const share = (part, whole) => (whole ? `${fixed((100 * part) / whole, 1)}${THIN}%` : "none");

/** Mount a plane in an element or shadow root. Returns {update(data, handlers), destroy(), plane, client}. */
export function mount(host, { data, onSlack = () => {} }) {
  const client = new People(onSlack);
  const plane = new Plane(host, client);
  client.plane = plane;
  client.dress(plane);
  const update = (next, handlers = {}) => {
    client.onSlack = handlers.onSlack || client.onSlack;
    client.take(next);
  };
  update(data);
  return { update, destroy: () => plane.destroy(), plane, client };
}

class People {
  constructor(onSlack) {
    Object.assign(this, { onSlack, which: 0, byHand: false, focus: -1, chosen: null, base: document.createElement("canvas"), wedge: document.createElement("canvas"), drawn: "" });
    this.places = scale("logit", 1e-6);
  }

  /** Put sentence and slider before the drawing. */
  dress(plane) {
    const style = make("style");
    style.textContent = LOOK;
    this.said = make("p", { class: "said" });
    this.input = make("input", { type: "range", min: 0, step: 1, id: "slack", oninput: () => this.slide(), onchange: () => this.rest() });
    this.output = make("output", { for: "slack" });
    this.bar = make("div", { class: "slide" }, make("label", { for: "slack" }, "Largest gap allowed (slack)"), this.input, this.output);
    plane.root.prepend(style, this.said, this.bar);
  }

  // ---- data ---------------------------------------------------------------------------------------------------------------------

  take(data) {
    if (data !== this.data) {
      this.data = data;
      const before = this.people?.name;
      this.people = unpack(data);
      this.everybody = Int32Array.from(this.people.f.keys());
      if (!this.byHand || this.people.name !== before) this.which = this.people.at;
      if (this.focus >= this.people.groups.length) this.focus = -1;
      this.drawn = "";
      this.bounds = null;
    }
    const { people } = this;
    this.input.max = people.lines.length - 1;
    this.input.value = this.which;
    this.bar.hidden = people.lines.length < 2;
    this.plane.stage.style.height = `${people.height || 460}px`;
    this.count();
    this.fillLegend();
    this.plane.refresh();
    this.tell();
  }

  get line() {
    return this.people.lines[this.which];
  }

  count() {
    Object.assign(this, tally(this.people, this.line));
  }

  slide() {
    const began = performance.now();
    this.which = Number(this.input.value);
    this.byHand = true;
    this.count();
    this.fillWedge(this.plane);
    this.plane.paintOver();
    this.tell();
    this.plane.root.dataset.slideMs = (performance.now() - began).toFixed(2);
    clearTimeout(this.resting);
  }

  /** The hand rests: tell the page which slack it is. */
  rest() {
    clearTimeout(this.resting);
    this.resting = setTimeout((slack) => this.onSlack(slack), REST, this.line.slack);
  }

  /** Whether person i stands in the wedge. */
  stands(i) {
    const { f, g } = this.people;
    return f[i] > 0 !== accepts(f[i], g[i], this.line);
  }

  size() {
    return this.people.count;
  }

  /** All but one in a thousand at each end; who stands further out is told below. */
  extent() {
    this.bounds ||= [this.people.f, this.people.g].map((values) => {
      const sorted = Float32Array.from(values).sort();
      const end = Math.floor(0.001 * sorted.length);
      const [low, high] = sorted.length ? [sorted[end], sorted[sorted.length - 1 - end]] : [-1, 1];
      const edge = 0.05 * (high - low) || 0.5;
      return [low - edge, high + edge];
    });
    const [x, y] = this.bounds;
    return { x0: x[0], x1: x[1], y0: y[0], y1: y[1], fixed: true };
  }

  name() {
    return this.people.name || "Two-head plane";
  }

  label() {
    return `${this.people.alt || "One dot a person."} ${count(this.people.count)} people.`;
  }

  margin(width) {
    return { left: width < 480 ? 50 : 58, right: 12, bottom: 44 };
  }

  // ---- words --------------------------------------------------------------------------------------------------------------------

  tell() {
    const { people, line, counts } = this;
    const changed = counts.reduce((sum, one) => sum + one.up + one.down, 0);
    const bold = (text) => make("b", {}, text);
    const ways = counts.flatMap((one) => [
      [one.down, `${count(one.down)} of ${one.group} (${share(one.down, one.n)}) turned down only now`],
      [one.up, `${count(one.up)} of ${one.group} (${share(one.up, one.n)}) ${people.accepted} only now`],
    ]).filter(([n]) => n).sort((a, b) => b[0] - a[0]).map(([, text]) => text);
    const asked = people.groups.map((group, k) => `of ${group} needs p \u2265 ${fixed(line.thresholds[k], 2)}`).join(", ");
    this.said.replaceChildren(
      bold(`${count(changed)} of ${count(people.count)} people (${share(changed, people.count)})`), " stand in the wedge and are decided otherwise than by the score alone",
      ways.length ? `: ${ways.join("; ")}. ` : ". ",
      "Accuracy ", bold(`${fixed(100 * line.accuracy, 1)}${THIN}%`), ", gap ", bold(`${fixed(100 * line.gap, 1)} points`), ". ",
      ...(line.thresholds.length ? [`A typical member ${asked}.`] : []),
    );
    this.output.textContent = `${fixed(100 * line.slack, 1)} points`;
    this.input.setAttribute("aria-valuetext", `${fixed(100 * line.slack, 1)} points: ${count(changed)} people decided otherwise`);
    Object.assign(this.plane.root.dataset, { changed: String(changed), slack: String(line.slack), people: String(people.count) });
    this.fillFoot();
  }

  fillFoot() {
    const { people, chosen } = this;
    const parts = [this.dense ? "shaded by how many people stand there; zoom in to see each" : "each dot is a person"];
    if (this.outside) parts.push(`${count(this.outside)} stand outside the picture`);
    if (this.line.thresholds.length) parts.push("triangles below: the score that a typical member of each group needs");
    const texts = [make("span", {}, parts.join(" \u00b7 "))];
    if (chosen) {
      const by = people.groups.map((group, k) => `${count(chosen.filter((i) => people.members[i] === k).length)} of ${group}`).join(", ");
      const moved = chosen.filter((i) => this.stands(i)).length;
      texts.push(make("span", {}, `in the region: ${by}; ${count(moved)} decided otherwise`));
      texts.push(make("button", { type: "button", "data-tool": "clear", onclick: () => this.plane.setBrush(null) }, "clear"));
    }
    this.plane.foot.replaceChildren(...texts);
  }

  fillLegend() {
    this.marks = this.people.groups.map((group, k) => {
      const dot = make("i", { "aria-hidden": "true" });
      const toggle = () => {
        this.focus = this.focus === k ? -1 : k;
        this.drawn = "";
        this.fillLegend();
        this.plane.repaint();
      };
      const button = make("button", { type: "button", title: `Show only ${group}`, "aria-pressed": String(this.focus === k), onclick: toggle }, dot, make("span", {}, group));
      return Object.assign(button, { dot });
    });
    this.plane.legend.replaceChildren(...this.marks);
  }

  coloured(theme) {
    this.colours = this.people.groups.map((_, k) => theme.categorical[k % theme.categorical.length]);
    this.marks.forEach((button, k) => (button.dot.style.background = this.colours[k]));
  }

  // ---- drawing ------------------------------------------------------------------------------------------------------------------

  paint(pen, plane, vector = false) {
    const { box, view, width, height } = plane;
    this.axes(pen, plane);
    const state = [view.x0, view.x1, view.y0, view.y1, width, height, box.width, box.height, plane.ratio, this.colours.join(), this.focus].join(" ");
    if (state !== this.drawn) {
      const seen = inSight(this.people, plane);
      this.dense = seen > DOTS;
      this.layer(this.base, plane, this.everybody, this.dense ? 0.5 : 0.16);
      this.drawn = vector ? "" : state;
      this.outside = this.people.count - seen;
      this.fillFoot();
    }
    this.fillWedge(plane);
    pen.save();
    pen.beginPath();
    pen.rect(box.left, box.top, box.width, box.height);
    pen.clip();
    this.place(pen, plane, this.base, vector);
    if (vector) this.tilted(pen, plane, vector);
    pen.restore();
    this.words(pen, plane);
  }

  /** Draw what the slack moves: the wedge, who stands in it, the line. */
  tilted(pen, plane, vector = false) {
    this.shade(pen, plane);
    this.place(pen, plane, this.wedge, vector);
    this.lines(pen, plane);
    markThresholds(pen, plane, this.line.thresholds, this.colours);
  }

  place(pen, plane, canvas, vector) {
    const { left, top, width, height } = plane.box;
    if (vector) pen.image(canvas.toDataURL(), left, top, width, height);
    else pen.drawImage(canvas, left, top, width, height);
  }

  fillWedge(plane) {
    this.layer(this.wedge, plane, this.moved, this.dense ? 1 : 0.95);
  }

  layer(canvas, plane, rows, strength) {
    paintPeople(canvas, this.people, plane, { dense: this.dense, rows, strength, colours: this.colours, focus: this.focus });
  }

  /** The line's place along x at a height. */
  across(y) {
    return -this.line.c - this.line.b * y;
  }

  shade(pen, plane) {
    const { y0, y1 } = plane.view;
    const crossing = this.line.b ? -this.line.c / this.line.b : NaN;
    const ends = crossing > y0 && crossing < y1 ? [[y0, crossing], [crossing, y1]] : [[y0, y1]];
    pen.fillStyle = faded(plane.theme.accent, 0.1);
    for (const [low, high] of ends) {
      pen.beginPath();
      [[0, low], [this.across(low), low], [this.across(high), high], [0, high]].forEach(([x, y], i) => {
        const at = [plane.pixelX(x), plane.pixelY(y)];
        if (i) pen.lineTo(...at);
        else pen.moveTo(...at);
      });
      pen.closePath();
      pen.fill();
    }
  }

  lines(pen, plane) {
    const { y0, y1 } = plane.view;
    const draw = (from, to, colour, width, dash) => {
      pen.strokeStyle = colour;
      pen.lineWidth = width;
      pen.setLineDash(dash);
      pen.beginPath();
      pen.moveTo(plane.pixelX(from), plane.pixelY(y0));
      pen.lineTo(plane.pixelX(to), plane.pixelY(y1));
      pen.stroke();
      pen.setLineDash([]);
    };
    draw(0, 0, plane.theme.muted, 1.25, [5, 4]);
    draw(this.across(y0), this.across(y1), plane.theme.accent, 2.5, []);
  }

  words(pen, plane) {
    const { box, theme } = plane;
    pen.font = `12px ${theme.font}`;
    pen.fillStyle = theme.muted;
    pen.textBaseline = "top";
    pen.textAlign = "left";
    pen.fillText("turned down", box.left + 6, box.top + 5);
    pen.textAlign = "right";
    pen.fillText(this.people.accepted, box.left + box.width - 6, box.top + 5);
  }

  axes(pen, plane) {
    const { box, theme, view } = plane;
    const { left, top, width, height } = box;
    const rule = (colour, x0, y0, x1, y1) => {
      pen.strokeStyle = colour;
      pen.beginPath();
      pen.moveTo(x0, y0);
      pen.lineTo(x1, y1);
      pen.stroke();
    };
    pen.lineWidth = 1;
    pen.font = `12px ${theme.font}`;
    pen.fillStyle = theme.muted;
    pen.textAlign = "center";
    pen.textBaseline = "top";
    for (const p of this.shares(plane)) {
      const x = Math.round(plane.pixelX(this.places.to(p))) + 0.5;
      if (x < left - 1 || x > left + width + 1) continue;
      rule(theme.rule, x, top, x, top + height);
      pen.fillText(tick(p, "fraction"), x, top + height + 6);
    }
    pen.textAlign = "right";
    pen.textBaseline = "middle";
    for (const value of ticks("linear", view.y0, view.y1, Math.max(3, height / 48))) {
      const y = Math.round(plane.pixelY(value)) + 0.5;
      if (y < top - 1 || y > top + height + 1) continue;
      rule(theme.rule, left, y, left + width, y);
      pen.fillText(tick(value, null), left - 6, y);
    }
    rule(theme.axis, left + 0.5, top, left + 0.5, top + height);
    rule(theme.axis, left, top + height + 0.5, left + width, top + height + 0.5);
    pen.fillStyle = theme.text;
    pen.font = `13px ${theme.font}`;
    pen.textAlign = "center";
    pen.textBaseline = "bottom";
    pen.fillText(this.fitting(this.people.xTitle, width), left + width / 2, top + height + 42);
    pen.save();
    pen.translate(9, top + height / 2);
    pen.rotate(-Math.PI / 2);
    pen.textBaseline = "middle";
    pen.fillText(this.fitting(this.people.yTitle, height), 0, 0);
    pen.restore();
  }

  /** Shares to mark along the score: a half first, where decisions turn, then outwards as far as there is room. */
  shares(plane) {
    const found = [];
    for (const p of SHARES) {
      const x = plane.pixelX(this.places.to(p));
      if (found.every((other) => Math.abs(plane.pixelX(this.places.to(other)) - x) >= ROOM)) found.push(p);
    }
    return found;
  }

  fitting(text, room) {
    const most = Math.floor(room / 6.3);
    return text.length <= most ? text : `${text.slice(0, most - 1)}\u2026`;
  }

  paintOver(pen, plane) {
    const { left, top, width, height } = plane.box;
    pen.save();
    pen.beginPath();
    pen.rect(left, top, width, height);
    pen.clip();
    this.tilted(pen, plane);
    pen.restore();
    if (plane.active < 0) return;
    const [x, y] = this.at(plane.active);
    pen.strokeStyle = plane.theme.text;
    pen.lineWidth = 1.5;
    pen.beginPath();
    pen.arc(x, y, 6, 0, 2 * Math.PI);
    pen.stroke();
  }

  legendHeight() {
    return 30 + 18 * (this.people.groups.length ? 1 : 0);
  }

  paintLegend(pen, plane) {
    pen.fillStyle = plane.theme.text;
    pen.font = `600 14px ${plane.theme.font}`;
    pen.textAlign = "left";
    pen.textBaseline = "middle";
    pen.fillText(this.fitting(this.name(), plane.width), 8, 16);
    pen.font = `12px ${plane.theme.font}`;
    let x = 12;
    this.people.groups.forEach((group, k) => {
      pen.fillStyle = this.colours[k];
      pen.beginPath();
      pen.arc(x, 38, 4.5, 0, 2 * Math.PI);
      pen.fill();
      pen.fillStyle = plane.theme.text;
      pen.fillText(group, x + 9, 38);
      x += 26 + 6.6 * group.length;
    });
  }

  // ---- answers to the plane -----------------------------------------------------------------------------------------------------

  at(i) {
    return [this.plane.pixelX(this.people.f[i]), this.plane.pixelY(this.people.g[i])];
  }

  shown(i) {
    return this.focus < 0 || this.people.members[i] === this.focus;
  }

  /** The person nearest to a pixel; nobody while people are shaded. */
  near(x, y, reach) {
    if (this.dense) return -1;
    let [best, least] = [-1, reach * reach];
    for (let i = 0; i < this.people.f.length; i++) {
      if (!this.shown(i)) continue;
      const [px, py] = this.at(i);
      const d = (px - x) ** 2 + (py - y) ** 2;
      if (d <= least) [best, least] = [i, d];
    }
    return best;
  }

  step(from, dx, dy) {
    const [x, y] = this.at(from);
    let [best, least] = [from, Infinity];
    for (let i = 0; i < this.people.f.length; i++) {
      if (i === from || !this.shown(i)) continue;
      const [px, py] = this.at(i);
      const ahead = (px - x) * dx + (py - y) * dy;
      const aside = Math.abs((px - x) * dy + (py - y) * dx);
      if (ahead <= 0) continue;
      const cost = ahead + (aside > ahead ? 4 : 1) * aside;
      if (cost < least) [best, least] = [i, cost];
    }
    return best;
  }

  ends() {
    let [low, high] = [-1, -1];
    for (let i = 0; i < this.people.f.length; i++) {
      if (!this.shown(i)) continue;
      if (low < 0 || this.people.f[i] < this.people.f[low]) low = i;
      if (high < 0 || this.people.f[i] > this.people.f[high]) high = i;
    }
    return [low, high];
  }

  middle() {
    const { left, top, width, height } = this.plane.box;
    return this.near(left + width / 2, top + height / 2, Infinity);
  }

  texts(i) {
    const { f, g, members, groups, labels, accepted } = this.people;
    const before = f[i] > 0;
    const now = before !== this.stands(i);
    const way = before === now ? (now ? `${accepted} either way` : "turned down either way") : now ? `${accepted} only now` : "turned down only now";
    return { group: groups[members[i]], way, p: tick(Number((1 / (1 + Math.exp(-f[i]))).toPrecision(3)), "fraction"), g: fixed(g[i], 2), outcome: labels[i] ? "favourable" : "not favourable" };
  }

  say(i) {
    const { group, way, p, g, outcome } = this.texts(i);
    return `A person of ${group}, ${way}. Score: ${p}. Group value: ${g}. Outcome: ${outcome}.`;
  }

  tip(i) {
    const { group, way, p, g, outcome } = this.texts(i);
    const row = (name, value) => make("div", {}, make("small", {}, `${name} `), value);
    return [make("b", {}, `${group}: ${way}`), row("score", p), row("group value", g), row("outcome", outcome)];
  }

  open() {}

  brushed(path) {
    const { f, g } = this.people;
    this.chosen = path ? Array.from(f.keys()).filter((i) => this.shown(i) && within(path, f[i], g[i])) : null;
    this.fillFoot();
  }

  table() {
    const head = make("tr", {}, make("td", {}), ...["people", "by the score alone", "by the line", "only now", "no more", "decided rightly"].map((text) => make("th", { scope: "col" }, text)));
    const rows = this.counts.map((one) =>
      make("tr", {}, make("th", { scope: "row" }, one.group), make("td", {}, count(one.n)),
        ...[one.before, one.now, one.up, one.down, one.right].map((k) => make("td", {}, `${count(k)} (${share(k, one.n)})`))));
    return [make("table", {}, make("thead", {}, head), make("tbody", {}, ...rows))];
  }
}

/** Whether a polygon holds a place, by the parity of crossings of a ray to the right. */
function within(path, x, y) {
  let held = 0;
  for (let i = 0, j = path.length - 1; i < path.length; j = i++) {
    const [[ax, ay], [bx, by]] = [path[j], path[i]];
    if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) held ^= 1;
  }
  return held;
}

// ---- Streamlit ------------------------------------------------------------------------------------------------------------------

const handlers = ({ setTriggerValue }) => ({ onSlack: (slack) => setTriggerValue("slack", slack) });

export default component((given) => {
  const shown = mount(given.parentElement, { data: given.data, ...handlers(given) });
  return { update: (next) => shown.update(next.data, handlers(next)), destroy: shown.destroy };
});
