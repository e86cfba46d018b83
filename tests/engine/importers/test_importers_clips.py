"""Masks and frames from elsewhere: every form gives the same objects, pycocotools agrees, and what is wrong is said with file and frame."""

import json
import zipfile

import cv2
import numpy as np
import pytest
from PIL import Image
from pycocotools import mask as coco

from engine import errors, places, rle
from engine.datasets import clips
from engine.importers import clips as bringing
from engine.importers.clips import Shape, _given

HEIGHT, WIDTH, LENGTH = 24, 32, 5
SHAPE = Shape(HEIGHT, WIDTH, LENGTH, tuple(f"{t:05d}.png" for t in range(LENGTH)))


def _masks():
    """Two squares; the second is not there in frame 2. Whole: the first reaches under the second."""
    first, second, whole = (np.zeros((LENGTH, HEIGHT, WIDTH), np.bool_) for _ in range(3))
    for t in range(LENGTH):
        whole[t, 4:16, 2 + t : 16 + t] = True
        if t != 2:
            second[t, 8:20, 12:24] = True
        first[t] = whole[t] & ~second[t]
    return first, second, whole


FIRST, SECOND, WHOLE = _masks()


def _theirs(mask):
    found = coco.encode(np.asfortranarray(mask.astype(np.uint8)))
    return {"size": list(found["size"]), "counts": found["counts"].decode()}


def _images():
    return [{"id": 10 + t, "file_name": f"JPEGImages/{t:05d}.jpg", "height": HEIGHT, "width": WIDTH} for t in range(LENGTH)]


def _rows(*keys):
    rows = []
    for name, visible, whole in (("1", FIRST, WHOLE), ("2", SECOND, SECOND)):
        for t in range(LENGTH):
            if visible[t].any():
                masks = {"visible": _theirs(visible[t]), "whole": _theirs(whole[t])}
                rows.append({"id": len(rows), "image_id": 10 + t, "track_id": name, "category_id": 1, **{key: masks[kind] for key, kind in keys}})
    return rows


def _write(path, said):
    path.write_text(json.dumps(said))
    return path


def _coco(folder):
    return _write(folder / "coco.json", {"images": _images(), "annotations": _rows(("segmentation", "visible"))})


def _kins(folder):
    return _write(folder / "kins.json", {"images": _images(), "annotations": _rows(("inmodal_seg", "visible"), ("segmentation", "whole"))})


def _cocoa(folder):
    rows = _rows(("visible_mask", "visible"), ("segmentation", "whole"))
    regions = [{"image_id": 10 + t, "regions": [row for row in rows if row["image_id"] == 10 + t]} for t in range(LENGTH)]
    return _write(folder / "cocoa.json", {"images": _images(), "annotations": regions})


def _youtube_vis(folder):
    entries = [
        {
            "id": k + 1, "video_id": 1, "category_id": 1, "segmentations": [_theirs(mask) if mask.any() else None for mask in visible],
            "amodal_segmentations": [_theirs(mask) if mask.any() else None for mask in whole],
        }
        for k, (visible, whole) in enumerate(((FIRST, WHOLE), (SECOND, SECOND)))
    ]  # fmt: skip
    videos = [{"id": 1, "width": WIDTH, "height": HEIGHT, "length": LENGTH, "file_names": []}]
    return _write(folder / "ytvis.json", {"videos": videos, "annotations": entries})


def _davis(folder, name="davis"):
    (folder / name).mkdir()
    for t in range(LENGTH):
        picture = Image.fromarray((FIRST[t] + 2 * SECOND[t]).astype(np.uint8), "L").convert("P")
        picture.putpalette(list(range(256)) * 3)
        picture.putdata((FIRST[t] + 2 * SECOND[t]).ravel().tolist())
        picture.save(folder / name / f"{t:05d}.png")
    return folder / name


