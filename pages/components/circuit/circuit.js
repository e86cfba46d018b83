// The circuit viewer: node-link view and matrix linked by selection, sliders that say what they hide, pins, groups, notes, search.
//
// All of it runs here: the server sends a circuit once, and hears of the view when the hand rests, to write it into the address.

import { faded, mix, theme } from "../canvas/colours.js";
import { make } from "../canvas/canvas.js";
import { component } from "../canvas/streamlit.js";
import { Act } from "./act.js";
import { Chooser } from "./chooser.js";
import { Compare } from "./compare.js";
import { Graph, neighboursSaid } from "./graph.js";
import { Input } from "./input.js";
import { Cards, legend, short, Table, tries } from "./lists.js";
import { CIRCUIT_CSS } from "./looks.js";
import { Matrix } from "./matrix.js";
import { saveEdges, savePicture } from "./saved.js";
import { Sentence } from "./sentence.js";
import { Stories } from "./story.js";
import { called, edgesShown, letter, parts, plainView, ranked, readView, search, sentence, unpack, widened } from "./model.js";

const [HAND, MOVED, ALL] = [1, 2, 3]; // how much is to be drawn anew
const REST = 450; // milliseconds without a move, before the page is told
const NARROW = 760;
const UNDO = 60;
const PINS = 64; // that a search pins at most
const KEYS = [["arrows", "go to the next module"], ["Enter", "pin it, or let it go"], ["+ − 0", "zoom, show all"], ["Shift + arrows", "move the view"], ["Shift + drag", "pin the modules in a box"], ["b", "drag a box without Shift"], ["h", "hide pinned modules"], ["i", "only edges of pinned modules"], ["g", "group pinned modules"], ["c", "communities as groups"], ["u", "undo"], ["Esc", "let all pins go"], ["/", "search"], ["?", "this list"]];

export class Viewer {
  /**
   * @param tell (name, value): hands something to the page; may do nothing
   * @param later as in `unpack`, where the values of some graphs lie apart
   */
  constructor(host, data, tell, later = null) {
    Object.assign(this, { host, later });
    this.style = make("style");
    this.style.textContent = CIRCUIT_CSS;
    this.graph = new Graph({ hover: (node) => this.hover(node), pin: (node, add) => this.click(node, add), choose: (nodes, add) => this.choose(nodes, add), paint: () => this.moved(), again: () => this.ask(MOVED), hand: () => this.ask(HAND) });
    this.matrix = new Matrix({ hover: (node) => this.hover(node), choose: (nodes, add) => this.choose(nodes, add) });
    this.cards = new Cards({ pin: (node) => this.pin(node), note: (node, text) => this.note(node, text), hover: (node) => this.hover(node), story: (node) => this.stories.of(node) });
    this.stories = new Stories({ colours: () => this.theme, told: () => this.cards.fill(this.made, this.drawn, this.view) });
    this.table = new Table({ pin: (node) => this.pin(node) });
    this.chooser = new Chooser({ change: (change) => this.change(change, { slide: true }) });
    this.input = new Input({ graphs: (graphs, focus) => this.measured(graphs, focus), pinned: () => [...this.view.pins], colours: () => this.theme, edges: () => this.strongest(), draw: (graph) => this.change({ graph, threshold: 0 }), remember: (asked) => this.asked("input", asked) });
    this.act = new Act({ prune: (nodes) => this.prune(nodes), pinned: () => [...this.view.pins], colours: () => this.theme, remember: (asked) => this.asked("act", asked) });
    this.compare = new Compare({ graphs: (graphs, focus, pairs) => this.measured(graphs, focus, pairs), choose: (nodes) => this.choose(nodes, false), remember: (asked) => this.asked("compare", asked) });
    this.sentence = new Sentence({ graphs: (graphs, focus) => this.measured(graphs, focus), pinned: () => [...this.view.pins], colours: () => this.theme, remember: (asked) => this.asked("sentence", asked) });
    Object.assign(this, { hits: new Set(), past: [], hovered: -1, pruned: [] });
    this.build();
    this.observer = new ResizeObserver(() => this.resized());
    this.observer.observe(this.root);
    this.update(data, tell);
  }

