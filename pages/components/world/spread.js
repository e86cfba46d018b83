// How a factor is spread, small: grey what training shows, coloured what there is now, the training support shaded behind.

const NS = "http://www.w3.org/2000/svg";

/** Return an SVG element. */
export function shape(tag, attributes = {}, ...children) {
  const element = document.createElementNS(NS, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

const bars = (shares, width, height, most, gap) => {
  const step = width / shares.length;
  return shares
    .map((share, i) => {
      const tall = Math.max(share > 0 ? 1 : 0, (share / most) * height);
      return tall ? `M${(i * step + gap / 2).toFixed(2)} ${height}v${-tall.toFixed(2)}h${(step - gap).toFixed(2)}v${tall.toFixed(2)}Z` : "";
    })
    .join("");
};

/** The outline of shares as steps, so that it can lie over bars. */
const steps = (shares, width, height, most) => {
  const step = width / shares.length;
  const tops = shares.map((share, i) => `${i ? "" : `M0 ${height}`}V${(height - (share / most) * height).toFixed(2)}H${((i + 1) * step).toFixed(2)}`);
  return `${tops.join("")}V${height}`;
};

/** A picture of a spread in a box; `update(now, usual)` draws it anew. */
export class Spread {
  constructor(factor, width, height) {
    Object.assign(this, { factor, width, height });
    this.svg = shape("svg", { viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: "none", "aria-hidden": "true" });
    this.support = shape("path", { fill: "var(--known)" });
    this.usual = shape("path", { fill: "var(--past)" });
    this.now = shape("path", { fill: "none", stroke: "var(--accent)", "stroke-width": 1.6, "vector-effect": "non-scaling-stroke", "stroke-linejoin": "round" });
    this.svg.append(this.support, this.usual, this.now, shape("path", { d: `M0 ${height}H${width}`, stroke: "var(--rule)", "vector-effect": "non-scaling-stroke" }));
    this.shade();
  }

  shade() {
    const { factor, width, height } = this;
    if (factor.categorical) return;
    const [low, high] = factor.domain;
    const x = (value) => ((value - low) / (high - low)) * width;
    const parts = factor.support.intervals.map(([a, b]) => {
      const wide = Math.max(x(b) - x(a), 2);
      return `M${Math.min(x(a), width - 2).toFixed(2)} 0h${wide.toFixed(2)}v${height}h${(-wide).toFixed(2)}Z`;
    });
    this.support.setAttribute("d", parts.join(""));
  }

  update(now, usual) {
    const { width, height, factor } = this;
    const most = Math.max(...usual, ...now, 1e-9) * 1.04;
    this.usual.setAttribute("d", bars(usual, width, height, most, factor.categorical ? 1 : 0));
    this.now.setAttribute("d", steps(now, width, height, most));
  }
}
