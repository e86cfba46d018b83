"""Which column of a result table means what: names of networks, scores on sets, attributes; guessed by name and content."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

import numpy as np
import pandas as pd

from engine import errors, safety
from engine.importers._numbers import Numbers


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


Unit = Literal["auto", "percent", "fraction"]
PlusMinus = Literal["interval", "stderr", "none"]
MODEL_NAMES = (
    "model", "model_name", "model name", "models", "network", "network_name", "net", "name", "checkpoint", "run_name", "run", "run_id", "run id",
    "method", "algorithm", "arch", "architecture", "backbone", "id", "system", "entry", "fullname", "eval_name",
)  # fmt: skip
DATASET_NAMES = (
    "dataset",
    "data set",
    "eval_dataset",
    "eval_set",
    "eval set",
    "test_set",
    "testset",
    "benchmark",
    "task",
    "domain",
    "test_domain",
    "set",
    "split_name",
)
VALUE_NAMES = ("value", "score", "result", "accuracy", "acc", "top1")
METRIC_NAMES = ("metric", "metric_name", "measure")
SPLIT_NAMES = ("split", "partition")
COUNT_NAMES = ("n", "n_samples", "num_samples", "examples", "n_examples", "support")
NEVER = {"diff", "delta", "rank", "std", "stdev", "stderr", "sd", "se", "ci", "var", "sha", "change"}  # part of no score's name
SCORES = _words(
    "acc accuracy top1 top5 top auroc auc aupr f1 score map iou miou precision recall em average avg mean error err clean robust ood exact match"
)
ATTRIBUTES = _words(
    "param params parameter parameters flop flops gflops macs gmacs mac acts activations size res resolution img epoch epochs seed "
    "trial lr wd batch step steps iteration iter year month depth width layers layer crop pct time latency throughput memory mem speed "
    "ms hours gpu gpus date version dropout momentum decay smoothing mixup mix cutmix alpha beta gamma temperature temp warmup patch "
    "dim heads fold run count num number n samples shots likes downloads co2 co₂ cost kg bits hub learning epsilon classes duration "
    "generation passes timestamp hparams"
)
ALWAYS_ATTRIBUTES = {"time", "latency", "param", "params", "parameters", "flops", "throughput", "epochs", "seed", "lr", "cost"}  # in long names too
LONG_NAME = 4  # words: of a set such as imagenet-c.fog.1_in-memory, in which a single word tells little
NOT_SHARES = _words("nll loss perplexity ppl mse rmse mae entropy mce logloss bpb bleu rouge cider kl distance mcc corr pearson spearman")
OTHER_METRICS = frozenset(("auroc", "auc", "aupr", "fpr", "fpr95", "f1", "map", "iou", "miou", "ece", "brier"))
KEPT_AS_IS = "raw"  # the unit of what is no share
RESERVED = ("network", "title", "source", "trained_on", "run", "collection", "digest", "licence", "parameters", "root")
MOST_KEY_COLUMNS = 3


@dataclass(frozen=True)
class Target:
    """What a column of scores is about."""

    dataset: str
    metric: str = "accuracy"
    split: str = "test"
    unit: str = "auto"  # auto | percent | fraction | raw
    shift: str = ""
    strength: float = 0.0
    task: str | None = None
    norm: str | None = None
    eps: float | None = None


@dataclass(frozen=True)
class Asked:
    """What a person said about a table; what they left unsaid is guessed."""

    model: str | None = None
    key: tuple[str, ...] = ()
    unit: Unit = "auto"
    metric: str = "accuracy"
    scores: tuple[str, ...] = ()
    attributes: tuple[str, ...] | None = None  # None = all columns that are nothing else
    id_column: str | None = None
    dataset: str | None = None  # columns of long tables
    metric_column: str | None = None
    value: str | None = None
    split: str | None = None
    units: Mapping[str, str] = field(default_factory=dict)  # column -> percent | fraction | raw
    metrics: Mapping[str, str] = field(default_factory=dict)  # column -> metric
    plus_minus: PlusMinus = "interval"


NOTHING_ASKED = Asked()


@dataclass(frozen=True)
class Layout:
    """Which column means what; a wide table has a column a set, a long one a row a number."""

    keys: tuple[str, ...]  # together they name a network; none = each row is one
    scores: Mapping[str, Target]  # column -> what it is about; in long tables what the rows do not say themselves
    attributes: tuple[str, ...] = ()
    trained_on: str | None = None  # the in-distribution set of all networks
    trained_on_column: str | None = None  # or a column that says it
    dataset: str | None = None  # columns of long tables
    metric: str | None = None
    split: str | None = None
    count: str | None = None
    plus_minus: PlusMinus = "interval"
    row_name: str = "row"  # what rows are called where no column names them
    notes: tuple[str, ...] = ()

    @property
    def is_long(self) -> bool:
        """Whether the rows say on which set a number was measured."""
        return self.dataset is not None or self.metric is not None

    @classmethod
    def of(cls, said: Mapping[str, Any]) -> "Layout":
        """Return the layout that `said` tells."""
        told: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in said.items()}
        return cls(**{"keys": (), **told, "scores": {column: Target(**target) for column, target in said.get("scores", {}).items()}})

    def said(self) -> dict[str, Any]:
        """Return it as JSON for the run's question."""
        told = asdict(self)
        told["scores"] = {column: {k: v for k, v in target.items() if v not in (None, "", 0.0)} for column, target in told["scores"].items()}
        return {name: value for name, value in told.items() if name != "notes" and value not in (None, (), {})}


