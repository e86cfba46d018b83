"""What takes long is handed to a worker by the page, watched by its address, and told of when it is done."""

import io
import zipfile

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from engine import control, places, worker
from engine.control import workers
from engine.datasets import images
from engine.importers import _storing
from pages.store.bring import choice, given, taking


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("TOUCHSTONE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("TOUCHSTONE_SAMPLE", str(tmp_path / "none"))
    monkeypatch.setattr(workers, "ensure", lambda: None)  # the test itself is the worker
    monkeypatch.setattr(taking, "MOST_BYTES", 0)
    return tmp_path


def opened(way, **address):
    at = AppTest.from_file(str(places.ROOT / "app.py"), default_timeout=60)
    at.switch_page("pages/store/library.py")
    for name, value in {"tab": "Bring your own", "bring": way, **address}.items():
        at.query_params[name] = value
    return ran(at)


def ran(what):
    at = what.run()
    assert not at.exception
    return at


def uploaded(at, kind, name, content):
    at.file_uploader(key=f"{kind}-upload-0").set_value((name, content, "application/octet-stream"))
    return ran(at)


def said(at):
    return "\n".join(str(one.value) for one in (*at.markdown, *at.caption)).replace("\\", "")


def pets(each=3, spoilt=False):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in ("cat", "dog"):
            for i in range(each):
                picture = io.BytesIO()
                Image.fromarray(np.full((20, 20, 3), 40 * i + 10 * (name == "dog"), np.uint8)).save(picture, "PNG")
                archive.writestr(f"{name}/{i}.png", picture.getvalue())
    return out.getvalue()


def test_many_pictures_are_watched_by_the_address_and_the_upload_goes_when_they_are_in():
    at = uploaded(opened("Images"), "images", "pets.zip", pets())
    ran(at.button(key="save").click())
    [job] = control.jobs()
    assert at.query_params[taking.KEY] == job.id
    assert list(given.uploads().rglob("pets.zip")), "the worker still needs it"
    again = opened("Images", taking=job.id)  # as after a reload
    assert "Taking in: pets" in said(again)
    assert "It goes on when this page is closed" in said(again)
    assert not [one for one in again.file_uploader if one.key == "images-upload-0"]
    assert worker.answer(control.claim("test")) == "done"
    told = said(opened("Images", taking=job.id))
    assert "**pets** is here: test 6 images of 2 classes." in told
    assert not list(given.uploads().rglob("pets.zip"))
    assert images.card("pets").sizes == {"test": 6}
    runs = AppTest.from_file(str(places.ROOT / "app.py"), default_timeout=60)
    runs.switch_page("pages/store/runs.py")
    runs.query_params["open"] = job.id
    assert "It stored no rows: what it took in has a card in the library." in said(ran(runs))


def test_the_ways_that_are_linked_to_are_those_of_the_form():
    assert set(taking.WAYS.values()) <= set(choice.WAYS)


def test_what_went_wrong_is_said_and_the_file_is_in_hand_again():
    at = uploaded(opened("Images"), "images", "pets.zip", pets())
    ran(at.button(key="save").click())
    images.bring(next(given.uploads().rglob("pets.zip")), "pets")  # somebody else was quicker
    assert worker.answer(control.claim("test")) == "failed"
    again = opened("Images", taking=control.jobs()[0].id)
    assert "There is a data set “pets” already." in said(again)
    assert "In hand: **pets.zip**" in said(again)


def test_a_large_table_is_stored_by_a_worker():
    table = pd.DataFrame({"model": ["a", "b", "c"], "ID": [60.5, 70.5, 80.5], "OOD": [40.25, 50.0, 60.0]}).to_csv(index=False).encode()
    at = uploaded(opened("Result table"), "table", "mine.csv", table)
    ran(at.selectbox(key="table-id-0").set_value("ID"))
    ran(at.button(key="save").click())
    [job] = control.jobs()
    assert worker.answer(control.claim("test")) == "done"
    assert "**mine** is in the store: 3 networks on 2 sets, 6 scores." in said(opened("Result table", taking=job.id))
    [one] = _storing.brought()
    assert (one.run, one.mapping["trained_on"]) == (job.id, "ID")


def test_large_predictions_are_stored_by_a_worker():
    labels = images.load("optdigits", "test").labels
    rows = pd.DataFrame(np.eye(10)[labels], columns=[f"logit_{i}" for i in range(10)]).assign(label=labels)
    at = uploaded(opened("Predictions"), "predictions", "perfect.csv", rows.to_csv(index=False).encode())
    ran(at.selectbox(key="predictions-dataset-0").set_value("optdigits"))
    ran(at.button(key="save").click())
    [job] = control.jobs()
    assert worker.answer(control.claim("test")) == "done", control.job(job.id).error
    told = said(opened("Predictions", taking=job.id))
    assert "**perfect** is in the store: accuracy on optdigits **100" in told


def test_an_address_of_something_else_is_passed_over():
    for run in ("nothing", "20260101-000000-abcdef"):
        assert [one.key for one in opened("Images", taking=run).file_uploader] == ["images-upload-0"]
