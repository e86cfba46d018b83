// Steps through a clip, frame by frame: time is a whole number, a picture and its masks are drawn together or not at all.
//
// All of it runs here: the server sends what a clip is, then frames and pages of masks as they are asked for, and hears of the view when the
// hand rests, to write it into the address.

import { faded, mix, theme } from "../canvas/colours.js";
import { make } from "../canvas/canvas.js";
import { fileName, save } from "../canvas/saving.js";
import { component } from "../canvas/streamlit.js";
import { build, titled } from "./building.js";
import { Frames, Pages } from "./holding.js";
import { keyAction, keyRests } from "./keys.js";
import { LAYERS, opacities, opacityWords } from "./layers.js";
import { LayerList, TrackList } from "./panels.js";
import { Player } from "./player.js";
import { findingOf, lackingLayers, legendOf, wordsOf } from "./said.js";
import { STEPPER_CSS } from "./looks.js";
import { Stage } from "./stage.js";
import { Timeline } from "./timeline.js";

const REST = 600; // milliseconds without a move, before the page is told
const HELD = 250; // milliseconds that make a press of A or B a flicker
const SLOW = 250; // milliseconds, after which waiting is said
const NARROW = 760;
const EDGE = 20; // frames before the end of a page, from which the next one is fetched
const BEFORE = 10; // frames that the ghost is behind, where none is kept
const LINES = { light: ["#a84e00", "#6d28d9"], dark: ["#ffa826", "#c996ff"] };

/** Return the masks of probabilities over 10, 30, 50, 70, 90 %; `levels` are those besides the half, null where all is 0 or 1. */
const nested = (levels, whole) => (levels ? [levels[0], levels[1], whole, levels[2], levels[3]] : Array(5).fill(whole));

export class Stepper {
  /** @param tell (name, value): hands something to the page; may do nothing */
  constructor(host, data, tell) {
    this.host = host;
    this.style = make("style");
    this.style.textContent = STEPPER_CSS;
    Object.assign(this, { frame: -1, wanted: 0, direction: 1, loop: null, wipe: 0.5, order: [], rank: 0, stepMs: 0 });
    this.player = new Player({
      ends: () => this.loop || [0, this.clip.frames - 1], loops: () => Boolean(this.loop), frame: () => this.frame, here: () => this.frame === this.wanted,
      go: (frame) => this.go(frame), rate: () => Number(this.speed.value), changed: (playing) => this.played(playing),
    });
    this.stage = new Stage({ wiped: (share) => this.wiped(share) });
    this.timeline = new Timeline({ go: (frame) => this.go(frame), span: (first, last) => this.looped([first, last]), words: (frame) => this.words(frame) });
    this.layerList = new LayerList({ toggle: (id) => this.toggle(id), opacity: (id, value) => this.layer(id, { opacity: value }) });
    this.trackList = new TrackList({ choose: (name) => this.choose(name) });
    this.pages = new Pages({ arrived: () => this.came(), failed: (problem) => this.wrong(problem) });
    this.numbers = new Pages({ arrived: () => this.drawSeries(), failed: (problem) => this.wrong(problem) });
    build(this);
    this.observer = new ResizeObserver(() => this.resized());
    this.observer.observe(this.root);
    this.down = (event) => this.key(event);
    this.up = (event) => this.letGo(event);
    window.addEventListener("keydown", this.down);
    window.addEventListener("keyup", this.up);
    this.update(data, tell);
  }

  // what the page sends

  /** Take up a clip: another one begins anew, the same one with other answers keeps the view. */
  update(data, tell) {
    this.tell = tell;
    this.colour();
    const again = data.clip === this.clip?.clip;
    if (again && data.identity === this.clip.identity && data.begun === this.begun) {
      Object.assign(this.clip.urls, data.urls); // with fresh tokens
      this.frames.address = data.urls.frame;
      return this.resized();
    }
    const other = !again || data.begun !== this.begun;
    Object.assign(this, { clip: data, begun: data.begun });
    if (!again) this.open();
    if (other) this.begin(data.start);
    if (!again) this.stage.take(data);
    this.known = data.answers.map(({ name }) => name);
    this.shown = this.shown.map((name, i) => (this.known.includes(name) ? name : this.known[Math.min(i, this.known.length - 1)] || ""));
    this.answers.forEach((select, i) => select.replaceChildren(...data.answers.map(({ name, title }) => make("option", { value: name }, title)), ...(i ? [make("option", { value: "" }, "none")] : [])));
    this.last.textContent = `of 0 to ${(data.frames - 1).toLocaleString("en")}`;
    this.changed();
    this.go(other ? this.wanted : this.frame);
    return undefined;
  }