def _zipped(folder):
    source = _davis(folder, "inner")
    with zipfile.ZipFile(folder / "davis.zip", "w") as archive:
        for file in sorted(source.iterdir()):
            archive.write(file, f"Annotations/it/{file.name}")
    return folder / "davis.zip"


def _mots_png(folder):
    (folder / "mots").mkdir()
    for t in range(LENGTH):
        cv2.imwrite(str(folder / "mots" / f"{t:06d}.png"), (2001 * FIRST[t] + 2002 * SECOND[t] + 10000 * (t > 9)).astype(np.uint16))
    return folder / "mots"


def _mots_text(folder, first=1):
    lines = [
        f"{t + first} {number} 2 {HEIGHT} {WIDTH} {_theirs(masks[t])['counts']}"
        for number, masks in ((2001, FIRST), (2002, SECOND))
        for t in range(LENGTH)
        if masks[t].any()
    ]
    (folder / "mots.txt").write_text("\n".join(lines))
    return folder / "mots.txt"


def _arrays(folder):
    np.savez(folder / "masks.npz", visible=np.stack([FIRST, SECOND]), whole=np.stack([WHOLE, SECOND]))
    return folder / "masks.npz"


FORMS = {
    "coco": (_coco, False), "kins": (_kins, True), "cocoa": (_cocoa, True), "youtube_vis": (_youtube_vis, True), "davis": (_davis, False),
    "mots": (_mots_text, False), "arrays": (_arrays, True),
}  # fmt: skip


def _dense(masks):
    return np.stack([np.zeros((HEIGHT, WIDTH), np.bool_) if one is None else rle.decode(one) for one in masks])


@pytest.mark.parametrize("kind", sorted(FORMS))
def test_every_form_gives_the_same_objects_and_is_told_by_itself(kind, tmp_path):
    make, with_whole = FORMS[kind]
    path = make(tmp_path)
    assert bringing.detected(path) == kind
    given = bringing.read(path, SHAPE)
    assert len(given.tracks) == 2
    for track, visible, whole in zip(given.tracks, (FIRST, SECOND), (WHOLE, SECOND), strict=True):
        assert np.array_equal(_dense(track.visible), visible)
        assert (track.whole is not None) == with_whole
        if track.whole is not None:
            assert np.array_equal(_dense(track.whole), whole)


def test_every_form_of_the_room_is_tested():
    assert set(bringing.kinds()) == set(FORMS)


@pytest.mark.parametrize("make", [_mots_png, _zipped])
def test_pictures_of_sixteen_bits_and_zips_are_read_too(make, tmp_path):
    path = make(tmp_path)
    given = bringing.read(path, SHAPE)
    assert [np.array_equal(_dense(track.visible), mask) for track, mask in zip(given.tracks, (FIRST, SECOND), strict=True)] == [True, True]
    assert bringing.detected(path) == ("mots" if make is _mots_png else "davis")


def test_mots_counts_frames_from_one_or_from_zero_and_says_which(tmp_path):
    ones, zeros = (bringing.read(_mots_text(tmp_path, first), SHAPE) for first in (1, 0))
    assert ones.tracks == zeros.tracks
    assert (ones.notes, zeros.notes) == (("Frames were counted from 1.",), ("Frames were counted from 0.",))


