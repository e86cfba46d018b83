"""The tables that all studies share, each as a frozen dataclass: a table is a class, a row is an instance.

The Arrow schema comes from the annotations (`engine.store.schema`); the store adds the column `run` to every table but
`Run`. Columns are only ever added, nullable. None means "not measured", NaN means "measured and undefined".
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, ClassVar


@dataclass(frozen=True, slots=True)
class Run:
    """One answered question: written last, so that a run without this row does not exist."""

    table: ClassVar[str] = "runs"

    run: str
    study: str
    title: str
    spec: str  # the question as JSON
    state: str  # done | failed | cancelled
    seed: int
    created: datetime
    started: datetime
    finished: datetime
    seconds: float
    cells: int
    images: int
    device: str
    code_revision: str | None
    code_dirty: bool | None
    packages: str  # JSON: package -> version
    machine: str
    error: str | None
    user: str | None = None


@dataclass(frozen=True, slots=True)
class Network:
    """A network as it was when a run evaluated it."""

    table: ClassVar[str] = "networks"

    network: str
    title: str
    architecture: str
    source: str  # shipped | package | brought | predictions
    digest: str  # hash of weights, architecture options and preprocessing
    trained_on: str | None
    parameters: int | None
    attributes: str  # JSON: whatever else a person may colour or filter by
    licence: str | None = None
    collection: str | None = None  # the imported table it came with; None = evaluated here. Names are unique within one


@dataclass(frozen=True, slots=True)
class Score:
    """One number about one network on one (shifted) set, with its interval and the n behind it."""

    table: ClassVar[str] = "scores"

    network: str
    dataset: str
    split: str
    shift: str  # "" = as it is; else a shift's or attack's name
    strength: float  # 0 where there is no shift; eps in units of 1/255 for L-inf attacks, eps for L2
    metric: str
    metric_version: int
    value: float | None  # None = not measured (see reason), NaN = undefined
    low: float | None  # 95 % interval
    high: float | None
    n: int | None  # examples behind it; None = whoever measured it did not say
    cell: str  # hash of what the predictions behind it depend on
    slice: str | None = None  # e.g. "class=7" or "group:site=hospital 2"; None = all
    reference: str | None = None  # the ID set whose data this number also used (temperature, pair metrics)
    classes: int | None = None  # number of classes the metric ran over (subset masking)
    unit: str | None = None
    reason: str | None = None  # why value is None
    norm: str | None = None  # attacks only: linf | l2
    eps: float | None = None
    steps: int | None = None
    seconds: float | None = None
    collection: str | None = None  # as in `Network`
    task: str | None = None  # what the network is to do there, such as "digits"; sets of one task can be compared


@dataclass(frozen=True, slots=True)
class Prediction:
    """One network's answer to one example. `label` counts in the network's classes; logits are unmasked."""

    table: ClassVar[str] = "predictions"

    network: str
    dataset: str
    split: str
    shift: str
    strength: float
    example_id: str  # hash of the image's bytes before any shift: equal across networks and shifts
    position: int  # place in the split
    label: int
    logits: list[float]
    cell: str
    predicted: int | None = None  # in the network's classes, among those the set covers
    confidence: float | None = None  # softmax of the predicted class, among those the set covers


@dataclass(frozen=True, slots=True)
class Feature:
    """What a network's last layer read of one example: its penultimate activations, kept where somebody asked for them."""

    table: ClassVar[str] = "features"

    network: str
    dataset: str
    split: str
    shift: str
    strength: float
    example_id: str
    position: int
    features: list[float]
    cell: str


@dataclass(frozen=True, slots=True)
class Example:
    """What is known of an example besides its pixels: its set, its label's name, its groups."""

    table: ClassVar[str] = "examples"

    dataset: str
    split: str
    example_id: str
    position: int
    label: int  # in the data set's classes
    label_name: str
    groups: str  # JSON: group column -> value
    source: str | None = None  # file name or origin


