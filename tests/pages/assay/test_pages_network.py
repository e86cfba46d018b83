"""A network's own page: every part of it, for networks of every kind."""

import pytest
from streamlit.testing.v1 import AppTest

from engine import dossier, places
from engine.heads import frontier

PAGE = str(places.ROOT / "pages" / "assay" / "network.py")
CIRCUIT, REMEDY = "nac-scale_free-mnist-s0", "cnn-coloured_digits-0.9-erm-s0"


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("TOUCHSTONE_HOME", str(tmp_path))


def opened(**query):
    app = AppTest.from_file(PAGE, default_timeout=60)
    app.query_params.update(query)
    app.run()
    assert not app.exception
    return app


def words(app):
    return "\n".join(one.value for one in [*app.markdown, *app.caption, *app.warning])


def tabs(app):
    return [tab.label for tab in app.tabs]


def test_a_circuit_has_its_numbers_weak_spots_inside_groups_and_origin_each_made_when_it_is_opened():
    app = opened(network=CIRCUIT)
    assert tabs(app) == ["On each set", "Where it fails", "Inside", "For whom", "Where it comes from"]
    assert "Accuracy is" in words(app)
    for part, said in {
        "Where it fails": "weakest slice", "Inside": "modules", "For whom": "of 4 groups worst", "Where it comes from": "Made by",
    }.items():  # fmt: skip
        here = opened(network=CIRCUIT, part=part)
        assert said in words(here)
        assert "costs most" not in words(here)  # that stands in the first part, which is not open


def test_a_network_under_interventions_shows_what_breaks_it_and_the_methods_beside_it():
    app = opened(network=REMEDY, part="When something is changed")
    assert "It breaks on" in words(app)
    assert [frame.value.shape[0] for frame in app.dataframe][-1] == 5


@pytest.mark.parametrize("collection", [dossier.HEADS, dossier.COMPLETERS, "sweep"])
def test_networks_of_other_studies_and_collections_have_the_page_too(collection):
    pressed = frontier.first_network(frontier.networks(frontier.questions()[0]))
    name = pressed if collection == dossier.HEADS else dossier.names(collection)[0]
    app = opened(network=name) if collection != "sweep" else opened(network=name, collection=collection)
    assert app.selectbox[0].value == collection
    assert len(app.dataframe) > 0
    assert "unknown" not in words(app)


def test_an_unknown_network_is_said_and_another_shown():
    app = opened(network="nobody", collection="sweep")
    assert "nobody" in words(app)