def test_results_of_a_model_are_read_as_whole_masks_that_may_overlap(tmp_path):
    clip = clips.Clip("c", HEIGHT, WIDTH, clips.Held(np.zeros((LENGTH, HEIGHT, WIDTH, 3), np.uint8)), bringing.read(_arrays(tmp_path), SHAPE).tracks)
    entries = [{"video_id": 1, "id": k, "score": 1, "segmentations": [_theirs(m) for m in masks]} for k, masks in ((1, WHOLE), (2, SECOND))]
    found = bringing.predictions(_write(tmp_path / "results.json", entries), clip)
    assert np.array_equal(_dense(found["1"]), WHOLE)
    other = _write(tmp_path / "other.json", [{**entries[0], "id": 7}, {**entries[1], "id": 8}])
    with pytest.raises(errors.UserError, match="has the objects 7, 8; c has 1, 2"):
        bringing.predictions(other, clip)
    with pytest.raises(errors.UserError, match="frame 0: the objects 1 and 2 claim 32 of the same"):
        bringing.read(tmp_path / "results.json", SHAPE)


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # of pycocotools with this NumPy
def test_polygons_are_filled_as_pycocotools_fills_them():
    rng = np.random.default_rng(0)
    for _ in range(20):
        angles = np.sort(rng.uniform(0, 2 * np.pi, 9))
        reach = rng.uniform(8, 28, 9)
        corners = np.stack([40 + reach * np.cos(angles), 32 + reach * np.sin(angles)], 1).ravel().tolist()
        theirs = coco.decode(coco.merge(coco.frPyObjects([corners], 64, 80))).astype(np.bool_)
        ours = _given.polygons([corners], 64, 80)
        assert (theirs & ours).sum() / (theirs | ours).sum() > 0.93  # theirs draws the rim as well
    square = _given.polygons([[2, 3, 6, 3, 6, 5, 2, 5]], 8, 8)
    assert np.argwhere(square).tolist() == [[r, c] for r in (3, 4) for c in (2, 3, 4, 5)]
    assert not _given.polygons([[-9, -9, -3, -9, -3, -3]], 8, 8).any()


def _broken(kind, change):
    def make(folder):
        path = FORMS[kind][0](folder)
        said = json.loads(path.read_text())
        change(said)
        return _write(path, said)

    return make


def _grey(folder, **changes):
    source = _davis(folder)
    for name, picture in changes.items():
        Image.fromarray(picture).save(source / f"{name.lstrip('f')}.png")
    return source


def _text(line):
    def make(folder):
        path = _mots_text(folder)
        path.write_text(f"{path.read_text()}\n{line}")
        return path

    return make


def _npz(**arrays):
    def make(folder):
        np.savez(folder / "x.npz", **arrays)
        return folder / "x.npz"

    return make