  open() {
    const { clip } = this;
    this.frames?.destroy();
    this.frames = new Frames({ address: clip.urls.frame, count: clip.frames, height: clip.height, width: clip.width, arrived: (n) => n === this.wanted && this.came(), failed: (n, problem) => n === this.wanted && this.wrong(problem) });
    Object.assign(this, { frame: -1, loop: null, lacking: true });
    this.speed.value = String(this.speeds.reduce((best, rate) => (Math.abs(rate - (clip.rate || 12)) < Math.abs(best - (clip.rate || 12)) ? rate : best)));
  }

  /** Take the view of an address. */
  begin(start) {
    const { tracks } = this.clip;
    const on = start.layers ? new Set(start.layers) : null;
    const shares = opacities(start.opacity);
    this.layers = LAYERS.map((layer) => ({ ...layer, on: on ? on.has(layer.key) : layer.on, opacity: shares[layer.key] ?? layer.opacity }));
    this.track = tracks.find(({ name }) => name === start.object) || tracks[0];
    this.shown = [start.a, start.b];
    this.how = start.mode in this.modes ? start.mode : "one";
    this.side = 0;
    this.marked = /^\d{1,8}$/.test(start.ghost || "") ? this.clamped(Number(start.ghost)) : null;
    const frame = Number(start.frame);
    this.wanted = start.frame !== undefined && Number.isInteger(frame) ? this.clamped(frame) : this.track?.said[start.a]?.worst || 0;
  }

  colour() {
    const colours = theme(this.host.host || this.host);
    const warn = colours.categorical[1];
    Object.assign(colours, { warn: colours.dark ? mix(warn, "#ffffff", 0.2) : warn, tint: faded(colours.accent, 0.14), past: mix(colours.text, colours.background, 0.68) });
    this.theme = colours;
    this.lines = LINES[colours.dark ? "dark" : "light"];
    this.stage.background = colours.background;
    const named = { ink: colours.text, page: colours.background, muted: colours.muted, rule: colours.rule, axis: colours.axis, accent: colours.accent, surface: colours.surface, warn: colours.warn, tint: colours.tint, past: colours.past, first: this.lines[0], second: this.lines[1] };
    for (const [name, value] of Object.entries(named)) this.root.style.setProperty(`--${name}`, value);
  }

  resized() {
    const width = this.root.clientWidth;
    if (!width || !this.clip) return;
    this.root.classList.toggle("narrow", width < NARROW);
    this.stage.layout(this.left.clientWidth, this.how === "side");
    this.stage.painter.look(this.layers, this.stage.ratio);
    this.timeline.resize();
    if (this.frame >= 0) this.came(true);
  }

  // what is shown

  on(id) {
    return !this.missing[id] && this.layers.find((layer) => layer.id === id).on;
  }

  /** The view has changed: say and draw it all. */
  changed() {
    const { clip, shown, track } = this;
    this.missing = lackingLayers(clip, track);
    this.layerList.fill(this.layers, this.missing, this.how === "one" ? this.side : 0, this.keys.bound);
    this.trackList.fill(clip.tracks, track?.name, shown[0]);
    this.answers.forEach((select, i) => (select.value = shown[i]));
    for (const [name, button] of Object.entries(this.modes)) {
      button.setAttribute("aria-pressed", String(name === this.how));
      button.disabled = name !== "one" && !shown[1];
    }
    this.wiper.hidden = this.how !== "wipe";
    this.wiper.value = String(this.wipe);
    this.unloop.hidden = !this.loop;
    const called = [0, 1].map((i) => [`${"AB"[i]}  ${this.title(shown[i])}`, this.lines[i]]);
    this.compare.hidden = !track;
    this.stage.name(!track ? [] : this.how === "one" ? (shown[this.side] ? [called[this.side]] : []) : called);
    this.stage.hint = this.how === "wipe" ? "Drag across the picture: A left of the line, B right of it." : "";
    this.stage.say(null);
    this.drawSeries();
    this.resized();
  }