def guess(
    frame: pd.DataFrame, numbers: Callable[[str], Numbers], asked: Asked = NOTHING_ASKED, headers: Mapping[str, tuple[str, ...]] | None = None
) -> Layout:
    """Return which column of a table means what.

    Args:
        frame: the table.
        numbers: reads a column as numbers.
        asked: what the person said.
        headers: column -> its names in each heading line, where there are several.

    Raises:
        UserError: for a column that is not there, or where no column holds scores.
    """
    names = [str(c) for c in frame.columns]
    for column in _said(asked):
        if column not in names:
            raise errors.unknown("column", column, names)
    notes: list[str] = []
    dataset, metric, split = _long(frame, asked, names)
    taken = {c for c in (dataset, metric, split, asked.model, *asked.key) if c}
    keys = asked.key or ((asked.model,) if asked.model else _key(frame, names, taken, numbers, asked, notes))
    taken |= set(keys)
    rest = [name for name in names if name not in taken]
    count = next((n for n in rest if n.strip().lower() in COUNT_NAMES and n not in asked.scores), None) if dataset else None
    chosen = _scores(frame, [n for n in rest if n != count], numbers, asked, notes, dataset=dataset)
    scores = {column: _target(column, asked, dataset=dataset, many=len(chosen) > 1, headers=headers or {}) for column in chosen}
    if asked.metric == "accuracy" and (other := [c for c in scores if OTHER_METRICS & set(tokens(c)) and scores[c].metric == "accuracy"]):
        said = "are kept beside the others under “accuracy”, so that columns can be compared; the metric of a column can be said"
        notes.append(f"The names of {safety.few(other)} tell another metric: they {said}.")
    attributes = tuple(n for n in (rest if asked.attributes is None else asked.attributes) if n not in scores and n != count and n not in keys)
    trained_on = scores[asked.id_column].dataset if asked.id_column in scores else asked.id_column
    if asked.id_column and asked.id_column not in scores and asked.id_column in names:
        raise errors.UserError(
            f"The column {asked.id_column} holds no scores, so that it is no set.", "Name a column of scores, or choose it as one."
        )
    return Layout(
        tuple(keys), scores, attributes, trained_on, dataset=dataset, metric=metric, split=split, count=count,
        plus_minus=asked.plus_minus, notes=tuple(notes),
    )  # fmt: skip


def _said(asked: Asked) -> list[str]:
    single = (asked.model, asked.dataset, asked.metric_column, asked.value, asked.split)
    return [c for c in (*single, *asked.key, *asked.scores, *(asked.attributes or ()), *asked.units, *asked.metrics) if c]


def _differs(column: pd.Series) -> bool:
    """Return whether a column holds different values."""
    return len(column) > 1 and bool((column.astype("str") != str(column.iloc[0])).any())


def _first(names: Sequence[str], wanted: Sequence[str], but: set[str] = frozenset()) -> str | None:  # type: ignore[assignment]
    there = {name.strip().lower(): name for name in reversed(names) if name not in but}
    return next((there[name] for name in wanted if name in there), None)