MORE = _theirs(np.ones((HEIGHT, WIDTH + 1)))
OVERFLOW = {"size": [HEIGHT, WIDTH], "counts": [HEIGHT * WIDTH, 5]}
REFUSED = {
    "rle overflow": (
        _broken("coco", lambda s: s["annotations"][3].update(segmentation=OVERFLOW)),
        r"coco.json, frame 3, object 1: .* fills 773 pixels",
    ),
    "other size": (
        _broken("kins", lambda s: s["annotations"][1].update(inmodal_seg=MORE)),
        r"frame 1, object 1: the mask is 33 x 24 pixels, the frames",
    ),
    "two masks": (_broken("coco", lambda s: [a.pop("track_id") for a in s["annotations"]]), r"frame 0: the object 1 has two masks"),
    "overlap": (
        _broken("coco", lambda s: s["annotations"][0].update(segmentation=_theirs(WHOLE[0] | SECOND[0]))),
        r"frame 0: the objects 1 and 2 claim",
    ),
    "picture size": (_broken("coco", lambda s: s["images"][2].update(width=99)), r"00002.jpg is 99 x 24 pixels"),
    "count": (_broken("coco", lambda s: (s["images"].pop(), [i.update(file_name=f"x{i['id']}") for i in s["images"]])), r"masks for 4 frames, .* 5"),
    "ytvis count": (_broken("youtube_vis", lambda s: s["annotations"][1]["segmentations"].pop()), r"object 2: 4 masks for 5 frames"),
    "ytvis size": (_broken("youtube_vis", lambda s: s["videos"][0].update(height=9)), r"the video is 32 x 9 pixels"),
    "several videos": (_broken("youtube_vis", lambda s: s["annotations"][1].update(video_id=2)), r"several videos"),
    "amodal no list": (_broken("youtube_vis", lambda s: s["annotations"][1].update(amodal_segmentations=3)), r"“amodal_segmentations” is no list"),
    "polygon": (_broken("coco", lambda s: s["annotations"][2].update(segmentation=[[1, 2, 3, "x"]])), r"frame 2, object 1: A polygon is no list"),
    "region": (
        _broken("cocoa", lambda s: s["annotations"][1]["regions"].append(s["annotations"][1]["regions"][0])),
        r"frame 1, object 1: there are two",
    ),
    "davis colour": (lambda f: _grey(f, f00002=np.zeros((HEIGHT, WIDTH, 3), np.uint8)), r"00002.png \(frame 2\) is a picture in colour"),
    "davis size": (lambda f: _grey(f, f00001=np.zeros((9, 9), np.uint8)), r"frame 1\) is 9 x 9 pixels"),
    "davis count": (lambda f: _grey(f, f00009=np.zeros((HEIGHT, WIDTH), np.uint8)), r"masks for 6 frames, the clip has 5"),
    "mots line": (_text("1 2 3"), r"line 10 is not “frame object"),
    "mots frame": (_text(f"-3 2001 2 {HEIGHT} {WIDTH} 0"), r"frame -3, object 2001: the clip has 5 frames"),
    "mots twice": (_text(f"1 2001 2 {HEIGHT} {WIDTH} {_theirs(FIRST[0])['counts']}"), r"frame 1, object 2001: there are two masks"),
    "mots overlap": (_text(f"1 2007 2 {HEIGHT} {WIDTH} {_theirs(FIRST[0])['counts']}"), r"frame 0: the objects 2001 and 2007 claim"),
    "npz overlap": (_npz(visible=np.stack([WHOLE, SECOND])), r"x.npz, frame 0: the objects 1 and 2 claim 32"),
    "npz size": (_npz(visible=np.zeros((LENGTH, 3, 3), np.bool_)), r"visible is 3 x 3 pixels"),
    "npz count": (_npz(visible=FIRST[:3]), r"masks for 3 frames"),
    "npz objects": (_npz(visible=np.array([{}], dtype=object)), r"object|Python"),
    "npz values": (_npz(visible=FIRST * 7), r"other values than 0 and 1"),
    "npz names": (_npz(visible=FIRST, names=np.array(["a", "b"])), r"different objects"),
    "npz noise": (_npz(labels=np.arange(LENGTH * HEIGHT * WIDTH).reshape(LENGTH, HEIGHT, WIDTH)), r"holds 3,839 values"),
    "davis noise": (lambda f: _grey(f, f00003=np.arange(HEIGHT * WIDTH, dtype=np.uint16).reshape(HEIGHT, WIDTH)), r"\(frame 3\) holds 767 values"),
    "npz keys": (_npz(mask=FIRST), r"holds mask"),
    "no json": (lambda f: f.joinpath("x.json").write_text('{"segmentations": [') and f / "x.json", r"x.json is no JSON"),
    "no masks": (lambda f: _write(f / "x.json", {"a": 1}), r"holds no masks"),
    "nothing": (lambda f: f / "none.json", r"nothing at"),
}


@pytest.mark.parametrize("what", sorted(REFUSED))
def test_what_is_wrong_is_said_with_its_file_and_frame(what, tmp_path):
    make, words = REFUSED[what]
    with pytest.raises(errors.UserError, match=words) as problem:
        bringing.read(make(tmp_path), SHAPE)
    assert problem.value.hint


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("TOUCHSTONE_HOME", str(tmp_path / "home"))
    return tmp_path


def _pictures(folder, count=LENGTH, name="{t}.png", size=(HEIGHT, WIDTH)):
    folder.mkdir()
    for t in range(count):
        Image.fromarray(np.full((*size, 3), 40 * t % 256, np.uint8)).save(folder / name.format(t=t))
    return folder


