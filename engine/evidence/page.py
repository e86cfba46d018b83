"""A report as one HTML page that opens without a server or a network: words, figures, tables, method, limits, and where the numbers come from."""

import base64
import gzip
import hashlib
import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import plotly.graph_objects as go
import plotly.io
import plotly.offline

from engine.evidence import papers, tabled
from engine.evidence.manifest import Data, Manifest, View
from engine.evidence.parts import Figure, Part, Picture, Pictures, Table
from engine.evidence.prose import html_of, paragraphs
from engine.plainly import glossary
from engine.plots import formats, looks, template
from engine.plots.looks import Look

ART = Path(__file__).parent / "art"
SLOTS = ("background", "surface", "text", "muted", "rule", "axis", "accent")
PLAIN = {"tested": "What was tested", "differs": "What differs for sure", "alike": "What does not, or cannot be told", "sure": "How sure that is"}
MOST_NAMED = 200  # networks, data sets or runs that a table in the report lists; the manifest holds all


@dataclass(frozen=True)
class Placed:
    """A part with the files that hold its rows, as the manifest names them."""

    part: Part
    view: View


def page(placed: Sequence[Placed], told: Manifest, words: str) -> str:
    """Return the report.

    Args:
        placed: What it shows, in order.
        told: Its manifest, whose files need not be listed yet.
        words: What the author says.
    """
    plots: list[go.Figure] = []
    body = "".join([_head(told, words), _short(placed), *(_part(i, one, plots) for i, one in enumerate(placed, 1)), _terms(placed), _sources(told)])
    script, plotly_js = (ART / "report.js").read_text(), plotly.offline.get_plotlyjs()
    policy = (
        f"default-src 'none'; script-src {_allowed(plotly_js)} {_allowed(script)}; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; "
        "form-action 'none'"
    )
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{html.escape(policy)}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n<meta name="color-scheme" content="light dark">\n'
        f"<title>{html.escape(told.title)}</title>\n<style>\n{_colours()}\n{(ART / 'report.css').read_text()}</style>\n</head>\n"
        f"<body>\n<main>\n{body}\n</main>\n"
        f'<script type="application/json" id="figures">{data(plots)}</script>\n'
        f'<script type="text/plain" id="plotly">{packed(plotly_js)}</script>\n<script>{script}</script>\n</body>\n</html>\n'
    )


def _allowed(script: str) -> str:
    """Return how the page's policy names a script that may run: no other does, whatever a text smuggles in."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"


def packed(script: str) -> str:
    """Return a script as base64 of gzip, always the same: the browser unpacks it, and the policy names what it unpacks to."""
    return base64.b64encode(gzip.compress(script.encode(), compresslevel=9, mtime=0)).decode()


def data(plots: Sequence[go.Figure]) -> str:
    """Return figures, both templates and the exchange of colours as JSON that can stand in a page."""
    told = {
        "plots": [_plot(plot) for plot in plots],
        "templates": {name: template.template(name) for name in template.THEMES},
        "swaps": template.swaps(),
    }
    return str(plotly.io.json.to_json_plotly(told)).replace("<", "\\u003c")


def _plot(figure: go.Figure) -> dict[str, Any]:
    content = figure.to_dict()
    return {"data": content["data"], "layout": {name: value for name, value in content["layout"].items() if name != "template"}}


def _colours() -> str:
    light, dark = (
        "".join(f"--{slot}:{getattr(theme, slot)};" for slot in SLOTS) + "".join(f"--c{i}:{colour};" for i, colour in enumerate(theme.categorical))
        for theme in (template.LIGHT, template.DARK)
    )
    return (
        f":root{{{light}}}\n@media (prefers-color-scheme: dark){{:root:not([data-theme=light]){{{dark}}}}}\n:root[data-theme=dark]{{{dark}}}\n"
        f"@media print{{:root:root:root{{{light}}}}}"
    )


def _head(told: Manifest, words: str) -> str:
    by = " · ".join(html.escape(one) for one in (told.author, told.made[:10]) if one)
    said = f'<div class="words">{paragraphs(words)}</div>' if words.strip() else ""
    return (
        f'<header><div class="top"><p class="kicker">Touchstone report</p><button id="theme" type="button">Dark</button></div>'
        f'<h1>{html.escape(told.title)}</h1><p class="byline">{by}</p>'
        "<noscript><p>The figures need scripts to be drawn; all else can be read without.</p></noscript>"
        f"{said}</header>"
    )


def _short(placed: Sequence[Placed]) -> str:
    """Return the contents: each view with the first thing that was found."""
    heads = [f'<a href="#view-{i}">{html.escape(_begun(one.part.title))}</a>' for i, one in enumerate(placed, 1)]
    items = "".join(f"<li>{head}: {html_of(_first(one.part))}</li>" for head, one in zip(heads, placed, strict=True))
    return f'<section class="short"><h2>In short</h2><ol>{items}</ol></section>'


def _first(part: Part) -> str:
    return next((finding for finding in part.findings if finding), "no finding")


def _part(number: int, placed: Placed, plots: list[go.Figure]) -> str:
    """Return a view; its figures are added to `plots`."""
    part, view = placed.part, placed.view
    findings = "".join(html_of(finding) for finding in part.findings if finding)
    remarks = f'<h3>Notes and review</h3><div class="remarks">{"".join(html_of(remark) for remark in part.remarks)}</div>' if part.remarks else ""
    return (
        f'<section id="view-{number}"><h2>{number}. {html.escape(_begun(part.title))}</h2>{_plain(part)}'
        f'<div class="finding">{findings}</div>{_more(part)}'
        + "".join(_figure(figure, file, plots) for figure, file in zip(part.figures, view.figures, strict=True))
        + "".join(_pictures(pictures, file) for pictures, file in zip(part.pictures, view.pictures, strict=True))
        + "".join(_table(table, file) for table, file in zip(part.tables, view.tables, strict=True))
        + f"{remarks}<h3>Method</h3><p>{html.escape(part.method)}</p>{_paper(part)}"
        + f"<h3>Limits</h3><ul>{''.join(f'<li>{html.escape(limit)}</li>' for limit in part.limits)}</ul>"
        + _asked(view)
        + "</section>"
    )


def _plain(part: Part) -> str:
    """Return what was found in plain words, with a heading before the field's words; nothing where it is not said so."""
    if part.plain is None:
        return ""
    rows = "".join(
        f"<dt>{html.escape(words)}</dt><dd>{''.join(map(html_of, said))}</dd>" for name, words in PLAIN.items() if (said := getattr(part.plain, name))
    )
    return f'<dl class="plain">{rows}</dl><h3>In the field\'s words</h3>'


