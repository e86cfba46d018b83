"""Where a network fails, as data frames: a search for slices of examples with more errors than elsewhere, and what is in them."""

import itertools
import json
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from engine import errors, store
from engine.assay.classes import names_of
from engine.assay.kept import kept
from engine.assay.views import Set
from engine.plots import formats
from engine.stats import projection, slices

BANDS = (0.5, 0.7, 0.9, 0.99)  # upper ends of bands of confidence but the last
CLASS, PREDICTED, CONFIDENCE, SHIFT = "class", "predicted", "confidence", "shift"
AS_IT_IS = "as it is"
SMALLEST = slices.SMALLEST
MOST_MAPPED = 20_000
KNOWN = ("example_id", "position", "label", "sure", "correct", "version", "strength", "run")  # columns that are no attributes
APART = (frozenset((CLASS, PREDICTED)),)  # a true and another predicted class are wrong by definition


@kept
def answers(network: str, one: Set, *, shifted: bool = False, sample: bool = True) -> pd.DataFrame:
    """Return a network's answers to a set with what slices are made of: `class`, `predicted`, `confidence` as a band, `shift`, groups of examples.

    Args:
        network: The network.
        one: The set.
        shifted: Whether its answers to every shifted version of the set count, too.
        sample: Whether the shipped sample counts.
    """
    narrower = "" if shifted else "AND shift = $shift AND strength = $strength"
    found = store.query(
        f"""SELECT example_id, position, label, predicted, confidence AS sure, label = predicted AS correct, shift AS version, strength
            FROM predictions WHERE network = $network AND dataset = $dataset AND split = $split {narrower}
            QUALIFY row_number() OVER (PARTITION BY shift, strength, position, example_id ORDER BY run DESC) = 1
            ORDER BY shift, strength, position""",
        {"network": network, "dataset": one.dataset, "split": one.split} | ({} if shifted else {"shift": one.shift, "strength": one.strength}),
        sample=sample,
    )
    names = names_of(network, one.dataset)
    said = {CLASS: _named(found["label"], names), PREDICTED: _named(found["predicted"], names), CONFIDENCE: _bands(found["sure"])}
    shifts = [_shift(str(name), float(strength)) for name, strength in zip(found["version"], found["strength"], strict=True)]
    found = found.assign(**said, **{SHIFT: shifts})
    return found.merge(_groups(one, sample), on=["example_id", "position"], how="left")


def _named(codes: pd.Series, names: Sequence[str]) -> list[str]:
    return [names[int(code)] if 0 <= code < len(names) else str(code) for code in codes]


def _shift(name: str, strength: float) -> str:
    return f"{name.replace('_', ' ')} {strength:g}" if name else AS_IT_IS


def _bands(sure: pd.Series) -> list[str]:
    """Return the band of each confidence as words, such as "50 % to 70 %"."""
    ends = [formats.percent(end).replace(formats.THIN, " ") for end in BANDS]
    words = [f"below {ends[0]}", *(f"{a} to {b}" for a, b in itertools.pairwise(ends)), f"{ends[-1]} or more"]
    return [words[i] for i in np.searchsorted(BANDS, sure.to_numpy(float), side="right")]


def _groups(one: Set, sample: bool) -> pd.DataFrame:
    """Return the group columns that are told of a set's examples."""
    told = store.query("SELECT example_id, position, groups FROM examples WHERE dataset = ? AND split = ?", [one.dataset, one.split], sample=sample)
    read = pd.DataFrame([json.loads(text or "{}") for text in told.pop("groups")], index=told.index)
    clash = {str(name): f"{name} (group)" for name in read if name in (*KNOWN, CLASS, PREDICTED, SHIFT, CONFIDENCE)}
    return pd.concat([told, read.rename(columns=clash)], axis=1)