def _long(frame: pd.DataFrame, asked: Asked, names: list[str]) -> tuple[str | None, str | None, str | None]:
    """Return the columns of set, metric and split of a long table; a table is taken as long where it says so, or its names do."""
    if asked.dataset or asked.metric_column or asked.value:
        metric = asked.metric_column
        return asked.dataset, metric, asked.split
    dataset, value = _first(names, DATASET_NAMES), _first(names, VALUE_NAMES)
    model = asked.model or _first(names, MODEL_NAMES, {n for n in (dataset, value) if n})
    if not dataset or not value or not model or model == dataset or asked.scores:
        return None, None, asked.split
    repeated = frame[model].duplicated().mean() > 0.4 and _differs(frame[dataset])
    if not repeated or frame.duplicated([model, dataset]).mean() > 0.9:
        return None, None, asked.split
    return dataset, _first(names, METRIC_NAMES), asked.split or _first(names, SPLIT_NAMES)


def _key(
    frame: pd.DataFrame, names: list[str], taken: set[str], numbers: Callable[[str], Numbers], asked: Asked, notes: list[str]
) -> tuple[str, ...]:  # fmt: skip
    """Return the columns that name a network: a known name, else the first column of text, with more where one does not tell rows apart."""
    free = [n for n in names if n not in taken and n not in asked.scores]
    texts = [n for n in free if not _is_number(numbers(n)) and _differs(frame[n])]
    telling = [n for n in free if not _is_fractional(numbers(n)) and (len(frame) == 1 or _differs(frame[n]))]
    first = _named(frame, telling) or (max(texts, key=lambda n: frame[n].nunique()) if texts else None)
    if first is not None and not taken:
        others = [n for n in free if n != first and not _looks_like_score(n) and not _is_fractional(numbers(n)) and not NEVER & set(tokens(n))]
        more = completing(frame, [first], others)
        if more:
            notes.append(f"“{safety.shown(first)}” alone does not tell the rows apart; with {safety.few([f'“{m}”' for m in more])} it does.")
            return (first, *more)
        first = None if frame.drop_duplicates().duplicated([first, *others], keep=False).mean() > 0.5 else first
    if first is None:
        notes.append("No column names the networks: each row is one, called by its number.")
        return ()
    return (first,)


def _named(frame: pd.DataFrame, names: Sequence[str]) -> str | None:
    """Return the column whose name says that it names networks: one that tells all rows apart, else the first."""
    there = {name.strip().lower(): name for name in reversed(names)}
    found = [there[name] for name in MODEL_NAMES if name in there]
    return next((name for name in found if not frame[name].duplicated().any()), found[0] if found else None)


def completing(frame: pd.DataFrame, key: Sequence[str], others: Sequence[str], most: int = MOST_KEY_COLUMNS) -> tuple[str, ...]:
    """Return the fewest further columns that make a key tell all different rows apart; none where it does already or nothing helps."""
    different = frame.drop_duplicates()
    doubled = different[different.duplicated(list(key), keep=False)]
    if doubled.empty:
        return ()
    useful = [c for c in others if _differs(doubled[c])]
    chosen: list[str] = []
    while len(chosen) < most and useful:
        left = {c: int(doubled.duplicated([*key, *chosen, c]).sum()) for c in useful if c not in chosen}
        if not left:
            return ()
        best = min(left, key=lambda c: left[c])
        chosen.append(best)
        if not left[best]:
            return tuple(chosen)
    return ()