  title(name) {
    return this.clip.answers.find((one) => one.name === name)?.title || name;
  }

  // frames

  clamped(frame) {
    return Math.max(0, Math.min(this.clip.frames - 1, frame));
  }

  /** Go to a frame: at once where it is here, else as soon as it comes. Nothing is drawn in between. */
  go(frame) {
    const next = this.clamped(Math.round(frame));
    if (next !== this.wanted) this.direction = next < this.wanted ? -1 : 1;
    Object.assign(this, { wanted: next, began: performance.now() });
    this.frames.around(next, this.direction);
    this.came();
    if (this.frame !== next) this.wait();
    if (!this.playing) this.restLater();
  }

  by(step) {
    this.stop();
    this.go(this.wanted + step);
  }

  wait() {
    clearTimeout(this.slow);
    this.slow = setTimeout(() => this.frame !== this.wanted && this.tellStatus(`Loading frame ${this.wanted.toLocaleString("en")} …`), SLOW);
  }

  tellStatus(text, wrong = false) {
    this.status.textContent = text;
    this.status.classList.toggle("wrong", wrong);
  }

  wrong(problem) {
    clearTimeout(this.slow);
    this.stop();
    this.tellStatus(problem.message, true);
  }

  /** Something came that was fetched, or looks have changed: draw the wanted frame if all of it is here. */
  came(again = false) {
    if (this.frame === this.wanted && !again && !this.lacking) return;
    const picture = this.frames.get(this.wanted);
    const masks = this.masks(this.wanted);
    this.lacking = !picture || !masks;
    if (!this.lacking) this.draw(this.wanted, picture, masks);
  }

  address(kind, page, names = []) {
    return `${this.clip.urls[kind]}&track=${encodeURIComponent(this.track.name)}${page === null ? "" : `&page=${page}`}${names.map((name) => `&answer=${encodeURIComponent(name)}`).join("")}`;
  }

  /** Return the masks of a frame that are shown, null where a page is still on its way. */
  masks(frame) {
    if (!this.track) return {};
    const { clip, shown } = this;
    const page = Math.floor(frame / clip.page);
    const names = [...new Set(shown.filter(Boolean))];
    const [main, ...more] = this.fetching(page, names).map((address) => this.pages.get(address));
    const behind = this.marked ?? Math.max(0, frame - BEFORE);
    const other = this.on("ghost") ? this.pages.get(this.address("masks", Math.floor(behind / clip.page), names)) : main;
    if (!main || !other || more.some((one) => !one)) return null;
    const at = frame - main.first;
    const found = { visible: main.visible[at], truth: main.whole?.[at], occluder: main.occluder[at], answers: shown.map((name) => (name ? main.answers[name]?.[at] : null)) };
    if (this.on("ghost")) found.ghost = other.visible[behind - other.first];
    if (this.on("revealed") || this.on("memory")) {
      const beside = more.pop();
      Object.assign(found, { revealed: beside.revealed[at], memory: beside.memory[at] });
    }
    if (this.on("odds")) found.odds = shown.map((name, i) => (name ? nested(more[names.indexOf(name)].levels[at], found.answers[i]) : null));
    return found;
  }

  fetching(page, names) {
    const found = [this.address("masks", page, names)];
    if (this.on("odds")) found.push(...names.map((name) => this.address("odds", page, [name])));
    if (this.on("revealed") || this.on("memory")) found.push(this.address("beside", page));
    return found;
  }

  draw(frame, picture, masks) {
    const { how, side, wipe } = this;
    this.stage.draw({ picture, masks, mode: how, side, wipe });
    const moved = this.frame !== frame;
    this.frame = frame;
    this.stepMs = performance.now() - this.began;
    clearTimeout(this.slow);
    if (this.status.textContent) this.tellStatus("");
    if (this.root.getRootNode().activeElement !== this.number) this.number.value = String(frame);
    this.timeline.show(frame, this.loop);
    Object.assign(this.root.dataset, { frame: String(frame), stepMs: this.stepMs.toFixed(1), held: String(this.frames.held.size) });
    if (!this.playing) {
      this.layerList.count(this.on("wrong") ? this.stage.kinds(how === "one" ? side : 0) : null);
      if (moved) this.live.textContent = this.words(frame);
    }
    this.ahead(frame);
  }

