"""Published tables give the numbers that are known of them; skipped where the folder of tables is not there.

The folder is named by TOUCHSTONE_TABLES, else looked for beside the checkout.
"""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from engine import places
from engine.importers import _collected, _tabulated, table
from engine.importers._mapping import Asked
from engine.stats import lines

TABLES = Path(os.environ.get("TOUCHSTONE_TABLES") or places.ROOT.parent / "shared" / "tables")
pytestmark = pytest.mark.skipif(not TABLES.is_dir(), reason="the published tables are not here: name their folder in TOUCHSTONE_TABLES")


def read(folder, kind, fixes=None, **options):
    assert _tabulated.detect(TABLES / folder) == kind
    return _collected.collect(_tabulated.read(kind, TABLES / folder, **options), fixes or {})


def wide(found, metric="accuracy"):
    """Return network x set/split, as it would be stored."""
    columns = {}
    for block in found.blocks("t"):
        if block.table.table == "scores" and block.columns["metric"] == metric and not block.columns["shift"]:
            side = "" if block.columns["split"] == "test" else f"/{block.columns['split']}"
            columns[f"{block.columns['dataset']}{side}"] = pd.Series(block.columns["value"], index=block.columns["network"])
    return pd.DataFrame(columns)


@pytest.fixture(scope="module")
def timm():
    return read("timm", "timm")


@pytest.mark.parametrize(
    ("x", "y", "n", "r2", "slope", "intercept", "spearman"),
    [
        ("imagenet", "imagenetv2-matched-frequency", 1556, 0.992, 0.963, -0.323, 0.995),
        ("imagenet", "imagenet-real", 1556, 0.976, None, None, 0.992),
        ("imagenet", "sketch", 1556, 0.816, None, None, 0.946), ("imagenet-a-clean", "imagenet-a", 1555, 0.871, 2.546, None, 0.983),
        ("imagenet-r-clean", "imagenet-r", 1556, 0.726, 1.205, None, 0.950),
    ],
)  # fmt: skip
def test_timm_gives_the_lines_that_are_known(timm, x, y, n, r2, slope, intercept, spearman):
    values = wide(timm)
    line = lines.fit(values[x].to_numpy(), values[y].to_numpy(), "probit", resamples=20)
    assert (line.n, round(line.r2, 3), round(line.spearman.value, 3)) == (n, r2, spearman)
    assert slope is None or round(line.slope.value, 3) == slope
    assert intercept is None or round(line.intercept, 3) == intercept


def test_timm_finds_the_one_row_that_joins_nothing(timm):
    (alone,) = [issue for issue in timm.issues if issue.code == "alone"]
    assert alone.details["network"].tolist() == ["resmlp_24_224.fb_dino [img_size=224]"]


def test_timm_by_model_alone_keeps_every_row_and_says_what_tells_them_apart():
    found = _collected.collect(table.read(TABLES / "timm" / "results-imagenet.csv", Asked(model="model", unit="percent")))
    assert len(found.networks) == 1556
    (issue,) = [issue for issue in found.issues if issue.code == "same-key"]
    assert "“img_size” would tell them apart" in issue.sentence


def test_model_soups_gives_the_ranks_and_the_regret_that_are_known():
    values = wide(read("model-soups", "model_soups"))
    assert len(values) == 72
    for name, known in (("ImageNetV2", 0.94), ("ImageNetA", 0.05), ("ImageNetR", -0.10)):
        assert round(lines.spearman(values["ImageNet"].to_numpy(), values[name].to_numpy()).value, 2) == known
    elsewhere = values[["ImageNetV2", "ImageNetSketch", "ImageNetR", "ObjectNet", "ImageNetA"]].mean(axis=1)
    assert round(100 * (elsewhere.max() - elsewhere[values["ImageNet/val"].idxmax()]), 2) == 2.71


def test_robustbench_reads_every_model_and_nothing_that_is_not_there():
    found = read("robustbench", "robustbench")
    values = wide(found)
    assert values["cifar10-autoattack-Linf"].notna().sum() == 99
    assert values["cifar10-corruptions"].notna().sum() == 23
    assert found.left_out == ()


def test_domainbed_reads_six_runs_and_all_their_steps():
    assert len(read("domainbed-sweep", "domainbed").networks) == 6
    every = read("domainbed-sweep", "domainbed", steps="all")
    assert len(every.networks) == 30
    run = "0657090f9a83ff76efe083a104fde93a [step=0]"
    values = wide(every).loc[run]
    assert values["VLCS-env1"] == pytest.approx(0.4602352941176471)  # a test domain: env1_in_acc
    assert values["VLCS-env0/val"] == pytest.approx(0.657243816254417)  # a training domain: env0_out_acc
    assert values["VLCS-training-domains"] == pytest.approx(np.mean([0.657243816254417, 0.4888888888888889]))


def test_checkpoints_are_up_to_seventy_percent_copies():
    found = read("domain-generalization/PACS", "domain_generalization")
    (copies,) = found.issues
    assert (copies.code, round(len(copies.rows) / len(found.draft.frame), 2)) == ("copies", 0.70)
    assert len(found.networks) == 19017 - len(copies.rows)
    assert len(read("domain-generalization/PACS", "domain_generalization", {"copies": "keep"}).networks) == 19017
