// Saves the Plotly figures of a container as one SVG or PNG, by putting together the SVG layers that are on screen.
// Where the figure is wider than its container, the container can be scrolled with the keyboard too.

import { theme } from "../canvas/colours.js";
import { fileName, raster, save, withFont } from "../canvas/saving.js";
import { component } from "../canvas/streamlit.js";
import { buttons } from "../canvas/quiet.js";

const NS = "http://www.w3.org/2000/svg";
const PAD = 12;
const TITLE = 30;
const LEFT_OUT = ".hoverlayer, .zoomlayer, .modebar-container, .outline-controllers";

/** Return {text, width, height} of all Plotly figures inside a node, where they stand, under a title. */
export function compose(node, name) {
  const figures = [...node.querySelectorAll(".js-plotly-plot")];
  if (!figures.length) return null;
  const { background, text, font } = theme(node);
  const rects = figures.map((figure) => figure.getBoundingClientRect());
  const left = Math.min(...rects.map((r) => r.left));
  const top = Math.min(...rects.map((r) => r.top));
  const width = Math.max(...rects.map((r) => r.right)) - left + 2 * PAD;
  const height = Math.max(...rects.map((r) => r.bottom)) - top + 2 * PAD + TITLE;
  const svg = shape("svg", { xmlns: NS, width, height, viewBox: `0 0 ${width} ${height}` });
  svg.append(shape("title", {}, name), shape("rect", { width, height, fill: background }));
  svg.append(shape("text", { x: PAD, y: 24, "font-family": font, "font-size": 15, "font-weight": 600, fill: text }, name));
  figures.forEach((figure, i) => svg.append(copyOf(figure, rects[i], rects[i].left - left + PAD, rects[i].top - top + PAD + TITLE)));
  legendOf(node, svg, { left, top, text, font });
  return { text: written(svg), width, height, background };
}

function shape(tag, attributes, content) {
  const element = document.createElementNS(NS, tag);
  for (const [name, value] of Object.entries(attributes)) if (name !== "xmlns") element.setAttribute(name, value);
  if (content) element.textContent = content;
  return element;
}

/** Return one figure's layers in drawing order, moved to its place; drawings on canvases become images. */
function copyOf(figure, rect, x, y) {
  const group = shape("g", { transform: `translate(${x} ${y})` });
  for (const layer of figure.querySelectorAll(".svg-container > svg.main-svg, .gl-container canvas")) {
    if (layer.tagName.toLowerCase() === "canvas") {
      group.append(shape("image", { width: rect.width, height: rect.height, href: layer.toDataURL("image/png") }));
      continue;
    }
    const copy = layer.cloneNode(true);
    copy.querySelectorAll(LEFT_OUT).forEach((unwanted) => unwanted.remove());
    copy.removeAttribute("class");
    copy.style.background = "none";
    copy.setAttribute("overflow", "visible");
    group.append(copy);
  }
  return group;
}

/** A legend that several figures share stands in the page as text: draw its words after the title. */
function legendOf(node, svg, { text, font }) {
  const entries = [...node.querySelectorAll(".ts-legend > span")];
  let x = PAD + 8 * (svg.querySelector("text").textContent.length + 4);
  for (const entry of entries) {
    const mark = entry.querySelector("img");
    if (mark) svg.append(shape("image", { x, y: 13, width: 14, height: 14, href: mark.src }));
    svg.append(shape("text", { x: x + 18, y: 24, "font-family": font, "font-size": 13, fill: text }, entry.textContent.trim()));
    x += 32 + 7 * entry.textContent.trim().length;
  }
}

/** References inside a drawing must not name the page they came from. */
function written(svg) {
  const page = location.href.split("#")[0];
  const text = new XMLSerializer().serializeToString(svg);
  return text.replaceAll(`${page.replaceAll("&", "&amp;")}#`, "#").replaceAll(/url\((?:&quot;|')?[^)#]*#([^)&']+)(?:&quot;|')?\)/g, "url(#$1)");
}

/** Let a container that scrolls sideways take the focus, so that the arrow keys reach what is out of sight. */
function reachable(node, name) {
  if (!node || node.scrollWidth <= node.clientWidth) return;
  node.tabIndex = 0;
  node.setAttribute("role", "group");
  node.setAttribute("aria-label", name);
}

export default component((given) => {
  let data = given.data;
  const target = () => document.querySelector(`.${CSS.escape(data.target)}`);
  const figure = () => {
    const node = target();
    return node && compose(node, data.name);
  };
  const quiet = buttons(given.parentElement, [
    ["PNG", "Save the figure as PNG", () => savePng(figure(), data.name)],
    ["SVG", "Save the figure as SVG", () => saveSvg(figure(), data.name)],
  ]);
  const update = (next) => {
    data = next.data;
    quiet.colour();
  };
  const watch = new ResizeObserver(() => reachable(target(), data.name));
  if (target()) watch.observe(target());
  const destroy = () => {
    watch.disconnect();
    quiet.destroy();
  };
  return { update, destroy };
});

function saveSvg(figure, name) {
  if (figure) save(new Blob([figure.text], { type: "image/svg+xml" }), fileName(name, "svg"));
}

async function savePng(figure, name) {
  if (figure) save(await raster(await withFont(figure.text), figure.width, figure.height, 2, figure.background), fileName(name, "png"));
}
