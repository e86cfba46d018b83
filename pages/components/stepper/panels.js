// Beside the picture: the layers with their keys, the objects with their worst frames.

import { make } from "../canvas/canvas.js";
import { swatch, WRONG } from "./layers.js";

export const percentOf = (value) => `${(100 * value).toLocaleString("en", { maximumSignificantDigits: value < 0.1 ? 2 : 3, maximumFractionDigits: 1 })} %`;
export const hundredths = (value) => value.toFixed(2);

export class LayerList {
  /** @param told {toggle(id), opacity(id, value)} */
  constructor(told) {
    this.told = told;
    this.root = make("section", { class: "layers", "aria-label": "Layers" });
  }

  /** @param missing id → why it cannot be shown; keys: act → key */
  fill(layers, missing, answer, keys) {
    const ratio = window.devicePixelRatio || 1;
    const rows = layers.map((layer) => {
      const why = missing[layer.id];
      const canvas = make("canvas", { "aria-hidden": "true" });
      swatch(canvas, layer, answer, ratio);
      const box = make("input", { type: "checkbox", "data-layer": layer.id, disabled: Boolean(why), onchange: () => this.told.toggle(layer.id) });
      box.checked = layer.on && !why;
      const slide = make("input", { type: "range", min: "0.1", max: "1", step: "0.05", "aria-label": `Opacity of ${layer.name}`, disabled: Boolean(why) || !layer.on });
      slide.value = String(layer.opacity);
      slide.addEventListener("input", () => this.told.opacity(layer.id, Number(slide.value)));
      const title = why || [layer.why, layer.cue && `Cue: ${layer.cue}.`].filter(Boolean).join(" ");
      return make("div", { class: `layer${why ? " off" : ""}`, title }, make("label", {}, box, canvas, make("span", {}, layer.name)), slide, make("kbd", { "aria-hidden": "true" }, keys[`layer ${layer.id}`].toUpperCase()));
    });
    this.root.replaceChildren(make("h2", {}, "Layers"), ...rows);
    const notes = [...new Set(Object.values(missing))];
    if (notes.length) this.root.append(make("p", { class: "small muted" }, notes.join(" ")));
  }

  /** The four kinds of pixels that “Right and wrong” tells apart, with how many there are. */
  count(numbers) {
    this.legend?.remove();
    this.legend = null;
    if (!numbers) return;
    this.legend = make("p", { class: "small kinds" }, ...WRONG.map(({ name, colour }, i) => make("span", {}, make("i", { style: `background:rgb(${colour})` }), `${name}: ${numbers[i].toLocaleString("en")} px`)));
    this.root.append(this.legend);
  }
}

export class TrackList {
  /** @param told {choose(name)} */
  constructor(told) {
    this.told = told;
    this.root = make("section", { class: "tracks", "aria-label": "Objects, worst first" });
  }

  /** Show objects, the one with the worst moment first; those that cannot be judged come last. */
  fill(tracks, chosen, answer) {
    const lost = (track) => track.said[answer]?.lost ?? -1;
    const ordered = [...tracks].sort((a, b) => lost(b) - lost(a));
    const rows = ordered.map((track) => {
      const said = track.said[answer];
      const words = said ? `worst ${hundredths(said.least)} at ${said.worst.toLocaleString("en")}` : track.truth ? "never hidden enough" : "truth not known";
      const bar = make("s", { style: `--share:${said ? 100 * said.least : 0}%` });
      return make("button", { type: "button", "aria-pressed": String(track.name === chosen), onclick: () => this.told.choose(track.name) }, make("b", {}, track.name), bar, make("span", {}, words));
    });
    this.root.hidden = !tracks.length;
    this.root.replaceChildren(make("h2", {}, tracks.length > 1 ? `Objects (${tracks.length}), worst first` : "Object"), make("div", { class: "rows" }, ...rows));
  }
}