  build() {
    const button = (word, title, act, more = {}) => make("button", { type: "button", class: "quiet", title, onclick: act, ...more }, word);
    this.said = make("span", { class: "shown", role: "status" });
    this.find = make("input", { type: "search", placeholder: "Module, community B, class 7 …", "aria-label": "Search modules", list: "circuit-words", oninput: () => this.search(), onkeydown: (event) => event.key === "Enter" && this.pinHits() });
    this.words = make("datalist", { id: "circuit-words" });
    this.found = make("button", { type: "button", class: "quiet", hidden: true, onclick: () => this.pinHits() });
    this.acts = {
      isolate: button("Isolate", "Only edges of pinned modules (i)", () => this.isolate(), { "aria-pressed": "false" }),
      hide: button("Hide", "Hide pinned modules (h)", () => this.hide()),
      group: button("Group", "Make one of the pinned modules (g)", () => this.group()),
      clear: button("Unpin all", "Let all pins go (Esc)", () => this.change({ pins: new Set(), isolate: false })),
      communities: button("Communities as groups", "Each community as one (c)", () => this.communities(), { "aria-pressed": "false" }),
      reset: button("Show all", "Bring hidden modules and groups back", () => this.change({ hidden: new Set(), groups: [], isolate: false })),
      undo: button("Undo", "Undo (u)", () => this.undo()),
      table: button("Modules", "All modules as a table", () => this.tabled(), { "aria-expanded": "false" }),
    };
    this.groups = make("span", { class: "line small", style: "margin:0" });
    this.keys = make("div", { class: "keys", hidden: true }, ...KEYS.flatMap(([key, words]) => [make("kbd", {}, key), make("span", {}, words)]));
    this.boxing = button("Select", "Drag a box over modules to pin them (b)", () => this.box(), { "aria-pressed": "false" });
    const tools = make("span", { class: "push" }, this.boxing, button("Fit", "Show everything (0)", () => this.graph.fit()), button("PNG", "Save both views as PNG", () => savePicture(this, "png")), button("SVG", "Save both views as SVG", () => savePicture(this, "svg")), button("CSV", "Save the edges that are shown, with their values", () => saveEdges(this)), button("?", "Keys", () => (this.keys.hidden = !this.keys.hidden), { "aria-label": "Keys" }));
    this.legend = make("div");
    this.underGraph = make("div", { class: "under" });
    this.underMatrix = make("div", { class: "under" });
    this.live = make("div", { class: "unseen", role: "status", "aria-live": "polite" });
    const left = make("div", {}, this.graph.root, this.underGraph);
    const right = make("div", {}, this.matrix.root, this.underMatrix);
    const { undo, table, ...pinned } = this.acts;
    this.tries = make("div", { class: "tries", role: "group", "aria-label": "Try" });
    this.root = make("div", { class: "circuit" }, this.tries, this.input.root, this.act.root, this.compare.root, this.sentence.root, this.chooser.root, make("div", { class: "line" }, this.said, tools), this.keys, make("div", { class: "columns" }, left, right), this.legend,
      make("div", { class: "line" }, this.find, this.words, this.found, ...Object.values(pinned), undo, table), this.groups, this.cards.root, this.table.root, this.live);
    this.root.addEventListener("keydown", (event) => this.key(event));
    this.host.append(this.style, this.root);
    this.root.viewer = this; // for measurements
  }

  /** Take up what the page sends: the bytes of a circuit; the same circuit again keeps the view. */
  update(data, tell) {
    this.tell = tell;
    this.colour();
    const sent = unpack(data, this.later);
    if (sent.identity !== this.made?.identity) {
      const other = sent.name !== this.made?.name;
      this.made = sent;
      this.view = readView(sent, sent.start || JSON.stringify(sent.view || {}));
      Object.assign(this, { hits: new Set(), past: [] });
      this.graph.take(sent, other);
      if (this.view.window) this.graph.look(this.view.window);
      this.matrix.take(sent);
      this.chooser.take(sent);
      this.fillWords();
      this.graph.root.setAttribute("aria-label", `${sent.title}: ${sent.modules} modules${sent.outputs ? ` and ${sent.outputs} output modules` : ""}. Arrow keys go from module to module.`);
      this.matrix.root.setAttribute("aria-label", "Who listens (rows) to whom (columns). Arrow keys go from cell to cell.");
    }
    this.stories.update(sent.story || null);
    this.tries.replaceChildren(...tries(sent.tries || [], (view) => this.begin(view)));
    this.tries.hidden = !sent.tries?.length;
    this.legend.replaceChildren(legend(this.made, this.theme, (community) => this.choose(search(this.made, `community ${letter(community)}`), false)));
    this.resized();
    this.changed();
    const { asked } = this.view;
    this.input.update(sent.input || null, asked.input);
    this.act.update(sent.act || null, asked.act);
    this.compare.update(sent.compare || null, this.made, asked.compare);
    this.sentence.update(sent.sentence || null, asked.sentence);
  }

