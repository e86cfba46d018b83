// A grid of examples: picture, true label, each network's answer. Arrows move, Enter selects; pictures load as they come into sight.

import { theme } from "../canvas/colours.js";
import { make } from "../canvas/canvas.js";
import { component } from "../canvas/streamlit.js";

const CSS = `
.grid { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(var(--tile), 30%), 1fr)); gap: 8px; color: var(--ink);
  font: 13px/1.35 var(--st-font, "Source Sans", system-ui, sans-serif); font-variant-numeric: tabular-nums; }
.grid * { box-sizing: border-box; }
button { font: inherit; color: inherit; text-align: left; background: none; border: 1px solid var(--rule); border-radius: 4px; padding: 8px; cursor: pointer;
  display: flex; flex-direction: column; gap: 5px; min-width: 0; }
button:hover { border-color: var(--muted); }
button:focus-visible { outline: 2px solid var(--accent); outline-offset: 1px; }
button[aria-selected="true"] { border-color: var(--accent); box-shadow: inset 0 0 0 1px var(--accent); }
.picture { width: 100%; aspect-ratio: var(--shape, 1); background: var(--surface); display: grid; place-items: center; overflow: hidden; border-radius: 2px; }
img { width: 100%; height: 100%; object-fit: contain; image-rendering: pixelated; display: block; }
.picture.lost::after { content: "picture not available"; color: var(--muted); font-size: 12px; padding: 6px; text-align: center; }
.picture.lost img { display: none; }
.label { font-weight: 600; overflow-wrap: anywhere; }
.note { color: var(--muted); font-size: 12px; overflow-wrap: anywhere; }
.replies { display: grid; grid-template-columns: auto minmax(0, 1fr) auto; gap: 0 6px; margin: 0; font-size: 12px; width: 100%; }
.replies > * { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.who { color: var(--muted); grid-column: 1 / -1; font-size: 11.5px; }
.mark { width: 1.1em; }
.right .mark, .mark.right { color: var(--muted); }
.mark.wrong { color: var(--wrong); font-weight: 700; }
.sure { text-align: right; color: var(--muted); }
.empty { color: var(--muted); }
`;
const MARKS = { true: ["right", "\u2713", "right: "], false: ["wrong", "\u2717", "wrong: "], null: ["open", "\u00b7", ""] };
// a share just below one is never told as 100 %
const digits = (share) => (share >= 0.9995 && share < 1 ? ">99.9" : (100 * share).toFixed(share >= 0.995 && share < 1 ? 1 : 0));
const percent = (share) => (share === null || share === undefined ? "" : `${digits(share)}\u202f%`);

class Gallery {
  constructor(host, data, onSelect) {
    this.host = host;
    this.style = make("style");
    this.style.textContent = CSS;
    this.grid = make("div", { class: "grid", role: "listbox" });
    this.grid.addEventListener("keydown", (event) => this.key(event));
    host.append(this.style, this.grid);
    this.update(data, onSelect);
  }

  update(data, onSelect) {
    this.onSelect = onSelect;
    const colours = theme(this.host.host || this.host);
    const named = { ink: colours.text, muted: colours.muted, rule: colours.rule, accent: colours.accent, surface: colours.surface, wrong: colours.dark ? "#ff9d86" : "#b3261e" };
    for (const [name, value] of Object.entries(named)) this.grid.style.setProperty(`--${name}`, value);
    this.grid.style.setProperty("--tile", `${data.size + 18}px`);
    this.grid.style.setProperty("--shape", String(data.shape || 1));
    const same = this.shown === JSON.stringify(data.tiles);
    this.shown = JSON.stringify(data.tiles);
    this.grid.setAttribute("aria-label", `${data.label}: ${data.tiles.length}`);
    if (!same) this.grid.replaceChildren(...(data.tiles.length ? data.tiles.map((tile) => this.tile(tile)) : [make("div", { class: "empty" }, "Nothing fits these choices.")]));
    this.mark(data.selected);
  }

  mark(id) {
    const tiles = this.tiles();
    for (const tile of tiles) tile.setAttribute("aria-selected", String(tile.dataset.id === id));
    const stop = tiles.find((tile) => tile.dataset.id === id) || tiles[0];
    for (const tile of tiles) tile.tabIndex = tile === stop ? 0 : -1;
  }

  tile({ id, url, title, answer, good, note, replies }) {
    const picture = make("div", { class: "picture" });
    picture.append(make("img", { src: url, alt: "", loading: "lazy", decoding: "async", onerror: () => picture.classList.add("lost") }));
    const said = replies.map(({ network, answer, confidence, right }) => `${network} ${MARKS[right][2]}${answer} ${percent(confidence)}`);
    return make(
      "button", { type: "button", role: "option", "data-id": id, "aria-label": [title, answer && `${MARKS[good][2]}${answer}`, note, ...said].filter(Boolean).join(". "), onclick: () => this.select(id) },
      picture, make("div", { class: "label" }, title),
      ...(answer ? [make("div", { class: "answer" }, make("span", { class: `mark ${MARKS[good][0]}` }, `${MARKS[good][1]} `), answer)] : []),
      ...(note ? [make("div", { class: "note" }, note)] : []),
      ...(replies.length ? [make("div", { class: "replies" }, ...replies.flatMap((reply) => this.reply(reply)))] : []),
    );
  }

  reply({ network, answer, confidence, right }) {
    const [kind, sign] = MARKS[right];
    return [
      make("span", { class: "who", title: network }, network), make("span", { class: `mark ${kind}` }, sign),
      make("span", { title: answer }, answer), make("span", { class: "sure" }, percent(confidence)),
    ];
  }

  tiles() {
    return [...this.grid.querySelectorAll("button")];
  }

  select(id) {
    this.mark(id);
    this.onSelect(id);
  }

  key(event) {
    const tiles = this.tiles();
    const here = tiles.indexOf(event.target.closest("button"));
    if (here < 0) return;
    const columns = getComputedStyle(this.grid).gridTemplateColumns.split(" ").length;
    const to = { ArrowLeft: here - 1, ArrowRight: here + 1, ArrowUp: here - columns, ArrowDown: here + columns, Home: 0, End: tiles.length - 1 }[event.key];
    if (to === undefined || !tiles[to]) return;
    event.preventDefault();
    for (const tile of tiles) tile.tabIndex = -1;
    tiles[to].tabIndex = 0;
    tiles[to].focus();
  }

  destroy() {
    this.style.remove();
    this.grid.remove();
  }
}

/** Mount a gallery in an element or shadow root. */
export const mount = (host, data, onSelect) => new Gallery(host, data, onSelect);

export default component(({ parentElement, data, setTriggerValue }) => {
  const gallery = mount(parentElement, data, (id) => setTriggerValue("select", id));
  return { update: (next) => gallery.update(next.data, (id) => next.setTriggerValue("select", id)), destroy: () => gallery.destroy() };
});
