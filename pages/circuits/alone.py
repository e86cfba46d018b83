"""A circuit as one HTML file that opens without a server: the viewer's modules, the circuit, the colours of both schemes, all inside."""

import base64
import functools
import html
import json
import posixpath
import re
from pathlib import Path

from engine.circuits import picture
from engine.plots import template
from pages.parts import routes

FIRST = "circuit/circuit.js"
_IMPORT = re.compile(r'from "(\.[^"]+)"')
_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>%(title)s</title>
<style>
%(colours)s
body { margin: 0; background: var(--st-background-color); color: var(--st-text-color); font: 16px/1.5 var(--st-font); }
main { max-width: 84rem; margin: 0 auto; padding: 1.5rem 1rem; }
h1 { font-size: 1.5rem; margin: 0 0 0.5rem; }
p.how { max-width: 46rem; margin: 0 0 1rem; }
</style>
<script type="importmap">%(modules)s</script>
</head>
<body>
<main>
<h1>%(title)s</h1>
<p class="how">Links are part of the network, the same for every input; attention is what inputs make of them. The line above the graph says what is
hidden. This file holds all it shows and needs no server; a graph is unpacked when it is first drawn. %(left)s Keys are listed under “?”.</p>
<div id="viewer"></div>
</main>
%(parts)s
<script type="module">
import { Viewer } from "ts/circuit/circuit.js";
const read = (name) => Uint8Array.from(atob(document.getElementById(name).textContent), (c) => c.charCodeAt(0));
const viewer = new Viewer(document.getElementById("viewer"), read("circuit"), () => {}, read);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { viewer.colour(); viewer.changed(); });
</script>
</body>
</html>
"""


def page(circuit: str, view: dict | None = None) -> bytes:
    """Return a circuit as a page of its own, with a view to begin with; raises UserError for one that was not observed or brought."""
    block = picture.pack(circuit)
    header = picture.unpacked(block)[0]
    title, left = str(header["title"]), len(header["later"])
    if view:
        block = picture.dressed(block, start=json.dumps(view))
    first, later = picture.parted(block)
    told = {
        "title": html.escape(title), "left": f"{left} larger graphs stayed behind: attention and links over training." if left else "",
        "colours": _colours(), "modules": json.dumps({"imports": _modules()}).replace("</", "<\\/"),
        "parts": "\n".join(_part(name, one) for name, one in {"circuit": first, **later}.items()),
    }  # fmt: skip
    return (_PAGE % told).encode()


def _part(name: str, content: bytes) -> str:
    """Return bytes as an element that a browser leaves alone until they are read: graphs are unpacked when they are drawn."""
    return f'<script type="application/octet-stream" id="{name}">{base64.b64encode(content).decode()}</script>'


@functools.lru_cache(maxsize=1)
def _modules() -> dict[str, str]:
    """Return the viewer's modules and all they import, each as an address that holds it; imports are named from the root."""
    found: dict[str, str] = {}
    todo = [FIRST]
    while todo:
        path = todo.pop()
        text = (routes.COMPONENTS / Path(path)).read_text()
        imports = {said: posixpath.normpath(posixpath.join(posixpath.dirname(path), said)) for said in _IMPORT.findall(text)}
        text = _IMPORT.sub(lambda match, imports=imports: f'from "ts/{imports[match.group(1)]}"', text)
        found[f"ts/{path}"] = f"data:text/javascript;base64,{base64.b64encode(text.encode()).decode()}"
        todo += [one for one in imports.values() if f"ts/{one}" not in found and one not in todo]
    return found


def _colours() -> str:
    """Return the theme's variables as the components read them, light, and dark where the visitor's system is."""
    light, dark = (_variables(template.THEMES[name]) for name in ("light", "dark"))
    return f":root {{ {light} }}\n@media (prefers-color-scheme: dark) {{ :root {{ {dark} }} }}"


def _variables(theme: template.Theme) -> str:
    named = {
        "text-color": theme.text, "background-color": theme.background, "secondary-background-color": theme.surface, "primary-color": theme.accent,
        "chart-categorical-colors": ",".join(theme.categorical), "font": '"Source Sans", system-ui, sans-serif',
    }  # fmt: skip
    return " ".join(f"--st-{name}: {value};" for name, value in named.items())