def attributes(found: pd.DataFrame) -> list[str]:
    """Return what can be searched in answers as of `answers`: attributes with at least two values, not one value an example."""
    groups = [str(name) for name in found if name not in (*KNOWN, CLASS, PREDICTED, SHIFT, CONFIDENCE)]
    examples = found["example_id"].nunique()
    return [name for name in (CLASS, *groups, SHIFT, PREDICTED, CONFIDENCE) if 1 < found[name].nunique() <= max(2, examples // 2)]


@kept
def search(
    network: str,
    one: Set,
    by: Sequence[str] = (),
    *,
    shifted: bool = False,
    smallest: int = SMALLEST,
    alpha: float = 0.05,
    sample: bool = True,
) -> pd.DataFrame:
    """Return the slices in which a network is wrong more often than elsewhere, those that the other half of the examples confirms first.

    `found_*` are of the searched half; `n`, `wrong`, `error` (with `low`, `high`), `elsewhere` and `p` (Holm) of the other, `worse`
    is their difference; `searched` counts what was tested, `conditions` is JSON for `members`. See `engine.stats.slices.search`.

    Args:
        network: The network.
        one: The set.
        by: What to search, of `attributes`; by default all but predicted class and confidence, which are known only with the answer.
        shifted: As in `answers`.
        smallest: Least number of answers of a slice in each half.
        alpha: Level of all tests.
        sample: Whether the shipped sample counts.

    Raises:
        UserError: where no answers are stored, or for an unknown attribute.
    """
    found = answers(network, one, shifted=shifted, sample=sample)
    if found.empty:
        raise errors.UserError(
            f"No answers of {network} to {one.label} are stored.", "Evaluate it on that set, or import them with `import predictions`."
        )
    known = attributes(found)
    if strange := [name for name in by if name not in known]:
        raise errors.unknown("attribute of these answers", strange[0], known)
    wanted = [name for name in known if name in by] if by else [name for name in known if name not in {PREDICTED, CONFIDENCE}]
    looked = slices.search(
        ~found["correct"].to_numpy(bool), [_attribute(found[name]) for name in wanted], pd.factorize(found["example_id"])[0],
        apart=APART, smallest=smallest, alpha=alpha,
    )  # fmt: skip
    rows = [{**{name: getattr(s, name) for name in s.__slots__}, "slice": told(dict(s.conditions))} for s in looked.slices]
    columns = ["slice", *slices.Slice.__slots__]
    frame = pd.DataFrame(rows, columns=columns).assign(searched=looked.searched, searched_examples=looked.examples)
    return frame.assign(worse=frame["error"] - frame["elsewhere"], conditions=[json.dumps(dict(one)) for one in frame["conditions"]])


def _attribute(column: pd.Series) -> slices.Attribute:
    codes, values = pd.factorize(column, sort=True)
    return slices.Attribute(str(column.name), codes.astype(np.int64), [str(value) for value in values])


def told(conditions: Mapping[str, str]) -> str:
    """Return conditions as words, such as "class 7, family Lato"."""
    return ", ".join(f"{name} {value}" for name, value in conditions.items())


def members(found: pd.DataFrame, conditions: Mapping[str, str]) -> pd.DataFrame:
    """Return the answers of a slice, the wrong ones first, of these the most certain first.

    Raises:
        UserError: for a condition on what these answers do not have.
    """
    if strange := [name for name in conditions if name not in found]:
        raise errors.unknown("attribute of these answers", strange[0], attributes(found))
    inside = (
        np.all([found[name].astype(str) == value for name, value in conditions.items()], axis=0) if conditions else np.ones(len(found), dtype=bool)
    )
    return found[inside].sort_values(["correct", "sure"], ascending=[True, False])


MAPPED = {"answers": ("predictions", "logits"), "features": ("features", "features")}  # what a map is of -> table, column


def featured(network: str, one: Set, *, sample: bool = True) -> bool:
    """Return whether features of a network on a set were kept."""
    asked = {"network": network, "dataset": one.dataset, "split": one.split}
    said = store.query("SELECT 1 FROM features WHERE network = $network AND dataset = $dataset AND split = $split LIMIT 1", asked, sample=sample)
    return not said.empty


@kept
def answer_map(network: str, one: Set, *, of: str = "answers", shifted: bool = False, sample: bool = True) -> pd.DataFrame:
    """Return a network's answers as places on a map: as `answers`, with x and y, and the share of variance each carries (x_share, y_share).

    The places are the first two principal components of the logits, less their mean over classes, which changes no probability;
    or of the features that the network's last layer reads, where they were kept. Answers lie close together where the network
    sees them alike. Of more answers than `MOST_MAPPED` the first are taken.

    Args:
        network: The network.
        one: The set.
        of: "answers" or "features".
        shifted: As in `answers`.
        sample: Whether the shipped sample counts.

    Raises:
        UserError: where fewer than two answers, or no features, are stored.
    """
    if of not in MAPPED:
        raise errors.unknown("map", of, MAPPED)
    found = answers(network, one, shifted=shifted, sample=sample).head(MOST_MAPPED)
    if len(found) < 2:
        raise errors.UserError(
            f"No answers of {network} to {one.label} are stored.", "Evaluate it on that set, or import them with `import predictions`."
        )
    table, column = MAPPED[of]
    stored = store.query(
        f"""SELECT example_id, position, shift AS version, strength, any_value({column}) AS told FROM {table}
            WHERE network = $network AND dataset = $dataset AND split = $split GROUP BY ALL""",
        {"network": network, "dataset": one.dataset, "split": one.split},
        sample=sample,
    )
    keys = ["example_id", "position", "version", "strength"]
    found = found.merge(stored, on=keys, how="inner")
    if len(found) < 2:
        raise errors.UserError(
            f"No {of} of {network} on {one.label} were kept.", "Run the evaluation again with “Keep features”; stored answers are not made again."
        )
    values = np.stack(found["told"].to_list()).astype(np.float64)
    mapped = projection.principal(values - values.mean(axis=1, keepdims=True) if of == "answers" else values)
    found = found.drop(columns="told")
    x, y = mapped.places.T if mapped.places.shape[1] == 2 else (mapped.places[:, 0], np.zeros(len(found)))
    shares = [*mapped.shares, 0.0]
    return found.assign(x=x, y=y, x_share=shares[0], y_share=shares[1])
