"""How networks respond to a factor of a system that is set by hand."""

from engine import errors, systems
from engine.evidence import behind, plain
from engine.evidence.asked import Asked
from engine.evidence.parts import Figure, Offer, Part
from engine.interventions import offering, plots, profile, responses, views, written
from engine.interventions import spec as asking
from engine.interventions.spec import Ask, InterventionsSpec
from engine.interventions.views import Known
from engine.plainly import interventions as plainly_interventions
from engine.plots.markdown import spoken

PATH = "respond"
TITLE = "Respond"
ORDER = 60
FIRST = "coloured_digits"
METHOD = (
    "A system is a causal model that pictures are drawn from. The same units are drawn again and again, with the same chance in them, while one "
    "factor is set by hand to value after value; what the factor does not cause stays as it was. So each network is compared with itself on the "
    "same units. Shaded is what the factor can be in training; dashed and hollow is beyond that. The thin dotted line is the base world. Bands "
    "are 95 %."
)
LIMITS = (
    "The system is a model: what breaks a network in it may not occur in other pictures.",
    "Tests of a region are adjusted for their number; a network is invariant only where every value is shown to change it by less than stated.",
)


def offered() -> list[Offer]:
    """Return every question about responses that was answered, those that ship first."""
    shipped = [spec.text() for spec in views.questions(shipped=True)]
    every = {spec.text(): spec for spec in (*views.questions(shipped=True), *views.questions())}
    return [Offer(offering.address(spec), asking.title(spec), usual=text in shipped[:2]) for text, spec in every.items()]


def part(asked: Asked) -> Part:
    """Return the figures of an answered question; raises UserError for one that nobody has asked yet."""
    spec = _spec(asked)
    planned = asking.plan(spec)
    known = views.known(spec, planned)
    if not known.whole:
        raise errors.UserError(
            f"Only {known.answered:,} of {known.cells:,} cells of “{asking.title(spec)}” are answered in this store.",
            "Run it on the page Respond first.",
        )
    margin = responses.MARGINS[asked.one("margin", responses.MARGINS, _usual_margin())]
    return Part(
        title=f"Responses in {asking.title(spec)}",
        findings=[spoken(responses.finding(known, spec.ask, spec.factors, margin))],
        plain=plain.told(plainly_interventions.of_responses, known, spec.system, margin),
        method=METHOD,
        limits=[*LIMITS, *planned.notes],
        figures=_figures(asked, spec, known, margin),
        networks=list(spec.networks),
        datasets=[spec.system, *planned.system.sources],
        runs=behind.runs_of_responses(known.rows["cell"].unique().tolist()),
    )


def _usual_margin() -> str:
    return next(label for label, share in responses.MARGINS.items() if share == profile.MARGIN)


def _spec(asked: Asked) -> InterventionsSpec:
    """Return the question that an address asks, as the page's form reads it."""
    name = asked.one("system", [one for one in systems.names() if systems.problem(one) is None], FIRST)
    parameters = systems.parameters(name, written.parameters(asked.text("with")))
    system = systems.load(name, **parameters)
    do = systems.text(systems.interventions(asked.text("do"), system))
    given = systems.text(systems.conditions(asked.text("given"), system))
    ask: Ask = offering.ASKS[asked.one("ask", offering.ASKS)]
    before = next(iter(views.questions(name, shipped=True)), None)
    fitting = list(asking.fitting(system))
    steps = before.grid if before and before.ask != "map" and ask != "map" else asking.STEPS[ask]
    chosen = asked.several(f"networks-{name}", fitting, offering.networks_first(system, fitting, before))
    return InterventionsSpec.of({
        "ask": ask, "system": name, "parameters": parameters, "interventions": do, "conditions": given, "seed": int(asked.number("seed", 0)),
        "factors": _factors(asked, system, ask), "networks": chosen,
        "units": int(asked.number("units", before.units if before else 500)), "steps": int(asked.number(f"values-{ask}", steps)),
    })  # fmt: skip


def _factors(asked: Asked, system: systems.System, ask: Ask) -> tuple[str, ...]:
    if ask == "profile":
        return ()
    names = [factor.name for factor in system.factors]
    first, second = offering.telling(system)
    found = [asked.one(f"factor-{system.name}", names, first)]
    return tuple(found) if ask == "curve" else (*found, asked.one(f"second-{system.name}", names, second))


def _figures(asked: Asked, spec: InterventionsSpec, known: Known, margin: float) -> list[Figure]:
    if spec.ask == "profile":
        rows, panels = responses.profiles(known, margin)
        alt = "Largest loss of accuracy of each network to each factor with intervals, with values that occur in training and over the whole domain"
        return [Figure(f"Sensitivity profile in {spec.system}", alt, panels, rows, plots.legend(rows))]
    if spec.ask == "map":
        return [_map(asked, spec, known)]
    kind = responses.SHOWN[asked.one("show", responses.SHOWN)]
    return [figure for factor in spec.factors for figure in _curves(spec, known, factor, kind)]


def _map(asked: Asked, spec: InterventionsSpec, known: Known) -> Figure:
    first, second = spec.factors
    metric = asked.one("number", views.TITLES, None, views.TITLES.__getitem__)
    panels, rows = responses.heats(known, first, second, metric)
    alt = f"Heat maps of {views.TITLES[metric]}, {first} across and {second} upwards, a panel a network; what occurs in training is framed"
    return Figure(f"{views.TITLES[metric]} by {first} and {second} in {spec.system}", alt, panels, rows)


def _curves(spec: InterventionsSpec, known: Known, factor: str, kind: plots.Kind) -> list[Figure]:
    """Return the curve of accuracy along a factor, then those of confidence and calibration side by side."""
    system = spec.loaded()
    about, rows = system.factor(factor), responses.data_of(known, factor)
    told = f"{factor}{f' ({about.unit})' if about.unit else ''}"
    within = (0.0, 1.02) if kind == "value" else None
    curve = responses.curve(known, system, factor, "accuracy", told, within, kind, listed=True)
    others = {
        title: responses.curve(known, system, factor, metric, told, within, kind, height=260)
        for metric, title in views.TITLES.items()
        if metric != "accuracy"
    }
    legend = plots.legend(responses.rows_of(known, factor, "accuracy"))
    alt = f"Accuracy of {len(spec.networks)} networks against {factor}; what occurs in training is shaded"
    return [
        Figure(f"Response to {factor} in {spec.system}", alt, {"": curve}, rows),
        Figure(f"Confidence and calibration against {factor}", f"Mean confidence and calibration error against {factor}", others, rows, legend),
    ]
