"""Which of many networks to take: what rules of choice cost elsewhere, who is as good as the best, who is beaten by nobody, what a factor changes."""

from urllib.parse import urlencode

from engine import control
from engine.assay import choosing, population, sets, shortlist, views
from engine.evidence import behind, plain
from engine.evidence.asked import Asked
from engine.evidence.parts import Figure, Offer, Part, Table
from engine.plainly import choosing as plainly_choosing
from engine.plots import scatter

PATH = "choose"
TITLE = "Choose"
ORDER = 32
SLICE = "slice: "
METHOD = (
    "A network is chosen by a number that is known before it meets other data: a rule. Regret is how much better the best network would have been "
    "on a set than the chosen one; its 95 % intervals come from drawing the networks anew. Networks cannot be told apart from the best where their "
    "answers to the same images differ no more than chance allows, after allowing for how many were compared, and for the best having been picked "
    "on these very images. What a factor changes is the mean difference between networks that are equal in all else."
)
LIMITS = (
    "Regret is told for the sets that were measured; on another set another rule may be best.",
    "Which networks are compared decides who is best among them.",
)


def offered() -> list[Offer]:
    """Return each collection of networks in which a network can be chosen."""
    names = [name for name in population.collections()["collection"].tolist() if shortlist.homes(name, "accuracy", ())]
    return [
        Offer(f"{PATH}?{urlencode({'table': name})}", f"Which network to take, {name or 'evaluated here'}", usual=i == _first(names))
        for i, name in enumerate(names)
    ]


def _first(names: list[str]) -> int:
    return names.index("") if "" in names else 0


def part(asked: Asked) -> Part:
    """Return what a rule costs, the ranking on a set, who is beaten by nobody, and what a factor changes."""
    question = _question(asked)
    finding, figure, found, caption = shortlist.costs(question)
    whose = question.collection or "networks evaluated here"
    alt = "For each rule of choice how much the best network on each set would have gained over the chosen one, with 95 % intervals"
    figures = [Figure(f"Regret of choosing by a rule: {whose}", alt, {"": figure}, found, captions=[caption])]
    findings, tables, one = [finding], [], _ranked(asked, question, figures)
    findings += [one] if one else []
    if (front := _front(asked, question)) is not None:
        figures.append(front[0])
        tables.append(front[1])
    if (effect := _effect(asked, question)) is not None:
        findings.append(effect[0])
        figures.append(effect[1])
    networks = list(shortlist.candidates(question)) or population.networks_of(question.collection)["network"].astype(str).tolist()
    measured = [views.Set.read(text) for text in shortlist.sets_of(question)]
    return Part(
        title=f"Which network to take: {whose}", findings=findings, method=METHOD, limits=LIMITS, figures=figures, tables=tables, networks=networks,
        collection=question.collection, datasets=sorted({one.dataset for one in measured}),
        scores=behind.scores(networks, measured, [question.metric], question.collection), paper="assay",
        plain=plain.told(plainly_choosing.of_choice, question),
    )  # fmt: skip


def _question(asked: Asked) -> shortlist.Question:
    """Return the collection, the candidates, the rule and what counts, as the page's form reads them."""
    names = population.collections()["collection"].tolist()
    collection = asked.one("table", names, "")
    metric = asked.one("metric", shortlist.metrics(collection), "accuracy")
    among = _among(asked, collection)
    home = asked.one("id", shortlist.homes(collection, metric, among))
    words = choosing.rules(collection, home, metric)
    return shortlist.Question(collection, home, asked.one("rule", words, None, words.__getitem__), metric, tuple(among))


def _among(asked: Asked, collection: str) -> list[str]:
    kept = {one.name: one.content["networks"] for one in control.sets.kept("networks") if one.content["collection"] == collection}
    name = asked.one("kept", [shortlist.EVERYONE, *kept])
    wanted = {attribute: asked.several(f"only-{attribute}", levels, ()) for attribute, levels in shortlist.levels(collection).items()}
    mine, everyone = shortlist.among(collection, kept.get(name), {attribute: levels for attribute, levels in wanted.items() if levels})
    return mine if 0 < len(mine) < everyone else []


def _ranked(asked: Asked, question: shortlist.Question, figures: list[Figure]) -> str:
    """Add the ranking on a set to the figures, and return what it says."""
    slices = {f"{SLICE}{one.name}": one.name for one in control.sets.kept("slice")}
    known = [*shortlist.sets_of(question), *slices]
    text = asked.one("on", known, question.home, lambda text: text if text in slices else views.Set.read(text).label)
    allow = shortlist.ALLOWED[asked.one("allow", shortlist.ALLOWED)]
    one, examples = sets.examples_in(slices[text]) if text in slices else (views.Set.read(text), ())
    where = f"{text.replace(SLICE, 'the slice ')} of {one.label}" if text in slices else one.label
    told, finding = shortlist.ranks(question, one, examples, allow, where)
    if told is not None:
        figures.append(Figure(f"Ranking on {where}", shortlist.of_ranks(question, told, where), {"": told.figure}, told.ranks))
    return finding


def _front(asked: Asked, question: shortlist.Question) -> tuple[Figure, Table] | None:
    """Return two numbers of each network and who is beaten by nobody; None where there are no two numbers."""
    offered, away = shortlist.criteria(question)
    if len(offered) < 2:
        return None
    x = asked.one("across", offered, f"{question.metric} on {question.home}")
    y = asked.one("up", [name for name in offered if name != x], away)
    third = asked.one("and", [shortlist.NOTHING, *(name for name in offered if name not in {x, y})])
    told = shortlist.beaten(question, (x, y, *([third] if third != shortlist.NOTHING else [])))
    if told is None:
        return None
    cloud, found, front, caption = told
    figure = Figure(
        f"{y} against {x}", f"{y} against {x}, one point a network; those beaten by nobody stand out",
        {"": scatter.of_points(cloud, fitted="beaten by nobody")}, found, captions=[caption],
    )  # fmt: skip
    return figure, Table("Networks beaten by nobody", front)


def _effect(asked: Asked, question: shortlist.Question) -> tuple[str, Figure] | None:
    """Return what a factor changes; None where no two networks differ in one factor alone."""
    known = shortlist.factors(question)
    if not known:
        return None
    factor = asked.one("factor", known, next((one for one in shortlist.PAIRED if one in known), None), _spaced)
    baseline = asked.one(f"baseline-{factor}", known[factor])
    finding, figure, found, caption = shortlist.changes(question, factor, baseline)
    if figure is None:
        return None
    title = f"Effect of {_spaced(factor)} on {question.metric}"
    alt = f"Mean paired difference of {question.metric} for each level of {_spaced(factor)} against {baseline}, with 95 % intervals"
    return finding, Figure(title, alt, {"": figure}, found, captions=[caption])


def _spaced(name: str) -> str:
    return name.replace("_", " ")
