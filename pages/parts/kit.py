"""Everything that a page needs, under one name: `from pages.parts import kit`.

Words: `title`, `finding`, `empty`, `links`, `facts`, `image_rows`, `images`, `problem`, `link`, `escape`, `spoken`. Figures: `figure`, `figures`,
`scatter` (the gallery is `pages.components.gallery`). Tables: `table`, `take_away`, `save`, `intervals`. Runs: `progress` with `Progress`.
Choices in the address: `choose`, `choose_many`, `recall`, `remember`. What was made before: `made`. Theme: `theme`, `colours`.
Numbers: `number`, `estimate`. Notes and review status: `review`. Pages: `page`, `go`. The click path: `onward`, `followed`. Plain view: `plain.on`.
Addresses of pictures: `image_url`.
"""

from engine.plots.formats import interval as estimate
from engine.plots.formats import number
from engine.plots.markdown import escape, spoken
from pages.components.link import link
from pages.parts import plain
from pages.parts.figure import figure, figures, scatter
from pages.parts.made import made
from pages.parts.navigation import go, page
from pages.parts.onward import followed, onward
from pages.parts.page import empty, facts, finding, image_rows, images, links, title
from pages.parts.params import choose, choose_many, recall, remember
from pages.parts.problems import problem
from pages.parts.progress import Progress, progress
from pages.parts.reviewing import review
from pages.parts.routes import image_url
from pages.parts.style import colours, theme
from pages.parts.table import intervals, save, table, take_away

__all__ = [
    "Progress",
    "choose",
    "choose_many",
    "colours",
    "empty",
    "escape",
    "estimate",
    "facts",
    "figure",
    "figures",
    "finding",
    "followed",
    "go",
    "image_rows",
    "image_url",
    "images",
    "intervals",
    "link",
    "links",
    "made",
    "number",
    "onward",
    "page",
    "plain",
    "problem",
    "progress",
    "recall",
    "remember",
    "review",
    "save",
    "scatter",
    "spoken",
    "table",
    "take_away",
    "theme",
    "title",
]