def _terms(placed: Sequence[Placed]) -> str:
    """Return the terms that plain words set in italics, explained."""
    texts = [text for one in placed if one.part.plain for name in PLAIN for text in getattr(one.part.plain, name)]
    found = dict.fromkeys(name for text in texts for said in glossary.marked(text) if (name := glossary.named(said)))
    rows = "".join(f"<dt>{html.escape(name)}</dt><dd>{html.escape(glossary.TERMS[name])}</dd>" for name in sorted(found, key=str.casefold))
    return f'<section id="terms"><h2>Terms</h2><dl>{rows}</dl></section>' if rows else ""


def _more(part: Part) -> str:
    said = "".join(f"<li>{html_of(sentence)}</li>" for sentence in part.more)
    return f'<details class="more"><summary>All that was found</summary><ul>{said}</ul></details>' if said else ""


def _begun(title: str) -> str:
    """Return a title as a heading begins."""
    return title[:1].upper() + title[1:]


def _paper(part: Part) -> str:
    return f'<p class="quiet">After {html.escape(papers.cited(part.paper).rstrip("."))}.</p>' if part.paper else ""


def _asked(view: View) -> str:
    """Return what the view was asked, and its address on a dashboard."""
    told = {**view.asked, "address": view.address}
    return f"<details><summary>What was asked</summary>{_facts(told)}</details>"


def _facts(told: Mapping[str, object]) -> str:
    return f"<dl>{''.join(f'<dt>{html.escape(str(name))}</dt><dd>{html.escape(str(value))}</dd>' for name, value in told.items())}</dl>"


def _figure(figure: Figure, file: str, plots: list[go.Figure]) -> str:
    panels = []
    for name, drawn in figure.drawn.items():
        label = f"{figure.alt}: {name}" if name else figure.alt
        panels.append(f'<div>{_panel(name, drawn)}<div data-plot="{len(plots)}" role="img" aria-label="{html.escape(label)}"></div></div>')
        plots.append(drawn)
    captions = "".join(html_of(caption) for caption in figure.captions)
    return (
        f'<figure><p class="title">{html.escape(_begun(figure.title))}</p>{_legend(figure.legend)}'
        f'<div class="panels{" one" if len(panels) == 1 else ""}">{"".join(panels)}</div>'
        f"<figcaption>{captions}</figcaption>{_rows(figure.title, figure.rows, file)}</figure>"
    )


def _pictures(shown: Pictures, file: str) -> str:
    """Return pictures side by side, each with its words; what is wrong has a mark besides its colour."""
    tiles = "".join(_tile(one, shown.width) for one in shown.shown)
    caption = f"<figcaption>{html_of(shown.caption)}</figcaption>" if shown.caption else ""
    return (
        f'<figure class="pictures"><p class="title">{html.escape(_begun(shown.title))}</p><ul>{tiles}</ul>{caption}'
        f"{_rows(shown.title, shown.rows, file)}</figure>"
    )


