// A circuit in the browser: typed arrays of modules and edges, which edges a view shows, and what it hides. No drawing here.

const MAGIC = "TSC1";
export const FIRST_EDGES = 240; // shown at first, so that a picture begins readable; what is hidden is said

/**
 * Return a circuit from the bytes of engine/circuits/picture.py.
 * @param later (name) => Uint8Array: the values of a graph that the bytes leave out; read when they are first drawn
 */
export function unpack(data, later = null) {
  const { header, arrays } = parts(data);
  return circuit(header, arrays, later);
}

/** Return header and arrays of a block. */
export function parts(data) {
  const bytes = data instanceof Uint8Array ? data : new Uint8Array(data.buffer || data, data.byteOffset || 0, data.byteLength);
  const aligned = bytes.byteOffset % 4 ? bytes.slice() : bytes;
  const { buffer, byteOffset } = aligned;
  if (new TextDecoder().decode(aligned.subarray(0, 4)) !== MAGIC) throw new Error("not a circuit");
  const length = new DataView(buffer, byteOffset).getUint32(4, true);
  const header = JSON.parse(new TextDecoder().decode(aligned.subarray(8, 8 + length)));
  let at = byteOffset + 8 + length;
  const arrays = {};
  for (const [name, kind, size] of header.arrays) {
    arrays[name] = kind === "u4" ? new Uint32Array(buffer, at, size) : new Float32Array(buffer, at, size);
    at += 4 * size;
  }
  return { header, arrays };
}

/** Return a circuit from a header and arrays, as `unpack` does. */
export function circuit(header, arrays, later = null) {
  const n = header.modules + header.outputs;
  const valued = (graph, name) => (arrays[name] ? { ...graph, values: arrays[name] } : lazy(graph, () => new Float32Array(later(name).buffer)));
  const made = { ...header, n, ...arrays, graphs: header.graphs.map((graph, i) => valued(graph, `graph${i}`)) };
  if (header.more) made.graphs.push(...(header.later || []).map((graph) => ({ ...graph, values: null, total: 0, weight: 0 }))); // fetched when drawn
  made.byKey = new Map(made.graphs.map((graph) => [graph.key, graph]));
  made.order = ordered(made);
  made.place = new Uint32Array(n);
  made.order.forEach((node, i) => (made.place[node] = i));
  return made;
}

/** A graph whose values are read once somebody wants them. */
function lazy(graph, read) {
  let known = null;
  return Object.defineProperty({ ...graph }, "values", { enumerable: true, get: () => (known ||= read()) });
}

/** Modules as the matrix has them: by community, within it by falling degree; output modules last. */
function ordered({ n, modules, community, degree }) {
  const group = (i) => (i >= modules ? 1e9 : Number.isNaN(community[i]) ? 1e8 : community[i]);
  return Uint32Array.from([...Array(n).keys()].sort((a, b) => group(a) - group(b) || (degree[b] || 0) - (degree[a] || 0) || a - b));
}

/** Return edges of a graph by falling size of their value, with running sums: made once a graph. */
export function ranked(graph) {
  if (graph.ranked) return graph.ranked;
  const { values } = graph;
  const kept = [];
  for (let e = 0; e < values.length; e++) if (values[e] === values[e]) kept.push(e);
  const size = Float32Array.from(values, Math.abs);
  const order = Uint32Array.from(kept).sort((a, b) => size[b] - size[a] || a - b);
  const sizes = Float32Array.from(order, (e) => size[e]);
  graph.ranked = { order, sizes, largest: sizes[0] || 0, signed: Boolean(graph.signs) || kept.some((e) => values[e] < 0) };
  return graph.ranked;
}

/** Return a circuit with more edges, [target, source] each; graphs that lack them have no value there. The same where none is new. */
export function widened(made, pairs) {
  const known = new Set(Array.from(made.source, (source, e) => made.target[e] * made.n + source));
  const more = pairs.filter(([target, source]) => !known.has(target * made.n + source));
  if (!more.length) return made;
  const longer = (values, added) => {
    const long = new values.constructor(values.length + added.length);
    long.set(values);
    long.set(added, values.length);
    return long;
  };
  const none = new Float32Array(more.length).fill(NaN);
  const graphs = made.graphs.map((graph) => ({ ...graph, ranked: null, values: graph.values && longer(graph.values, none) }));
  const [target, source] = [0, 1].map((end) => longer(made[end ? "source" : "target"], more.map((pair) => pair[end])));
  return { ...made, source, target, graphs, byKey: new Map(graphs.map((graph) => [graph.key, graph])) };
}

