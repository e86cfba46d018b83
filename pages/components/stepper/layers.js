// What can be laid over a frame: each layer has a key, a colour, and a second cue besides colour, a pattern or a kind of line.

// bits of a pixel; odds take three more, 0 to 5, from ODDS on
export const [VISIBLE, FIRST, TRUTH, OCCLUDER, REVEALED, MEMORY, SECOND, GHOST] = [1, 2, 4, 8, 16, 32, 64, 8192];
export const [ODDS, ODDS_SECOND] = [7, 10]; // places of those bits, for each of two answers
export const COMBINED = 1024; // what is left once an answer is chosen: seven bits and the odds
export const GHOSTED = SECOND; // the ghost's bit there

// on pictures, whatever the theme: light enough for dark pictures, and every line has a dark side
export const ANSWERS = [[255, 168, 38], [201, 150, 255]];
const DARK = [10, 12, 16];
const [SKY, WHITE, GREY, GREEN, RED, YELLOW, CYAN, PINK] = [[70, 175, 255], [255, 255, 255], [190, 196, 204], [20, 190, 120], [255, 70, 60], [255, 225, 40], [40, 240, 240], [255, 110, 190]];

// (x, y) in steps of one pixel of the screen, tiles of 8
const PATTERNS = {
  solid: () => true,
  rising: (x, y) => (x + y) % 8 < 3,
  risen: (x, y) => (x + y) % 8 > 5, // the dark side of that, which is seen on bright pictures
  falling: (x, y) => (x - y + 8) % 8 < 2,
  lying: (x, y) => y % 4 < 1,
  standing: (x, y) => x % 4 < 1,
  dots: (x, y) => x % 4 < 2 && y % 4 < 2,
  sparse: (x, y) => x % 8 < 2 && y % 8 < 2,
  crossed: (x, y) => (x + y) % 8 < 2 || (x - y + 8) % 8 < 2,
};
export const TILE = 8;

/** The layers, in the order in which they lie on each other. `on`, `opacity`: at the start. `cue`: how it differs besides colour. */
export const LAYERS = [
  { id: "image", key: "1", name: "Picture", cue: "", on: true, opacity: 1, why: "The frame itself." },
  { id: "odds", key: "0", name: "Probability", cue: "steps", on: false, opacity: 0.8, why: "How sure the answer is, in steps at 10, 30, 50, 70 and 90 %." },
  { id: "visible", key: "2", name: "Visible mask", cue: "even tint", on: false, opacity: 0.45, why: "What is seen of the object: an input." },
  { id: "occluder", key: "6", name: "Occluder", cue: "dots, dotted line", on: false, opacity: 0.7, why: "All that may hide the object: other objects, or a given mask." },
  { id: "memory", key: "9", name: "Warped memory", cue: "upright stripes", on: false, opacity: 0.8, why: "What was visible in earlier frames, carried along the object's motion to this one, before it is seen." },
  { id: "revealed", key: "8", name: "Newly revealed", cue: "level stripes", on: false, opacity: 0.9, why: "Visible now, and not where the part seen a frame ago was carried: what trains without labels." },
  { id: "hidden", key: "4", name: "Hidden part", cue: "rising stripes", on: true, opacity: 0.85, why: "Predicted, and not visible: what the answer adds." },
  { id: "ghost", key: "-", name: "Ghost", cue: "line of dashes and dots", on: false, opacity: 1, why: "The visible mask of another frame: the one kept with M, or ten frames before this one." },
  { id: "wrong", key: "7", name: "Right and wrong", cue: "pattern each", on: false, opacity: 0.9, why: "Inside the occluder, against the truth." },
  { id: "whole", key: "3", name: "Predicted whole", cue: "full line", on: true, opacity: 1, why: "The whole mask that is predicted." },
  { id: "truth", key: "5", name: "Truth", cue: "dashed line", on: true, opacity: 1, why: "The true whole mask: never an input." },
];
export const WRONG = [
  { id: "tp", name: "hidden, found", colour: GREEN, pattern: "solid", share: 0.75 }, { id: "fp", name: "not hidden, claimed", colour: RED, pattern: "crossed", share: 1 },
  { id: "fn", name: "hidden, missed", colour: YELLOW, pattern: "falling", share: 1 }, { id: "tn", name: "not hidden, left out", colour: GREY, pattern: "sparse", share: 0.8 },
];
const FILLS = { visible: [SKY, "solid"], occluder: [GREY, "sparse"], memory: [PINK, "standing"], revealed: [CYAN, "lying"] };
const COVERS = { visible: (b) => b & VISIBLE, occluder: (b) => b & OCCLUDER, memory: (b) => b & MEMORY, revealed: (b) => b & REVEALED, hidden: (b) => b & FIRST && !(b & VISIBLE) };

