"""The stepper's page without a browser: what it opens on, what the address keeps, what its routes answer and refuse."""

import json
from urllib.parse import urlencode, urlsplit

import numpy as np
import pytest
from starlette.applications import Starlette
from streamlit.testing.v1 import AppTest

from engine import places, rle
from engine.amodal import replies
from engine.datasets import clips
from engine.datasets.clips import Clip, Held
from engine.rle import Rle
from pages.amodal import place
from pages.components import stepper
from pages.parts import reels, server
from tests.pages.parts import asgi

CLIP = "chewing_gum/test/0"  # two objects that hide each other
APP = Starlette(routes=server.routes(), middleware=server.middleware())


@pytest.fixture(scope="module", autouse=True)
def home(tmp_path_factory):
    folder = tmp_path_factory.mktemp("step-page")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TOUCHSTONE_HOME", str(folder))
        patch.setenv("TOUCHSTONE_SAMPLE", str(folder / "none"))
        yield folder


@pytest.fixture
def shown(monkeypatch):
    """Collect what the browser would be sent: data and what it calls back."""
    found = []
    monkeypatch.setattr(stepper, "mount", lambda path, **sent: found.append(sent))
    return found


def opened(**query):
    app = AppTest.from_file(str(places.ROOT / "app.py"), default_timeout=240)
    app.run()
    app.switch_page("pages/amodal/step.py")
    app.query_params.update(query)
    app.run()
    assert not app.exception
    return app


def words(app):
    return " ".join(str(block.value) for block in [*app.markdown, *app.caption, *app.error, *app.warning])


def test_the_page_opens_on_a_clip_with_answers_to_step_through(shown):
    app = opened()
    data = shown[-1]["data"]
    assert (data["clip"], app.query_params["clip"]) == (place.FIRST, place.FIRST)
    assert len(data["answers"]) >= 5
    start, said = data["start"], data["tracks"][0]["said"]
    assert start["a"] != start["b"]
    assert said[start["a"]]["judged"] > 0


def test_the_address_says_clip_object_frame_layers_and_answers(shown):
    opened(clip=CLIP, object="object 1", frame="7", layers="1247", a="convex_hull", b="", mode="wipe")
    data = shown[-1]["data"]
    assert data["start"] == {"object": "object 1", "frame": "7", "layers": "1247", "a": "convex_hull", "b": "", "mode": "wipe"}
    assert [one["name"] for one in data["tracks"]] == ["object 0", "object 1"]


def test_an_address_of_things_that_are_not_there_falls_back_or_says_so(shown):
    opened(clip=CLIP, object="nobody", a="nothing")
    assert (shown[-1]["data"]["start"]["object"], shown[-1]["data"]["start"]["a"]) == ("object 0", "union_two_way")
    app = opened(clip="chewing_gum/test/99999")
    assert "no clip 99999" in words(app)
    assert len(shown) == 1  # nothing is drawn, and what could be opened is offered
    assert app.selectbox(key="amodal-family").value == place.FIRST.rpartition("/")[0]


def test_another_clip_is_chosen_and_the_object_of_the_old_one_forgotten(shown):
    app = opened(clip=CLIP, object="object 1", frame="7")
    app.number_input(key="amodal-number").set_value(2).run()
    assert app.query_params["clip"] == "chewing_gum/test/2"
    assert "frame" not in app.query_params
    app.selectbox(key="amodal-family").select("textured/scale").run()
    assert app.query_params["clip"] == "textured/scale/2"
    assert not app.exception


def test_what_the_browser_tells_goes_into_the_address_and_begins_nothing_anew(shown):
    app = opened(clip="textured/test/1")
    first = shown[-1]["data"]["begun"]
    place_of = {"object": "target", "frame": "3", "layers": "15", "a": "convex_hull", "b": "visible_mask", "mode": "side"}
    app.session_state["stepper-textured/test/1"] = {"view": json.dumps(place_of)}
    for name, value in place_of.items():
        app.query_params[name] = value
    app.session_state["amodal-told"] = place_of
    app.run()
    assert shown[-1]["data"]["begun"] == first
    app.query_params["frame"] = "9"  # a link from elsewhere
    app.run()
    assert shown[-1]["data"]["start"]["frame"] == "9"


def test_a_clip_without_objects_can_be_stepped_through(shown, home):
    bare = Clip("bare", 20, 30, Held(np.zeros((3, 20, 30, 3), np.uint8)), ())
    clips.write(bare, home / "inputs" / "clips" / "bare")
    app = opened(clip="bare")
    assert shown[-1]["data"]["frames"] == 3
    assert shown[-1]["data"]["start"]["object"] == ""
    assert "bare (brought)" in app.selectbox(key="amodal-family").options


def get(what: str, clip: str = CLIP, **query):
    answers = query.pop("answers", ())
    more = urlencode([*query.items(), *(("answer", name) for name in answers)])
    return asgi.get(APP, f"{reels.address(clip, what)}&{more}")


def test_routes_answer_with_frames_and_the_masks_of_the_clip():
    picture = get("frame", n=5)
    assert (picture.status, picture.headers["content-type"], picture.content[:4]) == (200, "image/png", b"\x89PNG")
    page = json.loads(get("masks", track="object 1", page=0, answers=("convex_hull",)).content)
    clip = clips.find(CLIP)
    for t in (0, 39):
        assert page["visible"][t].encode() == clip.tracks[1].visible[t].counts
        np.testing.assert_array_equal(rle.decode(Rle(50, 56, page["occluder"][t].encode())), clip.others("object 1", t))
    answered = replies.answer(CLIP, "convex_hull", "object 1")
    assert page["answers"]["convex_hull"] == [mask.counts.decode() for mask in answered.whole]
    series = json.loads(get("series", track="object 0", answers=("convex_hull", "visible_mask")).content)
    assert len(series["occlusion"]) == len(series["answers"]["convex_hull"]["hidden"]) == 40
    assert set(json.loads(get("beside", track="object 0", page=0).content)) == {"first", "revealed", "memory"}
    assert json.loads(get("odds", track="object 0", page=0, answer="convex_hull").content)["first"] == 0


def test_what_the_browser_has_is_not_sent_again():
    address = f"{reels.address(CLIP, 'frame')}&n=5"
    again = asgi.get(APP, address, If_None_Match=asgi.get(APP, address).headers["etag"])
    assert (again.status, again.content) == (304, b"")


@pytest.mark.parametrize(
    ("what", "query", "status", "said"),
    [
        ("frame", {"n": 40}, 404, "no frame 40"), ("frame", {"n": "-1"}, 404, "no whole number"), ("frame", {}, 404, "no whole number"),
        ("masks", {"track": "object 7", "page": 0}, 404, "object 7"), ("masks", {"track": "object 0", "page": 1}, 404, "no frame 64"),
        ("masks", {"track": "object 0", "page": 0, "answers": ("nobody",)}, 404, "nobody"), ("rest", {}, 404, "no such part"),
    ],
)  # fmt: skip
def test_what_is_not_there_is_a_sentence(what, query, status, said):
    found = get(what, **query)
    assert found.status == status
    assert said in found.text


def test_a_token_holds_for_one_clip():
    other = urlsplit(reels.address("textured/test/0", "frame"))
    found = asgi.get(APP, f"{other._replace(query=other.query.replace('textured%2Ftest%2F0', 'textured%2Ftest%2F1')).geturl()}&n=0")
    assert found.status == 403
    assert "Reload the page" in found.text


def test_a_name_that_leaves_the_folder_of_clips_is_none():
    found = asgi.get(APP, f"{reels.address('../../token.key', 'frame')}&n=0")
    assert found.status == 404
