"""What the page of responses draws, and reports too: curves with training shaded, heat maps, sensitivity profiles, and what they say."""

import pandas as pd
import plotly.graph_objects as go

from engine import systems
from engine.interventions import findings, plots, profile, views
from engine.interventions.plots import Kind
from engine.interventions.spec import Ask
from engine.interventions.views import Known
from engine.plots import drawn, formats

# as addresses say it
SHOWN: dict[str, Kind] = {"the numbers": "value", "paired differences from the base world": "difference"}
MARGINS = {f"{points} points": points / 100 for points in (2, 3, 5, 10)}
SHORT = {views.TITLES["mean_confidence"]: "confidence", views.TITLES["ece"]: "ECE"}  # beside small figures
WORDS = {"training": "With values that occur in training", "anywhere": "Over the whole domain"}
COLUMNS = [
    "network", "factor", "level", "place", "factor_2", "level_2", "place_2", "inside", "metric", "value", "low", "high", "n", "difference",
    "difference_low", "difference_high", "p", "gained", "lost", "reason",
]  # fmt: skip


def rows_of(known: Known, factor: str, metric: str) -> pd.DataFrame:
    """Return the rows of one metric along one factor, and of the base world."""
    return views.curve(known.rows, factor, [metric])[COLUMNS].reset_index(drop=True)


def data_of(known: Known, factor: str) -> pd.DataFrame:
    """Return the rows of every metric along one factor, and of the base world."""
    return views.curve(known.rows, factor, list(views.TITLES))[COLUMNS].reset_index(drop=True)


def curve(
    known: Known, system: systems.System, factor: str, metric: str, x_title: str, within: tuple[float, float] | None, shown: Kind,
    *, height: int = plots.HEIGHT, listed: bool = False,
) -> go.Figure:  # fmt: skip
    """Return the response curve of a metric along a factor; arguments as of `plots.curve` and `plots.categories`."""
    rows, title = rows_of(known, factor, metric), views.TITLES[metric]
    said = title if shown == "value" else f"Δ {SHORT.get(title, title)}"
    if system.factor(factor).categorical:
        return drawn.drawn(plots.categories, rows, title=said, x_title=x_title, within=within, kind=shown, height=height, listed=listed)
    support = systems.support(system, factor).intervals
    return drawn.drawn(plots.curve, rows, title=said, x_title=x_title, support=support, within=within, kind=shown, height=height, listed=listed)


def heats(known: Known, first: str, second: str, metric: str) -> tuple[dict[str, go.Figure], pd.DataFrame]:
    """Return a heat map a network, and the rows that they show."""
    found = known.rows[known.rows["metric"] == metric]
    mine, base = found[found["factor_2"] != ""], found[found["factor"] == ""].set_index("network")["value"]
    panels = {
        str(name): drawn.drawn(
            plots.heat, part[COLUMNS].reset_index(drop=True), (first, second), title=views.TITLES[metric],
            heading=f"{name}: {formats.percent(base.get(name))} in the base world",
        )
        for name, part in mine.groupby("network", sort=False, observed=True)
    }  # fmt: skip
    return panels, mine[COLUMNS]


def profiles(known: Known, limit: float) -> tuple[pd.DataFrame, dict[str, go.Figure]]:
    """Return what is told of each network and factor, and a panel a region."""
    told = profile.profile(known.rows, limit)
    reach = min(1.02, max(0.3, float(told["high"].max()) + 0.04)) if len(told) else 1.0
    panels = {
        WORDS[region]: drawn.drawn(plots.profile, told, region, profile.ordered(told, region), limit, reach=reach, heading=WORDS[region])
        for region in profile.REGIONS
        if profile.ordered(told, region)
    }
    return told, panels


def finding(known: Known, ask: Ask, factors: tuple[str, ...], limit: float) -> str:
    """Return what the responses say, as sentences."""
    if ask == "profile":
        return findings.of_profile(profile.profile(known.rows, limit), limit)
    if ask == "map":
        return findings.of_map(known.rows, (factors[0], factors[1]))
    return findings.of_curve(known.rows, factors[0], limit)