def _video(path, count=LENGTH, code="MJPG"):
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*code), 10, (WIDTH, HEIGHT))
    for t in range(count):
        writer.write(np.full((HEIGHT, WIDTH, 3), 40 * t % 256, np.uint8))
    writer.release()
    return path


def test_a_folder_of_frames_and_masks_becomes_a_clip(home):
    brought = bringing.bring("My Clip", _pictures(home / "frames", 12, "frame {t}.png"), occluder=None)
    assert (clips.brought(), brought.clip.length) == (("my-clip",), 12)
    assert [int(brought.clip.frames[t][0, 0, 0]) for t in (1, 2, 11)] == [40, 80, 440 % 256], "frame 2 comes before frame 10"
    with pytest.raises(errors.UserError, match="already"):
        bringing.bring("my clip", home / "frames")
    bringing.remove("my-clip")
    assert clips.brought() == ()


@pytest.mark.parametrize(("suffix", "code"), [(".avi", "MJPG"), (".mp4", "mp4v")])
def test_a_video_becomes_as_many_frames_as_it_has(home, suffix, code):
    masks = _arrays(home)
    brought = bringing.bring("v", _video(home / f"v{suffix}", code=code), masks, occluder=masks)
    assert (brought.clip.length, brought.clip.rate, len(brought.clip.tracks)) == (LENGTH, 10, 2)
    assert abs(int(brought.clip.frames[3].mean()) - 120) < 6
    assert np.array_equal(_dense(brought.clip.occluder), WHOLE | SECOND | FIRST)


def test_a_video_that_lies_about_its_length_is_refused_with_the_frame_unless_what_is_there_is_wanted(home):
    path = _video(home / "v.avi", 60)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    content = bytearray(path.read_bytes())
    assert content[:4] == b"RIFF"
    with pytest.raises(errors.UserError, match=r"v.avi says that it has \d+ frames; after frame \d+ no more can be decoded"):
        bringing.bring("v", path)
    assert clips.brought() == ()
    there = bringing.bring("v", path, partial=True)
    assert there.clip.length < 60
    assert "all that are there were taken" in there.notes[0]


def test_frames_that_are_wrong_are_refused_with_their_number_and_nothing_stays(home):
    mixed = _pictures(home / "mixed")
    Image.fromarray(np.zeros((9, 9, 3), np.uint8)).save(mixed / "3.png")
    broken = _pictures(home / "broken")
    (broken / "2.png").write_bytes(b"\x89PNG\r\n\x1a\nnothing")
    (home / "no.mp4").write_bytes(b"no video at all" * 100)
    (home / "empty").mkdir()
    for path, words in (
        (mixed, r"Frame 3, 3.png, is 9 x 9 pixels, the first is 32 x 24"),
        (broken, r"Frame 2, 2.png, is no picture"),
        (home / "no.mp4", "no.mp4 is no video"),
        (home / "empty", "holds no picture"),
        (home / "nothing", "nothing at"),
    ):
        with pytest.raises(errors.UserError, match=words):
            bringing.bring("x", path)
    assert list(places.inputs("clips").iterdir()) == []


def test_masks_that_do_not_fit_leave_no_clip(home):
    with pytest.raises(errors.UserError, match="masks for 5 frames, the clip has 3"):
        bringing.bring("x", _pictures(home / "few", 3), _arrays(home))
    assert clips.brought() == ()


def test_a_zip_bomb_and_a_zip_that_leads_out_are_refused(home):
    for name, member, content in (("bomb.zip", "0.png", b"\0" * 120_000_000), ("out.zip", "../../0.png", b"x")):
        with zipfile.ZipFile(home / name, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(member, content)
    with pytest.raises(errors.UserError, match="no real data packs so"):
        bringing.bring("x", home / "bomb.zip")
    with pytest.raises(errors.UserError, match="leads out"):
        bringing.bring("x", home / "out.zip")
