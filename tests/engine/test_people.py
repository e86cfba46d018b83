"""Who may do what: roles are checked where something is done."""

import pytest

from engine import control, errors, people
from engine.control import reviews
from engine.spec import Spec

ANN, BEN, EVE, ROOT = (people.Person(*one) for one in (("ann", "runner"), ("ben", "runner"), ("eve", "viewer"), ("root", "admin")))


class Question(Spec):
    """A question for the queue."""

    study: str = "assay"
    what: str = ""


@pytest.fixture(autouse=True)
def acting(tmp_path, monkeypatch):
    monkeypatch.setenv("TOUCHSTONE_HOME", str(tmp_path))
    yield lambda person: people.resolve_by(lambda: person)
    people.resolve_by(lambda: None)


def ask(what="x"):
    return control.submit(Question(what=what), what)


def test_without_sign_in_the_owner_may_do_everything():
    assert all(people.now().may(action) for action in people.NEEDS)
    assert control.job(ask()).user is None


@pytest.mark.parametrize("role", people.ROLES)
def test_each_role_may_what_those_before_it_may(role):
    person = people.Person("x", role)
    assert {action for action in people.NEEDS if person.may(action)} == {
        action for action, least in people.NEEDS.items() if people.ROLES.index(least) <= people.ROLES.index(role)
    }


def test_a_viewer_changes_nothing(acting):
    acting(EVE)
    for act in (ask, lambda: reviews.write_note("run", "r", "x"), lambda: control.sets.keep("x", "slice", {}), lambda: control.sets.forget("x")):
        with pytest.raises(errors.UserError, match="eve is signed in as viewer"):
            act()
    assert control.jobs() == []


def test_a_runner_stops_their_own_runs_and_an_admin_everybodys(acting):
    acting(ANN)
    run = ask()
    acting(BEN)
    with pytest.raises(errors.UserError, match="asked by ann"):
        control.cancel(run)
    acting(ROOT)
    control.cancel(run)
    acting(ANN)
    control.resume(run)
    assert (control.job(run).state, control.job(run).user) == ("queued", "ann")
    assert [entry[1:3] for entry in control.audited()] == [("ann", "resume"), ("root", "cancel"), ("ann", "submit")]


def test_who_waited_longest_for_a_turn_is_next(acting):
    acting(ANN)
    first, second = ask("a1"), ask("a2")
    acting(BEN)
    third = ask("b1")
    assert [control.claim("test").id for _ in range(3)] == [first, third, second]


def test_a_person_has_only_so_many_questions_waiting(acting, monkeypatch):
    monkeypatch.setenv(people.JOBS_EACH, "2")
    acting(ANN)
    ask(), ask()
    with pytest.raises(errors.UserError, match="2 of your questions"):
        ask()
    acting(BEN)
    ask()
    monkeypatch.setenv(people.JOBS_EACH, "many")
    with pytest.raises(errors.UserError, match="many"):
        ask()


@pytest.mark.parametrize(
    "place", ["importers.network", "datasets.images._brought", "datasets.tables._brought", "importers.clips", "importers._storing"]
)
def test_whatever_brings_or_removes_asks_who_does_it(place, acting):
    import importlib

    module = importlib.import_module(f"engine.{place}")
    acting(EVE)
    for name in ("bring", "keep", "remove"):
        if function := getattr(module, name, None):
            with pytest.raises(errors.UserError, match="takes the role"):
                function()
