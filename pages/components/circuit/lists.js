// The words beside the pictures: cards of pinned modules with their partners, the table of modules, the legend.

import { make } from "../canvas/canvas.js";
import { called, letter, partners } from "./model.js";

const PARTNERS = 8;
const CARDS = 8;
const ROWS = 300;
const COLUMNS = [["module", "Module"], ["community", "Community"], ["degree", "Degree"], ["attention", "Attention received"], ["ablation", "Loss without it, nats"], ["responds", "Responds most to"]];

/** A number with three significant digits; a dash where there is none. */
export function short(value) {
  if (value === undefined || value === null || Number.isNaN(value)) return "–";
  const size = Math.abs(value);
  const said = size === 0 ? "0" : size >= 100 ? Math.round(size).toLocaleString("en") : size < 1e-4 ? size.toExponential(1) : size.toPrecision(3);
  return `${value < 0 ? "−" : ""}${said}`;
}

/** Cards of pinned modules: what is known of each, its partners with values, a note. */
export class Cards {
  /** @param told {pin(node), note(node, text), hover(node), story(node)} */
  constructor(told) {
    this.told = told;
    this.root = make("div", { class: "cards", role: "group", "aria-label": "Pinned modules" });
  }

  fill(made, graph, view) {
    const pins = [...view.pins];
    const shown = pins.slice(-CARDS).reverse();
    const rest = pins.length - shown.length;
    const groups = view.groups.filter(({ closed }) => closed).slice(0, CARDS).map((group) => this.grouped(made, graph, group));
    const more = rest > 0 ? [make("p", { class: "muted small" }, `and ${rest} more pinned modules, without a card`)] : [];
    this.root.replaceChildren(...shown.map((node) => this.card(made, graph, view, node)), ...groups, ...more);
  }

  /** A closed group as if it were one module: the values of its members' edges are added up. */
  grouped(made, graph, { name, members }) {
    const inside = new Set(members);
    const lists = make("div", { class: "both" }, this.list(made, graph, -1, "in", "Listens to", inside), this.list(made, graph, -1, "out", "Is heard by", inside));
    return make("section", { class: "card" }, make("header", {}, make("h2", {}, name)), make("p", { class: "small muted" }, `${members.length} modules; values are sums over them`), lists);
  }

  card(made, graph, view, node) {
    const output = node >= made.modules;
    const facts = output ? "An output module: it pools what it hears into the answer." : facts_of(made, node).join(" ");
    const close = make("button", { type: "button", class: "quiet small", title: "Unpin", "aria-label": `Unpin ${called(made, node)}`, onclick: () => this.told.pin(node) }, "✕");
    const note = make("input", { type: "text", placeholder: "Note", "aria-label": `Note on ${called(made, node)}`, maxlength: "200", value: view.notes[node] || "", onchange: () => this.told.note(node, note.value) });
    const title = make("h2", {}, node < made.modules ? `Module ${node}` : `Output ${node - made.modules}`, made.labels[node] ? ` · ${made.labels[node]}` : "");
    const lists = make("div", { class: "both" }, this.list(made, graph, node, "in", "Listens to"), this.list(made, graph, node, "out", "Is heard by"));
    return make("section", { class: "card", "data-module": String(node) }, make("header", {}, title, close), make("p", { class: "small" }, facts), ...(output ? [] : [this.told.story(node)]), lists, note);
  }

  list(made, graph, node, way, title, members = null) {
    const found = partners(made, graph, node, way, members);
    const largest = found.length ? Math.abs(found[0].value) || 1 : 1;
    const rows = found.slice(0, PARTNERS).map(({ other, value }) => {
      const name = made.labels[other] || (other >= made.modules ? `o${other - made.modules}` : `${letter(made.community[other])}${other}`);
      const bar = make("s", { "aria-hidden": "true", style: `--share:${Math.round((100 * Math.abs(value)) / largest)}%;${value < 0 ? "--bar:var(--warn)" : ""}` });
      return make("li", {}, make("button", {
        type: "button", title: `Pin ${called(made, other)}`, onclick: () => this.told.pin(other), onpointerenter: () => this.told.hover(other), onpointerleave: () => this.told.hover(-1),
      }, make("span", {}, name), bar, make("span", {}, short(value))));
    });
    const said = found.length > rows.length ? ` · ${rows.length} of ${found.length}` : "";
    return make("div", {}, make("h3", {}, `${title}${said}`), rows.length ? make("ol", {}, ...rows) : make("p", { class: "small muted" }, "nobody in this graph"));
  }
}

