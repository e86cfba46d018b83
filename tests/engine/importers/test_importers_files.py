"""What a brought file really is, and what is refused for everybody."""

import pickle
import textwrap
import warnings
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch

from engine import errors
from engine.importers import _files


def as_network(path: Path) -> str:
    return _files.format_of(path, _files.NETWORKS, "network", 10**9)


def as_predictions(path: Path) -> str:
    return _files.format_of(path, _files.PREDICTIONS, "predictions", 10**9)


def small() -> torch.nn.Module:
    return torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(3 * 4 * 4, 2))


def write_torch(path: Path) -> None:
    torch.save(small().state_dict(), path)


def write_script(path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # TorchScript is deprecated, and still met
        torch.jit.trace(small(), torch.zeros(1, 3, 4, 4)).save(str(path))


def write_exported(path: Path) -> None:
    torch.export.save(torch.export.export(small(), (torch.zeros(1, 3, 4, 4),)), path)


def write_pickle(path: Path) -> None:
    path.write_bytes(pickle.dumps({"w": [1.0]}))


def write_objects(path: Path) -> None:
    np.save(path, np.array([[1, 2], [3]], dtype=object), allow_pickle=True)


def write_keras(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("config.json", "{}")
        archive.writestr("model.weights.h5", b"\x89HDF\r\n\x1a\n")


def write_hdf5(path: Path) -> None:
    path.write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(100))


@pytest.mark.parametrize(
    ("name", "write", "said"),
    [
        ("net.pt", write_torch, "pickle"),
        ("net.pth", write_torch, "pickle"),
        ("net.onnx", write_torch, "pickle"),  # names are free: the content counts
        ("net.safetensors", write_torch, "pickle"),
        ("net.pt", write_script, "TorchScript"),
        ("net.onnx", write_script, "TorchScript"),
        ("net.pt2", write_exported, "torch.export"),
        ("net.onnx", write_exported, "torch.export"),
        ("net.pkl", write_pickle, "pickle"),
        ("net.joblib", write_pickle, "joblib"),
        ("net.onnx", write_pickle, "pickle"),
        ("net.npy", write_objects, "Python objects"),
        ("net.keras", write_keras, "Keras"),
        ("net.h5", write_hdf5, "HDF5"),
    ],
)
def test_what_can_run_code_or_is_unsupported_is_refused_with_reason_and_way_out(tmp_path, name, write, said):
    path = tmp_path / name
    write(path)
    for told, way_out in ((as_network, "onnx"), (as_predictions, "np.savez")):
        with pytest.raises(errors.UserError, match=f"refused.*{said}|{said}.*refused") as caught:
            told(path)
        assert way_out in caught.value.hint


@pytest.mark.parametrize("name", ["net.pt", "net.pth", "net.pt2", "net.pkl", "net.dill", "net.h5", "net.keras", "net.xlsx"])
def test_a_refused_name_is_refused_whatever_is_inside(tmp_path, name):
    (tmp_path / name).write_text("harmless")
    with pytest.raises(errors.UserError, match="is refused"):
        as_network(tmp_path / name)


@pytest.mark.parametrize("name", ["a.onnx", "a.safetensors", "a.csv", "a.parquet", "a.npz"])
def test_an_empty_file_is_a_sentence(tmp_path, name):
    (tmp_path / name).write_bytes(b"")
    with pytest.raises(errors.UserError, match="is empty"):
        (as_network if "onnx" in name or "safe" in name else as_predictions)(tmp_path / name)


def test_an_error_page_saved_under_another_name_is_told(tmp_path):
    (tmp_path / "net.onnx").write_text("<!DOCTYPE html><html>404</html>")
    with pytest.raises(errors.UserError, match="first bytes are not those") as caught:
        as_network(tmp_path / "net.onnx")
    assert "error page" in caught.value.hint


def test_a_table_named_as_another_kind_is_told(tmp_path):
    (tmp_path / "p.parquet").write_text("label,logit_0\n")
    with pytest.raises(errors.UserError, match="first bytes"):
        as_predictions(tmp_path / "p.parquet")


def test_an_unknown_kind_says_what_can_be_brought(tmp_path):
    (tmp_path / "net.mlmodel").write_bytes(b"\x01\x02")
    with pytest.raises(errors.UserError) as caught:
        as_network(tmp_path / "net.mlmodel")
    assert ".onnx or .safetensors" in caught.value.hint


def test_a_file_above_the_limit_is_told(tmp_path):
    (tmp_path / "p.csv").write_text("label\n" * 100)
    with pytest.raises(errors.UserError, match="600 bytes; the limit is 500 bytes"):
        _files.format_of(tmp_path / "p.csv", _files.PREDICTIONS, "predictions", 500)


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16"])
def test_text_in_another_encoding_is_told(tmp_path, encoding):
    (tmp_path / "p.csv").write_bytes("label,größe\n1,2\n".encode(encoding))
    with pytest.raises(errors.UserError, match="not in UTF-8"):
        as_predictions(tmp_path / "p.csv")


def test_a_letter_cut_by_the_end_of_the_block_is_no_mistake(tmp_path):
    (tmp_path / "p.csv").write_bytes(b"x" * ((1 << 20) - 1) + "ä\n".encode())
    assert as_predictions(tmp_path / "p.csv") == "csv"


def test_the_way_out_for_torch_works_as_printed(tmp_path, monkeypatch):
    lines = [line for line in _files.TORCH_WAY_OUT.splitlines() if line.startswith("    ")]
    monkeypatch.chdir(tmp_path)
    model = torch.nn.Sequential(torch.nn.AdaptiveAvgPool2d(4), small())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        warnings.simplefilter("ignore", UserWarning)
        exec(textwrap.dedent("\n".join(lines)), {"torch": torch, "model": model})
    assert as_network(tmp_path / "network.safetensors") == "safetensors"
    assert as_network(tmp_path / "network.onnx") == "onnx"


def test_the_way_out_for_predictions_works_as_printed(tmp_path, monkeypatch):
    lines = [line for line in _files.PREDICTIONS_WAY_OUT.splitlines() if line.startswith("    ")]
    monkeypatch.chdir(tmp_path)
    exec(textwrap.dedent("\n".join(lines)), {"logits": [[0.1, 0.2]], "labels": [1]})
    assert as_predictions(tmp_path / "predictions.npz") == "npz"