  /** Fetch the page that comes next before its edge is reached. */
  ahead(frame) {
    if (!this.track) return;
    const { page, frames } = this.clip;
    const at = frame % page;
    const next = this.direction > 0 ? (at >= page - EDGE ? Math.floor(frame / page) + 1 : -1) : at < EDGE ? Math.floor(frame / page) - 1 : -1;
    if (next >= 0 && next * page < frames) for (const address of this.fetching(next, [...new Set(this.shown.filter(Boolean))])) this.pages.get(address);
  }

  // the timeline, and the worst moments

  drawSeries() {
    const { clip, shown, track } = this;
    const title = (name) => this.title(name);
    const found = track && this.numbers.get(this.address("series", null, [...new Set(shown.filter(Boolean))]), 4);
    this.series = found;
    const told = found?.answers[shown[this.side]];
    const lines = shown.map((name, i) => ({ values: found?.answers[name]?.hidden || null, colour: this.lines[i] }));
    const share = found && (found.occlusion || found.answers[shown[0]]?.share || null);
    this.order = told?.moments || []; // where nobody knows how well it is done, the moments that hide most come first
    this.finding.replaceChildren(...findingOf(clip, track, shown, { title, go: (frame) => this.worst(frame), share: track?.truth ? null : found?.answers[shown[0]]?.share, order: found?.answers[shown[0]]?.moments }));
    this.timeline.take({ count: clip.frames, lines, share, marks: this.order.slice(0, 3) }, this.theme);
    this.legend.replaceChildren(...(track ? legendOf(shown, found, track, title) : []));
    if (this.frame >= 0) this.timeline.show(this.frame, this.loop);
    this.root.dataset.series = found ? String(this.order.length) : "";
  }

  words(frame) {
    return wordsOf(frame, this.shown, this.series, (name) => this.title(name));
  }

  worst(frame) {
    this.stop();
    this.rank = 0;
    this.go(frame);
  }

  /** Go to the next worst moment of the answer that is shown, or to the one before. */
  worse(step) {
    this.stop();
    const { order } = this;
    if (!order.length) return this.tellStatus("No frame here can be judged.", true);
    const next = order[this.rank] === this.wanted ? Math.max(0, Math.min(order.length - 1, this.rank + step)) : 0;
    this.rank = next;
    this.go(order[next]);
    if (this.frame === order[next]) this.tellStatus(`${this.track.truth ? "Worst" : "Most hidden"} moment ${next + 1} of ${order.length}`);
    return undefined;
  }

  // what a person does

  toggle(id) {
    if (!this.missing[id]) this.layer(id, { on: !this.layers.find((layer) => layer.id === id).on });
  }

  layer(id, change) {
    this.layers = this.layers.map((layer) => (layer.id === id ? { ...layer, ...change } : layer));
    if ("on" in change) return this.refresh();
    this.stage.painter.look(this.layers, this.stage.ratio);
    this.came(true);
    return this.restLater();
  }

  /** The view has changed: draw it anew, as soon as all that it needs is here. */
  refresh() {
    this.lacking = true;
    this.began = performance.now();
    this.changed();
    this.came(true);
    this.restLater();
  }

  choose(name) {
    this.track = this.clip.tracks.find((one) => one.name === name);
    this.loop = null;
    if (this.track.said[this.shown[0]]) this.wanted = this.track.said[this.shown[0]].worst;
    this.frames.around(this.wanted, 1);
    this.refresh();
  }

  answer(i, name) {
    this.shown = this.shown.map((one, k) => (k === i ? name : one));
    if (!this.shown[1]) Object.assign(this, { how: "one", side: 0 });
    this.refresh();
  }

  mode(how) {
    if (how !== "one" && !this.shown[1]) return;
    this.how = this.how === how ? "one" : how;
    this.refresh();
  }

  show(side) {
    if (side && !this.shown[1]) return;
    this.side = side;
    this.how = "one";
    this.refresh();
  }

  wiped(share) {
    this.wipe = Math.max(0, Math.min(1, share));
    this.wiper.value = String(this.wipe);
    this.stage.scene.wipe = this.wipe;
    this.stage.repaint();
  }

  looped(range) {
    this.loop = range;
    this.unloop.hidden = !range;
    this.timeline.show(this.frame, range);
    if (range && (this.frame < range[0] || this.frame > range[1])) this.go(range[0]);
  }

  loopBetween(first, last) {
    this.looped([Math.min(first, last), Math.max(first, last)]);
  }

