// What keys do, and when they mean what they always mean: while somebody types, and on what has keys of its own.

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

/** Return what a key does to a stepper, nothing where it has no meaning. */
export function keyAction(stepper, event) {
  const { clip, frame, loop } = stepper;
  const tens = event.shiftKey ? 10 : 1;
  const acts = {
    ",": () => stepper.by(-1), ".": () => stepper.by(1), "<": () => stepper.by(-10), ">": () => stepper.by(10), ArrowLeft: () => stepper.by(-tens), ArrowRight: () => stepper.by(tens),
    Home: () => stepper.by(-clip.frames), End: () => stepper.by(clip.frames), " ": () => stepper.player.toggle(), n: () => stepper.worse(1), p: () => stepper.worse(-1), g: () => stepper.number.select(),
    "[": () => stepper.loopBetween(frame, loop ? Math.max(loop[1], frame) : clip.frames - 1), "]": () => stepper.loopBetween(loop ? Math.min(loop[0], frame) : 0, frame), "\\": () => stepper.looped(null),
    a: () => stepper.hold(0, event), b: () => stepper.hold(1, event), x: () => stepper.mode("side"), w: () => stepper.mode("wipe"), "?": () => stepper.help(),
  };
  if (event.key === "Escape") return stepper.keys.hidden ? undefined : () => stepper.help();
  const layer = stepper.layers.find(({ key }) => key === event.key);
  return acts[event.key.length === 1 ? event.key.toLowerCase() : event.key] || (layer && (() => !event.repeat && stepper.toggle(layer.id)));
}
