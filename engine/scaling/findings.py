"""What the measurement says, in a sentence with its numbers. No torch."""

import pandas as pd

from engine.plots import formats
from engine.scaling import views


def of_growth(run: str | None = None, mode: str = "answer") -> str:
    """Return how time grows with functions or modules and with tokens, and who pays how much more, in Markdown."""
    found = views.slopes(run)
    by = found[(found["mode"] == mode) & (found["measure"] == "seconds")].set_index(["architecture", "axis"])
    if ("neural_interpreter", "parts") not in by.index or ("nac", "parts") not in by.index:
        return ""
    growth = (
        f"With more functions the time of a Neural Interpreter grows to the power **{_power(by, 'neural_interpreter', 'parts')}**, with more tokens "
        f"**{_power(by, 'neural_interpreter', 'tokens')}**; that of a circuit with more modules **{_power(by, 'nac', 'parts')}**, with more tokens "
        f"**{_power(by, 'nac', 'tokens')}**."
    )
    said = [growth]
    largest = views.along(views.ratio(run, mode), "parts").sort_values("parts").iloc[-1]
    memory = found[(found["mode"] == mode) & (found["measure"] == "peak_bytes") & (found["architecture"] == "nac") & (found["axis"] == "parts")]
    said.append(
        f"At {int(largest['parts'])} of them and {int(largest['tokens'])} tokens the interpreter takes "
        f"**{formats.number(float(largest['seconds']))} times** the time and {formats.number(float(largest['peak_bytes']))} times the memory."
    )
    if len(memory):
        said.append(f"Circuits are not free either: their memory grows with modules to the power {formats.number(float(memory['slope'].iloc[0]))}.")
    return " ".join(said)


def _power(by: pd.DataFrame, architecture: str, axis: str) -> str:
    if (architecture, axis) not in by.index:
        return "not measured"
    row = by.loc[[(architecture, axis)]].iloc[0]
    return formats.interval(float(row["slope"]), row["low"], row["high"])
