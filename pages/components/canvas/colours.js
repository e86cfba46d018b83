// Colours as the page has them now: read from the theme's CSS variables, mixed where the theme has no name for a shade.

const FALLBACK = {
  text: "#1d2329", background: "#ffffff", surface: "#f6f7f8", accent: "#0f5a6e", font: '"Source Sans", system-ui, sans-serif',
  categorical: ["#1b3f8b", "#9c3d0c", "#2c8a57", "#7e3cb5", "#1899c9", "#d0568a", "#9c9428", "#33383f"],
};

/** Return [red, green, blue] in 0..255 of "#rrggbb", "#rgb" or "rgb(…)". */
export function parse(colour) {
  const hex = colour.trim().match(/^#([0-9a-f]{3}|[0-9a-f]{6})$/i);
  if (hex) {
    const digits = hex[1].length === 3 ? [...hex[1]].map((c) => c + c).join("") : hex[1];
    return [0, 2, 4].map((i) => parseInt(digits.slice(i, i + 2), 16));
  }
  const numbers = colour.match(/[\d.]+/g);
  return numbers && numbers.length >= 3 ? numbers.slice(0, 3).map(Number) : [0, 0, 0];
}

/** Return the colour that lies `share` of the way from one to another, as "rgb(…)". */
export function mix(from, to, share) {
  const [a, b] = [parse(from), parse(to)];
  return `rgb(${a.map((v, i) => Math.round(v + (b[i] - v) * share)).join(",")})`;
}

/** Return a colour with an opacity. */
export function faded(colour, opacity) {
  return `rgba(${parse(colour).join(",")},${opacity})`;
}

/** Return the theme around an element: the same slots as engine/plots/template.py. */
export function theme(element) {
  const style = getComputedStyle(element);
  const read = (name, otherwise) => style.getPropertyValue(name).trim() || otherwise;
  const text = read("--st-text-color", FALLBACK.text);
  const background = read("--st-background-color", FALLBACK.background);
  const list = read("--st-chart-categorical-colors", "");
  const categorical = list ? list.split(/,(?![^(]*\))/).map((c) => c.trim()) : FALLBACK.categorical;
  return {
    text, background, categorical,
    surface: read("--st-secondary-background-color", FALLBACK.surface),
    accent: read("--st-primary-color", FALLBACK.accent),
    font: read("--st-font", FALLBACK.font),
    muted: mix(text, background, 0.32),
    axis: mix(text, background, 0.5),
    rule: mix(text, background, 0.89),
    dark: parse(background).reduce((a, b) => a + b, 0) < 384,
  };
}
