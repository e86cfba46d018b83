"""Do circuits that learned sparse links generalise better? Arms compared seed by seed, from stored scores and pruning curves.

What is compared was fixed before anything was measured: the mean accuracy over all out-of-distribution sets that every circuit was measured on
(`PRIMARY`), of all arms with learned links together minus that of the dense circuit with coded maps (`REFERENCE`) of the same seed. Seeds are
resampled for the intervals; Student's are told beside, since few seeds make resampled ones too narrow. Arms are better, or worse, where both
lie on one side of 0. What else is compared, arm by arm and with the controls, has p adjusted for the number of its comparisons (Holm).
"""

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Float

from engine import errors, priors, store
from engine.assay import population
from engine.plots import formats
from engine.stats import intervals, multiplicity
from engine.training._circuit_arms import ARMS, SETTINGS
from engine.wiring.question import comparable
from engine.wiring.spec import titles

PRIMARY = "mean accuracy over the out-of-distribution sets"
REFERENCE = "dense_modfc"
LEARNED = ("none", *priors.names())
TOGETHER = "learned arms together"
FIRST = ("none", "scale_free")  # the learned arms that had all seeds when the question was first answered
CONTROLS = (("none", "frozen"), ("none", "dense_dropout"), ("none", "dense_fc"))  # what else could explain a gain
RESAMPLES = 10_000
BEGIN, END = "<!-- circuits -->", "<!-- /circuits -->"
SAID = ("difference", "low", "high", "student_low", "student_high", "p", "above", "pairs", "verdict")
SMALL = 0.25  # of the modules, that pruned arms are compared at


@dataclass(frozen=True, eq=False)
class Measured:
    """Accuracies of the compared circuits: a row a circuit (arm, seed), a column a set; the first column is in distribution."""

    data: str
    accuracy: pd.DataFrame  # index (arm, seed)
    families: dict[str, str]  # arm -> the circuits' name without seed

    @property
    def ood(self) -> list[str]:
        """The out-of-distribution sets: no other split of the data they were trained on."""
        return [name for name in map(str, self.accuracy.columns) if name != self.data and not name.startswith(f"{self.data}/")]


def measured(data: str = "mnist", metric: str = "accuracy", *, sample: bool = True) -> Measured:
    """Return what is stored of all arms on sets that every one of them has; the setting with most seeds speaks for an arm.

    Raises:
        UserError: where fewer than two arms were evaluated, or they have no set in common.
    """
    known = population.networks_of(sample=sample)
    mine = known[known["arm"].notna() & (known["trained_on"] == data) & known["network"].map(comparable)] if "arm" in known else known.iloc[:0]
    some = chosen(mine)
    if some["arm"].nunique() < 2:
        raise errors.UserError(f"Fewer than two arms trained on {data} were evaluated.", f"Train and evaluate them: {COMMANDS}")
    sets = [str(one) for one in population.sets_of("", metric, sample=sample)["set"]]
    wide = population.wide("", metric, tuple(sets), sample=sample).reindex(some["network"]).dropna(axis=1)
    if data not in wide or wide.shape[1] < 2:
        raise errors.UserError("The arms have no sets in common.", f"Evaluate all on the same sets: {COMMANDS}")
    index = pd.MultiIndex.from_arrays([some["arm"], some["seed"].astype(int)], names=["arm", "seed"])
    found = pd.DataFrame(wide[[data, *(one for one in wide if one != data)]]).set_axis(index).sort_index()
    return Measured(data, found, dict(zip(some["arm"], some["family"], strict=True)))


COMMANDS = "python -m engine train circuits --help; python -m engine wiring question"


def chosen(mine: pd.DataFrame) -> pd.DataFrame:
    """Return one circuit an arm and seed: of an arm's settings the one with most seeds, then the last by name."""
    if mine.empty:
        return pd.DataFrame(columns=["network", "arm", "seed", "family"])
    told = mine[["network", "arm", "seed"]].copy()
    told["family"] = [_family(str(name)) for name in told["network"]]
    kept = []
    for _, part in told.groupby("arm", sort=False):
        counts = part["family"].value_counts()
        kept.append(part[part["family"] == max(counts.index, key=lambda family, counts=counts: (counts[family], family))])
    return pd.concat(kept, ignore_index=True)


def _family(network: str) -> str:
    """Return a circuit's name without its seed."""
    return re.sub(r"-s\d+$", "", network)


