"""Audit and Train over real files: the example, every kind of bad input a sentence with the form still there, a question put into the queue."""

import numpy as np
import pandas as pd
import pytest
from safetensors.numpy import save_file
from streamlit.testing.v1 import AppTest

from engine import control, places, store
from engine.control import workers
from engine.datasets import tables
from engine.heads import auditing, columns, weights
from engine.heads.auditing import Question
from engine.heads.spec import HeadsSpec
from pages.heads import audit_form


@pytest.fixture
def home(monkeypatch, tmp_path):
    monkeypatch.setenv("TOUCHSTONE_HOME", str(tmp_path))
    monkeypatch.setenv("TOUCHSTONE_SAMPLE", str(tmp_path / "none"))
    return tmp_path


def opened(page, held=None, **query):
    """Open a page with files in hand (kind -> path) and choices in the address."""
    app = AppTest.from_file(str(places.ROOT / "app.py"), default_timeout=240)
    app.run()
    app.switch_page(f"pages/heads/{page}.py")
    for kind, path in (held or {}).items():
        app.session_state[f"given-{kind}"] = path
    app.query_params.update(query)
    app.run()
    assert not app.exception
    return app


def words(app):
    return " ".join(str(block.value) for block in [*app.markdown, *app.caption, *app.info, *app.warning, *app.header]).replace("\u202f", " ")


def key(name, file):
    return auditing.key(name, columns.look(file))


def people(n=400, seed=0):
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "hired": rng.choice(["yes", "no"], n), "sex": rng.choice(["f", "m"], n), "p": rng.random(n).round(3), "age": rng.integers(18, 80, n),
            "hair": rng.random(n).round(3),
        }
    )  # fmt: skip


def written(home, frame):
    file = home / "people.csv"
    file.write_bytes(store.csv_bytes(frame))
    return file


def test_the_page_opens_on_an_example_with_its_finding(home):
    app = opened("audit")
    said = words(app)
    assert "**Caucasian** are accepted in **65.2 %**" in said.replace("\\", "")
    assert "an example: risk scores of COMPAS" in said
    assert [header.value for header in app.header] == ["Rates of each group", "Gaps between groups", "Noticed"]
    assert "python -m engine heads audit compas.parquet --label two_year_recid --group race --score decile_score" in app.code[0].value


def test_a_file_in_hand_is_understood_by_its_columns(home):
    file = written(home, people())
    app = opened("audit", {"audit": file})
    assert app.selectbox(key=key("outcome", file)).value == "hired"
    assert app.selectbox(key=key("score", file)).value == "p"
    assert app.multiselect(key=key("by", file)).value == ["sex"]
    assert "a gap of **" in words(app).replace("\\", "")