/** How many of falling sizes are at least so large. */
export function atLeast(sizes, threshold) {
  let [low, high] = [0, sizes.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sizes[middle] >= threshold) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * Return what a view shows: edges (indices, by falling value), their weight, what there is, which modules are seen.
 * @param view {threshold, most, pins: Set, hidden: Set, isolate}
 */
export function edgesShown(made, graph, view) {
  const { order, sizes } = ranked(graph);
  const { source, target, n } = made;
  const count = Math.min(atLeast(sizes, view.threshold), view.most);
  const alone = view.isolate && view.pins.size > 0;
  const pinned = mask(n, view.pins);
  const seen = mask(n, view.hidden).map((one) => 1 - one);
  const edges = new Uint32Array(count);
  const touched = new Uint8Array(n);
  let [kept, weight] = [0, 0];
  for (let i = 0; i < count; i++) {
    const e = order[i];
    const [s, t] = [source[e], target[e]];
    if (!seen[s] || !seen[t] || (alone && !pinned[s] && !pinned[t])) continue;
    edges[kept++] = e;
    weight += sizes[i];
    touched[s] = touched[t] = 1;
  }
  if (alone) for (let i = 0; i < n; i++) if (!touched[i] && !pinned[i]) seen[i] = 0;
  return { edges: edges.subarray(0, kept), weight, total: graph.total, share: graph.weight > 0 ? weight / graph.weight : NaN, seen, hidden: n - seen.reduce((a, b) => a + b, 0) };
}

function mask(n, numbers) {
  const made = new Uint8Array(n);
  for (const i of numbers) if (i < n) made[i] = 1;
  return made;
}

/** Say what is shown and what is hidden, such as "412 of 9,120 edges, 93 % of total weight". */
export function sentence({ edges, total, share, hidden }) {
  if (!total) return "no edges";
  const count = (v) => v.toLocaleString("en");
  const percent = Number.isNaN(share) ? "" : `, ${share > 0.995 && edges.length < total ? "over 99" : Math.round(100 * share)} % of total weight`;
  return `${count(edges.length)} of ${count(total)} edges${percent}${hidden ? ` · ${count(hidden)} module${hidden > 1 ? "s" : ""} hidden` : ""}`;
}

/** Return a module's partners by falling size: [{other, value, edge}], those it listens to (in) or those that hear it (out). */
export function partners(made, graph, node, way, members = null) {
  const { order } = ranked(graph);
  const { source, target } = made;
  const mine = members || new Set([node]);
  const [here, there] = way === "in" ? [target, source] : [source, target];
  const found = new Map();
  for (const e of order) {
    if (!mine.has(here[e]) || mine.has(there[e])) continue;
    const known = found.get(there[e]);
    if (known) known.value += graph.values[e];
    else found.set(there[e], { other: there[e], value: graph.values[e], edge: e });
  }
  return [...found.values()].sort((a, b) => Math.abs(b.value) - Math.abs(a.value));
}

/** The letter of a community: A, B, … Z, then A1, B1. */
export const letter = (community) => (community >= 0 ? String.fromCharCode(65 + (community % 26)) + (community >= 26 ? Math.floor(community / 26) : "") : "");

/** What a module is called. */
export function called(made, node, notes = {}) {
  const name = node >= made.modules ? `output ${node - made.modules}` : `module ${node}`;
  const said = made.labels[node] || "";
  return said ? `${name}, ${said}` : notes[node] ? `${name}, ${notes[node]}` : name;
}

/** Return the modules that a search means: a number, "community B", "class 7", a role ("processors", "outputs"), a group's name, or words of labels and notes. */
export function search(made, text, { groups = [], notes = {} } = {}) {
  const asked = text.trim().toLowerCase();
  if (!asked) return [];
  const all = [...Array(made.n).keys()];
  const [, word, rest] = asked.match(/^(module|output|community|class|responds to|group)\s+(.+)$/) || [];
  const number = (said) => (/^\d+$/.test(said) ? Number(said) : -1);
  if (word === "output") return all.filter((i) => i - made.modules === number(rest));
  if (word === "class" || word === "responds to") return all.filter((i) => made.responds[i].toLowerCase() === rest);
  if (word === "community") return all.filter((i) => i < made.modules && letter(made.community[i]).toLowerCase() === rest);
  if (word === "group") return groups.filter(({ name }) => name.toLowerCase() === rest).flatMap(({ members }) => members);
  if (/^outputs?$/.test(asked)) return all.filter((i) => i >= made.modules);
  if (/^processors?$/.test(asked)) return all.filter((i) => i < made.modules);
  if (number(word === "module" ? rest : asked) >= 0) return all.filter((i) => i === number(word === "module" ? rest : asked));
  const found = all.filter((i) => `${made.labels[i]} ${notes[i] || ""}`.toLowerCase().includes(asked));
  return found.length ? found : all.filter((i) => made.responds[i].toLowerCase() === asked);
}

/** Return the view of a short text in the address, or the one to begin with; what does not fit the circuit is left out. */
export function readView(made, text) {
  let said = {};
  try {
    said = text ? JSON.parse(text) : {};
  } catch {
    said = {};
  }
  const node = (i) => Number.isInteger(i) && i >= 0 && i < made.n;
  const nodes = (list) => (Array.isArray(list) ? list.filter(node) : []);
  const groups = (Array.isArray(said.groups) ? said.groups : []).map((one) => ({ name: String(one?.name || "").slice(0, 40), members: nodes(one?.members), closed: Boolean(one?.closed) }));
  const notes = Object.fromEntries(Object.entries(said.notes || {}).filter(([i, note]) => node(Number(i)) && typeof note === "string").map(([i, note]) => [i, note.slice(0, 200)]));
  return {
    graph: made.byKey.has(said.graph) ? said.graph : made.graphs[0].key,
    threshold: Number.isFinite(said.threshold) ? Math.max(0, said.threshold) : 0,
    most: Number.isInteger(said.most) && said.most > 0 ? said.most : Math.max(FIRST_EDGES, 2 * made.n),
    pins: new Set(nodes(said.pins)), hidden: new Set(nodes(said.hidden)), isolate: said.isolate === true,
    groups: groups.filter(({ name, members }) => name && members.length), notes, wish: typeof said.graph === "string" ? said.graph : "", asked: askedOf(said.asked),
    window: Array.isArray(said.window) && said.window.length === 3 && said.window.every(Number.isFinite) ? said.window : null,
  };
}

/** Return what was asked of the circuit, as an address holds it: for each pane a few words and numbers. */
function askedOf(said) {
  const plain = (value) => typeof value === "boolean" || Number.isFinite(value) || (typeof value === "string" && value.length <= 120);
  const pane = (one) => Object.fromEntries(Object.entries(one || {}).filter(([, value]) => plain(value)).slice(0, 24));
  return Object.fromEntries(["input", "act", "compare", "sentence"].filter((name) => said?.[name] && typeof said[name] === "object").map((name) => [name, pane(said[name])]));
}

/** Return a view as plain values that `readView` takes; what is as at first is left out. */
export function plainView(made, view) {
  const first = readView(made, "");
  const said = {};
  for (const name of ["graph", "threshold", "most"]) if (view[name] !== first[name]) said[name] = view[name];
  if (view.pins.size) said.pins = [...view.pins];
  if (view.hidden.size) said.hidden = [...view.hidden];
  if (view.isolate) said.isolate = true;
  if (view.groups.length) said.groups = view.groups;
  if (Object.keys(view.notes).length) said.notes = view.notes;
  if (view.window) said.window = view.window;
  const asked = Object.entries(view.asked).filter(([, pane]) => Object.keys(pane).length);
  if (asked.length) said.asked = Object.fromEntries(asked);
  return said;
}