def table(data: str = "mnist", *, sample: bool = True) -> pd.DataFrame:
    """Return one row an arm: accuracy in distribution and elsewhere with intervals over seeds, and the paired difference from the reference."""
    found = measured(data, sample=sample)
    rows = []
    for arm in (one for one in ARMS if one in found.families):
        mine = pd.DataFrame(found.accuracy.loc[arm])
        away = mine[found.ood].mean(axis=1)
        row = {"arm": arm, "title": titles()[arm], "seeds": len(mine), "id": float(mine[data].mean()), "ood": float(away.mean())}
        row["ood_low"], row["ood_high"] = resampled(away.to_numpy())
        rows.append(row | _paired(found, arm, REFERENCE))
    told = pd.DataFrame(rows).sort_values("ood", ascending=False, ignore_index=True)
    return told.assign(holm=_adjusted(told["p"]))


def contrasts(data: str = "mnist", *, sample: bool = True) -> pd.DataFrame:
    """Return the paired differences that answer the question, the one that was fixed beforehand first: all learned arms together minus dense.

    Then the learned arms that were first reported, where there are more now, and learned minus each control; `holm` is the p of these, adjusted
    for their number.
    """
    found = measured(data, sample=sample)
    learned = learned_of(found)
    first = [("no prior and scale free, as first reported", list(FIRST), REFERENCE)] if set(learned) > set(FIRST) else []
    asked = [(TOGETHER, learned, REFERENCE), *first, *((titles()[one], [one], control) for one, control in CONTROLS)]
    rows = []
    for name, arms, against in asked:
        if arms and against in found.families and all(arm in found.families for arm in arms):
            rows.append({"what": name, "minus": titles()[against], **_said(difference(found, arms, against, found.ood))})
    told = pd.DataFrame(rows)
    return told if told.empty else told.assign(holm=_adjusted(told["p"].where(told["what"] != TOGETHER)))


def _adjusted(p: pd.Series) -> Float[np.ndarray, " comparisons"]:
    return multiplicity.adjusted(p.to_numpy(np.float64, na_value=np.nan), "holm")


def learned_of(found: Measured) -> list[str]:
    """Return the arms with learned links that have every seed of the reference; with another one its missing seeds would leave the comparison."""
    seeds = {arm: set(found.accuracy.loc[arm].index) for arm in found.families}
    return [arm for arm in LEARNED if arm in seeds and seeds[arm] >= seeds.get(REFERENCE, set())]


def by_set(data: str = "mnist", *, sample: bool = True) -> pd.DataFrame:
    """Return for each arm and set, in distribution too, the paired difference from the reference."""
    found = measured(data, sample=sample)
    rows = []
    for one in map(str, found.accuracy.columns):
        for arm in (name for name in ARMS if name in found.families and name != REFERENCE and REFERENCE in found.families):
            told = _said(difference(found, [arm], REFERENCE, [one]))
            rows.append({"set": one, "arm": arm, "title": titles()[arm], "accuracy": float(found.accuracy.loc[arm][one].mean()), **told})
    return pd.DataFrame(rows)


def _paired(found: Measured, arm: str, against: str) -> dict[str, Any]:
    if arm == against or against not in found.families:
        return _said(np.array([]))
    return _said(difference(found, [arm], against, found.ood))


def difference(found: Measured, arms: list[str], against: str, sets: list[str]) -> Float[np.ndarray, " seeds"]:
    """Return, for each seed that all have, the mean over arms and sets minus that of the other arm."""
    means = {arm: pd.DataFrame(found.accuracy.loc[arm])[sets].mean(axis=1) for arm in (*arms, against)}
    both = pd.DataFrame(means).dropna()
    return (both[arms].mean(axis=1) - both[against]).to_numpy(np.float64)


def _said(differences: Float[np.ndarray, " seeds"]) -> dict[str, Any]:
    if not len(differences):
        return dict.fromkeys(SAID)
    low, high = resampled(differences)
    student = intervals.of_mean(differences)
    above, p = int((differences > 0).sum()), intervals.p_of_mean(differences)
    told = (float(differences.mean()), low, high, *student, p, above, len(differences), _verdict(low, high, *student))
    return dict(zip(SAID, told, strict=True))


def _verdict(low: float, high: float, student_low: float, student_high: float) -> str:
    if np.isnan(student_low):
        return "one seed"
    if min(low, student_low) > 0:
        return "better"
    return "worse" if max(high, student_high) < 0 else "cannot be told"


