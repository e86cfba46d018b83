// A threshold for each group under the hand: rates, gaps and ratios follow in the browser; the page is told when the hand lets go.

import { make } from "../canvas/canvas.js";
import { faded, theme } from "../canvas/colours.js";
import { buttons } from "../canvas/quiet.js";
import { fileName, raster, save, withFont } from "../canvas/saving.js";
import { component } from "../canvas/streamlit.js";
import { accuracy, gaps, prepare, rates } from "./counting.js";
import { picture } from "./picture.js";

const SHOWN = 50; // bars of a group's probabilities
const TALL = 64; // pixels of them
const REST = 250; // milliseconds after which the page is told
const CLEAR = 0.02; // from which a gap counts as opened or closed in the sentence
const CSS = `
.all { color: var(--ink); font: 14px/1.45 var(--st-font, "Source Sans", system-ui, sans-serif); font-variant-numeric: tabular-nums; }
.all * { box-sizing: border-box; }
.presets { display: flex; flex-wrap: wrap; gap: 6px; margin-bottom: 14px; align-items: center; }
.presets button { font: inherit; color: var(--ink); background: none; border: 1px solid var(--rule); border-radius: 6px; padding: 4px 12px; min-height: 32px; cursor: pointer; }
.presets button:hover { border-color: var(--muted); }
.presets button:focus-visible, input:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
.groups { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 320px), 1fr)); gap: 14px 28px; }
.group label { display: flex; justify-content: space-between; gap: 8px; }
.group b { font-weight: 600; }
.mark { display: inline-block; width: 10px; height: 10px; border-radius: 2px; margin-right: 6px; }
.group canvas { display: block; width: 100%; height: ${TALL}px; }
input[type="range"] { width: 100%; margin: 2px 0 0; accent-color: var(--accent); }
.say { border-left: 3px solid var(--accent); padding: 2px 0 2px 12px; margin: 16px 0; min-height: 44px; max-width: 54rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; margin: 0 0 6px; }
th, td { text-align: right; padding: 5px 10px; border-bottom: 1px solid var(--rule); font-weight: 400; white-space: nowrap; }
th:first-child, td:first-child { text-align: left; padding-left: 0; white-space: normal; }
thead th { color: var(--muted); font-size: 13px; }
td.bar { width: 34%; min-width: 120px; }
.track { position: relative; height: 10px; background: var(--surface); border-radius: 2px; }
.fill { position: absolute; inset: 0 auto 0 0; background: var(--accent); border-radius: 2px; }
.tick { position: absolute; top: -4px; bottom: -4px; width: 2px; background: var(--ink); }
.before { position: absolute; top: -2px; bottom: -2px; width: 2px; background: var(--muted); }
.note { color: var(--muted); font-size: 13px; max-width: 54rem; }
@media (max-width: 480px) { td.bar { min-width: 64px; } th:first-child { min-width: 7.5rem; } th, td { padding: 5px 6px; } }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
`;
const EIGHTY = "demographic_parity_ratio"; // the gap that has an 80 % line
const percent = (value) => (Number.isNaN(value) ? "not estimable" : `${(100 * value).toFixed(1)}\u202f%`);
const points = (value) => (Number.isNaN(value) ? "not estimable" : `${(100 * value).toFixed(1)} points`);
const plain = (value) => (Number.isNaN(value) ? "not estimable" : value.toFixed(3));
const signed = (value) => (Number.isNaN(value) ? "not estimable" : `${value < 0 ? "\u2212" : "+"}${Math.abs(100 * value).toFixed(1)} points`);
const COLUMNS = [
  ["selection_rate", "accepted", percent], ["tpr", "true positive rate", percent], ["fpr", "false positive rate", percent],
  ["precision", "precision", percent], ["accuracy", "accuracy", percent], ["calibration", "promised too much", signed],
];

