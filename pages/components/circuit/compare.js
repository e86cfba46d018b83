// Two sides of a circuit: what differs, by how much, whether chance explains it. Asked live, drawn on the same graph.

import { make } from "../canvas/canvas.js";
import { fileName, save } from "../canvas/saving.js";
import { Asking } from "./asking.js";
import { brought, offerStrengths, option, pixels, set, SET, tiles } from "./input.js";
import { short } from "./lists.js";
import { letter } from "./model.js";

const N = 200; // examples of each side
const ROWS = 10; // most changed edges that are listed
const MEAN = -1; // the layer of the mean over layers, in what comes
const WAITING = "Counting over examples: the picture shows stored means so far, without intervals. The first answer after a pause takes some seconds.";
const KINDS = { classes: "two classes", shift: "clean and shifted", images: "two inputs", adaptation: "before and after adaptation", circuits: "two circuits" };
const WAYS = { links: "matched by links", signatures: "matched by signatures", numbers: "as numbered (before and after)" };
const CHANCES = { permuted: "the second's links at random places, matched", random: "its link values on random signatures, matched", shuffled: "its modules in random order" };
const capital = (text) => text[0].toUpperCase() + text.slice(1);
const signed = (value) => `${value < 0 ? "−" : "+"}${short(Math.abs(value))}`;

export class Compare {
  /** @param told {graphs(graphs, focus, pairs), choose(nodes), remember(state)} */
  constructor(told) {
    Object.assign(this, { told, asking: new Asking(), answer: null });
    const select = (label, act = () => this.ask()) => make("select", { "aria-label": label, onchange: act });
    const label = (word, ...inner) => make("label", {}, make("span", {}, word), ...inner);
    this.kind = select("What is compared");
    this.fields = { first: select("First class"), second: select("Second class"), shift: select("Shift or data set", () => this.shifted()), strength: select("Strength"), of: select("Examples of", () => this.ask()), other: select("Other circuit"), match: select("Modules are"), onto: select("Adapted to"), shots: select("Labels of each class"), part: select("What moves"), moved: select("Second input is shifted by", () => this.moved()), by: select("Strength of the second input's shift") };
    const { first, second, shift, strength, of, other, match, onto, shots, part, moved, by } = this.fields;
    this.tiles = { first: make("div", { class: "pictures", role: "group", "aria-label": "First input" }), second: make("div", { class: "pictures", role: "group", "aria-label": "Second input" }) };
    this.upload = make("input", { type: "file", accept: "image/png,image/jpeg", "aria-label": "Upload the second input", onchange: () => this.take(this.upload.files[0]) });
    const line = (...inner) => make("div", { class: "line", style: "margin:0" }, ...inner);
    this.rows = {
      classes: [line(label("First", first), label("second", second))], shift: [line(label("Second is shifted by", shift, strength))],
      images: [make("div", { class: "small muted" }, "First"), this.tiles.first, make("div", { class: "small muted" }, "Second"), this.tiles.second, line(label("or upload", this.upload)), line(label("Second is shifted by", moved, by))],
      adaptation: [line(label("Second is adapted to", onto), label("with", shots)), line(label("What moves", part))],
      circuits: [line(label("Second", other)), line(label("Modules", match))],
    };
    this.ofLine = line(label("Examples", of));
    this.chance = make("input", { type: "checkbox", onchange: () => this.filtered() });
    this.said = make("div", { role: "status" });
    this.list = make("div", { hidden: true, class: "tabled mostly", tabindex: "0", role: "region", "aria-label": "Most changed edges" });
    this.chanceLine = make("label", { class: "small" }, this.chance, " also draw differences that chance explains");
    this.away = line(make("button", { type: "button", class: "quiet small", title: "All edges of the comparison with their intervals", onclick: () => this.saveEdges() }, "Edges (CSV)"), make("button", { type: "button", class: "quiet small", title: "What was compared, what was found, all edges", onclick: () => this.saveAll() }, "Comparison (JSON)"));
    const left = make("div", {}, line(label("Compare", this.kind)), ...Object.values(this.rows).flat(), this.ofLine, this.said, this.chanceLine, this.away);
    this.maps = make("div", { class: "maps" });
    this.root = make("div", { class: "asked compared", hidden: true }, left, make("div", {}, this.list, this.maps));
  }

