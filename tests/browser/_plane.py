"""A plane of as many people as one likes, served by a script of its own, for the browser test and the bench of the slider."""

from pathlib import Path
from typing import Any

SCRIPT = """
import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

if get_script_run_ctx(suppress_warning=True) is None:
    from pages.parts import server

    app = st.App(__file__, lifespan=server.lifespan, routes=server.routes(), middleware=server.middleware())
else:
    import numpy as np

    from engine.plots import planes
    from pages.components import plane
    from pages.parts import style

    style.apply()
    n = st.number_input("people", 1, 200_000, 500, key="people", bind="query-params")
    rng = np.random.default_rng(0)
    members = (rng.random(n) < 0.6).astype(int)
    task = (1.5 * rng.standard_normal(n) + 0.8 * members - 0.9).astype(np.float32)
    group = (members + 0.3 * rng.standard_normal(n)).astype(np.float32)
    lines = [planes.Line(0.01 * k, -2 + 0.1 * k, 1 - 0.05 * k, 0.8, 0.01 * k, (0.4, 0.7)) for k in range(1, 22)]
    dots = planes.Dots(task, group, members, (task > 0).astype(int), ("f", "m"), lines, x_title="score", y_title="group value")
    said = st.empty()
    plane.show(dots, key="plane", name="People", alt="Each dot is a person.", on_slack=lambda slack: st.session_state.update(told=slack))
    said.text(f"told: {st.session_state.get('told')}")
"""


def script(folder: Path) -> Path:
    """Write the script into a folder and return it."""
    file = folder / "plane_app.py"
    file.write_text(SCRIPT)
    return file


def slid(page: Any) -> list[float]:
    """Move the slider over all its places, there and back, and return the milliseconds that the page measured for each."""
    return page.locator("input[type=range]").evaluate(
        """input => {
            const plane = input.getRootNode().querySelector('.plane');
            const times = [];
            const places = [...Array(Number(input.max) + 1).keys()];
            for (const place of [...places.slice(1), ...places.slice(0, -1).reverse()]) {
                input.value = place;
                input.dispatchEvent(new Event('input', { bubbles: true }));
                times.push(Number(plane.dataset.slideMs));
            }
            return times;
        }"""
    )