/** Return which of the four kinds a covered pixel is, or -1. */
function kind(bits) {
  if (!(bits & OCCLUDER)) return -1;
  return bits & TRUTH ? (bits & FIRST ? 0 : 2) : bits & FIRST ? 1 : 3;
}

/** Return what a layer puts on a pixel of such bits, [[colour, pattern, opacity] …]. */
export function laidOn(layer, bits, answer) {
  const { id, opacity } = layer;
  if (id === "odds") {
    const step = bits >> ODDS;
    return step ? [[ANSWERS[answer].map((v) => Math.round(v * (0.35 + 0.13 * step))), "solid", opacity * (0.15 + 0.15 * step)]] : [];
  }
  if (id === "wrong") {
    const found = WRONG[kind(bits)];
    return found ? [[found.colour, found.pattern, opacity * found.share]] : [];
  }
  if (!COVERS[id]?.(bits)) return [];
  if (id === "hidden") return [[ANSWERS[answer], "rising", opacity], [DARK, "risen", 0.6 * opacity]];
  return [[...FILLS[id], opacity]];
}

const packed = ([r, g, b], a) => ((Math.round(255 * a) << 24) | (b << 16) | (g << 8) | r) >>> 0;

/** Return a colour laid over another, both [r, g, b, a] with a in 0..1. */
function over(top, below) {
  const a = top[3] + below[3] * (1 - top[3]);
  if (!a) return below;
  return [0, 1, 2].map((i) => (top[i] * top[3] + below[i] * below[3] * (1 - top[3])) / a).concat(a);
}

const NAMES = Object.keys(PATTERNS);
const AT = Array.from({ length: TILE * TILE }, (_, place) => Object.fromEntries(NAMES.map((name) => [name, PATTERNS[name](place % TILE, Math.floor(place / TILE))])));

/** Return the colours of all combinations of bits at all places of a tile, as little-endian RGBA; `size`: pixels of a tile's side. */
export function fills(layers, answer, size) {
  const found = new Uint32Array(COMBINED * size * size);
  const counted = layers.some(({ on, id }) => on && id === "wrong"); // which tells apart what the hidden part is, pixel by pixel
  const [scale, shown] = [size / TILE, layers.filter(({ on, id }) => on && id !== "image" && !(counted && id === "hidden"))];
  const most = shown.some(({ id }) => id === "odds") ? COMBINED : 1 << ODDS;
  for (let bits = 1; bits < most; bits++) {
    if (bits & GHOSTED) {
      found.copyWithin(bits * size * size, (bits ^ GHOSTED) * size * size, ((bits ^ GHOSTED) + 1) * size * size); // only its rim is drawn
      continue;
    }
    const parts = shown.flatMap((layer) => laidOn(layer, bits, answer));
    if (!parts.length) continue;
    const known = new Map(); // of the places in a tile only a few differ
    const tile = AT.map((there) => {
      const which = parts.reduce((sum, [, pattern], i) => sum | (there[pattern] ? 1 << i : 0), 0);
      if (!known.has(which)) {
        const colour = parts.reduce((below, [rgb, , opacity], i) => (which & (1 << i) ? over([...rgb, opacity], below) : below), [0, 0, 0, 0]);
        known.set(which, packed(colour.slice(0, 3).map(Math.round), colour[3]));
      }
      return known.get(which);
    });
    for (let place = 0; place < size * size; place++) {
      found[bits * size * size + place] = tile[Math.floor(Math.floor(place / size) / scale) * TILE + Math.floor((place % size) / scale)];
    }
  }
  return found;
}

// lines: bits of the masks whose rim is drawn, inner side in the lower four bits, outer side above
const LINED = [["whole", FIRST], ["truth", TRUTH], ["occluder", OCCLUDER], ["ghost", GHOSTED]];
/** Return the four bits of lines that some bits of a pixel have. */
export const LINES = Uint8Array.from({ length: COMBINED }, (_, bits) => LINED.reduce((sum, [, bit], i) => sum | (bits & bit ? 1 << i : 0), 0));

