// What the networks answer: under each picture, and counted over many units where nothing is done and now.

import { make } from "../canvas/canvas.js";
import { copy } from "../link/link.js";
import { accuracy } from "./asking.js";
import { shape } from "./spread.js";

const LETTERS = "ABCD";
const [WIDE, TALL, EDGE] = [220, 26, 8]; // pixels of a network's scale
const COPIED = 2000; // milliseconds
const percent = (share) => `${(100 * share).toFixed(1)}\u202f%`;
const bold = (text) => make("b", {}, text);

export class Answers {
  /** @param client {rest() => promise: resolves when the address says what is seen} */
  constructor(client) {
    this.client = client;
    this.told = make("p", { class: "told", role: "status" });
    this.note = make("p", { class: "small muted" });
    this.body = make("tbody");
    const heads = ["network", "nothing done", "now"].map((word) => make("th", { scope: "col" }, word));
    this.link = make("button", { type: "button", class: "plain", title: "Copy the address of what you see", "aria-live": "polite", onclick: () => this.copy() }, "Copy link");
    this.root = make(
      "section", { class: "answers", "aria-label": "What networks answer" },
      make("div", { class: "said" }, this.told, this.link), make("div", { class: "counts" }, make("table", {}, make("thead", {}, make("tr", {}, ...heads, make("td", { "aria-hidden": "true" }, make("span", { class: "ends" }, make("span", {}, "0\u202f%"), make("span", {}, "right"), make("span", {}, "100\u202f%"))))), this.body), this.note),
    );
    this.forget();
  }

  forget() {
    Object.assign(this, { now: null, before: null, counted: null, places: new Map(), pastPlaces: new Map() });
  }

  /** Take up which networks are asked, {name, title}; other ones than before have said nothing yet. */
  ask(networks, key) {
    this.root.hidden = !networks.length;
    if (key === this.key) return false;
    this.key = key;
    this.networks = networks;
    this.forget();
    this.say("");
    this.rows();
    return true;
  }

  /** Mark that what stands here is of another world than the one that is shown. */
  wait() {
    this.root.classList.add("waiting");
  }

  shown(answer) {
    this.now = answer;
    this.places = numbered(answer);
  }

  count(now, before, acted) {
    this.counted = this.networks.map((_, i) => ({ now: accuracy(now, i), before: accuracy(before, i) }));
    this.before = before;
    this.pastPlaces = numbered(before);
    this.acted = acted;
    this.root.classList.remove("waiting");
    this.rows();
    this.told.classList.remove("bad");
    this.told.replaceChildren(...this.words());
    const paired = now.units.length === before.units.length && now.units.every((unit, i) => unit === before.units[i]);
    const [n, m] = [now.labels.length, before.labels.length];
    const units = !acted ? `${n} units` : paired ? `the same ${n} units before and after` : `${n} units now, ${m} where nothing is done`;
    this.note.textContent = `Share of pictures answered right, over ${units}, with 95\u202f% intervals (Wilson). Below each picture: what ${this.networks.length > 1 ? "each" : "it"} says, underlined where it is wrong.`;
    this.root.setAttribute("data-n", String(n));
  }

  say(text, wrong = false) {
    this.told.textContent = text || "Asking the networks \u2026";
    this.told.classList.toggle("bad", wrong);
  }

  /** Return what each network says to a picture: [{letter, name, word, right, sure}], or null where that is not known. */
  of(unit, past = false) {
    const [answer, places] = past ? [this.before, this.pastPlaces] : [this.now, this.places];
    const j = places.get(unit);
    if (!answer || j === undefined) return null;
    return this.networks.map(({ name }, i) => {
      const said = answer.predicted[i][j];
      return { letter: LETTERS[i], name, word: answer.classes[said], right: said === answer.labels[j], sure: percent(answer.confidence[i][j]) };
    });
  }

  // in words

  words() {
    const told = this.networks.map(({ name }, i) => ({ name, ...this.counted[i] })).map((one) => ({ ...one, way: way(one) }));
    const fell = told.filter((one) => one.way < 0);
    const rose = told.filter((one) => one.way > 0);
    const held = told.filter((one) => !one.way);
    if (!this.acted) return [...told.flatMap((one, i) => [joint(i, told.length, "Nothing is done: "), bold(one.name), ` is right on ${percent(one.now.share)}`]), ` of ${told[0].now.n} pictures. Set a factor or cut an arrow, and see which network fails.`];
    const some = (few, verb) => few.flatMap((one, i) => [joint(i, few.length, ""), bold(one.name), ` ${verb} from ${percent(one.before.share)} to ${percent(one.now.share)}`]);
    const still = held.flatMap((one, i) => [joint(i, held.length, ""), bold(one.name), ` (${percent(one.before.share)}, now ${percent(one.now.share)})`]);
    const parts = [fell.length && some(fell, "falls"), rose.length && some(rose, "rises"), held.length && [...still, held.length > 1 ? " show no clear change" : " shows no clear change"]].filter(Boolean);
    return [fell.length && fell.length < told.length ? "Here they part: " : "", ...parts.flatMap((part, i) => [i ? "; " : "", ...part]), "."];
  }

  rows() {
    this.body.replaceChildren(...(this.networks || []).map(({ name, title }, i) => this.row(name, title, i)));
  }

  row(name, title, i) {
    const found = this.counted?.[i];
    const number = (one) => make("td", { class: "count" }, one ? bold(percent(one.share)) : "\u2026", make("small", {}, one ? ` [${(100 * one.low).toFixed(1)}, ${(100 * one.high).toFixed(1)}]` : ""));
    const who = make("th", { scope: "row", title: name }, make("span", { class: "who" }, make("i", { class: "letter", "data-letter": i }, LETTERS[i]), make("span", {}, name, make("small", {}, title))));
    return make("tr", { "data-network": name, "data-right": found ? String(found.now.right) : null }, who, number(found?.before), number(found?.now), make("td", { class: "scale", "aria-hidden": "true" }, ...(found ? [scale(found, i, this.acted)] : [])));
  }

  async copy() {
    await this.client.rest();
    await copy(location.href);
    this.link.textContent = "Link copied";
    setTimeout(() => (this.link.textContent = "Copy link"), COPIED);
  }
}

const numbered = (answer) => new Map(answer.units.map((unit, j) => [unit, j]));
const joint = (i, count, first) => (i ? (i === count - 1 ? " and " : ", ") : first);

/** Return -1 or 1 where a share has clearly fallen or risen: where the two intervals do not meet. */
const way = ({ before, now }) => (now.high < before.low ? -1 : now.low > before.high ? 1 : 0);

/** From 0 to 100 %: a ring where nothing is done, a dot now, each on its interval. */
function scale({ before, now }, i, acted) {
  const x = (share) => EDGE + share * (WIDE - 2 * EDGE);
  const y = TALL / 2;
  const line = (from, to, name) => shape("line", { x1: x(from), x2: x(to), y1: y, y2: y, class: name });
  const dot = (one, name) => [line(one.low, one.high, `range ${name}`), shape("circle", { cx: x(one.share), cy: y, r: name === "now" ? 4 : 6.5, class: name })];
  return shape(
    "svg", { viewBox: `0 0 ${WIDE} ${TALL}`, "data-letter": i }, ...[0, 0.25, 0.5, 0.75, 1].map((at) => shape("line", { x1: x(at), x2: x(at), y1: 3, y2: TALL - 3, class: "grid" })),
    ...(acted ? [line(before.share, now.share, "way"), ...dot(before, "before")] : []), ...dot(now, "now"),
  );
}