def _scores(
    frame: pd.DataFrame, names: list[str], numbers: Callable[[str], Numbers], asked: Asked, notes: list[str], *, dataset: str | None
) -> list[str]:  # fmt: skip
    """Return the columns that hold scores: shares of any unit whose names do not say that they are something else."""
    if asked.scores or asked.value:
        return [*asked.scores] or [str(asked.value)]
    open_ = [n for n in names if n not in (asked.attributes or ())]
    numeric = [n for n in open_ if _is_number(numbers(n))]
    fits = [n for n in numeric if _is_share(numbers(n)) and _may_be_score(n)]
    if any(not _is_whole(numbers(n)) for n in fits):
        fits = [n for n in fits if not _is_whole(numbers(n)) or _looks_like_score(n)]
    if dataset and (value := _first(fits, VALUE_NAMES)):
        fits = [n for n in fits if n == value or _looks_like_score(n)]
    twins = [n for n in fits if _twin(n, fits, numbers)]
    if twins:
        notes.append(f"Kept as attributes, because they are 1 minus another column: {safety.few(twins)}.")
    fits = [n for n in fits if n not in twins]
    if not fits:
        raise errors.UserError(
            f"No column of the table looks like scores; it has {safety.few(names, 12)}.",
            "Say which columns hold scores (--scores A,B on the command line).",
        )
    if left := [n for n in numeric if n not in fits and n not in twins]:
        notes.append(f"Kept as attributes, because their names or ranges are not those of scores: {safety.few(left, 8)}.")
    return fits


def _is_number(found: Numbers) -> bool:
    return found.numbers > 0 and found.numbers >= 0.6 * (found.numbers + int(found.unread.sum()))


def _is_share(found: Numbers) -> bool:
    """Return whether nearly all numbers lie within 0..1 or 0..100."""
    values = found.value[np.isfinite(found.value)]
    return bool(((values >= 0) & (values <= 100)).mean() >= 0.9)


def _is_fractional(found: Numbers) -> bool:
    return _is_number(found) and not _is_whole(found)


def _is_whole(found: Numbers) -> bool:
    values = found.value[np.isfinite(found.value)]
    return not found.percent_signs and bool((values == np.round(values)).all())


def tokens(name: str, *, camel: bool = True) -> list[str]:
    """Return the words of a column's name: `Near-OOD_AUROC` -> near, ood, auroc; `topAcc` -> top, acc where it may be camel case."""
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name) if camel else name
    return [word for word in re.split(r"[^0-9a-zA-Z₂]+", apart.lower()) if word]


def _looks_like_score(name: str) -> bool:
    words = tokens(name)
    return any(word in SCORES for word in words) and not any(word in NEVER for word in words)


def _may_be_score(name: str) -> bool:
    words = tokens(name, camel=False)
    if any(word in NEVER or word in NOT_SHARES for word in words):
        return False
    telling = ATTRIBUTES if len(words) < LONG_NAME else ALWAYS_ATTRIBUTES
    return _looks_like_score(name) or not any(word in telling for word in words)


def _twin(name: str, others: Sequence[str], numbers: Callable[[str], Numbers]) -> bool:
    """Return whether a column is the error of another one."""
    if not {"err", "error"} & set(tokens(name)):
        return False
    mine = numbers(name).value
    for other in others:
        if other != name and not {"err", "error"} & set(tokens(other)):
            total = mine + numbers(other).value
            total = total[np.isfinite(total)]
            if len(total) and (np.allclose(total, 1, atol=0.002) or np.allclose(total, 100, atol=0.02)):
                return True
    return False


def _target(column: str, asked: Asked, *, dataset: str | None, many: bool, headers: Mapping[str, tuple[str, ...]]) -> Target:
    metric = asked.metrics.get(column)
    if dataset and metric is None:
        metric = metric_of(column) if many else asked.metric
    metric = metric or asked.metric
    unit = asked.units.get(column, "auto" if asked.unit == "auto" else asked.unit)
    if column not in asked.units and (not is_share(metric) or any(word in NOT_SHARES for word in tokens(column))):
        unit = KEPT_AS_IS
    return Target(set_name(column), metric, unit=unit)


def metric_of(column: str) -> str:
    """Return the metric that a column's name says, else the name itself."""
    words = tokens(column)
    known = {"acc": "accuracy", "accuracy": "accuracy", "top1": "accuracy", "score": "score", "err": "error", "error": "error"}
    return next((known[word] for word in words if word in known and len(words) == 1), "_".join(words) or column)


def is_share(metric: str) -> bool:
    """Return whether a metric lies within 0..1."""
    return not any(word in NOT_SHARES or word == "parameters" for word in tokens(metric))


def set_name(text: str) -> str:
    """Return a name that links and commands can tell from a split and a shift: `/` and `@` mean these there.

    >>> set_name("val/acc@1 "), set_name("imagenet-a")
    ('val_acc_1', 'imagenet-a')
    """
    return re.sub(r"[/@]+", "_", " ".join(str(text).split())) or "unnamed"
