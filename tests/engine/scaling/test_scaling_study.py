"""The study of growth: what is counted, what is timed, the powers that are fitted, and the way through queue, store and command line."""

import json

import numpy as np
import pandas as pd
import pydantic
import pytest
import torch

from engine import control, errors, store, worker
from engine.__main__ import main
from engine.scaling import findings, plots, run, views
from engine.scaling import spec as asking

SMALL = {"parts": (2, 4, 8), "tokens": (4, 9), "fixed": 4, "middle": 4, "batch": 2, "repeats": 3}


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    """Measure very small sizes once for all tests here."""
    home = tmp_path_factory.mktemp("scaling")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TOUCHSTONE_HOME", str(home))
        patch.setenv("TOUCHSTONE_SAMPLE", str(home / "none"))
        spec = asking.ScalingSpec(**SMALL)
        made = control.submit(spec, asking.title(spec), total=asking.plan(spec).cells, images_total=0)
        job = control.claim("test", only=made)
        assert job is not None
        assert worker.answer(job) == "done", control.job(made).error
        yield made


def test_the_peak_is_what_is_alive_at_once_worked_by_hand():
    def once():
        a = torch.ones(1000)  # 4,000 bytes
        b = a * 2  # 8,000
        del a  # 4,000
        c = b + 1  # 8,000
        c.view(10, 100).add_(1)  # a view, written in place: nothing new
        return torch.cat([b, c])  # 16,000

    assert run.peak(once) == 16_000


def test_what_was_there_before_does_not_count():
    weights = torch.ones(1000, 10)
    assert run.peak(lambda: torch.ones(1, 1000) @ weights) == 4 * 1000 + 4 * 10


def test_operations_are_those_of_a_linear_map_worked_by_hand():
    assert run.operations(torch.nn.Linear(30, 20), torch.zeros(5, 30)) == 2 * 30 * 20


def test_a_power_law_gives_its_power():
    x = np.log([4.0, 8.0, 16.0, 32.0])
    y = np.stack([np.log(3.0) + 1.7 * x, 0.5 * x])
    assert views.fitted(x, y) == pytest.approx([1.7, 0.5])
    assert np.isnan(views.fitted(x[:2], y[:, :2])).all()


def test_the_slope_of_operations_is_that_of_the_rows(measured):
    found = views.slopes(measured)
    one = found[(found["architecture"] == "neural_interpreter") & (found["axis"] == "parts") & (found["mode"] == "answer")].set_index("measure")
    rows = views.along(views.costs(measured), "parts")
    mine = rows[(rows["architecture"] == "neural_interpreter") & (rows["mode"] == "answer")].sort_values("parts")
    expected = np.polyfit(np.log(mine["parts"]), np.log(mine["operations"]), 1)[0]
    numbers = pd.DataFrame(one[["slope", "low", "high"]]).astype(float).to_dict("index")
    assert numbers["operations"]["slope"] == pytest.approx(expected)
    assert numbers["seconds"]["low"] <= numbers["seconds"]["slope"] <= numbers["seconds"]["high"]
    assert np.isnan(numbers["peak_bytes"]["low"])  # counted, not sampled


def test_sizes_along_one_axis_hold_the_other(measured):
    found = views.costs(measured)
    assert set(views.along(found, "parts")["tokens"]) == {4}
    assert set(views.along(found, "tokens")["parts"]) == {4}


def test_every_size_is_measured_answering_and_training(measured):
    found = views.costs(measured)
    assert len(found) == 2 * 2 * len({(2, 4), (4, 4), (8, 4), (4, 9)})
    assert (found["repeats"] == 3).all()
    wide = found.pivot_table(index=["architecture", "parts", "tokens"], columns="mode", values="peak_bytes")
    assert (wide["train"] > wide["answer"]).all()  # what gradients need is kept


def test_the_finding_names_powers_and_how_many_times_as_much(measured):
    said = findings.of_growth(measured)
    assert "With more functions the time of a Neural Interpreter grows to the power **" in said
    assert "At 8 of them and 4 tokens the interpreter takes **" in said


def test_a_panel_has_a_line_an_architecture_on_logarithmic_axes(measured):
    rows = views.costs(measured)
    rows = rows[rows["mode"] == "answer"]
    figure = plots.growth(views.along(rows, "parts"), views.slopes(measured), "parts", "seconds").to_dict()
    lines = [trace for trace in figure["data"] if trace["mode"] == "lines+markers"]
    assert [trace["name"] for trace in lines] == ["Neural Attentive Circuit", "Neural Interpreter"]
    assert figure["layout"]["xaxis"]["type"] == figure["layout"]["yaxis"]["type"] == "log"
    assert sum(trace["mode"] == "text" for trace in figure["data"]) == 2  # the fitted powers


def test_the_command_shows_what_was_measured(measured, capsys):
    assert main(["scaling", "costs", "--run", measured, "--json"]) == 0
    assert {row["architecture"] for row in json.loads(capsys.readouterr().out)} == set(asking.ARCHITECTURES)
    assert main(["scaling", "--run", measured]) == 0
    assert "to the power" in capsys.readouterr().err


def test_the_newest_measurement_ships_under_one_name(measured, tmp_path, capsys):
    assert main(["scaling", "--ship", str(tmp_path)]) == 0
    assert "scaling-stitching" in capsys.readouterr().out
    assert {file.parent.name for file in tmp_path.glob("*/scaling-stitching*")} >= {"runs", "stitch_costs"}
    assert views.told(measured)["shipped"] is False


@pytest.mark.parametrize(
    "wrong", [{"tokens": (16, 17)}, {"parts": (4,)}, {"parts": (4, 4)}, {"middle": 50}, {"parts": (4, 5000)}, {"architectures": ("perceiver",)}]
)
def test_sizes_that_cannot_be_are_refused(wrong):
    with pytest.raises(pydantic.ValidationError):
        asking.ScalingSpec(**wrong)


def test_sizes_that_need_too_much_memory_are_refused():
    with pytest.raises(errors.UserError, match="4 GB"):
        asking.plan(asking.ScalingSpec(parts=(4, 1024), middle=256))


def test_the_cost_grows_with_repeats():
    few, many = (asking.cost(asking.ScalingSpec(repeats=repeats)).seconds for repeats in (3, 30))
    assert few is not None
    assert many is not None
    assert 0 < few < many


def test_nothing_measured_is_said_with_a_way_out(monkeypatch, tmp_path):
    monkeypatch.setenv("TOUCHSTONE_HOME", str(tmp_path))
    monkeypatch.setenv("TOUCHSTONE_SAMPLE", str(tmp_path / "none"))
    assert asking.newest() is None
    with pytest.raises(errors.UserError, match="python -m engine scaling --measure"):
        views.costs()
    assert store.query("SELECT count(*) AS n FROM runs")["n"][0] == 0
