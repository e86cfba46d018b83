"""Home tells the claims, a claim's page shows its parts and takes notes."""

import pytest
from streamlit.testing.v1 import AppTest

from engine import claims, places
from engine.control import reviews

HOME, CLAIM = (str(places.ROOT / "pages" / "home" / name) for name in ("home.py", "claim.py"))


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("TOUCHSTONE_HOME", str(tmp_path))


def opened(file, **query):
    app = AppTest.from_file(file, default_timeout=60)
    for name, value in query.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception
    return app


def test_home_tells_every_claim_with_its_verdict_and_its_parts():
    app = opened(HOME)
    said = "\n".join(one.value for one in app.markdown)
    drawn = "\n".join(one.value for one in app.get("html"))
    for name in claims.names():
        line = claims.ask(name)
        assert line.card.title.rstrip(".").split(",")[0] in said.replace("\\", "")
        assert f"</span> {line.verdict[0].upper()}{line.verdict[1:]}" in drawn
        assert drawn.count(f"{line.evidence.what}, a line a") == 1


def test_a_claim_shows_its_parts_and_its_rule():
    app = opened(CLAIM, claim="awareness")
    said = "\n".join(one.value for one in app.markdown)
    assert "of 5 tables agree" in said
    assert claims.ask("awareness").evidence.rule in said


def test_an_unknown_claim_is_said_and_another_shown():
    app = opened(CLAIM, claim="nonsense")
    assert "nonsense" in app.warning[0].value
    assert app.selectbox[0].value == claims.names()[0]


def test_a_note_about_a_claim_is_kept_and_shown():
    app = opened(CLAIM, claim="transfer")
    app.text_area[0].set_value("agreed in the *team*")
    next(one for one in app.button if one.label == "Keep").click().run()
    assert reviews.notes("finding", "claim?claim=transfer")[0].text == "agreed in the *team*"
    assert any("agreed in the \\*team\\*" in one.value for one in app.markdown)


def test_an_empty_note_is_refused_with_a_sentence():
    app = opened(CLAIM, claim="transfer")
    next(one for one in app.button if one.label == "Keep").click().run()
    assert "nothing to keep" in app.warning[0].value
