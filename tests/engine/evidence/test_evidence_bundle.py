"""A bundle is whole: one page that asks for nothing, hashes as hashlib gives them, rows as the store has them, sources that can be found again."""

import base64
import gzip
import hashlib
import html
import json
import re
import zipfile

import numpy as np
import pandas as pd
import plotly.offline
import pytest

from engine import errors, networks, store
from engine.assay import views as assay
from engine.datasets import images
from engine.evidence import manifest, page, views, writing
from engine.evidence.parts import Figure, Part
from engine.evidence.prose import html_of
from engine.evidence.spec import EvidenceSpec
from engine.plots import template

EXPLORE = "assay-explore?x=mfeat&y=mnist"
SMUGGLED = "<script>alert(1)</script> & “quoted” \"'"
LARGEST = 8_000_000


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bundle")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TOUCHSTONE_HOME", str(folder / "home"))
        spec = EvidenceSpec(views=(EXPLORE,), title=SMUGGLED, author=SMUGGLED, words=f"{SMUGGLED}\nnext\n\nnew", svg=False)
        return writing.make(spec, folder / "out")


@pytest.fixture(scope="module")
def told(made):
    return json.loads((made.path / "manifest.json").read_text())


@pytest.fixture(scope="module")
def text(made):
    return (made.path / "report.html").read_text()


def test_every_hash_of_the_manifest_is_what_hashlib_says_of_the_file(made, told):
    files = {file.relative_to(made.path).as_posix(): file.read_bytes() for file in made.path.rglob("*") if file.is_file()}
    assert set(told["files"]) == set(files) - {"manifest.json"}
    for name, said in told["files"].items():
        assert said == {"sha256": hashlib.sha256(files[name]).hexdigest(), "bytes": len(files[name])}
    assert made.seal == hashlib.sha256(files["manifest.json"]).hexdigest()
    assert made.bytes == sum(map(len, files.values()))


def test_the_manifest_says_where_the_numbers_come_from(told):
    assert told["code"]["packages"]["python"]
    assert told["code"]["packages"]["numpy"] == np.__version__
    assert set(told["code"]) == {"revision", "dirty", "packages", "machine"}
    assert [run["seed"] for run in told["runs"]] == [0] * len(told["runs"])
    assert told["runs"][0]["question"]["study"] == "assay"
    assert {one["name"]: one["digests"] for one in told["data"]} == {name: dict(images.card(name).digests) for name in ("mfeat", "mnist")}
    assert told["svg"] == "not asked for"


def test_each_network_is_named_with_the_hash_of_its_weights(told):
    named = {one["name"]: one for one in told["networks"]}
    assert len(named) == 23
    for name in ("cnn-mfeat-whole-s0", "linear-mfeat-scratch-s0"):
        card = networks.card(name)
        assert named[name]["digest"] == card.digest
        assert named[name]["weights"] == {file: hashlib.sha256((networks.folder(name) / file).read_bytes()).hexdigest() for file in card.weights}
        assert card.weights


def test_the_rows_are_those_that_the_page_shows(made, told):
    rows = store.read_table(made.path / told["views"][0]["figures"][0])
    shown = assay.points(assay.Set("mfeat"), assay.Set("mnist"), trained_on="mfeat")
    assert rows["network"].tolist() == shown["network"].tolist()
    np.testing.assert_array_equal(rows["y"], shown["y"])


def test_the_scores_behind_a_view_are_all_there(made):
    scores = store.read_table(made.path / writing.SCORES)
    assert len(scores) == 2 * 23  # each network on both sets
    assert set(scores["metric"]) == {"accuracy"}


def test_plotly_stands_in_the_page_exactly_once(text):
    found = re.findall(r'<script type="text/plain" id="plotly">([^<]*)</script>', text)
    assert len(found) == 1
    assert gzip.decompress(base64.b64decode(found[0])).decode() == plotly.offline.get_plotlyjs()
    assert "Plotly.newPlot" not in text.replace(found[0], "")
    assert len(text.encode()) < 2_300_000


def test_the_page_names_no_address_outside(text):
    without = re.sub(r'(<script type="text/plain" id="plotly">)[^<]*', r"\1", text)
    assert re.findall(r"https?:|url\(|@import|//\w+\.\w", without) == []
    assert {address for address in re.findall(r'(?:src|href|action)="([^"]*)"', without) if not address.startswith(("#", "rows/"))} == set()