@dataclass(frozen=True, slots=True)
class Response:
    """One number about one network in one world of a system, and how far it is from the base world on the same units."""

    table: ClassVar[str] = "responses"

    network: str
    system: str
    parameters: str  # JSON: parameter -> number, all of them
    interventions: str  # the base world, as interventions are written; "" = the system as it is
    conditions: str  # which units, as conditions are written; "" = all
    seed: int
    split: str  # of the digit sets that glyphs are taken from
    factor: str  # what is set besides; "" in the base world itself
    level: str  # to which value, as interventions write it
    place: float | None  # the same as a number; None for a name
    factor_2: str
    level_2: str
    place_2: float | None
    inside: bool  # whether every value that is set occurs in training
    metric: str
    metric_version: int
    value: float | None  # None = not measured (see reason), NaN = undefined
    low: float | None  # 95 % interval
    high: float | None
    n: int  # units
    difference: float | None  # from the base world, with the same units; None in the base world
    difference_low: float | None  # 95 % interval
    difference_high: float | None
    p: float | None  # two-sided, of no difference
    gained: int | None  # units that are right here and wrong in the base world; accuracy only
    lost: int | None  # the other way round
    unit: str
    cell: str  # hash of what the answers depend on
    base: str  # the base world's cell
    reason: str | None = None  # why value is None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one network answered to all units of one world, one row a cell; classes count as the system's do."""

    table: ClassVar[str] = "outcomes"

    network: str
    digest: str  # as in `Network`
    system: str
    world: str  # all that was done, as interventions are written
    cell: str
    labels: list[int]
    predicted: list[int]
    confidence: list[float]  # softmax of the predicted class, among the system's classes


@dataclass(frozen=True, slots=True)
class Treatment:
    """One number about how a network, or a rule made from it, treats groups of people."""

    table: ClassVar[str] = "treatments"

    network: str
    dataset: str  # the table of people
    attribute: str  # the column with the protected attribute
    constraint: str  # parity | opportunity
    method: str  # plain | two_heads | squared | …
    strength: float  # lambda; 0 where nothing was pressed
    seed: int
    split: str
    metric: str
    part: str  # what of it, such as "group=Female" or "slack=0.02"; "" = all
    value: float | None  # None = not measured (see reason)
    low: float | None  # 95 % interval over people
    high: float | None
    n: int | None  # people
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Circuit:
    """A module graph: of a network that was trained here, or brought from outside."""

    table: ClassVar[str] = "circuits"

    circuit: str  # the network's name, or the name it was brought under
    title: str
    source: str  # network | brought
    digest: str  # hash of the network, or of the file it was brought in
    modules: int  # processors
    outputs: int
    layers: int
    dataset: str | None
    prior: str | None
    seed: int | None
    about: str  # JSON: whatever else is known (eps, truncation, arm, created …)
    metrics: str  # JSON: graph metric -> number, null where undefined
    view: str | None = None  # JSON: pins, groups, notes that came with a brought circuit


@dataclass(frozen=True, slots=True)
class CircuitNode:
    """One module of a circuit."""

    table: ClassVar[str] = "circuit_nodes"

    circuit: str
    node: int  # processors first, then output modules
    role: str  # processor | output
    x: float  # from signatures alone: nothing ever moves it
    y: float
    community: int | None
    degree: float | None  # expected number of other modules that listen to it
    attention: float | None = None  # received per layer, mean over examples
    ablation: float | None = None  # how much the loss on ranking data rises without it, nats
    code_norm: float | None = None
    responds: str | None = None  # the class whose examples it moves most for
    label: str | None = None


@dataclass(frozen=True, slots=True)
class CircuitEdge:
    """One value between two modules: a link's probability, or attention as it was measured."""

    table: ClassVar[str] = "circuit_edges"

    circuit: str
    kind: str  # link (static, from signatures) | attention (mean over examples and heads)
    layer: int | None  # counts from 0; the read-out is the last; None = all
    slice: str  # "" = all examples, else such as "class=3"
    step: int | None  # of training; None = as it was at the end
    source: int  # who is listened to
    target: int  # who listens
    weight: float


@dataclass(frozen=True, slots=True)
class CircuitCurve:
    """A pruned circuit on one set: accuracy, density and time with so many modules or links left."""

    table: ClassVar[str] = "circuit_curves"

    circuit: str
    ranking: str  # degree | attention | ablation | greedy | random | links
    kept: int  # processors left
    removed: int | None  # the one that has just gone; None where none or several orders are averaged
    density: float  # mean link value among what is left
    dataset: str
    split: str
    shift: str
    strength: float
    accuracy: float
    low: float  # 95 % interval
    high: float
    n: int
    milliseconds: float | None  # a batch of 64, one thread, median
    operations: float | None  # floating-point operations an image


