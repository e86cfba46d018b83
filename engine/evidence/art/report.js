// Draws the figures of a report in light or dark. Everything they need stands in this file; nothing is fetched.
const told = JSON.parse(document.getElementById("figures").textContent);
const root = document.documentElement;
const prefers = matchMedia("(prefers-color-scheme: dark)");
const button = document.getElementById("theme");
const PRINTED = 640; // pixels of a figure on A4
const OPTIONS = { displaylogo: false, displayModeBar: false, scrollZoom: false, responsive: true };
let chosen = null;
let printing = false;

const theme = () => (printing ? "light" : chosen || (prefers.matches ? "dark" : "light"));

// As engine/plots/template.py does: the palette's colours are exchanged, everything else stays.
function swapped(value) {
  if (typeof value === "string") {
    if (value.startsWith("#")) return told.swaps[value] || value;
    if (!value.startsWith("rgba(")) return value;
    const end = value.lastIndexOf(",");
    const head = value.slice(0, end);
    return (told.swaps[head] || head) + value.slice(end);
  }
  if (Array.isArray(value)) return value.map(swapped);
  if (value && typeof value === "object") return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, swapped(one)]));
  return value;
}

function draw(place) {
  const plot = told.plots[Number(place.dataset.plot)];
  const name = theme();
  const copy = structuredClone(plot);
  const { data, layout } = name === "dark" ? swapped(copy) : copy;
  layout.template = told.templates[name];
  layout.autosize = true;
  const beside = place.closest(".panels").classList.contains("one") ? 1 : 2;
  if (printing) layout.width = PRINTED / beside;
  return Plotly.react(place, data, layout, OPTIONS);
}

function drawAll() {
  if (!window.Plotly) return Promise.resolve(); // it is being unpacked
  return Promise.all(Array.from(document.querySelectorAll("[data-plot]"), draw));
}

function say() {
  const dark = theme() === "dark";
  if (chosen) root.dataset.theme = chosen;
  button.textContent = dark ? "Light" : "Dark";
  button.setAttribute("aria-label", dark ? "Show in light" : "Show in dark");
}

function print(begins) {
  printing = begins;
  for (const one of document.querySelectorAll("details.more")) one.open = begins; // on paper nothing can be opened
  drawAll();
}

button.addEventListener("click", () => {
  chosen = theme() === "dark" ? "light" : "dark";
  say();
  drawAll();
});
prefers.addEventListener("change", () => {
  say();
  drawAll();
});
addEventListener("beforeprint", () => print(true));
addEventListener("afterprint", () => print(false));
// plotly.js stands in this file once, packed; the page's policy lets run what it unpacks to, and nothing else.
async function unpacked() {
  const text = atob(document.getElementById("plotly").textContent);
  const bytes = Uint8Array.from(text, (letter) => letter.charCodeAt(0));
  const script = document.createElement("script");
  script.textContent = await new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).text();
  document.body.append(script);
}

say();
unpacked()
  .then(drawAll)
  .then(() => {
    root.dataset.drawn = "yes";
  });
