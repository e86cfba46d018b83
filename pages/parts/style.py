"""The few rules that Streamlit's theme has no settings for: tabular figures, reading width, the finding, quiet takeaways."""

import streamlit as st

from engine.plots import template
from pages.components import theme as theme_watch
from pages.parts import plain

CSS = """
<style>
.stApp, .stApp button, .stApp input { font-variant-numeric: tabular-nums; }
[data-testid="stMainBlockContainer"] { max-width: 84rem; }
[data-testid="stMarkdownContainer"] p, [data-testid="stMarkdownContainer"] li { max-width: 46rem; text-wrap-style: pretty; }
.stApp [data-testid="stCaptionContainer"] { opacity: 1; }
.stApp [data-testid="stCaptionContainer"] p { color: var(--ts-muted); }
.st-key-question [data-testid="stMarkdownContainer"] p { font-size: 1.05rem; color: var(--ts-muted); }
[class*="st-key-finding"] { border-left: 3px solid var(--ts-accent); padding: 0.1rem 0 0.1rem 1rem; margin: 0.25rem 0 0.5rem; }
[class*="st-key-finding"] [data-testid="stMarkdownContainer"] p { font-size: 1.15rem; line-height: 1.5; max-width: 54rem; }
[data-testid="stExpander"] summary { opacity: 1; }
[data-testid="stExpander"] summary p { color: var(--ts-muted); }
[data-testid="stMultiSelect"] [data-tag] { background: var(--ts-tint); color: var(--ts-text); }
[data-testid="stMultiSelect"] [data-tag] button { color: var(--ts-muted); }
[class*="st-key-panels-"] { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 250px), 1fr)); }
[class*="st-key-panels-"] > * { width: 100% !important; min-width: 0; }
[class*="st-key-takeaway"] { gap: 0.1rem; min-height: 1.8rem; }
[class*="st-key-takeaway"] button { min-height: 1.6rem; padding: 0 0.4rem; }
[class*="st-key-takeaway"] button p { font-size: 0.8rem; }
[class*="st-key-takeaway"] button:not(:hover):not(:focus-visible) p { color: var(--ts-muted); }
[class*="st-key-figure"] { break-inside: avoid; }
.ts-legend { display: flex; flex-wrap: wrap; gap: 0.25rem 1rem; font-size: 0.87rem; }
.ts-legend span { display: inline-flex; align-items: center; gap: 0.35rem; }
.stApp dl.ts-facts { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: 0.2rem 1.25rem; margin: 0; padding: 0; }
.ts-facts { font-size: 0.93rem; }
.ts-facts dt { color: var(--ts-muted); }
.ts-facts dd { margin: 0; overflow-wrap: anywhere; }
.ts-images { display: flex; flex-wrap: wrap; gap: 0.5rem; margin: 0 0 0.5rem; }
.ts-images figure { margin: 0; }
.ts-images img { display: block; width: var(--ts-size, 84px); height: var(--ts-size, 84px); object-fit: contain; image-rendering: pixelated;
  background: var(--ts-surface); }
.ts-images figcaption { font-size: 0.75rem; color: var(--ts-muted); max-width: var(--ts-size, 84px); overflow-wrap: anywhere; line-height: 1.25; }
[data-testid="stBaseButton-primary"], [data-testid="stBaseButton-primary"] p { color: var(--ts-background); }
.stApp a.ts-button { display: inline-block; padding: 0.45rem 1rem; border-radius: 4px; background: var(--ts-accent); color: var(--ts-background);
  font-weight: 600; text-decoration: none; }
.st-key-theme-watch { display: none; }
[data-testid="stPageLink"] a, [data-testid="stPageLink"] p { white-space: normal !important; height: auto; overflow: visible; text-overflow: clip; }
.st-key-view-switch { border-top: 1px solid var(--ts-rule); padding-top: 0.75rem; margin-top: 0.5rem; }
.st-key-view-switch a { background: none; }
[data-testid="stButtonGroup"] > [aria-label] { flex-wrap: wrap; }
.stApp a:focus-visible { outline: 2px solid var(--ts-accent) !important; outline-offset: -2px; }
.st-key-onward { padding: 0.6rem 0.9rem; }
@media (max-width: 640px) {
  [data-testid="stMainBlockContainer"] { padding-left: 1rem; padding-right: 1rem; }
  .stApp dl.ts-facts { grid-template-columns: 1fr; gap: 0; }
  .ts-facts dd { margin-bottom: 0.4rem; }
}
@media print { [data-testid="stSidebar"], [class*="st-key-takeaway"] { display: none; } }
</style>
"""


def theme() -> template.Name:
    """Return the theme that the visitor's browser shows now."""
    return "dark" if (theme_watch.reported() or st.context.theme.type) == "dark" else "light"


def colours() -> template.Theme:
    """Return the colours of that theme."""
    return template.THEMES[theme()]


def apply() -> None:
    """Add the rules to the page."""
    now = colours()
    names = {
        "background": now.background,
        "muted": now.muted,
        "accent": now.accent,
        "surface": now.surface,
        "rule": now.rule,
        "text": now.text,
        "tint": template.faded(now.accent, 0.14),
    }
    variables = "".join(f"--ts-{name}:{value};" for name, value in names.items())
    st.html(f"<style>:root{{{variables}}}</style>{CSS}{plain.CSS if plain.on() else ''}")
    theme_watch.watch(now.name)