BAD = {
    "one group only": (lambda f: f.assign(sex="f"), "All people have the same value in “sex”"),
    "missing": (lambda f: f.assign(sex=f["sex"].where(f.index > 4)), "Values are missing: 5 in “sex”"),
    "outside": (lambda f: f.assign(p=f["p"] * 7), "lie outside 0 to 1"),
    "text score": (lambda f: f.assign(p="high"), "Say which values of p mean accepted"),
    "texts": (lambda f: f.assign(p=[f"person {k}" for k in range(len(f))]), "400 different texts: neither scores nor decisions"),
    "many groups": (lambda f: pd.concat([f] * 30).assign(sex=lambda g: [f"g{k % 10_000}" for k in range(len(g))]), "10,000 different values"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_a_sentence_and_the_form_stays(home, name):
    change, said = BAD[name]
    file = written(home, change(people()))
    asked = {key(name, file): value for name, value in (("outcome", "hired"), ("by", "sex"), ("score", "p"), ("favourable", "yes"))}
    app = opened("audit", {"audit": file}, **asked)
    told = words(app).replace("\\", "")
    assert said in told, told
    assert app.selectbox(key=key("outcome", file)).value == "hired"
    assert app.multiselect(key=key("by", file)).value == ["sex"]
    assert app.selectbox(key=key("score", file)).value == "p"


def test_labels_as_text_ask_which_value_is_favourable(home):
    file = written(home, people().assign(hired=lambda f: f["hired"].map({"yes": "stay", "no": "go"})))
    app = opened("audit", {"audit": file}, **{key("outcome", file): "hired"})
    assert "which is favourable is not said" in words(app).replace("\\", "")
    app.selectbox(key=key("favourable", file)).set_value("stay").run()
    assert "a gap of **" in words(app).replace("\\", "")


def test_decisions_in_words_of_their_own_are_told_without_any_outcome(home):
    frame = people().assign(p=lambda f: np.where(f["sex"] == "m", "let go", "held")).drop(columns="hired").rename(columns={"p": "decision"})
    app = opened("audit", {"audit": written(home, frame)})
    assert "Say which values of decision mean accepted." in words(app)
    app.multiselect(key=key("accepted-decision", home / "people.csv")).set_value(["let go"]).run()
    assert not app.exception
    said = words(app).replace("\\", "")
    assert "a gap of **100.0 points" in said
    assert "No outcome is known: how often each group is accepted is told, but not how often rightly." in said
    assert "python -m engine heads audit people.csv --group sex --score decision --accepted 'let go' --json" in app.code[0].value


def test_decisions_in_the_words_of_an_unfavourable_outcome_accept_the_favourable_one(home):
    frame = people().assign(again=lambda f: (f["hired"] == "no").astype(int), predicted=lambda f: (f["sex"] == "f").astype(int))
    file = written(home, frame.drop(columns=["hired", "p"]))
    app = opened("audit", {"audit": file}, **{key("outcome", file): "again", key("favourable", file): "0", key("score", file): "predicted"})
    assert app.multiselect(key=key("accepted-predicted-0", file)).value == ["0"]
    assert "**m** are accepted in **100 %**" in words(app).replace("\\", "")


def test_a_group_without_favourable_outcomes_is_not_estimable_and_nothing_looks_like_no_gap(home):
    frame = people().assign(hired=lambda f: f["hired"].where(f["sex"] == "m", "no"))
    said = words(opened("audit", {"audit": written(home, frame)})).replace("\\", "")
    assert "sex = f: true positive rate. Not estimable: 0 people whose outcome is favourable" in said


def test_people_with_missing_values_can_be_left_out(home):
    frame = people().assign(sex=lambda f: f["sex"].where(f.index > 4))
    app = opened("audit", {"audit": written(home, frame)}, leave="true")
    assert "5 of 400 people were left out" in words(app).replace("\\", "")


def test_an_own_network_shows_its_inside(home):
    rng = np.random.default_rng(0)
    network = weights.Network(
        (weights.Layer(rng.normal(scale=0.1, size=(4, 2)).astype(np.float32), np.zeros(4, np.float32)),),
        weights.Layer(rng.normal(size=(1, 4)).astype(np.float32), np.zeros(1, np.float32)),
    )
    save_file(weights.state(network), home / "net.safetensors")
    file = written(home, people(1200).drop(columns="p"))
    app = opened("audit", {"audit": file, "audit-network": home / "net.safetensors"}, bring="A network", people="a file of mine")
    said = words(app).replace("\\", "")
    assert "**Awareness.** From the last layer sex is told right in **" in said
    assert "people would be decided otherwise" in said
    assert "controls: random read-outs" in said


def test_an_own_table_becomes_a_question_in_the_queue(home, monkeypatch):
    monkeypatch.setattr(workers, "ensure", lambda: None)  # no worker: the question waits
    app = opened("train", {"heads-table": written(home, people().drop(columns="p"))}, table="a table of mine", name="mine")
    app.button(key="train-keep").click().run()
    assert not app.exception
    assert "mine" in tables.names()
    assert app.selectbox(key="table").value == "mine"
    app = opened("train", table="mine", lambdas="20", seeds="1 network each")
    assert "**5 networks** on 400 people" in words(app)  # unconstrained, group from all inputs, two heads, lambda 20, shuffled
    app.button(key="train-go").click().run()
    assert not app.exception
    job = control.jobs(control.ACTIVE)[0]
    asked = HeadsSpec.read(job.spec)
    assert (asked.table, asked.group, asked.lambdas, asked.seeds) == ("mine", "sex", (20.0,), (0,))
    assert app.query_params["run"] in (job.id, [job.id])
    control.cancel(job.id)


def test_a_table_that_cannot_be_trained_on_is_told_and_nothing_is_kept(home):
    file = written(home, people(90).drop(columns="p"))
    app = opened("train", {"heads-table": file}, table="a table of mine", name="few")
    app.button(key="train-keep").click().run()
    assert "90 people are too few to train on" in words(app).replace("\\", "")
    assert "few" not in tables.names()


def test_the_command_quotes_what_a_shell_would_read():
    asked = Question("it's", ("a b",), "p", None, 0.5, True, None, leave_out_missing=True)
    assert audit_form.command("my file.csv", asked) == (
        "python -m engine heads audit 'my file.csv' --label 'it'\\''s' --group 'a b' --score p --threshold 0.5 --below --leave-out-missing --json"
    )