  /** Take up what the page offers: {live, circuit, askable, classes, examples, shifts, sets, others, telling}; null hides all. */
  update(offer, made, asked = {}) {
    this.root.hidden = !offer;
    if (!offer) return;
    const other = this.offer?.circuit !== offer.circuit;
    Object.assign(this, { offer, made });
    if (other) this.begin(asked);
  }

  begin(asked, first = true) {
    const { fields, offer } = this;
    const kinds = Object.keys(KINDS).filter((kind) => (kind === "circuits" ? offer.others.length : kind === "adaptation" ? offer.adapting : offer.askable));
    const words = (value) => value.replaceAll("_", " ");
    this.kind.replaceChildren(...kinds.map((kind) => option(kind, KINDS[kind])));
    for (const name of ["first", "second"]) {
      fields[name].replaceChildren(...offer.classes.map((one) => option(one, `class ${one}`)));
      this.tiles[name].replaceChildren(...tiles(offer.examples, (id) => this.open(name, id), name === "first" ? "First" : "Second"));
    }
    fields.of.replaceChildren(option("", "all classes"), ...offer.classes.map((one) => option(one, `class ${one}`)));
    fields.other.replaceChildren(...offer.others.map(({ name, title }) => option(name, title)));
    fields.match.replaceChildren(...Object.entries(WAYS).map(([way, said]) => option(way, said)));
    const { onto = [], shots = [], parts = [] } = offer.adapting || {};
    fields.onto.replaceChildren(...onto.map((one) => option(one, words(one))));
    fields.shots.replaceChildren(...shots.map((one) => option(String(one), `${one} label${one > 1 ? "s" : ""} a class`)));
    fields.part.replaceChildren(...parts.map(({ name, title }) => option(name, title)));
    const shifts = Object.keys(offer.shifts).map((one) => option(one, words(one)));
    fields.shift.replaceChildren(make("optgroup", { label: "shifts" }, ...shifts), ...(offer.sets.length ? [make("optgroup", { label: "other data sets" }, ...offer.sets.map((one) => option(SET + one, words(one))))] : []));
    fields.moved.replaceChildren(option("", "nothing"), ...Object.keys(offer.shifts).map((one) => option(one, words(one))));
    set(fields.shift, offer.shifts.gaussian_noise ? "gaussian_noise" : undefined);
    set(fields.first, offer.telling[0]);
    set(fields.second, offer.telling[1]);
    this.images = { first: offer.examples[0]?.id, second: offer.examples[1]?.id };
    this.restore(asked);
    this.none = !kinds.length;
    if (this.none) this.show();
    if (this.none) this.say([make("p", {}, "There is nothing to compare with yet: this circuit cannot be run here, and no other one has as many modules.")], false);
    else this.ask(first);
  }

  restore(asked) {
    const { fields, offer } = this;
    set(this.kind, asked.kind);
    for (const [name, select] of Object.entries(fields)) if (!["strength", "by"].includes(name)) set(select, asked[name]);
    offerStrengths(fields.strength, offer.shifts[fields.shift.value] || [], asked.strength);
    offerStrengths(fields.by, offer.shifts[fields.moved.value] || [], asked.by);
    const known = (id) => offer.examples.some((one) => one.id === id);
    for (const name of ["first", "second"]) if (known(asked[`${name}_image`])) this.images[name] = asked[`${name}_image`];
    this.chance.checked = asked.chance === true;
  }