def resampled(values: Float[np.ndarray, " seeds"], seed: int = 0) -> tuple[float, float]:
    """Return the percentile bootstrap interval of a mean over seeds; NaN of one."""
    if len(values) < 2:
        return float("nan"), float("nan")
    drawn = np.random.default_rng(seed).integers(0, len(values), (RESAMPLES, len(values)))
    return intervals.percentile(values[drawn].mean(axis=1))


def pruned(data: str = "mnist", share: float = SMALL, *, sample: bool = True) -> pd.DataFrame:
    """Return for each arm and ranking how much accuracy is lost with a share of the modules left, over its circuits that were pruned.

    Circuits of an arm that were trained in another setting than those that are compared do not count.
    """
    curves = store.query(
        """SELECT c.circuit, n.attributes->>'arm' AS arm, c.ranking, c.kept, c.accuracy, c.shift, c.n
           FROM circuit_curves_all c JOIN runs r USING (run) JOIN networks n ON n.network = c.circuit AND n.collection = ''
           WHERE r.state = 'done' AND c.dataset = $data AND c.ranking <> 'links' AND n.trained_on = $data
           QUALIFY row_number() OVER (PARTITION BY c.circuit, c.ranking, c.kept, c.shift, c.strength ORDER BY r.finished DESC) = 1""",
        {"data": data},
        sample=sample,
    )
    curves, rows = curves[_compared(curves, data, sample=sample)], []
    for (arm, ranking, shift), part in curves.groupby(["arm", "ranking", "shift"], sort=False):
        values = _losses(pd.DataFrame(part), share)
        if len(values):
            low, high = resampled(values)
            rows.append({
                "arm": arm, "title": titles().get(str(arm), arm), "ranking": ranking, "shift": shift, "circuits": len(values), "loss": values.mean(),
                "low": low, "high": high,
            })  # fmt: skip
    return pd.DataFrame(rows).sort_values(["shift", "ranking", "loss"], ignore_index=True) if rows else pd.DataFrame()


def _compared(curves: pd.DataFrame, data: str, *, sample: bool) -> list[bool]:
    """Return which rows are of circuits in the setting that speaks for their arm; all where arms cannot be compared."""
    try:
        families = measured(data, sample=sample).families
    except errors.UserError:
        return [True] * len(curves)
    return [_family(str(name)) == families.get(str(arm)) for name, arm in zip(curves["circuit"], curves["arm"], strict=True)]


def _losses(part: pd.DataFrame, share: float) -> Float[np.ndarray, " circuits"]:
    """Return, circuit by circuit, accuracy with all modules minus that with a share of them."""
    found = []
    for _, one in part.groupby("circuit"):
        by_kept = one.set_index("kept")["accuracy"]
        small = max(1, round(share * int(by_kept.index.max())))
        found += [float(by_kept.loc[by_kept.index.max()]) - float(by_kept.loc[small])] if small in by_kept.index else []
    return np.array(found)


def finding(data: str = "mnist", *, sample: bool = True) -> str:
    """Return the answer to the question in a sentence, in Markdown, whichever way it falls."""
    told = contrasts(data, sample=sample)
    found = measured(data, sample=sample)
    if told.empty or told["what"].iloc[0] != TOGETHER:
        return ""
    row = told.iloc[0]
    words = {
        "better": "generalise better than", "worse": "generalise worse than", "cannot be told": "cannot be told apart from",
        "one seed": "were compared on one seed only with",
    }  # fmt: skip
    sets = formats.count(len(found.ood))
    return (
        f"On {SETTINGS[data].title}, circuits that learned sparse links **{words[str(row['verdict'])]}** the dense circuit with coded maps: "
        f"{_points(row)} points of {PRIMARY.replace('the out', f'{sets} out')}, above 0 in {int(row['above'])} of {int(row['pairs'])} seeds."
    )


def _points(row: pd.Series) -> str:
    def said(value: float) -> str:
        return formats.fixed(100 * value, 1)

    if pd.isna(row["low"]):
        return said(float(row["difference"]))
    return (
        f"{said(float(row['difference']))} [{said(float(row['low']))}, {said(float(row['high']))}] "
        f"(Student's interval [{said(float(row['student_low']))}, {said(float(row['student_high']))}])"
    )