  typed() {
    const frame = Number(this.number.value.trim());
    if (this.number.value.trim() === "" || !Number.isInteger(frame) || frame < 0 || frame >= this.clip.frames) {
      this.tellStatus(`Frames are 0 to ${(this.clip.frames - 1).toLocaleString("en")}.`, true);
      this.number.value = String(this.frame);
      return;
    }
    this.stop();
    this.number.blur();
    this.go(frame);
  }

  help() {
    const { root } = this.keys;
    root.hidden = !root.hidden;
    this.helper.setAttribute("aria-expanded", String(!root.hidden));
  }

  /** Keys have changed: tooltips and lists say the new ones. */
  rekeyed() {
    titled(this);
    this.changed();
  }

  /** Keep the visible mask of this frame as ghost over all others; the same frame again forgets it. */
  mark() {
    this.marked = this.marked === this.frame ? null : this.frame;
    if (this.track && !this.on("ghost")) this.toggle("ghost");
    else this.refresh();
    this.tellStatus(this.marked === null ? `The ghost is ${BEFORE} frames behind.` : `Ghost: frame ${this.marked.toLocaleString("en")}`);
  }

  key(event) {
    if (!this.clip || !this.root.isConnected) return undefined;
    if (this.keys.heard(event)) return event.preventDefault();
    if (keyRests(event, this.root)) return undefined;
    const act = keyAction(this, event);
    if (!act) return undefined;
    event.preventDefault();
    act();
    return undefined;
  }

  /** A press shows an answer; held, it shows it as long as it is held. */
  hold(side, event) {
    if (event.repeat || this.holding) return;
    this.holding = { key: event.key.toLowerCase(), since: performance.now(), side: this.side, how: this.how };
    this.show(side);
  }

  letGo(event) {
    const { holding } = this;
    if (!holding || event.key.toLowerCase() !== holding.key) return;
    this.holding = null;
    if (performance.now() - holding.since < HELD) return;
    Object.assign(this, { side: holding.side, how: holding.how });
    this.refresh();
  }

  stop() {
    this.player.stop();
  }

  played(playing) {
    this.play.textContent = playing ? "❚❚" : "▶";
    this.play.setAttribute("aria-pressed", String(playing));
    if (playing) return;
    this.layerList.count(this.on("wrong") ? this.stage.kinds(this.how === "one" ? this.side : 0) : null);
    this.live.textContent = this.words(this.frame);
    this.restLater();
  }

  get playing() {
    return this.player.playing;
  }

  // what is taken away, and what the address says

  async savePicture(alone) {
    const { clip, shown, track } = this;
    const blob = await this.stage.saved(alone);
    const answer = this.how === "one" ? shown[this.side] : shown.join("-");
    save(blob, fileName([clip.title, track?.name, answer, `frame-${this.frame}`, alone && "layers"].filter(Boolean).join("-"), "png"));
  }

  /** Tell the page the view once the hand rests; the same view is told once. */
  restLater() {
    clearTimeout(this.rest);
    this.rest = setTimeout(() => {
      if (this.frame < 0) return this.restLater(); // nothing is drawn yet, so nothing can be told
      const [a, b] = this.shown;
      const layers = this.layers.filter(({ on }) => on).map(({ key }) => key).sort().join("");
      const more = { opacity: opacityWords(this.layers) || undefined, ghost: this.marked === null ? undefined : String(this.marked) };
      const view = JSON.stringify({ object: this.track?.name || "", frame: String(this.frame), layers, a: a || "", b: b || "", mode: this.how, ...more });
      if (view === this.toldView || this.playing) return undefined;
      this.toldView = view;
      this.tell("view", view);
      return undefined;
    }, REST);
  }

  destroy() {
    this.stop();
    window.removeEventListener("keydown", this.down);
    window.removeEventListener("keyup", this.up);
    this.observer.disconnect();
    clearTimeout(this.rest);
    clearTimeout(this.slow);
    this.frames?.destroy();
    this.pages.destroy();
    this.numbers.destroy();
    this.style.remove();
    this.root.remove();
  }
}

export default component(({ parentElement, data, setStateValue }) => {
  const stepper = new Stepper(parentElement, data, setStateValue);
  return { update: (next) => stepper.update(next.data, next.setStateValue), destroy: () => stepper.destroy() };
});