  colour() {
    const colours = theme(this.host.host || this.host);
    this.theme = colours;
    const warn = colours.categorical[1];
    const named = {
      ink: colours.text, page: colours.background, muted: colours.muted, rule: colours.rule, axis: colours.axis, accent: colours.accent, surface: colours.surface,
      warn: colours.dark ? mix(warn, "#ffffff", 0.2) : warn, tint: faded(colours.accent, 0.12), past: mix(colours.text, colours.background, 0.68),
    };
    for (const [name, value] of Object.entries(named)) this.root.style.setProperty(`--${name}`, value);
  }

  resized() {
    this.root.classList.toggle("narrow", this.root.clientWidth < NARROW);
    if (!this.made) return;
    this.graph.resize();
    this.matrix.resize();
    if (this.now) this.ask();
  }

  // what a person does

  /** Change the view; what it was can be undone. A slide in progress is one change. */
  change(change, { slide = false } = {}) {
    if (!slide || !this.sliding) this.past.push(this.view);
    if (this.past.length > UNDO) this.past.shift();
    if (slide) {
      clearTimeout(this.slideTimer);
      this.sliding = true;
      this.slideTimer = setTimeout(() => (this.sliding = false), REST);
    }
    this.view = { ...this.view, ...change, ...(change.graph ? { wish: "" } : {}) };
    this.changed();
    this.restLater();
  }

  undo() {
    if (!this.past.length) return;
    this.view = { ...this.past.pop(), asked: this.view.asked, window: this.view.window };
    this.changed();
    this.restLater();
  }

  /** The window onto the graph has moved: draw it, and let the address say where it stands. */
  moved() {
    this.ask(MOVED);
    this.view = { ...this.view, window: this.graph.looked };
    this.restLater();
  }

  /** A pane has asked something: the address holds it. */
  asked(pane, asked) {
    if (JSON.stringify(this.view.asked[pane] || {}) === JSON.stringify(asked)) return;
    this.view = { ...this.view, asked: { ...this.view.asked, [pane]: asked } };
    this.restLater();
  }

  /** Take up a view that somebody thought of; what was asked before is asked anew. */
  begin(text) {
    const view = readView(this.made, text);
    this.change(view);
    this.view = { ...this.view, wish: view.wish };
    if (view.asked.compare) this.compare.begin(view.asked.compare, false);
    if (view.asked.sentence) this.sentence.begin(view.asked.sentence, true);
  }

  click(node, add) {
    if (node < 0) return;
    const group = this.graph.places.of.get(node);
    if (group) this.change({ groups: this.view.groups.map((one) => (one === group ? { ...one, closed: false } : one)) });
    else this.pin(node, add);
  }

  pin(node) {
    const pins = new Set(this.view.pins);
    if (!pins.delete(node)) pins.add(node);
    this.change({ pins });
    this.live.textContent = `${called(this.made, node, this.view.notes)} ${pins.has(node) ? `pinned: ${neighboursSaid(this.made, this.drawn, node)}` : "let go"}`;
  }

  choose(nodes, add) {
    this.change({ pins: new Set(add ? [...this.view.pins, ...nodes] : nodes) });
  }

  note(node, text) {
    const notes = { ...this.view.notes };
    if (text.trim()) notes[node] = text.trim();
    else delete notes[node];
    this.change({ notes });
  }

  /** Modules that are pruned are hidden as long as they are; the view does not hold them. */
  prune(nodes) {
    this.pruned = nodes;
    this.changed();
  }

