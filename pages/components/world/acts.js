// What is done to a system, as it is written: `do(ink=red); do(size~uniform(0.5,1)); cut(class->ink)`. One act a factor and one an edge.

const SET = /^do\(\s*(\w+)\s*=\s*([^\s)]+)\s*\)$/;
const DRAW = /^do\(\s*(\w+)\s*~\s*(\w+)\((.*)\)\s*\)$/;
const CUT = /^cut\(\s*(\w+)\s*->\s*(\w+)\s*\)$/;

/** Return the acts of a text, [{key, text, factor?, value?, law?, words?, source?, target?}]; parts that cannot be read are left out. */
export function readActs(text) {
  return text
    .split(";")
    .map((part) => readAct(part.trim()))
    .filter(Boolean);
}

function readAct(text) {
  const set = text.match(SET);
  if (set) return setTo(set[1], set[2]);
  const draw = text.match(DRAW);
  if (draw) return drawnFrom(draw[1], draw[2], draw[3].split(",").map((word) => word.trim()));
  const edge = text.match(CUT);
  return edge ? cutEdge(edge[1], edge[2]) : null;
}

const call = (verb, inside) => `${verb}(${inside})`;

/** Return the act that sets a factor to a value. */
export const setTo = (factor, value) => ({ key: factor, factor, value: String(value), text: call("do", `${factor}=${value}`) });

/** Return the act that draws a factor from a law; words are its numbers, or names with weights. */
export const drawnFrom = (factor, law, words) => ({ key: factor, factor, law, words, text: call("do", `${factor}~${call(law, words.join(","))}`) });

/** Return the act that cuts an edge. */
export const cutEdge = (source, target) => ({ key: `${source}->${target}`, source, target, text: call("cut", `${source}->${target}`) });

/** Return the acts with one put in: it takes the place of the one with its key. */
export function withAct(acts, act) {
  const at = acts.findIndex(({ key }) => key === act.key);
  return at < 0 ? [...acts, act] : acts.map((one, i) => (i === at ? act : one));
}

/** Return the acts without the one of a key. */
export const withoutAct = (acts, key) => acts.filter((one) => one.key !== key);

/** Return the acts as they are written. */
export const written = (acts) => acts.map(({ text }) => text).join("; ");

/** Return a number with as few digits as its place between two ends needs. */
export function tidy(value, low, high) {
  const digits = Math.max(0, Math.ceil(-Math.log10((high - low) / 100)));
  return Number(Number(value).toFixed(digits));
}