/** What is stored of a module, as sentences. */
function facts_of(made, node) {
  const rank = (values) => {
    const above = values.subarray(0, made.modules).reduce((sum, v) => sum + (v > values[node]), 0);
    return `${above + 1}${["th", "st", "nd", "rd"][above < 3 ? above + 1 : 0]} of ${made.modules}`;
  };
  const facts = [];
  if (made.community[node] >= 0) facts.push(`Community ${letter(made.community[node])}.`);
  if (!Number.isNaN(made.degree[node])) facts.push(`Heard by ${short(made.degree[node])} others on average (degree, ${rank(made.degree)}).`);
  if (made.responds[node]) facts.push(`Of all classes it responds most to class ${made.responds[node]}.`);
  const loss = made.ablation[node];
  if (!Number.isNaN(loss)) facts.push(`Without it the loss ${loss >= 0 ? "rises" : "falls"} by ${short(Math.abs(loss))} nats (${rank(made.ablation)}).`);
  return facts;
}

/** The table of modules, sorted by any column; found ones first. */
export class Table {
  /** @param told {pin(node)} */
  constructor(told) {
    Object.assign(this, { told, by: "degree", down: true, open: false });
    this.root = make("div", { class: "tabled", tabindex: "0", role: "region", "aria-label": "Modules", hidden: true });
  }

  toggle() {
    this.open = !this.open;
    this.root.hidden = !this.open;
    if (this.open && this.last) this.fill(...this.last);
  }

  fill(made, view, hits) {
    this.last = [made, view, hits];
    if (!this.open) return;
    const read = { module: (i) => i, responds: (i) => made.responds[i] };
    const value = read[this.by] || ((i) => made[this.by][i]);
    const rank = (a, b) => (typeof a === "string" ? a.localeCompare(b, "en", { numeric: true }) : (Number.isNaN(a) ? -Infinity : a) - (Number.isNaN(b) ? -Infinity : b) || 0);
    const nodes = [...Array(made.n).keys()].sort((a, b) => Number(hits.has(b)) - Number(hits.has(a)) || (this.down ? -1 : 1) * rank(value(a), value(b)) || a - b);
    const head = COLUMNS.map(([name, title]) =>
      make("th", { scope: "col", "aria-sort": this.by === name ? (this.down ? "descending" : "ascending") : "none" }, make("button", { type: "button", class: "quiet small", onclick: () => this.sort(name) }, title, this.by === name ? (this.down ? " ↓" : " ↑") : "")));
    const rows = nodes.slice(0, ROWS).map((i) => make("tr", { class: view.pins.has(i) ? "pinned" : "" },
      make("td", {}, make("button", { type: "button", onclick: () => this.told.pin(i) }, called(made, i, view.notes))),
      make("td", {}, letter(made.community[i]) || "–"), ...["degree", "attention", "ablation"].map((name) => make("td", {}, short(made[name][i]))), make("td", {}, made.responds[i] || "–")));
    const rest = made.n - rows.length;
    this.root.replaceChildren(make("table", {}, make("thead", {}, make("tr", {}, ...head)), make("tbody", {}, ...rows)), ...(rest > 0 ? [make("p", { class: "small muted" }, `and ${rest} more: search for them`)] : []));
  }

  sort(name) {
    this.down = this.by === name ? !this.down : name !== "module";
    this.by = name;
    this.fill(...this.last);
  }
}

/** Cards that lead to telling views. */
export function tries(list, act) {
  return list.map(({ label, seen, view }) => make("button", { type: "button", onclick: () => act(view) }, make("b", {}, label), make("span", {}, seen)));
}

/** What signs mean, with communities to choose. */
export function legend(made, theme, choose) {
  const sizes = new Map();
  for (let i = 0; i < made.modules; i++) if (made.community[i] >= 0) sizes.set(made.community[i], (sizes.get(made.community[i]) || 0) + 1);
  const found = [...sizes].sort((a, b) => a[0] - b[0]);
  const buttons = found.slice(0, 12).map(([community, size]) =>
    make("button", { type: "button", class: "quiet small", title: `Pin community ${letter(community)}`, onclick: () => choose(community) },
      make("i", { style: `background:${theme.categorical[community % theme.categorical.length]}` }), `${letter(community)}, ${size} module${size > 1 ? "s" : ""}`));
  const rest = found.length > 12 ? [make("span", {}, `and ${found.length - 12} more communities`)] : [];
  return make("div", { class: "legend" }, ...buttons, ...rest, make("span", {}, "circle: processor, larger with its degree"), make("span", {}, "line: the plainer, the larger its value; thick with an arrow to who listens where a module is pinned"), ...(made.outputs ? [make("span", {}, "square: output module")] : []));
}