  /** What is compared, as the address holds it; an uploaded picture stays here. */
  state() {
    const { kind, fields, images, offer } = this;
    const mine = { classes: ["first", "second"], shift: ["shift", "strength", "of"], images: ["moved", "by"], adaptation: ["onto", "shots", "part"], circuits: ["other", "match", "of"] }[kind.value];
    const said = { kind: kind.value, ...Object.fromEntries(mine.map((name) => [name, fields[name].value]).filter(([, value]) => value)) };
    if (kind.value === "images") for (const name of ["first", "second"]) if (typeof images[name] === "string") said[`${name}_image`] = images[name];
    if (this.chance.checked) said.chance = true;
    const first = { kind: this.kind.options[0]?.value, first: offer.telling[0], second: offer.telling[1] };
    return JSON.stringify(said) === JSON.stringify(first) ? {} : said;
  }

  shifted() {
    offerStrengths(this.fields.strength, this.offer.shifts[this.fields.shift.value] || []);
    this.ask();
  }

  moved() {
    offerStrengths(this.fields.by, this.offer.shifts[this.fields.moved.value] || []);
    this.ask();
  }

  open(side, id) {
    this.images[side] = id;
    this.ask();
  }

  async take(file) {
    if (!file) return;
    try {
      this.images.second = await brought(file, this.offer.channels);
      this.ask();
    } catch (problem) {
      this.wrong(problem.message);
    }
  }

  show() {
    for (const part of [this.kind.parentElement, this.away]) part.hidden = this.none;
    for (const [kind, rows] of Object.entries(this.rows)) for (const row of rows) row.hidden = kind !== this.kind.value;
    this.ofLine.hidden = this.none || !["shift", "circuits"].includes(this.kind.value) || !this.offer.askable;
    this.chanceLine.hidden = this.none || this.kind.value === "images";
    for (const [name, box] of Object.entries(this.tiles)) for (const button of box.children) button.setAttribute("aria-pressed", String(button.dataset.id === this.images[name]));
  }

  /** The question, and what its sides are called. */
  question() {
    const { fields, offer, images } = this;
    const slice = { n: N, dataset: offer.dataset, ...(fields.of.value ? { class: fields.of.value } : {}) };
    const shift = fields.shift.value;
    const image = (one) => (typeof one === "string" ? { example_id: one } : { image: one });
    const moved = fields.moved.value ? { shift: fields.moved.value, strength: Number(fields.by.value) } : {};
    const title = offer.others.find(({ name }) => name === fields.other.value)?.title;
    const second = shift.startsWith(SET) ? { dataset: shift.slice(SET.length) } : { shift, strength: Number(fields.strength.value) };
    const same = fields.first.value === fields.second.value;
    const half = (side) => (same ? { half: side } : {}); // of one class, one half of the examples against the other: nothing should differ
    const kinds = {
      classes: () => [{ n: N, class: fields.first.value, ...half(0) }, { n: N, class: fields.second.value, ...half(1) }, `class ${fields.first.value}`, same ? `other examples of class ${fields.second.value}` : `class ${fields.second.value}`],
      shift: () => [slice, { ...slice, ...second }, "clean", second.dataset ? shift.slice(SET.length) : `${shift.replaceAll("_", " ")} ${fields.strength.value}`],
      images: () => [image(images.first), { ...image(images.second), ...moved }, "the first input", "the second input"],
      adaptation: () => [{ n: N, dataset: fields.onto.value }, { n: N, dataset: fields.onto.value, adapted: this.adapted() }, "the circuit as it came", `adapted to ${fields.onto.value.replaceAll("_", " ")}`],
      circuits: () => [slice, { ...slice, circuit: fields.other.value }, offer.title, title],
    };
    const [one, two, ...names] = kinds[this.kind.value]();
    return { names, question: { kind: "compare", circuit: offer.circuit, first: one, second: two, ...(this.kind.value === "circuits" ? { match: fields.match.value } : {}) } };
  }

  /** How the second side goes on learning. */
  adapted() {
    const { onto, shots, part } = this.fields;
    const { parts, steps, seed } = this.offer.adapting;
    return { onto: onto.value, shots: Number(shots.value), part: part.value, steps, seed, rate: parts.find(({ name }) => name === part.value).rate };
  }