  /** Whether a drag in the graph pins what it spans, or moves the view. */
  box() {
    this.graph.boxing = !this.graph.boxing;
    this.graph.root.classList.toggle("boxing", this.graph.boxing);
    this.boxing.setAttribute("aria-pressed", String(this.graph.boxing));
  }

  isolate() {
    this.change({ isolate: !this.view.isolate });
  }

  hide() {
    if (this.view.pins.size) this.change({ hidden: new Set([...this.view.hidden, ...this.view.pins]), pins: new Set(), isolate: false });
  }

  group() {
    const members = [...this.view.pins];
    if (members.length < 2) return;
    const rest = this.view.groups.map((one) => ({ ...one, members: one.members.filter((i) => !this.view.pins.has(i)) })).filter((one) => one.members.length > 1);
    const name = `group ${rest.filter((one) => one.name.startsWith("group ")).length + 1}`;
    this.change({ groups: [...rest, { name, members, closed: true }], pins: new Set(), isolate: false });
  }

  /** Each community as one, or each module by itself again. */
  communities() {
    if (this.view.groups.length) return this.change({ groups: [] });
    const { made } = this;
    const found = new Map();
    for (let i = 0; i < made.modules; i++) if (made.community[i] >= 0) found.set(made.community[i], [...(found.get(made.community[i]) || []), i]);
    return this.change({ groups: [...found].filter(([, members]) => members.length > 1).map(([community, members]) => ({ name: `community ${letter(community)}`, members, closed: true })) });
  }

  search() {
    this.hits = new Set(search(this.made, this.find.value, this.view));
    this.found.hidden = !this.find.value.trim();
    this.found.disabled = !this.hits.size;
    this.found.textContent = this.hits.size ? `Pin ${this.hits.size > PINS ? `${PINS} of ${this.hits.size}` : this.hits.size} found` : "none found";
    this.table.fill(this.made, this.view, this.hits);
    this.ask();
  }

  pinHits() {
    if (this.hits.size) this.choose([...this.hits].slice(0, PINS), false);
  }

  tabled() {
    this.table.toggle();
    this.acts.table.setAttribute("aria-expanded", String(this.table.open));
    this.table.fill(this.made, this.view, this.hits);
  }

