// Copies the page's address, which holds every choice.

import { component } from "../canvas/streamlit.js";
import { buttons } from "../canvas/quiet.js";

/** Copy a text, also where the page is not in a secure context. */
export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // not a secure context: the old way
    const field = document.createElement("textarea");
    field.value = text;
    document.body.append(field);
    field.select();
    document.execCommand("copy");
    field.remove();
  }
}

export default component(({ parentElement }) => {
  const quiet = buttons(parentElement, [["Copy link", "Copy the address of what you see", act]]);
  const button = quiet.row.firstElementChild;
  button.setAttribute("aria-live", "polite");
  async function act() {
    await copy(location.href);
    button.textContent = "Link copied";
    setTimeout(() => (button.textContent = "Copy link"), 2000);
  }
  return { update: quiet.colour, destroy: quiet.destroy };
});