def test_the_policy_of_the_page_lets_run_its_two_scripts_and_nothing_be_fetched(text):
    policy = html.unescape(re.search(r'Content-Security-Policy" content="([^"]*)"', text).group(1))
    ours = re.search(r"<script>(.*?)</script>\n</body>", text, re.DOTALL).group(1)
    wanted = [base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in (plotly.offline.get_plotlyjs(), ours)]
    assert re.findall(r"sha256-([^']+)'", policy) == wanted
    assert policy.startswith("default-src 'none'; ")
    assert "'unsafe-inline'" not in policy.partition("script-src")[2].partition(";")[0]


def test_what_a_person_wrote_is_shown_and_never_run(text):
    assert "<script>alert(1)" not in text
    assert text.count("&lt;script&gt;alert(1)&lt;/script&gt;") == 4  # title, heading, author, words
    assert "<br>next</p><p>new</p>" in text


def test_the_findings_of_the_page_stand_in_the_report(text, told):
    part, _ = views.part(EXPLORE)
    assert told["views"][0]["findings"] == list(part.findings)
    assert html_of(part.findings[0]) in text
    assert html.escape(part.method) in text
    assert all(html.escape(limit) in text for limit in part.limits)


def test_a_view_that_cannot_be_answered_is_said_by_its_address(tmp_path):
    with pytest.raises(errors.UserError, match=r"“assay-explore\?x=nowhere” cannot be reported: There is no x named “nowhere”"):
        writing.make(EvidenceSpec(views=("assay-explore?x=nowhere",), svg=False), tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_nothing_that_is_there_is_overwritten(tmp_path):
    (tmp_path / "report.zip").write_text("mine")
    for place in (tmp_path, tmp_path / "report.zip"):
        with pytest.raises(errors.UserError, match=r"is there already|holds something"):
            writing.make(EvidenceSpec(views=("home",), svg=False), place)
    assert (tmp_path / "report.zip").read_text() == "mine"


def test_the_usual_report_has_twenty_figures_and_more_and_stays_small(tmp_path, monkeypatch):
    monkeypatch.setenv("TOUCHSTONE_HOME", str(tmp_path / "home"))
    found = writing.make(EvidenceSpec(svg=False), tmp_path / "report.zip")
    assert found.figures >= 20
    assert found.left_out == {}
    assert found.bytes < LARGEST
    with zipfile.ZipFile(found.path) as archive:
        assert sum(info.file_size for info in archive.infolist()) < LARGEST
        paths = {view["address"].partition("?")[0] for view in json.loads(archive.read("manifest.json"))["views"]}
    assert paths == set(views.paths()) - {"assay-network", "assay-examples", "audit"}  # every page but those that are about one thing


def test_notes_and_status_stand_in_the_report_where_a_part_has_them():
    figure = Figure("A figure", "what it shows", {"": template.figure([])}, some_rows())
    part = Part("title", ["found"], "method", ["limit"], [figure], remarks=["**Reviewed** by a\\_b"], more=["all of it"])
    view = manifest.View(address="home", title="title", figures=("rows/a.parquet",))
    told = {"touchstone": 1, "title": "t", "made": "2026-01-01", "svg": "", "predictions": "", "networks": (), "data": (), "runs": (), "files": {}}
    about = manifest.Manifest(**told, code=manifest.Code(), views=(view,))
    made = page.page([page.Placed(part, view)], about, "")
    assert '<div class="remarks"><p><strong>Reviewed</strong> by a_b</p></div>' in made
    assert "<summary>All that was found</summary><ul><li><p>all of it</p></li></ul>" in made


def some_rows():
    return pd.DataFrame({"network": ["<b>"], "value": [0.25], "n": [1200]})


def test_colours_are_exchanged_as_the_dashboard_exchanges_them(text):
    told = json.loads(re.search(r'id="figures">(.*?)</script>', text, re.DOTALL).group(1))
    assert told["swaps"] == dict(template.swaps())
    assert told["swaps"][template.LIGHT.text] == template.DARK.text
    assert set(told["templates"]) == {"light", "dark"}