  key(event) {
    const typing = /input|select/i.test(event.target.tagName) && event.target.type !== "range";
    if (event.key === "Escape" && this.find === event.target) this.find.blur();
    if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
    const move = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] }[event.key];
    const onGraph = event.target === this.graph.root;
    if (move && onGraph) {
      if (event.shiftKey) this.graph.pan(-move[0] * 60, -move[1] * 60);
      else {
        this.hover(this.graph.step(this.hovered, ...move));
        if (this.hovered >= 0) this.live.textContent = this.describe(this.hovered);
      }
    } else if (onGraph && event.key === "Enter" && this.hovered >= 0) this.pin(this.hovered);
    else {
      const does = { "+": () => this.graph.zoom(1.3), "=": () => this.graph.zoom(1.3), "-": () => this.graph.zoom(1 / 1.3), 0: () => this.graph.fit(), b: () => this.box(), h: () => this.hide(), i: () => this.isolate(), g: () => this.group(), c: () => this.communities(), u: () => this.undo(), Escape: () => this.view.pins.size && this.change({ pins: new Set(), isolate: false }), "/": () => this.find.focus(), "?": () => (this.keys.hidden = !this.keys.hidden) }[event.key];
      if (!does) return;
      does();
    }
    event.preventDefault();
  }

  // drawing

  get drawn() {
    const wanted = this.made.byKey.get(this.view.graph);
    return wanted?.values ? wanted : this.made.graphs[0];
  }

  /** Fetch the values of a graph that came without them; until then the first graph stays in sight. */
  async fetched(wanted) {
    if (this.coming === wanted.key) return;
    this.coming = wanted.key;
    const { kind, layer, slice, step } = wanted;
    const asked = new URLSearchParams({ kind, slice, layer: layer ?? "", step: step ?? "" });
    try {
      const response = await fetch(`${this.made.more}&${asked}`);
      if (!response.ok) throw new Error(await response.text());
      const { header, arrays } = parts(await response.arrayBuffer());
      const made = widened(this.made, Array.from(arrays.source, (source, i) => [arrays.target[i], source]));
      const at = new Map(Array.from(arrays.source, (source, i) => [arrays.target[i] * made.n + source, arrays.graph0[i]]));
      Object.assign(made.byKey.get(wanted.key), header, { values: Float32Array.from(made.source, (source, e) => at.get(made.target[e] * made.n + source) ?? NaN) });
      this.made = this.graph.made = this.matrix.made = this.chooser.made = made;
    } catch (problem) {
      this.view = { ...this.view, graph: this.made.graphs[0].key };
      this.live.textContent = this.missing = problem.message;
    }
    this.coming = "";
    this.changed();
  }

  /** The view has changed: say and draw it all. */
  changed() {
    const { pruned, view } = this;
    const wanted = this.made.byKey.get(view.graph);
    if (wanted && !wanted.values) this.fetched(wanted);
    this.now = edgesShown(this.made, this.drawn, pruned.length ? { ...view, hidden: new Set([...view.hidden, ...pruned]) } : view);
    this.said.textContent = this.coming ? "Fetching the graph …" : this.missing || sentence(this.now);
    this.missing = "";
    this.drawn.signed = ranked(this.drawn).signed;
    this.chooser.show(this.view, this.drawn);
    const pinned = this.view.pins.size;
    for (const name of ["isolate", "hide", "clear"]) this.acts[name].disabled = !pinned;
    this.acts.group.disabled = pinned < 2;
    this.acts.isolate.setAttribute("aria-pressed", String(this.view.isolate));
    this.acts.communities.setAttribute("aria-pressed", String(this.view.groups.length > 0));
    this.acts.communities.textContent = this.view.groups.length ? "Open groups" : "Communities as groups";
    this.acts.reset.disabled = !this.view.hidden.size && !this.view.groups.length;
    this.acts.undo.disabled = !this.past.length;
    this.fillGroups();
    this.cards.fill(this.made, this.drawn, this.view);
    this.table.fill(this.made, this.view, this.hits);
    this.input.pinned();
    this.act.pinned();
    this.sentence.pinned();
    this.compare.drawn(this.drawn);
    this.graph.root.dataset.note = this.drawn.empty && !this.now.edges.length ? this.drawn.empty : "";
    this.fillUnder();
    this.ask();
  }

  fillGroups() {
    this.groups.replaceChildren(...this.view.groups.map((group) => {
      const name = make("input", { type: "text", value: group.name, maxlength: "40", size: "12", "aria-label": `Name of ${group.name}`, onchange: () => this.regroup(group, { name: name.value.trim() || group.name }) });
      return make("span", {}, name, make("button", { type: "button", class: "quiet small", onclick: () => this.regroup(group, { closed: !group.closed }) }, group.closed ? "open" : "close"), make("button", { type: "button", class: "quiet small", "aria-label": `Dissolve ${group.name}`, onclick: () => this.change({ groups: this.view.groups.filter((one) => one !== group) }) }, "✕"));
    }));
    this.groups.hidden = !this.view.groups.length || this.view.groups.length > 12;
  }

  regroup(group, change) {
    this.change({ groups: this.view.groups.map((one) => (one === group ? { ...one, ...change } : one)) });
  }

  hover(node) {
    if (node === this.hovered && !this.matrix.cell) return;
    this.hovered = node;
    this.graph.hover = node; // strokes of its edges
    this.fillUnder();
    this.ask(HAND);
  }

  fillUnder() {
    const dark = short(ranked(this.drawn).largest);
    const { hovered } = this;
    this.underGraph.replaceChildren(hovered >= 0 ? this.describe(hovered) : this.chooser.explain(this.drawn, dark));
    this.underMatrix.textContent = this.matrix.say(this.drawn) || "Rows listen to columns; the order is by community, then degree. Drag to pin a block.";
  }

  describe(node) {
    const { made } = this;
    const facts = [called(made, node, this.view.notes)];
    if (node < made.modules && made.community[node] >= 0) facts.push(`community ${letter(made.community[node])}`);
    if (!Number.isNaN(made.degree[node])) facts.push(`degree ${short(made.degree[node])}`);
    if (made.responds[node]) facts.push(`responds most to class ${made.responds[node]}`);
    return `${facts.join(", ")}; ${neighboursSaid(made, this.drawn, node)}${this.compare.partner(node)}`;
  }

  scene() {
    return { now: this.now, graph: this.drawn, view: this.view, theme: this.theme, hits: this.hits, hover: this.hovered };
  }

  /** Draw in the next frame, whoever asks how often: all, the graph alone where its window moved, or what follows the hand. */
  ask(what = ALL) {
    this.wanted = Math.max(this.wanted || HAND, what);
    if (!this.frame) this.frame = requestAnimationFrame(() => this.paint());
  }

  paint() {
    const what = this.wanted;
    Object.assign(this, { frame: 0, wanted: HAND });
    const began = performance.now();
    const scene = this.scene();
    if (what >= MOVED) this.graph.draw(scene);
    else {
      this.graph.scene = scene;
      this.graph.overlay();
    }
    if (what === ALL) this.matrix.draw(scene);
    else {
      this.matrix.scene = scene;
      this.matrix.overlay();
    }
    this.paintMs = performance.now() - began;
    this.painted = (this.painted || 0) + (what >= MOVED);
    this.root.setAttribute("data-edges", String(this.now.edges.length));
  }

  // what is measured live

  /** Graphs of one input, slice or comparison have come: they stand beside those that are stored. `pairs`: edges that may be new here. */
  measured(graphs, focus, pairs = []) {
    const made = widened(this.made, pairs);
    if (made !== this.made) Object.assign(this, { made, past: [] });
    this.graph.made = this.matrix.made = made;
    for (const graph of graphs) {
      const all = Float32Array.from(made.source, (source, e) => graph.value(made.target[e], source));
      graph.total = all.reduce((sum, v) => sum + (v === v), 0);
      graph.weight = all.reduce((sum, v) => sum + (v === v ? Math.abs(v) : 0), 0);
      graph.values = graph.kept ? all.map((v, e) => (graph.kept(made.target[e], made.source[e]) ? v : NaN)) : all;
    }
    made.graphs = [...made.graphs.filter(({ live }) => !live), ...graphs];
    made.byKey = new Map(made.graphs.map((graph) => [graph.key, graph]));
    this.chooser.take(made);
    const { graph, wish } = this.view;
    const shows = (one) => one?.live && (!one.empty || one.values.some((v) => v === v));
    const found = [wish, graph].find((key) => shows(made.byKey.get(key)));
    this.view = { ...this.view, wish: found === wish ? "" : wish, graph: found || focus };
    this.changed();
  }

  /** The strongest shown edges of the graph that is drawn, for cutting. */
  strongest() {
    const { made, now, drawn } = this;
    return [...now.edges].map((e) => ({ edge: e, source: made.source[e], target: made.target[e], value: drawn.values[e], graph: drawn }));
  }

  // to the page, and to files

  restLater() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      const said = JSON.stringify(plainView(this.made, this.view));
      if (said !== this.toldView) this.tell("view", said);
      this.toldView = said;
    }, REST);
  }

  fillWords() {
    const { made } = this;
    const classes = [...new Set([...made.responds].filter(Boolean))].sort((a, b) => a.localeCompare(b, "en", { numeric: true }));
    const groups = [...new Set([...made.community].filter((c) => c >= 0))].sort((a, b) => a - b);
    const words = [...classes.map((name) => `class ${name}`), ...groups.slice(0, 26).map((c) => `community ${letter(c)}`), ...(made.outputs ? ["processors", "outputs"] : [])];
    this.words.replaceChildren(...words.map((word) => make("option", { value: word })));
  }

  destroy() {
    this.observer.disconnect();
    clearTimeout(this.timer);
    cancelAnimationFrame(this.frame);
    this.input.destroy();
    this.act.destroy();
    this.compare.destroy();
    this.sentence.destroy();
    this.style.remove();
    this.root.remove();
  }
}

export default component(({ parentElement, data, setStateValue }) => {
  const viewer = new Viewer(parentElement, data, setStateValue);
  return { update: (next) => viewer.update(next.data, next.setStateValue), destroy: () => viewer.destroy() };
});
