"""Measure and Bring over a really answered question: findings with n and silhouettes, bad files as sentences, jobs in the queue."""

import json

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from engine import control, places, worker
from engine.amodal import spec as asking
from engine.amodal.spec import AmodalSpec
from engine.control import workers
from engine.datasets import clips
from pages.amodal import taking
from tests.pages.amodal import _footage

SMALL = ("visible_mask", "convex_hull", "union_two_way")


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A home in which two clips of the composited set were measured."""
    folder = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TOUCHSTONE_HOME", str(folder))
        patch.setenv("TOUCHSTONE_SAMPLE", str(folder / "none"))
        asked = AmodalSpec(clips=("composited/own_motion/3", "composited/own_motion/7", "composited/own_motion/2"), baselines=SMALL)
        run = control.submit(asked, asking.title(asked), total=asking.plan(asked).cells)
        job = control.claim("test", only=run)
        assert job is not None
        assert worker.answer(job) == "done", control.job(run).error
    return folder


@pytest.fixture
def here(home, monkeypatch):
    monkeypatch.setenv("TOUCHSTONE_HOME", str(home))
    monkeypatch.setenv("TOUCHSTONE_SAMPLE", str(home / "none"))
    monkeypatch.setattr(workers, "ensure", lambda: None)  # the queue is looked at, nobody works
    return home


def opened(page, held=None, **query):
    app = AppTest.from_file(str(places.ROOT / "app.py"), default_timeout=240)
    app.run()
    app.switch_page(f"pages/amodal/{page}.py")
    for kind, path in (held or {}).items():
        app.session_state[f"given-{kind}"] = path
    app.query_params.update(query)
    app.run()
    assert not app.exception
    return app


def words(app):
    blocks = [*app.markdown, *app.caption, *app.info, *app.warning, *app.error, *app.header]
    return " ".join(str(block.value) for block in blocks).replace("\u202f", " ").replace("\\", "")


def test_measure_opens_on_a_finding_with_its_definition_and_counts(here):
    said = words(opened("measure"))
    assert "On 3 clips of 2 distinct silhouettes" in said
    assert "Frames that hide fewer than 16 pixels are left out" in said
    assert "2 distinct silhouettes" in said
    assert "**1 clip" in said or "clips**" in said


def test_measure_asks_the_queue_and_shows_how_far_it_is(here):
    app = opened("measure")
    app.multiselect(key="measure-answers").set_value([]).run()
    app.button(key="measure-go").click().run()
    assert not app.exception
    job = next(job for job in control.jobs(limit=5) if job.state == "queued")
    assert json.loads(job.spec)["clips"] == ["composited/own_motion"]
    control.cancel(job.id)


def test_without_anything_measured_the_page_says_what_to_do(here, monkeypatch, tmp_path):
    monkeypatch.setenv("TOUCHSTONE_HOME", str(tmp_path))
    assert "Nothing has been measured here yet" in words(opened("measure"))


def test_footage_with_masks_becomes_a_clip_that_is_completed_next(here, tmp_path):
    frames, masks = _footage.written(tmp_path)
    app = opened("bring", {"amodal-footage": frames, "amodal-masks": masks})
    app.text_input(key="amodal-name").set_value("Blocks").run()
    app.button(key="amodal-take").click().run()
    assert not app.exception
    assert "**blocks** is here" in words(app)
    assert clips.find("blocks").length == 6
    app = opened("bring", clip="blocks")
    assert app.selectbox(key="amodal-complete").value == "blocks"
    app.button(key="amodal-go").click().run()
    job = next(job for job in control.jobs(limit=5) if job.state == "queued")
    assert json.loads(job.spec)["clips"] == ["blocks"]
    claimed = control.claim("test", only=job.id)
    assert claimed is not None
    assert worker.answer(claimed) == "done"
    assert "**Completed:** blocks" in words(opened("bring", run=job.id))


def test_what_does_not_fit_is_a_sentence_with_file_and_frame_and_the_form_stays(here, tmp_path):
    for k, (asked, said) in enumerate((({"masks": 4}, "masks for 4 frames, the clip has 6"), ({"other": True}, "frame 2"))):
        folder = tmp_path / str(k)
        other = asked.pop("other", False)
        frames, masks = _footage.written(folder, **asked)
        if other:
            Image.fromarray(np.zeros((20, 20), np.uint8)).save(masks / "002.png")
        app = opened("bring", {"amodal-footage": frames, "amodal-masks": masks})
        app.text_input(key="amodal-name").set_value(f"Wrong {k}").run()
        app.button(key="amodal-take").click().run()
        assert not app.exception
        assert said in words(app)
        assert app.button(key="amodal-take")
        assert f"wrong-{k}" not in clips.brought()


def test_a_still_picture_without_masks_is_refused_where_it_was_asked(here, tmp_path):
    frames, _ = _footage.written(tmp_path, count=1)
    app = opened("bring", {"amodal-footage": frames})
    app.selectbox(key="amodal-source").set_value("made here, the camera stands still").run()
    app.button(key="amodal-take").click().run()
    assert "Nothing moves" in words(app)


def test_what_is_taken_away_is_whole(here):
    found = json.loads(taking.masks("composited/own_motion/3", "hatch", "union_two_way"))
    assert len(found["annotations"][0]["amodal_segmentations"]) == clips.find("composited/own_motion/3").length
    header, *rows = taking.numbers("composited/own_motion/3", "hatch").decode().strip().splitlines()
    assert "iou_hidden" in header
    assert len(rows) == len(SMALL) * clips.find("composited/own_motion/3").length
    assert taking.pictures("composited/own_motion/3", "hatch", "union_two_way", ["hidden"], "zip")[:2] == b"PK"
