"""Interventions and conditions as text: what is printed reads back as the same, what cannot be read says why."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import errors, systems
from engine.systems import Choice, Condition, Cut, Do, DoDistribution, Normal, Uniform

SYSTEMS = {name: systems.load(name) for name in systems.names()}


def inside(factor):
    return st.floats(*factor.limits, allow_nan=False).map(lambda number: number + 0.0)


def uniform(factor):
    return st.tuples(inside(factor), inside(factor)).map(lambda ends: Uniform(min(ends), max(ends)))


def choice(factor):
    weights = st.dictionaries(st.sampled_from(factor.domain), st.floats(0.001, 1000), min_size=1)
    return weights.map(Choice.of)


def normal(factor):
    return st.builds(Normal, inside(factor), st.floats(0.001, 100))


def act_on(factor):
    if factor.categorical:
        return st.one_of(
            st.sampled_from(factor.domain).map(lambda value: Do(factor.name, value)), choice(factor).map(lambda law: DoDistribution(factor.name, law))
        )
    laws = st.one_of(uniform(factor), normal(factor)).map(lambda law: DoDistribution(factor.name, law))
    return st.one_of(inside(factor).map(lambda value: Do(factor.name, value)), laws)


def condition_on(factor):
    if factor.categorical:
        return st.lists(st.sampled_from(factor.domain), min_size=1, unique=True).map(lambda values: Condition(factor.name, tuple(values)))
    ends = st.tuples(inside(factor), inside(factor)).filter(lambda pair: pair[0] != pair[1])
    return ends.map(lambda pair: Condition(factor.name, (), min(pair), max(pair)))


@st.composite
def asked(draw):
    system = SYSTEMS[draw(st.sampled_from(sorted(SYSTEMS)))]
    factors = draw(st.lists(st.sampled_from(system.factors), unique=True, max_size=5))
    edges = draw(st.lists(st.sampled_from(system.edges), unique=True, max_size=3))
    acts = [draw(act_on(factor)) for factor in factors] + [Cut(edge.source, edge.target) for edge in edges]
    seen = draw(st.lists(st.sampled_from(system.factors), unique=True, max_size=3))
    return system, tuple(acts), tuple(draw(condition_on(factor)) for factor in seen)


@given(asked())
def test_what_is_printed_reads_back_as_the_same(case):
    system, acts, conditions = case
    assert systems.interventions(systems.text(acts), system) == acts
    assert systems.conditions(systems.text(conditions), system) == conditions


@given(asked())
def test_whatever_can_be_written_can_be_drawn(case):
    system, acts, _ = case
    drawn = systems.sample(system, 3, 0, acts)
    for act in acts:
        if isinstance(act, Do):
            assert set(drawn.named(act.factor)) == {act.value}
        elif isinstance(act, DoDistribution) and not system.factor(act.factor).categorical:
            low, high = system.factor(act.factor).limits
            assert all(low <= value <= high for value in drawn.values[act.factor])


def test_spaces_and_order_are_the_writers_own():
    system = SYSTEMS["coloured_digits"]
    assert systems.interventions(" do( ink = red ) ;do(size ~ uniform( 0.5 , 1 ));; cut( class -> ink )", system) == (
        Do("ink", "red"), DoDistribution("size", Uniform(0.5, 1.0)), Cut("class", "ink"),
    )  # fmt: skip
    assert systems.interventions("do(ink~choice(red,blue:3))", system) == (DoDistribution("ink", Choice((("red", 1.0), ("blue", 3.0)))),)
    assert systems.interventions("", system) == systems.conditions(" ; ", system) == ()
    assert systems.text(systems.conditions("given(size=0.9..1)", system)) == "given(size=0.9..1)"


REFUSED = {
    "do(inkk=red)": r"no factor of coloured_digits named “inkk”.*ink",
    "do(ink=read)": r"no value of ink named “read”.*red",
    "do(size=9)": r"do\(size=9\) leaves the domain 0\.3 to 1\.6.*times its size",
    "do(size=large)": r"“large” is no number that “size” can take",
    "do(size=nan)": r"“nan” is no number",
    "do(size~uniform(1,0.5))": r"begins above its end, so that nothing can be drawn",
    "do(size~uniform(0.1,1))": r"leaves the domain 0\.3 to 1\.6",
    "do(size~uniform(1))": r"uniform takes two numbers, not 1.*uniform\(low,high\)",
    "do(size~normal(1,0))": r"no finite number above zero, so that nothing can be drawn",
    "do(size~normal(50,1))": r"lies outside the domain 0\.3 to 1\.6, so that nothing can be drawn",
    "do(size~choice(red))": r"chooses among names, but the factor is a number",
    "do(ink~uniform(0,1))": r"gives numbers, but the factor has names",
    "do(ink~choice(red:0))": r"all zero, so that nothing can be drawn",
    "do(ink~choice(red:-1,blue:2))": r"negative",
    "do(ink~choice(mauve))": r"gives “mauve”, which is no value of it",
    "do(ink~choice(red,red))": r"names a value twice",
    "do(size~gamma(1,2))": r"no law named “gamma”",
    "cut(ink->class)": r"no edge of coloured_digits named “ink->class”.*class->ink",
    "cut(ink->smell)": r"no factor of coloured_digits named “smell”",
    "do(ink=red); do(ink=blue)": r"“ink” is acted on twice",
    "cut(class->ink); cut(class->ink)": r"“class->ink” is acted on twice",
    "do(ink=red": r"cannot be read.*Write do\(factor=value\)",
    "make(ink=red)": r"cannot be read",
    "do(ink)": r"cannot be read",
    "do(" + "x" * 3000 + "=1)": r"more than can be read \(3,006 characters\)",
}


@pytest.mark.parametrize("written", REFUSED)
def test_an_intervention_that_does_not_fit_says_why_and_what_would(written):
    with pytest.raises(errors.UserError, match=REFUSED[written]):
        systems.interventions(written, SYSTEMS["coloured_digits"])


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("given(size=0.8)", "never exactly “0.8”, so “size” needs a range"),
        ("given(size=1..0.5)", "is no range of “size”"),
        ("given(size=3..4)", "is no range of “size”.*within 0.3 to 1.6"),
        ("given(ink=red|mauve)", "no value of ink named “mauve”"),
        ("do(ink=red)", "cannot be read.*Write given"),
        ("given(ink)", "cannot be read"),
    ],
)
def test_a_condition_that_does_not_fit_says_why(written, said):
    with pytest.raises(errors.UserError, match=said):
        systems.conditions(written, SYSTEMS["coloured_digits"])


def test_acts_made_in_python_are_checked_like_written_ones():
    system = SYSTEMS["coloured_digits"]
    with pytest.raises(errors.UserError, match="leaves the domain"):
        systems.sample(system, 2, 0, [Do("size", 7.0)])
    with pytest.raises(errors.UserError, match="names no value"):
        systems.sample(system, 2, 0, (), [Condition("ink", ("mauve",))])
    with pytest.raises(errors.UserError, match="not negative"):
        systems.sample(system, -1)