def _tile(one: Picture, width: int) -> str:
    said, code = html.escape(one.words), base64.b64encode(one.file).decode()
    mark = {True: '<span class="right">✓</span> ', False: '<span class="wrong">✗</span> ', None: ""}[one.good]
    return f'<li style="width:{width}px"><img src="data:image/{one.kind};base64,{code}" alt="" width="{width}"><span>{mark}{said}</span></li>'


def _panel(name: str, drawn: go.Figure) -> str:
    """Return a panel's name where the figure does not say it itself."""
    said = drawn.to_dict()["layout"].get("title")
    return f'<p class="panel">{html.escape(name)}</p>' if name and not said else ""


def _rows(title: str, rows: pd.DataFrame, file: str) -> str:
    """Return the beginning of a figure's rows as a table, and the file that holds all."""
    shown = formats.share(min(len(rows), tabled.MOST_BEHIND), len(rows), "rows")
    table = tabled.html_of(rows, most=tabled.MOST_BEHIND, called=f"rows of {title}")
    return f'<details><summary>Data ({shown})</summary>{table}<p class="quiet">All rows: <a href="{file}">{file}</a></p></details>'


def _table(table: Table, file: str) -> str:
    rows = table.rows[list(table.shown)] if table.shown else table.rows
    more = "" if len(rows) <= tabled.MOST_SHOWN else f"{formats.share(tabled.MOST_SHOWN, len(rows), 'rows')}. "
    shown = tabled.html_of(rows, most=tabled.MOST_SHOWN, called=f"{table.title}, {file}")
    return f'<h3>{html.escape(table.title)}</h3>{shown}<p class="quiet screen">{more}All rows and columns: <a href="{file}">{file}</a></p>'


def _legend(legend: Mapping[str, Look]) -> str:
    if not legend:
        return ""
    marks = "".join(
        f'<span><svg width="14" height="14" viewBox="-7 -7 14 14" aria-hidden="true"><path d="{looks.OUTLINES[look.symbol]}" '
        f'style="fill:var(--c{look.colour})"/></svg>{html.escape(str(name))}</span>'
        for name, look in legend.items()
    )
    return f'<div class="legend">{marks}</div>'


def _sources(told: Manifest) -> str:
    """Return where the numbers come from, and how to check the bundle."""
    dirty = {True: ", with uncommitted changes", False: ", without uncommitted changes", None: ""}[told.code.dirty]
    facts = {
        "code": f"{told.code.revision or 'no revision known'}{dirty}", "made": told.made, "machine": told.code.machine,
        "versions": ", ".join(f"{name} {version}" for name, version in told.code.packages.items()),
        "SVG files": told.svg, "single answers": told.predictions,
        **{f"left out: {address}": why for address, why in told.left_out.items()},
    }  # fmt: skip
    networks = [[one.name, one.collection, one.digest or "not known", one.trained_on or "not said"] for one in told.networks]
    datasets = [[one.name, one.kind, _hashes(one)] for one in told.data]
    runs = [[one.run, one.title, one.seed, one.finished[:10], (one.code_revision or "not known")[:12]] for one in told.runs]
    return (
        f'<section id="sources"><h2>Where the numbers come from</h2>{_facts(facts)}'
        + _listed("Networks", ("network", "table", "hash of the weights", "trained on"), networks)
        + _listed("Data", ("name", "kind", "hashes"), datasets)
        + _listed("Runs", ("run", "what was asked", "seed", "finished", "code"), runs)
        + "<h3>How to check this report</h3><p>manifest.json beside this page holds the SHA-256 of every file, the questions with their seeds, and "
        "the hashes above. With Touchstone: <code>python -m engine check BUNDLE</code> compares every file, and <code>--rerun</code> computes the "
        "scores anew from stored predictions.</p></section>"
    )


def _hashes(one: Data) -> str:
    """Return the hashes of a data set's splits; of a system, which has no data, its version."""
    told = ", ".join(f"{split} {digest}" for split, digest in one.digests.items())
    return told or (f"version {one.version}" if one.version is not None else "not known")


def _listed(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    if not rows:
        return ""
    more = f'<p class="quiet">{formats.share(MOST_NAMED, len(rows))}; manifest.json has all.</p>' if len(rows) > MOST_NAMED else ""
    return f"<details><summary>{title} ({formats.count(len(rows))})</summary>{tabled.of_texts(columns, rows[:MOST_NAMED], title)}{more}</details>"