  async ask(first = false) {
    this.show();
    const { names, question } = this.question();
    if (!first) this.told.remember(this.state());
    this.root.setAttribute("data-asking", "yes");
    this.root.removeAttribute("data-compared");
    this.stored(names);
    try {
      const found = await this.asking.ask(this.offer.live, question);
      if (!found) return;
      Object.assign(this, { answer: found.answer, arrays: found.arrays, names, asked: question });
      this.tell();
      this.pictured();
      this.filtered(true);
      this.root.setAttribute("data-compared", this.kind.value);
    } catch (problem) {
      this.wrong(problem.message);
    }
    this.root.setAttribute("data-asking", "no");
  }

  wrong(sentence) {
    this.said.replaceChildren(make("div", { class: "wrong", role: "alert" }, sentence));
  }

  /** Two classes are drawn at once from stored means; intervals come with the answer. */
  stored([first, second]) {
    this.answer = null;
    this.list.replaceChildren();
    this.list.hidden = true;
    this.maps.replaceChildren();
    const key = (name) => `attention.${name.replace("class ", "class=")}`;
    const [a, b] = [first, second].map((name) => this.made.byKey.get(key(name)));
    const known = this.kind.value === "classes" && a?.values && b?.values;
    this.say([make("p", {}, known ? WAITING : "Asking the circuit. The first answer after a pause takes some seconds …")], false);
    if (!known) return;
    const at = new Map(Array.from(this.made.source, (source, e) => [this.made.target[e] * this.made.n + source, b.values[e] - a.values[e]]));
    const value = (target, source) => at.get(target * this.made.n + source) ?? NaN;
    this.told.graphs([{ ...this.graph("difference", null), value, signs: true, of: `Stored means, ${second} minus ${first}` }], "difference");
  }

  graph(kind, layer) {
    return { key: layer === null ? kind : `${kind}.${layer}`, kind, layer, slice: "", step: null, live: true, compared: true };
  }

  say(parts, changed) {
    this.said.replaceChildren(make("div", { class: changed ? "verdict changed" : "verdict" }, ...parts));
  }

  // what has come

  tell() {
    const { answer } = this;
    const [, start, rest] = answer.verdict.match(/^(.*?[.:](?= |$))(.*)$/);
    const parts = answer.match ? this.matched(answer.match) : [];
    parts.push(make("p", {}, answer.match && answer.edges ? "Attention on the same inputs: " : "", make("b", {}, start), rest));
    if (answer.accuracy) parts.push(make("p", {}, `Accuracy on these: ${answer.accuracy.map((one) => `${(100 * one).toFixed(1)} %`).join(" and ")}.`));
    if (answer.predicted) parts.push(make("p", {}, `Answers: ${answer.predicted.map((one) => this.offer.classes[one]).join(" and ")}.`));
    if (answer.how) parts.push(make("p", { class: "small muted" }, answer.how));
    parts.push(make("p", { class: "small muted" }, answer.match ? "Links are parts of each network; attention is what the same inputs make of them." : "Links are the same on both sides. What differs is attention, not wiring."));
    this.say(parts, answer.changed > 0);
  }

  /** The two inputs as the circuit gets them. */
  pictured() {
    const shown = ["first", "second"].filter((name) => this.arrays[`${name}_image`]);
    this.maps.replaceChildren(...shown.map((name) => {
      const canvas = make("canvas", { role: "img", "aria-label": `The ${name} input as the circuit gets it` });
      pixels(canvas, this.arrays[`${name}_image`]);
      return make("figure", {}, canvas, make("figcaption", {}, name));
    }));
  }

