// Small quiet buttons under a figure, in the theme's colours.

import { theme } from "./colours.js";
import { make } from "./canvas.js";

const CSS = `
.row { display: flex; gap: 2px; font: 12px/1.3 var(--st-font, "Source Sans", system-ui, sans-serif); }
button { font: inherit; color: var(--muted); background: none; border: 1px solid transparent; border-radius: 4px; min-height: 26px; padding: 2px 6px; cursor: pointer; white-space: nowrap; }
button:hover { color: var(--ink); background: var(--surface); }
button:focus-visible { outline: 2px solid var(--accent); outline-offset: 1px; }
`;

/** Fill a host with buttons; `actions` is [[word, title, action]]. Returns {row, colour(), destroy()}. */
export function buttons(host, actions) {
  const style = make("style");
  style.textContent = CSS;
  const row = make("div", { class: "row" }, ...actions.map(([word, title, action]) => make("button", { type: "button", title, "aria-label": title, onclick: action }, word)));
  host.append(style, row);
  const colour = () => {
    const { text, muted, surface, accent } = theme(host.host || host);
    for (const [name, value] of Object.entries({ ink: text, muted, surface, accent })) row.style.setProperty(`--${name}`, value);
  };
  colour();
  return { row, colour, destroy: () => [style, row].forEach((node) => node.remove()) };
}
