import itertools
import tomllib

import numpy as np
import plotly.graph_objects as go
import pytest

from engine import places
from engine.plots import template

# Machado, Oliveira and Fernandes 2009, table for severity 1.0, on linear RGB
VISIONS = {
    "normal": np.eye(3),
    "protanopia": np.array([[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]),
    "deuteranopia": np.array([[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]),
    "tritanopia": np.array([[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]),
}
# Ottosson 2020, "A perceptual color space for image processing"
TO_LMS = np.array(
    [[0.4122214708, 0.5363325363, 0.0514459929], [0.2119034982, 0.6806995451, 0.1073969566], [0.0883024619, 0.2817188376, 0.6299787005]]
)
TO_LAB = np.array(
    [[0.2104542553, 0.7936177850, -0.0040720468], [1.9779984951, -2.4285922050, 0.4505937099], [0.0259040371, 0.7827717662, -0.8086757660]]
)


def linear(colour: str) -> np.ndarray:
    share = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    return np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)


def contrast(one: str, other: str) -> float:
    """WCAG 2.2, relative luminance and contrast ratio."""
    dark, light = sorted(float(linear(c) @ [0.2126, 0.7152, 0.0722]) for c in (one, other))
    return (light + 0.05) / (dark + 0.05)


def lab(colour: str, vision: str) -> np.ndarray:
    return TO_LAB @ np.cbrt(TO_LMS @ np.clip(VISIONS[vision] @ linear(colour), 0, 1))


@pytest.mark.parametrize("name", template.THEMES)
@pytest.mark.parametrize("vision", VISIONS)
def test_any_two_colours_can_be_told_apart(name, vision):
    colours = template.THEMES[name].categorical
    distances = [np.linalg.norm(lab(a, vision) - lab(b, vision)) for a, b in itertools.combinations(colours, 2)]
    assert min(distances) >= 0.07


@pytest.mark.parametrize("theme", template.THEMES.values(), ids=lambda t: t.name)
def test_words_and_marks_stand_out_from_the_background(theme):
    words = [contrast(ink, ground) for ink in (theme.text, theme.muted, theme.accent) for ground in (theme.background, theme.surface)]
    marks = [contrast(colour, theme.background) for colour in theme.categorical]
    assert min(words) >= 4.5
    assert min(marks) >= 3


@pytest.mark.parametrize("theme", template.THEMES.values(), ids=lambda t: t.name)
def test_numbers_in_coloured_cells_can_be_read(theme):
    found = []
    for i, colour in enumerate(theme.sequential):
        ink = theme.strong_ink if i / (len(theme.sequential) - 1) > template.SEQUENTIAL_TURN else theme.faint_ink
        found.append(contrast(ink, colour))
    for i, colour in enumerate(theme.diverging):
        ink = theme.strong_ink if abs(i / 5 - 1) > template.DIVERGING_TURN else theme.faint_ink
        found.append(contrast(ink, colour))
    assert min(found) >= 4.5


def test_both_themes_have_the_same_slots_and_none_is_used_twice():
    light, dark = template.LIGHT, template.DARK
    assert [len(getattr(light, f)) for f in ("categorical", "sequential", "diverging")] == [
        len(getattr(dark, f)) for f in ("categorical", "sequential", "diverging")
    ]
    slots = [light.background, light.surface, light.text, light.muted, light.rule, light.axis, light.accent, light.faint_ink, light.strong_ink]
    every = [*slots, *light.categorical, *light.sequential, *light.diverging]
    assert len(set(every)) == len(every)


def test_a_figure_goes_dark_and_the_given_one_stays():
    drawn = template.figure(
        [template.trace("scatter", x=[1], y=[2], line={"color": template.LIGHT.categorical[2]}, fillcolor=template.faded("#1b3f8b"))]
    )
    dark = template.themed(drawn, "dark")
    assert dark.data[0].line.color == template.DARK.categorical[2]
    assert dark.data[0].fillcolor == template.faded(template.DARK.categorical[0])
    assert drawn.data[0].line.color == template.LIGHT.categorical[2]
    assert dark.layout.template.layout.font.color == template.DARK.text


def test_data_that_look_like_colours_in_arrays_stay():
    drawn = template.figure([template.trace("scatter", x=np.array(["#1b3f8b"]), y=[1])])
    assert list(template.themed(drawn, "dark").data[0].x) == ["#1b3f8b"]


@pytest.mark.parametrize("name", template.THEMES)
def test_plotly_accepts_the_template(name):
    go.Figure(layout={"template": template.template(name)})


@pytest.mark.parametrize("name", template.THEMES)
def test_the_frame_has_the_colours_of_the_figures(name):
    said = tomllib.loads((places.ROOT / ".streamlit" / "config.toml").read_text())["theme"][name]
    theme = template.THEMES[name]
    assert (said["primaryColor"], said["backgroundColor"], said["secondaryBackgroundColor"], said["textColor"]) == (
        theme.accent,
        theme.background,
        theme.surface,
        theme.text,
    )
    assert tuple(said["chartCategoricalColors"]) == theme.categorical
