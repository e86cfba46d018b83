"""The pages over real stores: empty, and with a run; what they say, offer and survive."""

import os
import subprocess
import sys
import time

import pytest
from streamlit.testing.v1 import AppTest

from engine import control, networks, places, worker
from engine.assay import spec as asking
from engine.assay import views
from engine.assay.spec import AssaySpec, Choice
from engine.assay.views import Set

PAGES = (
    "home/home.py",
    "assay/run.py",
    "assay/explore.py",
    "assay/pairs.py",
    "assay/strength.py",
    "assay/examples.py",
    "assay/network.py",
    "store/runs.py",
    "store/library.py",
)
NETWORKS = ("linear-mnist-scratch-s0", "mlp-mnist-whole-s0", "cnn-mnist-whole-s0", "linear-mfeat-scratch-s0")
SPEC = AssaySpec(
    networks=NETWORKS, id_dataset="mnist", ood_datasets=("optdigits", "mfeat"), images=40,
    shifts=(Choice(name="rotation", strengths=(10, 30)),), metrics=("accuracy", "nll", "ece"),
)  # fmt: skip


@pytest.fixture(scope="module")
def answered(tmp_path_factory):
    """A home with one finished run, made once."""
    home = tmp_path_factory.mktemp("home")
    before = {name: os.environ.get(name) for name in ("TOUCHSTONE_HOME", "TOUCHSTONE_SAMPLE")}
    os.environ |= {"TOUCHSTONE_HOME": str(home), "TOUCHSTONE_SAMPLE": str(home / "none")}
    job = control.claim("test", only=control.submit(SPEC, "four networks"))
    assert worker.answer(job) == "done", control.job(job.id).error
    for name, value in before.items():
        os.environ.pop(name) if value is None else os.environ.update({name: value})
    return home


@pytest.fixture
def full(answered, monkeypatch):
    monkeypatch.setenv("TOUCHSTONE_HOME", str(answered))
    monkeypatch.setenv("TOUCHSTONE_SAMPLE", str(answered / "none"))


@pytest.fixture
def empty(tmp_path, monkeypatch):
    monkeypatch.setenv("TOUCHSTONE_HOME", str(tmp_path))
    monkeypatch.setenv("TOUCHSTONE_SAMPLE", str(tmp_path / "none"))


def opened(page, **query):
    app = AppTest.from_file(str(places.ROOT / "app.py"), default_timeout=60)
    app.query_params.update(query)
    app.run()
    if page != PAGES[0]:
        app.switch_page(f"pages/{page}")
        app.query_params.update(query)
        app.run()
    return app


def words(app):
    return " ".join(str(block.value) for block in [*app.markdown, *app.info, *app.warning, *app.title])


def healthy(app):
    assert not app.exception
    assert "our fault" not in words(app)


@pytest.mark.parametrize("page", PAGES)
def test_every_page_opens_on_an_empty_store_and_says_what_to_do(page, empty):
    app = opened(page)
    healthy(app)
    assert app.title[0].value


@pytest.mark.parametrize("page", PAGES)
def test_every_page_opens_on_a_store_with_results(page, full):
    healthy(opened(page))


@pytest.mark.parametrize("page", PAGES)
def test_an_unknown_or_wrong_address_parameter_is_no_fault(page, full):
    names = (
        "id",
        "x",
        "y",
        "metric",
        "network",
        "set",
        "shift",
        "example",
        "cell",
        "open",
        "run",
        "dataset",
        "strength",
        "levels",
        "rows",
        "unheard",
    )
    nonsense = dict.fromkeys(names, "nonsense")
    healthy(opened(page, **nonsense))


def test_home_opens_on_a_finding_with_numbers(full):
    said = words(opened("home/home.py"))
    assert "percentage points" in said
    assert "4 networks" in said or "3 networks" in said


def test_explore_says_how_many_networks_carry_the_relation(full):
    assert "3 networks: too few" in words(opened("assay/explore.py", x="mnist", y="optdigits")).replace("\u202f", " ")


def test_examples_of_a_shift_offer_right_here_wrong_there(full):
    app = opened("assay/examples.py", network=NETWORKS[1], set="mnist", shift="rotation")
    healthy(app)
    assert "are right as they are and wrong on" in words(app)
    assert "Right as it is, wrong here" in [str(o) for o in app.selectbox(key="kind").options]


def test_the_run_page_tells_the_cost_and_a_click_asks_the_question(empty):
    app = opened("assay/run.py")
    assert "cells" in words(app)
    app.multiselect(key="networks-mnist").set_value([NETWORKS[0]])
    app.multiselect(key="shifts").set_value([])
    app.number_input(key="images").set_value(30)
    app.run()
    app.button(key="go").click().run()
    healthy(app)
    (job,) = control.jobs()
    assert job.spec == AssaySpec.read(job.spec).text()
    until = time.monotonic() + 90
    while control.job(job.id).active:
        assert time.monotonic() < until, control.job(job.id)
        time.sleep(0.2)
    assert control.job(job.id).state == "done", control.job(job.id).error
    app.run()
    assert "accuracy is" in words(app).lower()


def test_the_run_page_opens_on_what_the_newest_run_found_and_leads_to_it(full):
    app = opened("assay/run.py")
    assert "accuracy is" in words(app).lower()
    app.button(key="newest").click().run()
    assert app.query_params["run"] == control.jobs(["done"])[0].id
    assert "Close this run" in [b.label for b in app.button]