/** Return the colours of lines by inner and outer side at all places of a tile. */
export function rims(layers, answer, size) {
  const found = new Uint32Array(256 * size * size);
  const scale = size / TILE;
  const [whole, truth, occluder, ghost] = LINED.map(([id]) => layers.find((layer) => layer.id === id)).map((layer) => (layer?.on ? layer.opacity : 0));
  for (let sides = 1; sides < 256; sides++) {
    const [inner, either] = [sides & 15, (sides & 15) | (sides >> 4)];
    for (let place = 0; place < size * size; place++) {
      const [x, y] = [Math.floor((place % size) / scale), Math.floor(Math.floor(place / size) / scale)];
      let colour = 0;
      if (either & 8 && ghost && (x + y) % 8 < 6 && (x + y) % 8 !== 3) colour = packed(inner & 8 ? PINK : DARK, ghost);
      if (either & 4 && occluder && (x + y) % 4 === 0) colour = packed(inner & 4 ? WHITE : DARK, occluder);
      if (either & 1 && whole) colour = packed(inner & 1 ? ANSWERS[answer] : DARK, inner & 1 ? whole : 0.75 * whole);
      if (either & 2 && truth && (x + y) % 8 < 4) colour = packed(inner & 2 ? WHITE : DARK, truth);
      else if (either & 2 && truth && !(either & 1 && whole)) colour = packed(DARK, 0.45 * truth);
      found[sides * size * size + place] = colour;
    }
  }
  return found;
}

/** Draw what a layer looks like into a small canvas, for the list. */
export function swatch(canvas, layer, answer, ratio) {
  const [width, height] = [26, 16];
  [canvas.width, canvas.height] = [width * ratio, height * ratio];
  const pen = canvas.getContext("2d");
  const spot = (x, y, [r, g, b], a) => {
    pen.fillStyle = `rgba(${r},${g},${b},${a})`;
    pen.fillRect(x * ratio, y * ratio, ratio, ratio);
  };
  pen.fillStyle = "#3b4048";
  pen.fillRect(0, 0, canvas.width, canvas.height);
  if (layer.id === "image") {
    for (let x = 0; x < width; x++) for (let y = 0; y < height; y++) spot(x, y, [90 + 4 * x, 110 + 5 * y, 120], 1);
    return;
  }
  const shown = { ...layer, opacity: Math.max(0.6, layer.opacity) };
  const of = { odds: 0, visible: VISIBLE, occluder: OCCLUDER, memory: MEMORY, revealed: REVEALED, hidden: FIRST }[layer.id];
  const kinds = [OCCLUDER | TRUTH | FIRST, OCCLUDER | FIRST, OCCLUDER | TRUTH, OCCLUDER];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const bits = layer.id === "odds" ? Math.ceil((5 * (x + 1)) / width) << ODDS : layer.id === "wrong" ? kinds[Math.floor((4 * x) / width)] : of;
      if (bits) for (const [colour, pattern, share] of laidOn(shown, bits, answer)) if (PATTERNS[pattern](x, y)) spot(x, y, colour, share);
    }
  }
  if (!["ghost", "truth", "whole"].includes(layer.id)) return;
  for (let x = 3; x < width - 3; x++) {
    for (const y of [7, 8]) {
      if (layer.id === "whole") spot(x, y, y === 7 ? ANSWERS[answer] : DARK, 1);
      else if (layer.id === "truth") spot(x, y, x % 8 < 5 ? WHITE : DARK, 1);
      else if (x % 8 < 6 && x % 8 !== 3) spot(x, y, PINK, 1);
    }
  }
}

/** Return the opacities that are other than usual as the address has them, "2:30,4:50": keys of layers, percent. */
export const opacityWords = (layers) => layers.filter((layer, i) => layer.opacity !== LAYERS[i].opacity).map(({ key, opacity }) => `${key}:${Math.round(100 * opacity)}`).sort().join(",");

/** Return opacities by key as an address has them; what makes no sense is left out. */
export function opacities(words) {
  const said = (words || "").split(",").map((part) => /^(.):(\d{1,3})$/.exec(part)).filter((part) => part && part[2] >= 10 && part[2] <= 100);
  return Object.fromEntries(said.map(([, key, percent]) => [key, percent / 100]));
}
