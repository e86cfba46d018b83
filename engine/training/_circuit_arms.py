"""The arms of the circuit study as data: what is trained, on what, how long, and what each arm is a control for."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from engine import errors, priors
from engine.preprocess import Preprocess

COMMAND = "python -m engine train circuits"
BANDWIDTH = 0.3  # eps, truncation and prior weight: chosen on in-distribution validation data (`--choose`)
TRUNCATION: float | None = None
PRIOR_WEIGHT = 1.0
SIGNATURE_RATE = 20.0  # at the common rate links hardly move: mean |change of P| 0.002 in 240 steps on digits, 0.057 at this one
MODULES, OUTPUTS, WIDTH, LAYERS, HEADS, HIDDEN, CODE, SIGNATURE = 32, 8, 48, 3, 4, 96, 32, 16
MATCHED_HIDDEN = 204  # of the arm without codes: as many parameters as the others within 2 %

ARMS: Mapping[str, str] = {
    "dense_fc": "everybody listens to everybody, plain linear maps (Perceiver-like)",
    "dense_modfc": "everybody listens to everybody, maps conditioned on codes",
    "dense_dropout": "dense with random link dropout, as many links in training as the circuit without prior has",
    "none": "learned links, no prior",
    **{name: f"learned links, prior {name.replace('_', ' ')}" for name in priors.names()},
    "frozen": "the link probabilities of the circuit without prior, placed at random and kept",
    "interpreter": "neural interpreter: tokens are routed to functions",
}
_SHORT = {"bandwidth": "eps", "truncation": "tau", "prior_weight": "prior", "modules": "u", "steps": "steps", "signature_rate": "sig"}  # in names
PARTS: Mapping[str, tuple[str, ...]] = {  # of a circuit that may go on learning: names of parameters, none = all
    "head": ("head",),
    "modules": ("head", "codes", "signatures", "states"),
    "everything": (),
}
NEEDS_LEARNED = ("dense_dropout", "frozen")  # they take their density from the arm `none` of the same seed


@dataclass(frozen=True)
class Setting:
    """What one data set asks for: its sets, the input, steps, augmentation."""

    title: str
    preprocess: Preprocess
    steps: int
    batch: int = 64
    learning_rate: float = 3e-3
    augmentation: str = "none"
    options: Mapping[str, Any] = field(default_factory=dict)


SETTINGS: Mapping[str, Setting] = {
    "mnist": Setting("MNIST-5k", Preprocess(size=28, channels=1), 1200, augmentation="affine"),
    "shapes": Setting("shapes in scenes", Preprocess(size=32, channels=3), 1200),
}


@dataclass(frozen=True)
class Job:
    """One circuit to make: what it is, what it learns from, its seed, and what was chosen for it."""

    arm: str
    data: str
    seed: int
    bandwidth: float = BANDWIDTH
    truncation: float | None = TRUNCATION
    prior_weight: float = PRIOR_WEIGHT
    modules: int = MODULES
    steps: int = 0  # 0 = as the setting says
    signature_rate: float = SIGNATURE_RATE  # learning rate of signatures, times that of the rest

    @property
    def name(self) -> str:
        """Its name, such as `nac-scale_free-mnist-s0`; what differs from the defaults is part of it."""
        kind = "ni" if self.arm == "interpreter" else "nac"
        own = "" if self.arm == "interpreter" else f"-{self.arm}"
        return f"{kind}{own}-{self.data}{self._changed()}-s{self.seed}"

    def _changed(self) -> str:
        return "".join(f"-{_SHORT[name]}{value:g}" if value is not None else f"-{_SHORT[name]}none" for name, value in self.changed.items())

    @property
    def changed(self) -> dict[str, float | None]:
        """What differs from the defaults and matters for this arm: eps and truncation where links are learned, the weight where there is a prior."""
        matter = ["steps"] if self.arm == "interpreter" else ["modules", "steps"]
        if self.arm not in {"interpreter", "dense_fc", "dense_modfc"}:
            matter = ["bandwidth", "truncation", *matter]
        if self.prior:
            matter.append("prior_weight")
        if self.prior or self.arm in {"none", "frozen", "dense_dropout"}:  # the last two by way of `none`
            matter.append("signature_rate")
        default = Job(self.arm, self.data, self.seed)
        return {name: getattr(self, name) for name in matter if getattr(self, name) != getattr(default, name)}

    @property
    def setting(self) -> Setting:
        """What its data set asks for."""
        return SETTINGS[self.data]

    @property
    def length(self) -> int:
        """Training steps."""
        return self.steps or self.setting.steps

    @property
    def prior(self) -> str | None:
        """The prior over its links, None where there is none."""
        return self.arm if self.arm in priors.names() else None

    @property
    def learned(self) -> "Job":
        """The circuit without prior of the same seed, which controls take their density from."""
        return Job(
            "none", self.data, self.seed, self.bandwidth, self.truncation, modules=self.modules, steps=self.steps, signature_rate=self.signature_rate
        )

    @property
    def command(self) -> str:
        """The command that makes it again."""
        said = f"{COMMAND} --into FOLDER --arm {self.arm} --data {self.data} --seed {self.seed}"
        return said + "".join(f" --{name.replace('_', '-')} {value}" for name, value in self.changed.items())


def architecture(job: Job) -> str:
    """Return the name of the job's file in `engine/models/circuits`."""
    return "neural_interpreter" if job.arm == "interpreter" else "nac"


def options(job: Job, density: float = 1.0) -> dict[str, Any]:
    """Return the arguments of `build`; `density` is the mean link probability that the controls take over."""
    if job.arm == "interpreter":
        return dict(job.setting.options)
    shared = {
        "modules": job.modules, "outputs": OUTPUTS, "width": WIDTH, "layers": LAYERS, "heads": HEADS, "hidden": HIDDEN, "code": CODE,
        "signature": SIGNATURE, "bandwidth": job.bandwidth, "truncation": job.truncation,
    }  # fmt: skip
    own: dict[str, dict[str, Any]] = {
        "dense_fc": {"links": "complete", "code": 0, "hidden": MATCHED_HIDDEN}, "dense_modfc": {"links": "complete"},
        "dense_dropout": {"links": "dropped", "keep": round(density, 4)}, "frozen": {"links": "frozen"},
    }  # fmt: skip
    return {**shared, **job.setting.options, **own.get(job.arm, {"links": "learned"})}


def grid(arms: tuple[str, ...], data: tuple[str, ...], seeds: tuple[int, ...], **changed: Any) -> tuple[Job, ...]:
    """Return the circuits that a choice means, seed by seed; an empty choice of arms or data means all.

    Raises:
        UserError: for a name that is not known, or a number that is out of range.
    """
    for kind, asked, known in (("arm", arms, ARMS), ("data set of this recipe", data, SETTINGS)):
        for name in asked:
            if name not in known:
                raise errors.unknown(kind, name, known)
    chosen = {name: value for name, value in changed.items() if value is not None}
    if chosen.get("bandwidth", 1) <= 0 or chosen.get("prior_weight", 0) < 0 or chosen.get("modules", 4) < 4 or chosen.get("steps", 0) < 0:
        raise errors.UserError(
            "A circuit cannot be trained so.", "Give eps above 0, a prior weight of at least 0, at least 4 modules, steps above 0."
        )
    return tuple(Job(arm, one, seed, **chosen) for seed in seeds for one in data or tuple(SETTINGS) for arm in arms or tuple(ARMS))
