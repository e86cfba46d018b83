"""Plain sentences: each term has its entry, and what is called sure is what the intervals say."""

import pytest

from engine import claims, systems
from engine.amodal import measuring
from engine.assay import shortlist, strengths, trust, views
from engine.assay.views import Set
from engine.heads import cuts, frontier
from engine.interventions import spec as asking
from engine.interventions import views as responses
from engine.plainly import INTERVALS, amodal, assay, choosing, circuits, glossary, heads, interventions
from engine.plainly import claims as ledger
from engine.plainly.opening import OPENING
from engine.remedies import views as remedies
from pages.parts import navigation

NETWORK, CIRCUIT = "cnn-mnist-whole-s0", "nac-scale_free-mnist-s0"


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("TOUCHSTONE_HOME", str(tmp_path))


def every_told():
    """Return what each page says plainly of the store that ships."""
    question = frontier.questions()[0]
    pressed = frontier.first_network(frontier.networks(question))
    asked = responses.questions(shipped=True)[0]
    clips = measuring.sets().to_dict("records")[0]
    run = remedies.newest("coloured_digits")
    shifted = list(strengths.shifted()["mnist"])
    found = {
        "ledger": ledger.of_ledger(), "network": assay.of_network(NETWORK), "circuit": circuits.of_circuit(CIRCUIT),
        "pair": assay.of_pair(Set("mnist"), Set("printed"), "accuracy", "linear", only=True), "pairs": assay.of_pairs("", "accuracy", "probit", None),
        "strengths": assay.of_strengths("mnist", shifted, [NETWORK]), "slices": assay.of_slices(NETWORK, Set("printed"), (), 20, shifted=False),
        "examples": assay.of_examples(NETWORK, Set("mnist", "test", "rotation", 30.0)), "heads": heads.of_place(question, pressed),
        "responses": interventions.of_responses(responses.known(asked, asking.plan(asked)), asked.system, 0.05),
        "remedies": interventions.of_remedies(run, remedies.question(run).strengths[-1]),
        "choice": choosing.of_choice(shortlist.Question("", "mnist", "validation", "accuracy", ())),
        "trust": choosing.of_trust(trust.predictors("sweep", "accuracy", ["accuracy"]), "accuracy", "standardised"),
        "people": heads.of_people(pressed, "swap", 0.05), "thresholds": heads.of_thresholds(str(cuts.unconstrained(frontier.networks(question)))),
        "training": interventions.of_training(systems.load("coloured_digits")),
        "clips": amodal.of_clips(measuring.where(clips), int(clips["clips"]), int(clips["silhouettes"])),
    }  # fmt: skip
    return found | {name: ledger.of_claim(name) for name in claims.names()}


@pytest.fixture(scope="module")
def told():
    return every_told()


def test_every_page_of_the_sample_says_what_was_tested_what_differs_and_how_sure(told):
    assert [name for name, one in told.items() if one is None or not (one.tested and one.sure and (one.differs or one.alike))] == []


def test_each_term_that_is_used_has_an_entry(told):
    texts = [*OPENING.values(), INTERVALS, *(text for one in told.values() for part in vars(one).values() for text in part)]
    used = {term for text in texts for term in glossary.marked(text)}
    assert len(used) > 15
    assert [term for term in sorted(used) if glossary.named(term) is None] == []


def test_no_explanation_is_without_end_and_none_is_there_twice():
    assert [name for name, said in glossary.TERMS.items() if not said.endswith(".")] == []
    assert len(set(glossary.TERMS.values())) == len(glossary.TERMS)


def test_every_opening_belongs_to_a_page():
    assert set(OPENING) <= {place.path for place in navigation.PLACES}


def test_who_does_worse_elsewhere_is_counted_by_intervals_that_do_not_meet(told):
    found = views.points(Set("mnist"), Set("printed"), "accuracy", trained_on="mnist")
    apart = sum(row.y_high < row.x_low for row in found.itertuples())
    assert f"**{apart} of {len(found)}** do worse on printed" in told["pair"].differs[0]


def test_a_claim_that_does_not_hold_is_not_among_what_is_sure(told):
    for name in claims.names():
        line = claims.ask(name)
        part = told["ledger"].differs if line.verdict in (claims.HOLDS, claims.PARTLY) else told["ledger"].alike
        assert any(f"**{line.verdict}**" in text and line.card.title.split(",")[0][:20] in text for text in part)


def test_a_metric_that_is_no_accuracy_is_left_to_the_fields_words():
    assert assay.of_pair(Set("mnist"), Set("printed"), "nll", "linear", only=True) is None