def test_a_finished_run_is_shown_where_its_job_is_not_known(answered, full, monkeypatch, tmp_path):
    run = control.jobs(["done"])[0].id
    (tmp_path / "results").symlink_to(answered / "results")
    monkeypatch.setenv("TOUCHSTONE_HOME", str(tmp_path))  # the same results, another queue
    app = opened("assay/run.py", run=run)
    healthy(app)
    assert "four networks" in words(app)


def test_a_cancelled_run_says_what_is_kept_and_can_be_resumed(full):
    run = control.submit(SPEC, "to be cancelled", total=10)
    control.cancel(run)
    app = opened("assay/run.py", run=run)
    assert "This run is cancelled: 0 of 10 cells are done and kept" in words(app).replace("\u202f", " ")
    assert "Resume" in [b.label for b in app.button]


def test_the_cost_follows_once_rates_are_measured(full):
    app = opened("assay/run.py", **{"networks-mnist": NETWORKS[0], "shifts": "fog"})
    assert "is being measured" in words(app)
    for name in (NETWORKS[0],):
        control.set_rate("network", name, 1000.0)
    control.set_rate("shift", "fog/28", 1000.0)
    assert "on this machine" in words(app.run())


def test_a_brush_lists_only_the_networks_inside(full):
    app = opened("assay/explore.py", x="mnist", y="optdigits")
    listed = [frame.value for frame in app.dataframe if "network" in frame.value]
    assert len(listed[0]) == 3
    best = listed[0]["network"].iloc[0]
    at = views.points(Set("mnist"), Set("optdigits")).set_index("network").loc[best]
    app.session_state["scatter"] = {"region": {"kind": "box", "x": [at["x"] - 1e-6, 1], "y": [at["y"] - 1e-6, 1]}}
    app.run()
    healthy(app)
    assert next(f.value for f in app.dataframe if "network" in f.value)["network"].tolist() == [best]


def test_strength_shows_accuracy_and_calibration_each_with_its_unit(full):
    app = opened("assay/strength.py")
    healthy(app)
    assert [h.value for h in app.header][:2] == ["Accuracy on mnist", "Expected calibration error (ECE) on mnist"]
    specs = [chart.proto.spec for chart in app.get("plotly_chart")]
    assert sum("strength (degrees)" in spec for spec in specs) == 2


def test_one_image_is_shown_with_every_networks_answer(full):
    example = views.predictions(NETWORKS[1], Set("mnist"))["example_id"].iloc[0]
    app = opened("assay/examples.py", network=NETWORKS[1], set="mnist", example=example)
    healthy(app)
    assert "As it is," in words(app)
    assert any("version" in frame.value and NETWORKS[0] in frame.value for frame in app.dataframe)


def test_a_cell_in_the_address_narrows_the_gallery_until_it_is_taken_back(full):
    app = opened("assay/examples.py", network=NETWORKS[1], set="mnist", shift="as it is", cell="3|3")
    threes = int((views.predictions(NETWORKS[1], Set("mnist"))[["label", "predicted"]] == 3).all(axis=1).sum())
    assert f"{threes} of {threes} images shown" in " ".join(c.value for c in app.caption).replace("\u202f", " ")
    app.button(key="every-cell").click().run()
    assert "cell" not in app.query_params


def test_a_network_links_to_images_that_it_gets_right_as_they_are_and_wrong_under_the_worst_shift(full):
    app = opened("assay/network.py", network=NETWORKS[1], part="Where it fails")
    labels = [link.proto.label for link in app.get("page_link")]
    assert "Images that it gets right as they are and wrong under rotation 30" in labels


def test_the_runs_page_opens_a_run_and_says_that_all_is_answered(answered, full):
    app = opened("store/runs.py")
    app.selectbox(key="open").set_value(control.jobs(["done"])[0].id).run()
    healthy(app)
    assert "All of its cells are answered already" in " ".join(c.value for c in app.caption)


def test_a_link_opens_a_run_and_archiving_it_asks_once_more(full):
    app = opened("store/runs.py", open=control.jobs(["done"])[0].id)
    assert app.header[0].value == "four networks"
    assert "Its numbers leave every page" in words(app)
    assert [block for block in app.get("popover") if any(b.key == "archive" for b in block.button)]


def test_the_runs_page_names_a_part_that_was_cut_in_half(answered, full):
    part = next((answered / "results/scores").glob("*.parquet"))
    whole = part.read_bytes()
    part.write_bytes(whole[: len(whole) // 2])
    manifests = answered / "results/manifests"
    touched = (next(manifests.glob("*.json")), manifests)  # as writing a manifest would, make the store look again
    for path in touched:
        os.utime(path)
    try:
        app = opened("store/runs.py")
        healthy(app)
        assert "left out of every answer" in words(app)
    finally:
        part.write_bytes(whole)
        for path in touched:
            os.utime(path)


def test_no_page_loads_torch(full):
    code = (
        "import sys\nfrom streamlit.testing.v1 import AppTest\n"
        f"app = AppTest.from_file({str(places.ROOT / 'app.py')!r}, default_timeout=60).run()\n"
        f"for page in {PAGES!r}:\n"
        "    app.switch_page(f'pages/{page}').run()\n"
        "    assert not app.exception, page\n"
        "    assert 'torch' not in sys.modules, f'{page} loaded torch'\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=places.ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]


def test_the_sets_of_a_link_survive_their_own_text():
    for one in (Set("mnist"), Set("mnist", "val"), Set("mnist", "test", "rotation", 12.5)):
        assert Set.read(one.text()) == one


def test_the_networks_of_these_tests_ship():
    assert set(NETWORKS) <= set(networks.names())
    assert asking.plan(SPEC).cells > 0
