"""The sweep's question: the exact grid, written out as data, and the plan of its shards and networks. No torch, nothing is trained here.

The design is that of Wenzel et al. 2022 at the size of two cores, on the four digit domains: 9 architectures x 4 domains x 4 augmentations
x 2 learning rates x 3 sizes of the training set x {whole network, head only} from trunks that learned letters x 2 seeds. The linear
classifier has no trunk: it starts from nothing, once for each cell. All in all 8 x 384 + 192 = 3,264 networks, no architecture above 12 %.

What differs from the paper: trunks learned rendered letters, not ImageNet; one length of training for each size of the training set, not two;
learning rates of 4e-3 and 1e-3 that rise and fall; two seeds, which also draw the few-shot images (balanced over classes; the paper took the
first N, one draw for all). Of colour jitter only brightness and contrast are left, for images are grey; RandAugment and AugMix draw from the
list in `engine.training._augmentation`, AugMix without its loss of consistency. A head is fitted to the frozen trunk's features: as they are,
or of four augmented passes over the training set, the same for all heads. Corruptions are the 19 of ImageNet-C at strengths 1, 3 and 5.
Nothing was chosen by test data; learning rates and lengths were tried once on validation data with a few networks.

Training with evaluation takes 3 to 4 CPU seconds a network on average (busy core of an AMD EPYC, MNIST, the dearest domain): the linear
classifier 1 to 5, an MLP 0.3 to 2, a convolutional network 4 with 10 images a class, 8 with 100, 15 with all, its head alone 2.
"""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import pydantic

from engine import errors, hashing, places, shifts, store
from engine.assay.spec import Cost
from engine.datasets import images
from engine.preprocess import Preprocess
from engine.spec import Spec, each_once

VERSION = 1  # raised when a network of the same name would come out otherwise
PREFIX = "sweep"  # of its runs and networks; also the collection that they are in
DOMAINS = ("mnist", "optdigits", "printed", "mfeat")
CLASSES = tuple("0123456789")
PREPROCESS = Preprocess(size=28, channels=1)

AUGMENTATIONS = ("none", "colour", "randaugment", "augmix")
LEARNING_RATES = (4e-3, 1e-3)  # Adam's highest; the same for all architectures and regimes, so that cells of the grid can be paired
SEEDS = (0, 1)
AXES = ("architectures", "domains", "seeds", "augmentations", "learning_rates", "images_per_class", "regimes")  # of the grid
PER_CLASS = ("full", "100", "10")  # training images of each class, drawn anew for each seed; fewer where a class has fewer
PASSES = 4  # a frozen trunk's features are kept for so many augmented passes over the training set

METRICS = ("accuracy", "nll", "brier", "ece", "worst_class_accuracy", "demographic_disparity", "auroc_msp")
SHIFTED_METRICS = ("accuracy", "nll", "ece")
ATTACKS: Mapping[str, tuple[float, ...]] = {"pgd_linf": (2.0, 8.0), "pgd_l2": (2.0, 8.0)}
ATTACKED_IMAGES = 200
ATTACKED_PERCENT = 5.0  # of the networks, chosen by the hash of the name
KEPT_IMAGES = 300  # of each other domain's test set, in the order of every assay; of its own test set all


@dataclass(frozen=True)
class Length:
    """How long a fit takes: passes over the data, and examples a step."""

    epochs: int
    batch: int


LENGTHS: Mapping[str, Mapping[str, Length]] = {
    "whole": {"full": Length(8, 64), "100": Length(10, 64), "10": Length(30, 32)},
    "head": {"full": Length(16, 64), "100": Length(24, 64), "10": Length(40, 32)},
    "scratch": {"full": Length(20, 64), "100": Length(40, 64), "10": Length(60, 32)},
}


