"""What a response curve takes: 21 values of a factor, 5 shipped networks, 500 units, from the question to the rows."""

from collections.abc import Iterator

from engine.interventions import run as study
from engine.interventions import spec as asking
from engine.interventions.spec import InterventionsSpec
from tests.bench.timing import Clock, Result, fresh_home

NETWORKS = tuple(f"{architecture}-mnist-whole-s0" for architecture in ("cnn", "mlp", "vit", "mixer", "resnet"))
QUESTION = InterventionsSpec(system="coloured_digits", factors=("rotation",), networks=NETWORKS, units=500)


def answered(question: InterventionsSpec) -> tuple[Clock, Clock]:
    """Answer a question and return what its first point and all of it took."""
    started, first = Clock.now(), None
    for step in study.run(question, study.Before("", {})):
        if step.cells and first is None:
            first = Clock.now() - started
    assert first is not None
    return first, Clock.now() - started


def run() -> Iterator[Result]:
    """Time the curve, in seconds of two cores."""
    with fresh_home():
        answered(QUESTION.model_copy(update={"units": 20, "steps": 2}))  # everything is loaded once
        first, whole = answered(QUESTION)
        planned = asking.plan(QUESTION)
        what = f"{len(planned.worlds)} worlds x {len(NETWORKS)} networks x {QUESTION.units} units"
        yield Result("response curve", what, whole.wall, "s", "<= 10", f"{whole.cpu:.1f} CPU seconds")
        yield Result("response curve", "until the first point", first.wall, "s")
