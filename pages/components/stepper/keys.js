// What keys do, which of them a person has changed, and when they mean what they always mean: while somebody types, and on what has keys of its own.

import { LAYERS } from "./layers.js";

const TYPED = /^(text|search|number|email|url|tel|password|date|time|datetime-local|month|week)?$/;
const OWN = new Set(["combobox", "listbox", "option", "textbox", "spinbutton", "menuitem", "tab", "radio", "grid", "gridcell", "searchbox", "slider"]);
const MOVES = new Set(["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "Home", "End", "PageUp", "PageDown"]);

/** Return whether a key is for what has the focus, not for the stepper; `root` is the stepper's own node. */
export function keyRests(event, root) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || event.isComposing) return true;
  const path = event.composedPath();
  const [target] = path;
  const tag = target.tagName || "";
  if (/^(TEXTAREA|SELECT|CANVAS-GRID)$/.test(tag) || target.isContentEditable) return true;
  if (tag === "INPUT" && TYPED.test(target.getAttribute("type") || "")) return true;
  if (tag === "INPUT" && target.type === "range" && MOVES.has(event.key)) return true;
  if (/^(BUTTON|A|SUMMARY|INPUT)$/.test(tag) && (event.key === " " || event.key === "Enter")) return true;
  const mine = path.includes(root);
  return !mine && path.some((node) => OWN.has(node.getAttribute?.("role")) || node.getAttribute?.("role") === "dialog");
}

/** What can be done by a key that may be changed: [act, usual key, words]; arrows, Home, End and Space are as they are. */
export const ACTS = [
  ["back", ",", "one frame back"], ["on", ".", "one frame on"], ["tenBack", "<", "ten frames back"], ["tenOn", ">", "ten frames on"],
  ["worse", "n", "next worst moment"], ["better", "p", "worst moment before that"], ["go", "g", "type a frame's number"],
  ["from", "[", "loop from here"], ["until", "]", "loop to here"], ["unloop", "\\", "no loop"], ["a", "a", "show answer A; hold to flicker"], ["b", "b", "show answer B; hold to flicker"],
  ["side", "x", "side by side"], ["wipe", "w", "wipe between the two"], ["mark", "m", "keep this frame's mask as ghost"], ["help", "?", "these keys"],
  ...LAYERS.map(({ id, key, name }) => [`layer ${id}`, key, `layer: ${name.toLowerCase()}`]),
];
const USUAL = Object.fromEntries(ACTS.map(([act, key]) => [act, key]));
const KEPT = "touchstone.stepper.keys"; // in the browser, nowhere else

/** Return which key does what, as this browser keeps it; what is kept and makes no sense counts as nothing. */
export function boundKeys() {
  try {
    const found = Object.entries(JSON.parse(localStorage.getItem(KEPT)) || {}).filter(([act, key]) => act in USUAL && typeof key === "string" && [...key].length === 1);
    const bound = { ...USUAL, ...Object.fromEntries(found) };
    return new Set(Object.values(bound)).size === ACTS.length ? bound : { ...USUAL };
  } catch {
    return { ...USUAL };
  }
}

/** Return the keys after one was changed, and keep them in this browser; a sentence where the key is taken or cannot be had. `act` null: all as usual. */
export function rebound(bound, act, key) {
  if (act !== null && (key === " " || [...key].length !== 1)) return "Choose a letter, a digit or a sign.";
  const taken = act !== null && ACTS.find(([other]) => other !== act && bound[other] === key);
  if (taken) return `“${key}” is taken: ${taken[2]}.`;
  const next = act === null ? { ...USUAL } : { ...bound, [act]: key };
  const changed = Object.fromEntries(Object.entries(next).filter(([one, its]) => its !== USUAL[one]));
  try {
    localStorage.setItem(KEPT, JSON.stringify(changed));
  } catch {
    // a browser that keeps nothing: they hold while the page is open
  }
  return next;
}

/** Return a key as it is kept: letters are small. */
export const keyName = (key) => (key.length === 1 ? key.toLowerCase() : key);

/** Return what a key does to a stepper, nothing where it has no meaning. */
export function keyAction(stepper, event) {
  const { clip, frame, loop } = stepper;
  const tens = event.shiftKey ? 10 : 1;
  const fixed = {
    ArrowLeft: () => stepper.by(-tens), ArrowRight: () => stepper.by(tens), Home: () => stepper.by(-clip.frames), End: () => stepper.by(clip.frames), " ": () => stepper.player.toggle(),
    Escape: stepper.keys.root.hidden ? undefined : () => stepper.help(),
  };
  if (event.key in fixed) return fixed[event.key];
  const acts = {
    back: () => stepper.by(-1), on: () => stepper.by(1), tenBack: () => stepper.by(-10), tenOn: () => stepper.by(10), worse: () => stepper.worse(1), better: () => stepper.worse(-1), go: () => stepper.number.select(),
    from: () => stepper.loopBetween(frame, loop ? Math.max(loop[1], frame) : clip.frames - 1), until: () => stepper.loopBetween(loop ? Math.min(loop[0], frame) : 0, frame), unloop: () => stepper.looped(null),
    a: () => stepper.hold(0, event), b: () => stepper.hold(1, event), side: () => stepper.mode("side"), wipe: () => stepper.mode("wipe"), mark: () => stepper.mark(), help: () => stepper.help(),
  };
  const found = ACTS.find(([act]) => stepper.keys.bound[act] === keyName(event.key))?.[0];
  return found && (acts[found] || (() => !event.repeat && stepper.toggle(found.slice("layer ".length))));
}