@dataclass(frozen=True)
class Architecture:
    """One architecture as the sweep uses it: its name for people, how it learns letters first, its options."""

    title: str
    letters: tuple[int, float] | None  # epochs, learning rate; None = it has no trunk to learn with
    options: Mapping[str, Any] = field(default_factory=dict)
    channels_last: bool = False  # faster for convolutions on a CPU, otherwise the same


ARCHITECTURES: Mapping[str, Architecture] = {
    "linear": Architecture("Linear", None),
    "mlp": Architecture("MLP", (40, 3e-3)),
    "cnn": Architecture("CNN", (12, 3e-3), {"widths": (8, 16, 32, 48)}, True),
    "resnet": Architecture("ResNet", (10, 3e-3), {"widths": (8, 16, 32)}, True),
    "densenet": Architecture("DenseNet", (10, 4e-3), {}, True),
    "convnext": Architecture("ConvNeXt", (15, 4e-3), {}, True),
    "mixer": Architecture("Mixer", (20, 3e-3), {"patch": 7}),
    "gmlp": Architecture("gMLP", (20, 3e-3)),
    "vit": Architecture("ViT", (20, 3e-3)),
}


class SweepSpec(Spec):
    """Train these networks, and evaluate each on all digit domains and under all corruptions of its own."""

    study: Literal["sweep"] = "sweep"
    """Which study answers the question."""
    architectures: tuple[str, ...] = pydantic.Field(default=tuple(ARCHITECTURES), min_length=1)
    """Architectures; each learned letters first, except the linear one."""
    domains: tuple[str, ...] = pydantic.Field(default=DOMAINS, min_length=1)
    """Digit domains to train on; each network is evaluated on all four."""
    seeds: tuple[int, ...] = pydantic.Field(default=SEEDS, min_length=1)
    """Of the first weights, the order of examples, augmentation, and the draw of few-shot examples."""
    augmentations: tuple[str, ...] = pydantic.Field(default=AUGMENTATIONS, min_length=1)
    """Names out of `engine.training._augmentation`."""
    learning_rates: tuple[float, ...] = pydantic.Field(default=LEARNING_RATES, min_length=1)
    """Adam's highest learning rate."""
    images_per_class: tuple[Literal["full", "100", "10"], ...] = pydantic.Field(default=PER_CLASS, min_length=1)
    """Size of the training set."""
    regimes: tuple[Literal["whole", "head"], ...] = pydantic.Field(default=("whole", "head"), min_length=1)
    """What is trained."""
    strengths: tuple[int, ...] = pydantic.Field(default=(1, 3, 5), min_length=1)
    """Which of the published strengths of each corruption, counted from 1."""
    shifted_images: int = pydantic.Field(default=300, ge=1)
    """Images of the in-distribution test set under each corruption."""

    _each_once = pydantic.field_validator(*AXES)(each_once)

    def jobs(self) -> tuple["Job", ...]:
        """Return every network of the grid, in the order in which they are made; raises UserError for a name that is not known."""
        check(self)
        return tuple(job for shard in shards(self) for job in shard.jobs)


