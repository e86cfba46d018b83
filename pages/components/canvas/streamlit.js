// How our modules live in Streamlit: called at first, and again with each change of data or theme, while the DOM node stays.

const held = new WeakMap();

/**
 * Return the function that Streamlit wants as a module's default export.
 * @param start (component) => {update(component), destroy()}
 */
export function component(start) {
  return (given) => {
    const node = given.parentElement;
    let mounted = held.get(node);
    if (!mounted) {
      mounted = { instance: start(given), calls: 0 };
      held.set(node, mounted);
    } else mounted.instance.update(given);
    const call = ++mounted.calls;
    // Streamlit runs the cleanup of a call that a newer one has overtaken: only the newest may take the figure down
    return () => {
      if (call !== mounted.calls) return;
      mounted.instance.destroy();
      held.delete(node);
    };
  };
}
