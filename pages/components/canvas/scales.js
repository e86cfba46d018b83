// Axis scales for shares and plain numbers, ticks, and how numbers are written (as engine/plots/formats.py writes them).

export const THIN = "\u202f";
const SHARES = [0.001, 0.01, 0.05, 0.1, 0.2, 0.35, 0.5, 0.65, 0.8, 0.9, 0.95, 0.99, 0.999];

/** The standard normal distribution function: erf by Abramowitz and Stegun 7.1.26, error below 1.5e-7. */
export function normal(z) {
  const x = Math.abs(z) / Math.SQRT2;
  const t = 1 / (1 + 0.3275911 * x);
  const poly = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  const tail = 0.5 * poly * Math.exp(-x * x);
  return z < 0 ? tail : 1 - tail;
}

/** The inverse of `normal`, by Newton's method from a logistic guess. */
export function quantile(p) {
  let z = Math.log(p / (1 - p)) / 1.702;
  for (let i = 0; i < 6; i++) {
    const density = Math.exp(-0.5 * z * z) / Math.sqrt(2 * Math.PI);
    const step = (normal(z) - p) / density;
    z -= Math.max(-1, Math.min(1, step));
    if (Math.abs(step) < 1e-9) break;
  }
  return z;
}

const KINDS = {
  linear: { to: (v) => v, from: (v) => v },
  logit: { to: (v) => Math.log(v / (1 - v)), from: (v) => 1 / (1 + Math.exp(-v)) },
  probit: { to: quantile, from: normal },
};

/** Return {to, from} of a scale; shares are clipped to epsilon..1 - epsilon on logit and probit axes. */
export function scale(kind, epsilon = 1e-3) {
  const found = KINDS[kind] || KINDS.linear;
  if (kind === "linear") return found;
  return { to: (v) => (Number.isNaN(v) ? NaN : found.to(Math.min(1 - epsilon, Math.max(epsilon, v)))), from: found.from };
}

/** Return tick values (data units) between two places of an axis, at most `most` of them. */
export function ticks(kind, low, high, most) {
  const { to, from } = scale(kind, 1e-6);
  if (kind !== "linear") {
    const inside = SHARES.filter((v) => to(v) >= low && to(v) <= high);
    if (inside.length >= 3) return thinned(inside, to, (high - low) / most);
  }
  return even(kind === "linear" ? low : from(low), kind === "linear" ? high : from(high), most);
}

function thinned(values, to, least) {
  const kept = [];
  for (const v of values) if (!kept.length || to(v) - to(kept[kept.length - 1]) >= least * 0.8) kept.push(v);
  return kept;
}

function even(low, high, most) {
  const rough = (high - low) / Math.max(1, most);
  if (!(rough > 0) || !Number.isFinite(rough)) return [];
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((m) => m * power).find((s) => s >= rough * 0.999);
  const found = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + 1e-9 * step; i++) found.push(Number((i * step).toPrecision(12)));
  return found;
}

const grouped = (text) => text.replace(/\B(?=(\d{3})+(?!\d))/g, THIN);

/** Return a number with so many decimals, a true minus and thin thousands separators. */
export function fixed(value, places) {
  const [whole, rest] = Math.abs(value).toFixed(places).split(".");
  const sign = value < 0 && Number(value.toFixed(places)) !== 0 ? "\u2212" : "";
  return sign + grouped(whole) + (rest ? `.${rest}` : "");
}

/** Return a whole number with thin thousands separators. */
export const count = (n) => fixed(Math.round(n), 0);

function decimals(value) {
  if (!value || !Number.isFinite(value)) return 2;
  return Math.max(0, 2 - Math.floor(Math.log10(Number(Math.abs(value).toPrecision(3)))));
}

function shareDecimals(value) {
  if (value === 0 || value === 1) return 0;
  let places = Math.min(decimals(100 * value), 4);
  while (value > 0 && value < 1 && Number((100 * value).toFixed(places)) >= 100 && places < 6) places++;
  return places;
}

/** Return a number with its unit and, where both bounds are known, its interval and n. */
export function interval(value, low, high, n, unit) {
  if (Number.isNaN(value)) return "undefined";
  const rate = unit === "fraction";
  const factor = rate ? 100 : 1;
  // a float32 carries 7 digits: round, so that 0.1 is not 0.10000000149
  const v = Number(value.toPrecision(7));
  const places = rate ? shareDecimals(v) : decimals(v);
  let text = fixed(factor * v, places) + (rate ? `${THIN}%` : unit ? `${THIN}${unit}` : "");
  if (Number.isFinite(low) && Number.isFinite(high)) {
    const shown = v === 0 || v === 1 ? 1 : places;
    text += ` [${fixed(factor * low, shown)}, ${fixed(factor * high, shown)}]`;
  }
  return Number.isFinite(n) ? `${text}, n ${count(n)}` : text;
}

/** Return how a tick is written: rates in percent. */
export function tick(value, unit) {
  const v = unit === "fraction" ? 100 * value : value;
  if (v !== 0 && (Math.abs(v) < 1e-4 || Math.abs(v) >= 1e7)) return v.toExponential(1).replace("-", "\u2212");
  const text = String(Number(v.toPrecision(6)));
  const [whole, rest] = text.replace("-", "").split(".");
  return (v < 0 ? "\u2212" : "") + grouped(whole) + (rest ? `.${rest}` : "") + (unit === "fraction" ? "%" : "");
}