class Thresholds {
  constructor(host, given, tell) {
    this.host = host;
    this.style = make("style");
    this.style.textContent = CSS;
    this.presets = make("div", { class: "presets", role: "group", "aria-label": "Thresholds to begin from" });
    this.groups = make("div", { class: "groups" });
    this.say = make("div", { class: "say" });
    this.body = make("tbody");
    this.rows = make("tbody");
    this.spoken = make("div", { class: "unseen", role: "status", "aria-live": "polite" });
    this.all = make("div", { class: "all" }, this.presets, this.groups, this.say, this.table(), this.gapTable(), this.spoken);
    host.append(this.style, this.all);
    this.quiet = buttons(this.all, [
      ["PNG", "Save sliders, rates and gaps as PNG", () => this.savePng()],
      ["SVG", "Save sliders, rates and gaps as SVG", () => this.saveSvg()],
    ]);
    this.observer = new ResizeObserver(() => this.paint());
    this.observer.observe(this.groups);
    this.update(given, tell);
  }

  table() {
    const head = make("tr", {}, ...["group", "people accepted", ...COLUMNS.map(([, words]) => words)].map((words) => make("th", { scope: "col" }, words)));
    return make("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Rates of each group" }, make("table", {}, make("thead", {}, head), this.body));
  }

  gapTable() {
    const head = make("tr", {}, ...["gap between groups", "now", "at 0.5 for all", ""].map((words) => make("th", { scope: "col" }, words)));
    head.lastChild.append(make("span", { class: "unseen" }, "as a bar"));
    return make("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Gaps between groups" }, make("table", {}, make("thead", {}, head), this.rows));
  }

  update(given, tell) {
    this.out = tell;
    this.theme = theme(this.host.host || this.host);
    const { text, muted, accent, rule, surface } = this.theme;
    for (const [name, value] of Object.entries({ ink: text, muted, accent, rule, surface })) this.all.style.setProperty(`--${name}`, value);
    if (given.version !== this.version) this.build(given);
    else this.heard(given.at);
    this.colour();
    this.show();
  }

  /** Follow the page where it says something else than what it was told: an echo of an older move must not pull the hand back. */
  heard(at) {
    if (String(at) === this.told) this.sent.clear();
    else if (!this.sent.has(String(at)) && !this.resting) this.set(at);
  }

  build(given) {
    Object.assign(this, { version: given.version, bins: given.bins, given, sent: new Set(), resting: 0 });
    this.people = given.groups.map((group) => prepare(group, given.bins));
    this.places = this.people.map(() => Math.round(given.bins / 2));
    this.usual = this.people.map((group) => rates(group, Math.round(given.bins / 2)));
    this.presets.replaceChildren(
      ...given.presets.map(({ label, at }) => make("button", { type: "button", onclick: () => this.choose(at) }, label)),
      this.together(),
    );
    this.sliders = this.people.map((group, i) => this.slider(group, i));
    this.groups.replaceChildren(...this.sliders.map(({ root }) => root));
    this.set(given.at);
  }

  together() {
    this.tied = make("input", { type: "checkbox" });
    return make("label", {}, this.tied, " move all together");
  }

  slider(group, i) {
    const id = `threshold-${i}`;
    const said = make("b");
    const mark = make("span", { class: "mark", "aria-hidden": "true" });
    const canvas = make("canvas", { "aria-hidden": "true" });
    const range = make("input", { type: "range", id, min: 0, max: this.bins, step: 1, "aria-label": `Threshold for ${group.name}` });
    range.addEventListener("input", () => this.move(i, Number(range.value)));
    range.addEventListener("change", () => this.rest());
    const label = make("label", { for: id }, make("span", {}, mark, group.name), make("span", {}, "accepted from ", said));
    return { root: make("div", { class: "group" }, label, canvas, range), range, said, canvas, mark };
  }

  /** Take thresholds as they are written, in the order of the groups. */
  set(at) {
    this.told = String(at);
    this.places = at.map((value) => Math.max(0, Math.min(this.bins, Math.round(value * this.bins))));
  }

  choose(at) {
    this.set(at);
    this.show();
    this.told = "";
    this.tell();
  }

  move(i, place) {
    const started = performance.now();
    const by = place - this.places[i];
    this.places = this.places.map((old, k) => (k === i ? place : this.tied.checked ? Math.max(0, Math.min(this.bins, old + by)) : old));
    this.show();
    this.all.dataset.ms = (performance.now() - started).toFixed(2);
  }

  /** Tell the page once the hand has come to rest: keys change a slider step by step. */
  rest() {
    clearTimeout(this.resting);
    this.resting = setTimeout(() => this.tell(), REST);
  }

  tell() {
    this.resting = 0;
    const at = this.places.map((place) => place / this.bins);
    if (String(at) === this.told) return;
    this.told = String(at);
    this.sent.add(this.told);
    this.out(at);
    this.spoken.textContent = this.say.textContent;
  }

  colour() {
    this.sliders.forEach(({ mark }, i) => (mark.style.background = this.ink(i)));
    this.quiet.colour();
  }

  ink(i) {
    return this.theme.categorical[i % this.theme.categorical.length];
  }

  show() {
    const now = this.people.map((group, i) => rates(group, this.places[i]));
    this.sliders.forEach(({ range, said }, i) => {
      if (Number(range.value) !== this.places[i]) range.value = this.places[i];
      said.textContent = `p \u2265 ${(this.places[i] / this.bins).toFixed(3)}`;
      range.setAttribute("aria-valuetext", (this.places[i] / this.bins).toFixed(3));
    });
    this.body.replaceChildren(
      ...now.map((one, i) =>
        make("tr", {}, make("th", { scope: "row" }, this.people[i].name), make("td", {}, `${one.accepted} of ${one.n}`), ...COLUMNS.map(([name, , write]) => make("td", {}, write(one[name])))),
      ),
    );
    this.compare(now);
    this.paint();
  }

  compare(now) {
    const [found, before] = [gaps(now), gaps(this.usual)];
    this.rows.replaceChildren(
      ...this.given.gaps.map(([name, words]) => {
        const isRatio = name.endsWith("_ratio");
        const write = isRatio ? plain : points;
        const row = make("tr", { "data-gap": name }, make("th", { scope: "row" }, words), make("td", {}, write(found[name])), make("td", {}, write(before[name])));
        row.append(make("td", { class: "bar" }, this.bar(found[name], before[name], name === EIGHTY)));
        return row;
      }),
    );
    this.say.textContent = this.sentence(found, before, now);
  }

  bar(value, before, line) {
    const track = make("div", { class: "track", "aria-hidden": "true" });
    if (!Number.isNaN(value)) track.append(Object.assign(make("div", { class: "fill" }), { style: `width:${100 * Math.min(1, value)}%` }));
    if (!Number.isNaN(before)) track.append(Object.assign(make("div", { class: "before", title: "at 0.5 for all" }), { style: `left:${100 * Math.min(1, before)}%` }));
    if (line) track.append(Object.assign(make("div", { class: "tick", title: "80 %" }), { style: "left:80%" }));
    return track;
  }

  /** Say what these thresholds do against 0.5 for all: which gap closed, which one opened, and what that does to accuracy. */
  sentence(found, before, now) {
    const [parity, chance] = ["demographic_parity_difference", "equal_opportunity_difference"];
    const by = (name) => found[name] - before[name];
    const cost = `Accuracy ${percent(accuracy(now))} (${percent(accuracy(this.usual))} at 0.5 for all).`;
    const first = (rate) => this.people[now.reduce((best, one, i) => (one[rate] > (now[best][rate] || 0) ? i : best), 0)].name;
    const from = (name) => `${points(before[name]).replace(" points", "")} to ${points(found[name])}`;
    if (Number.isNaN(by(chance))) {
      const same = Math.abs(by(parity)) <= CLEAR ? `lie ${points(found[parity])} apart` : `go from ${from(parity)} apart`;
      return `Selection rates ${same}; true positive rates are not estimable, too few people stand behind one. ${cost}`;
    }
    if (by(parity) < -CLEAR && by(chance) > CLEAR)
      return `Side effect: the gap of selection rates closes from ${from(parity)}, but the gap of true positive rates opens from ${from(chance)}: of those whose outcome is favourable, ${first("tpr")} are now accepted most often. ${cost}`;
    if (by(chance) < -CLEAR && by(parity) > CLEAR)
      return `Side effect: the gap of true positive rates closes from ${from(chance)}, but the gap of selection rates opens from ${from(parity)}: of all people, ${first("selection_rate")} are accepted most often. ${cost}`;
    if (Math.abs(by(parity)) <= CLEAR && Math.abs(by(chance)) <= CLEAR)
      return `Selection rates lie ${points(found[parity])} apart, true positive rates ${points(found[chance])}. ${cost}`;
    return `The gap of selection rates goes from ${from(parity)}, that of true positive rates from ${from(chance)}. ${cost}`;
  }

  paint() {
    if (!this.sliders) return;
    const ratio = window.devicePixelRatio || 1;
    this.sliders.forEach(({ canvas }, i) => {
      const wide = canvas.clientWidth;
      if (!wide) return;
      if (canvas.width !== Math.round(wide * ratio)) [canvas.width, canvas.height] = [Math.round(wide * ratio), Math.round(TALL * ratio)];
      const pen = canvas.getContext("2d");
      pen.setTransform(ratio, 0, 0, ratio, 0, 0);
      pen.clearRect(0, 0, wide, TALL);
      this.draw(pen, this.people[i], this.places[i] / this.bins, wide, this.ink(i));
    });
  }

  /** Draw how many people have which probability: solid with the favourable outcome, pale without; what is not accepted is dimmed. */
  draw(pen, group, at, wide, ink) {
    const step = this.bins / SHOWN;
    const sums = Array.from({ length: SHOWN }, (_, k) => {
      const over = (name) => group.above[name][k * step] - group.above[name][(k + 1) * step];
      return [over("positives"), over("negatives")];
    });
    const tallest = Math.sqrt(Math.max(...sums.map(([p, q]) => p + q), 1));
    const inner = wide - 16; // as far as the thumb of a slider reaches
    sums.forEach(([p, q], k) => {
      const [x, w] = [8 + (k / SHOWN) * inner, inner / SHOWN - 1];
      const [whole, part] = [(Math.sqrt(p + q) / tallest) * (TALL - 4), p + q ? p / (p + q) : 0];
      const dim = (k + 0.5) / SHOWN < at ? 0.35 : 1;
      pen.fillStyle = faded(ink, 0.28 * dim);
      pen.fillRect(x, TALL - whole, w, whole * (1 - part));
      pen.fillStyle = faded(ink, 0.9 * dim);
      pen.fillRect(x, TALL - whole * part, w, whole * part);
    });
    pen.fillStyle = this.theme.text;
    pen.fillRect(8 + at * inner - 1, 0, 2, TALL);
  }

  /** Return what is seen now as a picture. */
  svg() {
    const now = this.people.map((group, i) => rates(group, this.places[i]));
    const [found, before] = [gaps(now), gaps(this.usual)];
    return picture(
      {
        name: this.given.name, sentence: this.say.textContent, tall: TALL,
        groups: this.people.map((group, i) => ({
          name: group.name, said: `p \u2265 ${(this.places[i] / this.bins).toFixed(3)}`, ink: this.ink(i),
          draw: (pen, wide) => this.draw(pen, group, this.places[i] / this.bins, wide, this.ink(i)),
        })),
        rates: [
          ["group", "people accepted", ...COLUMNS.map(([, words]) => words)],
          ...now.map((one, i) => [this.people[i].name, `${one.accepted} of ${one.n}`, ...COLUMNS.map(([name, , write]) => write(one[name]))]),
        ],
        gaps: this.given.gaps.map(([name, words]) => {
          const write = name.endsWith("_ratio") ? plain : points;
          return { words, now: write(found[name]), before: write(before[name]), value: found[name], was: before[name], line: name === EIGHTY ? 0.8 : 0 };
        }),
      },
      this.theme,
    );
  }

  saveSvg() {
    save(new Blob([this.svg().text], { type: "image/svg+xml" }), fileName(this.given.name, "svg"));
  }

  async savePng() {
    const { text, width, height } = this.svg();
    save(await raster(await withFont(text), width, height, 2, this.theme.background), fileName(this.given.name, "png"));
  }

  destroy() {
    clearTimeout(this.resting);
    this.observer.disconnect();
    this.quiet.destroy();
    for (const node of [this.style, this.all]) node.remove();
  }
}

export default component(({ parentElement, data, setStateValue }) => {
  const shown = new Thresholds(parentElement, data, (at) => setStateValue("at", at));
  return { update: (next) => shown.update(next.data, (at) => next.setStateValue("at", at)), destroy: () => shown.destroy() };
});