def section(*, sample: bool = True) -> str:
    """Return the findings of all data sets as a document shows them, with their marks."""
    parts = [BEGIN, "## Does sparse learned connectivity generalise better?", "", _how()]
    for data in SETTINGS:
        try:
            found, rows = measured(data, sample=sample), table(data, sample=sample)
        except errors.UserError:
            continue
        lost = _lost(data, sample=sample)
        head = f"| Arm ({SETTINGS[data].title}) | Seeds | In distribution | Mean of {len(found.ood)} sets elsewhere | Minus dense, coded, same seed |"
        head, rule = (f"{head} Lost with a quarter of the modules |", "|---|---|---|---|---|---|") if lost else (head, "|---|---|---|---|---|")
        parts += ["", finding(data, sample=sample), "", head, rule, *(_line(row, lost) for _, row in rows.iterrows())]
        parts += ["", f"Sets elsewhere: {', '.join(found.ood)}.{_beside(data, sample=sample)}"]
    return "\n".join([*parts, END])


def _beside(data: str, *, sample: bool) -> str:
    """Return the comparisons that stand beside the one fixed beforehand, as a sentence."""
    told = contrasts(data, sample=sample)
    told = told[told["what"] != TOGETHER] if len(told) else told
    said = [f"{row['what']} minus {row['minus']} {_short(row)}{_p(row)}" for _, row in told.iterrows()]
    return f" Beside it, p adjusted for {len(said)}: {'; '.join(said)}." if said else ""


def _how() -> str:
    return (
        f"Compared is the {PRIMARY}, seed by seed; this and the reference were fixed before anything was measured. Two things were not, and "
        "were mended after a first look at the numbers: the validation split of the training data had been counted as a set elsewhere, and "
        "arms with fewer seeds than the reference left out its other seeds. eps and truncation were chosen without prior, then the weight of "
        "each prior, on validation data in distribution, one seed and a few hundred steps. On digits one weight, chosen with the scale-free "
        "prior, first stood for all priors; weights were chosen apart after planted partition had come out at 92.7 % in distribution with it, "
        "and its numbers elsewhere had been seen. Brackets are 95 % intervals over seeds (resampled). Arms are called better or worse where "
        "Student's interval agrees; p is Student's, adjusted for the number of arms (Holm). `python -m engine wiring arms` recomputes this, "
        "`wiring sets` tells each set, `wiring contrasts` the controls."
    )


def _line(row: pd.Series, lost: dict[str, str]) -> str:
    gap = "reference" if pd.isna(row["difference"]) else f"{_short(row)}, {row['verdict']}{_p(row)}"
    away = formats.percent(float(row["ood"])) + _bracket(row, "ood_low", "ood_high")
    cells = [str(row["title"]), str(int(row["seeds"])), formats.percent(float(row["id"])), away, gap]
    cells += [lost.get(str(row["arm"]), "not pruned")] if lost else []
    return f"| {' | '.join(cells)} |"


def _p(row: pd.Series) -> str:
    """Return the adjusted p in words after a comma; nothing where one seed gives none."""
    if pd.isna(row["holm"]):
        return ""
    return ", p < 0.001" if row["holm"] < 0.001 else f", p {formats.fixed(float(row['holm']), 3)}"


def _short(row: pd.Series) -> str:
    return formats.fixed(100 * float(row["difference"]), 1) + _bracket(row, "low", "high")


def _bracket(row: pd.Series, *names: str) -> str:
    """Return an interval in points after a space; nothing where one seed gives none."""
    if row[list(names)].isna().any():
        return ""
    low, high = (formats.fixed(100 * float(row[name]), 1) for name in names)
    return f" [{low}, {high}]"


def _lost(data: str, *, sample: bool) -> dict[str, str]:
    """Return for each pruned arm the points that are lost with a quarter of the modules, greedy and random order."""
    found = pruned(data, sample=sample)
    if found.empty:
        return {}
    mine = found[found["shift"] == ""].pivot_table(index="arm", columns="ranking", values="loss", observed=True)
    told = {}
    for arm, row in mine.iterrows():
        told[str(arm)] = ", ".join(f"{formats.fixed(100 * float(row[name]), 1)} ({name})" for name in ("greedy", "random") if name in row)
    return told


def written(text: str, *, sample: bool = True) -> str:
    """Return a document with the findings between its marks written anew; raises UserError where it has no such marks."""
    if text.count(BEGIN) != 1 or text.count(END) != 1 or text.index(BEGIN) > text.index(END):
        raise errors.UserError("The document has no place for the findings.", f"Put {BEGIN} and {END} where they shall stand.")
    made = section(sample=sample)
    return re.sub(f"{re.escape(BEGIN)}.*{re.escape(END)}", lambda _: made, text, flags=re.DOTALL)