  matched(match) {
    const spread = ([mean, low, high]) => `${short(mean)} (${short(low)} to ${short(high)})`;
    const chance = Object.entries(CHANCES).filter(([name]) => match[name]).map(([name, words]) => `${words} ${spread(match[name])}`);
    return [
      make("p", {}, make("b", {}, match.verdict.split(":")[0]), match.verdict.includes(":") ? `:${match.verdict.split(":")[1]}` : ""),
      make("p", { class: "small" }, `Match cost ${short(match.cost)}, as numbered ${short(match.unmatched)} (mean squared difference of links). By chance, ${match.draws} draws: ${chance.join("; ")}.`),
    ];
  }

  /** Make graphs of the answer, with or without what chance explains. */
  filtered(anew = false) {
    if (!anew) this.told.remember(this.state());
    if (!this.answer) return;
    const { answer, arrays, chance, names } = this;
    const graphs = [];
    const add = (kind, layer, columns, name, more) => {
      const at = new Map(columns.rows.map((i) => [columns.target[i] * this.made.n + columns.source[i], i]));
      const row = (target, source) => at.get(target * this.made.n + source);
      const value = (target, source) => (row(target, source) === undefined ? NaN : columns[name][row(target, source)]);
      graphs.push({ ...this.graph(kind, layer), value, row, ...more });
    };
    const of = capital(`${names[1]} minus ${names[0]}`);
    const pairs = [];
    let focus = null; // the mean over layers where it has changed, else the layer with most changes
    if (arrays.layer) {
      const columns = this.columns("", ["layer", "target", "source", "first", "second", "difference", "significant"]);
      const sure = this.kind.value !== "images" && !chance.checked;
      for (const layer of [...new Set(columns.layer)]) {
        const rows = [...columns.layer.keys()].filter((i) => columns.layer[i] === layer);
        const mine = { ...columns, rows };
        const shown = layer === MEAN ? null : layer;
        add("difference", shown, mine, "difference", { of, signs: true, empty: !sure ? "" : answer.changed ? "No significant change in this graph. In another layer there is one." : "No significant change: nothing is drawn." });
        if (sure) {
          const { key, row } = graphs.at(-1);
          const changed = rows.reduce((sum, i) => sum + (columns.significant[i] > 0), 0);
          if (changed && (!focus || changed > focus.changed) && focus?.layer !== MEAN) focus = { key, changed, layer };
          graphs.at(-1).kept = (target, source) => columns.significant[row(target, source)] > 0;
        }
        add("first", shown, mine, "first", { of: capital(names[0]) });
        add("second", shown, mine, "second", { of: capital(names[1]) });
        if (shown === null) for (const i of rows) pairs.push([columns.target[i], columns.source[i]]);
      }
    }
    if (arrays.link_first) {
      const columns = this.columns("link_", ["target", "source", "first", "second"]);
      columns.difference = columns.second.map((value, i) => value - columns.first[i]);
      const mine = { ...columns, rows: [...columns.target.keys()] };
      add("rewiring", null, mine, "difference", { of, signs: true });
      add("links_second", null, mine, "second", { of: `Links of ${names[1]}, modules where they were matched` });
      for (const i of mine.rows) pairs.push([columns.target[i], columns.source[i]]);
    }
    this.told.graphs(graphs, answer.match || !arrays.layer ? "rewiring" : focus?.key || "difference", pairs);
  }

  columns(prefix, names) {
    return Object.fromEntries(names.map((name) => [name, this.arrays[prefix + name]?.data]));
  }

