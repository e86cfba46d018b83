// What the stepper says: the finding above the picture, a frame's numbers, the legend of the timeline, what cannot be shown and why.

import { make } from "../canvas/canvas.js";
import { hundredths, percentOf } from "./panels.js";

/** Return which layers cannot be shown, and why. */
export function lackingLayers(clip, track) {
  const [none, truth, alone] = ["No answer to this clip is stored yet.", "The truth of this object is not known.", "This clip has nothing that hides its objects."];
  const found = {};
  if (!track) return Object.fromEntries(["odds", "visible", "occluder", "memory", "revealed", "hidden", "wrong", "whole", "truth", "ghost"].map((id) => [id, "This clip has no objects yet."]));
  if (!clip.answers.length) Object.assign(found, { whole: none, hidden: none, odds: none, wrong: none });
  if (!track.truth) Object.assign(found, { truth, wrong: truth });
  if (!clip.occluder) Object.assign(found, { occluder: alone, wrong: alone });
  return found;
}

/** Return the sentence above the picture: what A finds of an object's hidden part, what B finds, where A fails worst. */
export function findingOf(clip, track, shown, { title, go, share, order }) {
  const bold = (text) => make("b", {}, text);
  const there = (frame) => make("button", { type: "button", class: "go", onclick: () => go(frame) }, "Go there");
  if (!track) return ["This clip has no objects yet: bring masks of them, then their hidden parts can be completed."];
  if (!clip.answers.length) return [`Nothing has completed ${track.name} yet; its ${clip.frames.toLocaleString("en")} frames can be stepped through.`];
  const [said, other] = [track.said[shown[0]], shown[1] && shown[1] !== shown[0] && track.said[shown[1]]];
  if (!said && track.truth) return [bold(title(shown[0])), ` cannot be judged on ${track.name}: no frame hides enough of it.`];
  if (!said) {
    const most = order?.length && share ? order[0] : -1;
    const where = most < 0 ? ["."] : ["; it takes most for hidden around frame ", bold(most.toLocaleString("en")), ` (${percentOf(share[most] / 1000)}). `, there(most)];
    return [bold(title(shown[0])), ` completes ${track.name}; how well is not known, for the truth is not`, ...where];
  }
  return [
    bold(title(shown[0])), " fills ", bold(percentOf(said.filled)), ` of the hidden part of ${track.name}, IoU ${hundredths(said.mean)} on average`,
    ...(other ? [` (${title(shown[1])}: ${percentOf(other.filled)}, ${hundredths(other.mean)})`] : []), "; it is worst around frame ", bold(said.worst.toLocaleString("en")), ` (IoU ${hundredths(said.least)}). `,
    there(said.worst),
  ];
}

/** Return what is known of a frame; `series` may not be here yet. */
export function wordsOf(frame, shown, series, title) {
  const parts = [`Frame ${frame.toLocaleString("en")}`];
  if (series?.occlusion) parts.push(series.occlusion[frame] === null ? "not there" : `${percentOf(series.occlusion[frame] / 1000)} hidden`);
  for (const name of new Set(shown.filter(Boolean))) {
    const told = series?.answers[name];
    if (told?.hidden) parts.push(`${title(name)} ${told.hidden[frame] === null ? "undefined" : hundredths(told.hidden[frame] / 1000)}`);
    else if (told?.share && told.share[frame] !== null) parts.push(`${title(name)}: ${percentOf(told.share[frame] / 1000)} hidden`);
  }
  return parts.join(", ");
}

/** Return what the lines and the area of the timeline are. */
export function legendOf(shown, series, track, title) {
  const lines = shown.flatMap((name, i) => (name && series?.answers[name]?.hidden ? [make("span", {}, make("i", { class: i ? "line b" : "line a" }), `${"AB"[i]} ${title(name)}`)] : []));
  const none = track.truth ? "No frame of this object hides 16 pixels or more." : "No IoU: the truth is not known here.";
  const area = series?.occlusion ? "share of the object that is hidden" : "share that the answer says is hidden";
  return [make("span", {}, lines.length ? "IoU of the hidden part, gaps where undefined:" : none), ...lines, make("span", {}, make("i", { class: "area" }), `Below: ${area}`), make("span", {}, "Click to jump, drag to loop a range.")];
}