@dataclass(frozen=True)
class Job:
    """One cell: one network to train and evaluate. All that `engine.sweep.run.answer` needs."""

    architecture: str
    domain: str
    regime: str  # whole | head | scratch
    images_per_class: str
    augmentation: str
    learning_rate: float
    seed: int
    strengths: tuple[int, ...] = (1, 3, 5)
    shifted_images: int = 300
    shift_seed: int = 0

    @property
    def name(self) -> str:
        """The network's name, for example `sweep-resnet-mnist-whole-full-augmix-lr4e-3-s0`."""
        mantissa, exponent = f"{self.learning_rate:e}".split("e")
        rate = f"lr{float(mantissa):g}e{int(exponent)}"
        return f"{PREFIX}-{self.architecture}-{self.domain}-{self.regime}-{self.images_per_class}-{self.augmentation}-{rate}-s{self.seed}"

    @property
    def title(self) -> str:
        """The network's name for people."""
        said = {"whole": "whole network tuned", "head": "head only", "scratch": "from scratch"}[self.regime]
        size = "all images" if self.images_per_class == "full" else f"{self.images_per_class} images a class"
        title = ARCHITECTURES[self.architecture].title
        return f"{title}, {self.domain}, {said}, {size}, {self.augmentation}, rate {self.learning_rate:g}, seed {self.seed}"

    @property
    def length(self) -> Length:
        """How long it is trained."""
        return LENGTHS[self.regime][self.images_per_class]

    @property
    def attacked(self) -> bool:
        """Whether it is one of those that are attacked."""
        return _share(f"attacked {self.name}") < ATTACKED_PERCENT / 100

    @property
    def kept(self) -> bool:
        """Whether its answers to each example are kept: all images, the higher rate, plain or AugMix, nothing frozen, first seed."""
        likely_best = self.images_per_class == "full" and self.learning_rate == max(LEARNING_RATES) and self.regime != "head"
        return likely_best and self.augmentation in {"none", "augmix"} and self.seed == SEEDS[0]

    @property
    def command(self) -> str:
        """The command that makes it again, with the others of its shard."""
        return f"python -m engine sweep --architecture {self.architecture} --domain {self.domain} --seed {self.seed}"


def _share(text: str) -> float:
    """Return a number from 0 to 1 that depends on the text alone."""
    return int(hashing.of_parts(text)[:8], 16) / 2**32


@dataclass(frozen=True)
class Shard:
    """What is stored as one run, whole or not at all: one architecture on one domain from one seed."""

    architecture: str
    domain: str
    seed: int
    question: SweepSpec

    @property
    def run(self) -> str:
        """The run's identity: that of the default grid has no hash, so that it is found again from every clone."""
        default = SweepSpec(architectures=(self.architecture,), domains=(self.domain,), seeds=(self.seed,), title=self.title)
        other = "" if self.question == default else "-" + hashing.of_bytes(self.question.text().encode())[:8]
        return f"{PREFIX}{VERSION}-{self.architecture}-{self.domain}-s{self.seed}{other}"

    @property
    def title(self) -> str:
        """What people call it."""
        return f"Sweep: {self.architecture} on {self.domain}, seed {self.seed}"

    @property
    def jobs(self) -> tuple[Job, ...]:
        """Its networks."""
        q = self.question
        regimes = q.regimes if ARCHITECTURES[self.architecture].letters else ("scratch",)
        return tuple(
            Job(self.architecture, self.domain, regime, per_class, augmentation, rate, self.seed, q.strengths, q.shifted_images, q.seed)
            for per_class, augmentation, rate, regime in itertools.product(q.images_per_class, q.augmentations, q.learning_rates, regimes)
        )


def shards(spec: SweepSpec) -> tuple[Shard, ...]:
    """Return the shards of a question: all architectures of one domain, domain after domain, seed after seed, so that what is done is balanced."""
    found = []
    for seed, domain, architecture in itertools.product(spec.seeds, spec.domains, spec.architectures):
        shard = Shard(architecture, domain, seed, spec)
        mine = {"architectures": (architecture,), "domains": (domain,), "seeds": (seed,), "title": shard.title}
        found.append(Shard(architecture, domain, seed, spec.model_copy(update=mine)))
    return tuple(found)


def check(spec: SweepSpec) -> None:
    """Raise UserError for a name that is not known, a strength that is not published, or a domain that cannot be used here."""
    for kind, chosen, known in (
        ("architecture of the sweep", spec.architectures, ARCHITECTURES),
        ("digit domain", spec.domains, DOMAINS),
        ("augmentation of the sweep", spec.augmentations, AUGMENTATIONS),
        ("published strength", map(str, spec.strengths), [str(k) for k in range(1, 6)]),
    ):
        for name in chosen:
            if name not in known:
                raise errors.unknown(kind, name, known)
    for rate in spec.learning_rates:
        if not 0 < rate <= 1:
            raise errors.UserError(f"A learning rate of {rate:g} trains nothing.", "Choose one above 0 and at most 1, such as 0.004.")
    for name in DOMAINS:
        if sentence := images.card(name).missing:
            raise errors.UserError(f"The data set “{name}” cannot be used here.", sentence)


