// Reports the theme that is shown where it is not the one that the server drew. Nothing is seen of it.

import { theme } from "../canvas/colours.js";
import { component } from "../canvas/streamlit.js";

function compare({ data, parentElement, setStateValue }) {
  const now = theme(parentElement.host || parentElement).dark ? "dark" : "light";
  if (now !== data.drawn) setStateValue("now", now);
}

export default component((given) => {
  compare(given);
  return { update: compare, destroy: () => {} };
});