@dataclass(frozen=True, slots=True)
class Completion:
    """One object's whole mask in one frame of a clip, by one answer, and how probable its pixels are."""

    table: ClassVar[str] = "completions"

    clip: str  # its address
    track: str  # the object
    answer: str  # baseline, completer, completer after adaptation, or the name of predictions that were brought
    flow: str  # what the answer knew of motion: "estimated", "exact, noise 0.15 px"; "" = predictions
    frame: int
    height: int
    width: int
    whole: str | None  # run-length code of probability > 0.5; None = no answer for this frame
    levels: str | None  # codes of probability > 0.1, 0.3, 0.7, 0.9, a space between; None = 0 or 1 everywhere
    cell: str  # hash of what the answer depends on


@dataclass(frozen=True, slots=True)
class MaskFrame:
    """What one answer gets right about one object in one frame: metrics, and the pixels that they are counted from."""

    table: ClassVar[str] = "mask_frames"

    clip: str
    dataset: str  # set of clips; "" = brought
    split: str
    source: str  # what the object is cut from: clips of one source are not independent
    track: str
    answer: str
    flow: str  # as in `Completion`
    frame: int
    occlusion: float | None  # share of the whole mask that is not visible; None where the truth is not known
    iou_whole: float | None
    iou_hidden: float | None
    recall_seen: float | None
    recall_never: float | None
    false_extension: float | None
    reason: str | None  # why iou_hidden is None
    visible_px: int
    whole_px: int | None
    both_px: int | None  # predicted and whole
    either_px: int | None
    hidden_px: int | None  # whole, inside what may hide it
    hidden_both_px: int | None
    hidden_either_px: int | None
    background_px: int | None  # inside what may hide it, and not the object
    false_px: int | None
    elsewhere_px: int | None  # hidden, and visible in another frame
    elsewhere_found_px: int | None
    never_px: int | None
    never_found_px: int | None
    cell: str


@dataclass(frozen=True, slots=True)
class StitchCost:
    """What one size of a stitched network costs: processor time and memory of a batch."""

    table: ClassVar[str] = "stitch_costs"

    architecture: str  # nac | neural_interpreter
    mode: str  # answer (no gradients) | train (forward and backward)
    parts: int  # modules or functions
    tokens: int  # of an image, the class token not counted
    layers: int  # rounds of messages, or steps
    width: int  # of a token and of a module's state
    batch: int
    parameters: int
    operations: float  # floating-point operations of a forward pass, an image
    peak_bytes: float  # of tensors alive at once, weights not counted
    seconds: list[float]  # of processor time, one thread, one entry a repeat
    cell: str


@dataclass(frozen=True, slots=True)
class CircuitTraining:
    """Where the training of a circuit stood at one of its marks."""

    table: ClassVar[str] = "circuit_training"

    circuit: str
    step: int
    steps: int  # in all
    loss: float | None  # nats, mean since the mark before; None at the start
    prior_loss: float | None  # mean square, likewise; None where there is no prior
    accuracy: float  # on validation data
    nll: float  # nats, likewise
    modules: int  # processors; 0 where there is no graph
    links: list[float]  # receivers x processors, row by row


TABLES: tuple[type, ...] = (
    Run,
    Network,
    Score,
    Prediction,
    Feature,
    Example,
    Response,
    Outcome,
    Treatment,
    Circuit,
    CircuitNode,
    CircuitEdge,
    CircuitCurve,
    Completion,
    MaskFrame,
    StitchCost,
    CircuitTraining,
)


@dataclass(frozen=True)
class Block:
    """Many rows of one table by column; a scalar stands for the same value in every row."""

    table: type
    columns: Mapping[str, Any]
    length: int

    def __post_init__(self) -> None:
        expected = {f.name for f in fields(self.table)}
        if strange := set(self.columns) - expected:
            raise ValueError(f"{self.table.__name__} has no column {sorted(strange)}; it has {sorted(expected)}")
        for name, column in self.columns.items():
            if isinstance(column, Sequence) and not isinstance(column, str) and len(column) != self.length:
                raise ValueError(f"column {name} has {len(column)} values, expected {self.length}")