@dataclass(frozen=True)
class Plan:
    """What answering a question takes: a cell is a network; those of finished shards are there already."""

    jobs: tuple[Job, ...]
    stored: frozenset[str] = field(repr=False)  # names of networks that finished shards hold
    notes: tuple[str, ...] = ()

    @property
    def cells(self) -> int:
        """Number of networks."""
        return len(self.jobs)

    @property
    def reused(self) -> int:
        """Number of networks that need not be trained."""
        return len(self.stored)

    @property
    def images(self) -> int:
        """Number of images that the others will be shown in evaluation."""
        return sum(evaluated_images(job) for job in self.jobs if job.name not in self.stored)


def plan(spec: SweepSpec) -> Plan:
    """Return what a question takes; networks of finished shards, also of those that ship, are not trained again.

    Raises:
        UserError: as `check` does.
    """
    check(spec)
    every = shards(spec)
    over = [shard for shard in every if (found := store.manifest(shard.run)) is not None and found.finished and not found.archived]
    stored = frozenset(job.name for shard in over for job in shard.jobs)
    notes = (f"{len(stored)} of its networks are there already, in {len(over)} finished shards.",) if over else ()
    return Plan(tuple(job for shard in every for job in shard.jobs), stored, notes)


def cost(spec: SweepSpec, planned: Plan | None = None) -> Cost:
    """Return networks and images; how long training takes is not known beforehand (the docstring of this module has what was measured)."""
    planned = planned or plan(spec)
    left = planned.cells - planned.reused
    return Cost(planned.cells, planned.reused, planned.images, None if left else 0.0, spec.architectures if left else ())


def title(spec: SweepSpec) -> str:
    """Return the question's name: the given one, or what is asked in a line."""
    return spec.title or f"Sweep: {_few(spec.architectures)} on {_few(spec.domains)}"


def _few(names: tuple[str, ...]) -> str:
    return ", ".join(names) if len(names) <= 3 else f"{len(names)} of them"


@dataclass(frozen=True)
class Where:
    """One (shifted) set that a network is evaluated on; `images` None = all of it."""

    dataset: str
    split: str
    shift: str = ""
    strength: float = 0.0
    images: int | None = None


def wheres(domain: str, strengths: tuple[int, ...], shifted_images: int) -> tuple[Where, ...]:
    """Return the sets of a network trained on a domain: its validation and test side, the other domains, its test side corrupted."""
    plain = [Where(domain, "val"), Where(domain, "test"), *(Where(name, "test") for name in DOMAINS if name != domain)]
    return (*plain, *(Where(domain, "test", name, shifts.card(name).strengths[k - 1], shifted_images) for name in corruptions() for k in strengths))


def evaluated_images(job: Job) -> int:
    """Return how many images a network is shown when it is evaluated, attacks not counted."""
    return sum(min(images.card(one.dataset).sizes[one.split], one.images or 10**9) for one in wheres(job.domain, job.strengths, job.shifted_images))


def corruptions() -> tuple[str, ...]:
    """Return the 19 corruptions of ImageNet-C: every shift that comes with the program but the geometric ones."""
    own = {path.stem for path in (places.ENGINE / "shifts").glob("[!_]*.py")}
    return tuple(name for name in shifts.names() if name in own and shifts.card(name).family != "geometric")


def trunk_file(architecture: str) -> Path:
    """Return where an architecture's letters-trained trunk lies; it ships."""
    return places.weights() / "sweep" / f"letters-{architecture}.safetensors"
