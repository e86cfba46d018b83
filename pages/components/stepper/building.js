// The stepper's elements: made once, and hung on the stepper by name.

import { make } from "../canvas/canvas.js";
import { KeyList } from "./keylist.js";

const SPEEDS = [1, 2, 5, 10, 12, 15, 24, 25, 30, 60];

/** Make everything that a stepper shows and put it into its host. */
export function build(stepper) {
  const keyed = [];
  const button = (word, title, act, more = {}) => make("button", { type: "button", class: "quiet", title, "aria-label": title, onclick: act, ...more }, word);
  const known = (name, word, title, act) => {
    const found = button(word, title, act);
    keyed.push([found, title, name]);
    return found;
  };
  Object.assign(stepper, { keyed, speeds: SPEEDS, keys: new KeyList({ changed: () => stepper.rekeyed() }) });
  stepper.finding = make("p", { class: "finding", role: "status" });
  stepper.number = make("input", { type: "text", inputmode: "numeric", "aria-label": "Frame number", size: "5", onchange: () => stepper.typed(), onkeydown: (event) => event.key === "Enter" && stepper.typed() });
  stepper.last = make("span", { class: "muted" });
  stepper.play = button("▶", "Play (Space)", () => stepper.player.toggle(), { "aria-pressed": "false" });
  stepper.speed = make("select", { "aria-label": "Frames a second", onchange: () => stepper.restLater() }, ...SPEEDS.map((rate) => make("option", { value: String(rate) }, `${rate} / s`)));
  stepper.answers = [0, 1].map((i) => make("select", { "aria-label": `Answer ${"AB"[i]}`, onchange: () => stepper.answer(i, stepper.answers[i].value) }));
  stepper.modes = { one: button("A or B", "One picture; A and B switch, hold to flicker", () => stepper.mode("one")), side: known("side", "Side by side", "Side by side", () => stepper.mode("side")), wipe: known("wipe", "Wipe", "Wipe between the two", () => stepper.mode("wipe")) };
  stepper.wiper = make("input", { type: "range", min: "0", max: "1", step: "0.01", "aria-label": "Where the wipe stands", oninput: () => stepper.wiped(Number(stepper.wiper.value)) });
  stepper.unloop = known("unloop", "No loop", "Forget the loop", () => stepper.looped(null));
  stepper.status = make("span", { class: "muted small", role: "status" });
  stepper.helper = known("help", "?", "Keys", () => stepper.help());
  stepper.helper.setAttribute("aria-expanded", "false");
  const transport = make("div", { class: "line transport", role: "toolbar", "aria-label": "Frames" },
    button("|‹", "First frame (Home)", () => stepper.go(0)), button("−10", "Ten back (Shift + left)", () => stepper.by(-10)), known("back", "‹", "One back", () => stepper.by(-1)), stepper.play, known("on", "›", "One on", () => stepper.by(1)), button("+10", "Ten on (Shift + right)", () => stepper.by(10)), button("›|", "Last frame (End)", () => stepper.go(stepper.clip.frames - 1)),
    make("label", {}, make("span", {}, "Frame"), stepper.number, stepper.last), make("span", { class: "worst" }, known("better", "‹ worst", "The worst moment before that", () => stepper.worse(-1)), known("worse", "worst ›", "Next worst moment", () => stepper.worse(1))), stepper.speed, stepper.unloop, stepper.status);
  const taken = make("span", { class: "push" }, button("PNG", "Save what is shown as PNG", () => stepper.savePicture(false)), button("Layers PNG", "Save the layers alone, without the picture, as PNG", () => stepper.savePicture(true)), stepper.helper);
  stepper.compare = make("span", { class: "line compare" }, make("label", {}, make("span", { class: "a" }, "A"), stepper.answers[0]), make("label", {}, make("span", { class: "b" }, "B"), stepper.answers[1]), make("span", { role: "group", "aria-label": "How two answers are shown", class: "modes" }, ...Object.values(stepper.modes)), stepper.wiper);
  stepper.legend = make("div", { class: "small muted legend" });
  stepper.live = make("div", { class: "unseen", role: "status", "aria-live": "polite" });
  stepper.left = make("div", { class: "left" }, stepper.stage.root, stepper.stage.said, transport, stepper.timeline.root, stepper.legend);
  stepper.beside = make("div", { class: "beside" }, stepper.layerList.root, stepper.trackList.root);
  stepper.root = make("div", { class: "stepper" }, stepper.finding, make("div", { class: "line above" }, stepper.compare, taken), stepper.keys.root, make("div", { class: "columns" }, stepper.left, stepper.beside), stepper.live);
  titled(stepper);
  stepper.host.append(stepper.style, stepper.root);
  stepper.root.stepper = stepper; // for measurements
}

/** Say on the buttons which keys do the same. */
export function titled({ keyed, keys }) {
  for (const [button, title, act] of keyed) for (const name of ["title", "aria-label"]) button.setAttribute(name, `${title} (${keys.bound[act].toUpperCase()})`);
}