  /** The graph that is drawn has changed: list its most changed edges. */
  drawn(graph) {
    if (this.root.hidden || !this.answer || !graph.compared) return;
    const link = graph.kind === "rewiring" || graph.kind === "links_second";
    const layer = graph.layer ?? MEAN;
    const { arrays } = this;
    const read = (name) => (arrays[name] ? arrays[name].data : null);
    const [target, source, first, second] = ["target", "source", "first", "second"].map((name) => read(link ? `link_${name}` : name));
    if (!target) return;
    const rows = [...target.keys()].filter((i) => link || read("layer")[i] === layer);
    const gap = (i) => second[i] - first[i];
    const sure = link ? null : read("significant");
    const top = rows.filter((i) => gap(i)).sort((a, b) => (sure ? sure[b] - sure[a] : 0) || Math.abs(gap(b)) - Math.abs(gap(a))).slice(0, ROWS);
    const [low, high, effect] = ["low", "high", "effect"].map((name) => (link ? null : read(name)));
    const head = ["Edge", "First", "Second", "Difference", ...(low ? ["95 %, all edges", "Effect (SD)"] : [])].map((word) => make("th", { scope: "col" }, word));
    const body = top.map((i) => make("tr", {}, make("td", {}, make("button", { type: "button", title: "Pin both modules", onclick: () => this.told.choose([source[i], target[i]]) }, `${this.name(source[i])} → ${this.name(target[i])}`)),
      make("td", {}, short(first[i])), make("td", {}, short(second[i])), make("td", { class: gap(i) < 0 ? "less" : "" }, signed(gap(i))),
      ...(low ? [make("td", {}, `${signed(low[i])} to ${signed(high[i])}${sure[i] ? "" : " (holds 0)"}`), make("td", {}, signed(effect[i]))] : [])));
    this.list.hidden = false;
    const changed = sure ? rows.reduce((sum, i) => sum + (sure[i] > 0), 0) : 0;
    const what = link ? `Links that differ most, of ${rows.length.toLocaleString("en")}: exact, so without an interval` : low ? `Most changed edges in this graph: ${changed.toLocaleString("en")} of ${rows.length.toLocaleString("en")} beyond chance` : `Most different edges of ${rows.length.toLocaleString("en")}: exact for these two inputs`;
    this.list.replaceChildren(make("table", {}, make("caption", { class: "small muted", style: "text-align:left;padding:4px 10px" }, what), make("thead", {}, make("tr", {}, ...head)), make("tbody", {}, ...body)));
  }

  /** Which module of the second circuit stands where one of the first does, in words. */
  partner(node) {
    const match = this.root.hidden ? null : this.answer?.match;
    if (!match) return "";
    const { modules } = this.made;
    return `; matched with ${node < modules ? `module ${match.order[node]}` : `output ${match.outputs[node - modules]}`} of the second circuit`;
  }

  name(node) {
    return node >= this.made.modules ? `o${node - this.made.modules}` : `${letter(this.made.community[node])}${node}`;
  }

  // to take away

  /** All edges of the comparison as rows of text: attention first, then links. */
  table() {
    const { arrays } = this;
    const names = ["layer", "source", "target", "first", "second", "difference", "low", "high", "effect", "significant"];
    const of = (prefix, kind, more) => Array.from(arrays[`${prefix}source`]?.data || [], (_, i) => [kind, ...names.map((name) => more(name, i) ?? arrays[prefix + name]?.data[i] ?? "")]);
    const layer = (i) => (arrays.layer.data[i] === MEAN ? "mean" : arrays.layer.data[i]);
    return [["kind", ...names], ...of("", "attention", (name, i) => (name === "layer" ? layer(i) : null)), ...of("link_", "link", (name, i) => (name === "layer" ? "" : name === "difference" ? arrays.link_second.data[i] - arrays.link_first.data[i] : null))];
  }

  get file() {
    return `${this.offer.title}: ${this.names.join(" and ")}`;
  }

  saveEdges() {
    if (this.answer) save(new Blob([this.table().map((row) => row.join(",")).join("\n") + "\n"], { type: "text/csv" }), fileName(this.file, "csv"));
  }

  saveAll() {
    if (!this.answer) return;
    const [columns, ...rows] = this.table();
    const { image: _, ...second } = this.asked.second;
    const said = { schema: "touchstone.comparison", version: 1, names: this.names, question: { ...this.asked, second }, ...this.answer, columns, edges: rows };
    save(new Blob([JSON.stringify(said)], { type: "application/json" }), fileName(this.file, "json"));
  }

  destroy() {
    this.asking.end();
  }
}
