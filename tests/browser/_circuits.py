"""Circuits for tests and measurements: a small one that was never trained, observed as trained ones are, and drawn graphs of any size."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from engine import control, networks, worker
from engine.circuits import exchange
from engine.circuits import spec as asking
from engine.datasets.statements import mini_nlvr
from engine.models.circuits import conditional_nac, nac, neural_interpreter
from engine.preprocess import Preprocess
from engine.training import _store

SMALL = {"modules": 8, "outputs": 2, "width": 16, "hidden": 16, "code": 8, "signature": 6, "layers": 2, "halvings": 3}


def observed(home: Path, name: str = "small", *, seed: int = 0, prune: bool = True, **options: int) -> str:
    """Write an untrained circuit as a brought network of a home, with a timeline of three graphs; observe it; return its name.

    Call it with TOUCHSTONE_HOME set to the home.
    """
    torch.manual_seed(seed)
    chosen: dict[str, Any] = SMALL | options
    network = nac.build(10, 1, 28, **chosen)
    folder = home / "inputs" / "networks" / name
    _store.write_weights(folder / f"{name}.safetensors", network.state_dict(), {})
    links = network.trunk.circuit().links.detach()
    told = [{"step": step, "loss": 1.0, "prior_loss": None, "accuracy": 0.1, "nll": 2.3} for step in (0, 10, 20)]
    graphs = torch.stack([links * k for k in (0.2, 0.5, 1.0)])
    _store.write_weights(folder / f"{name}.timeline.safetensors", {"links": graphs}, {"timeline": told})
    card = networks.Card(
        name=name, title=f"A {name} circuit", architecture="nac", options=chosen, preprocess=Preprocess(size=28, channels=1),
        classes=tuple("0123456789"), weights=(f"{name}.safetensors",), digest=_store.digest([folder / f"{name}.safetensors"]), trained_on="mnist",
        source="brought", attributes={"seed": seed, "prior": "scale_free"},
    )  # fmt: skip
    _store.write(folder / "card.json", card.model_dump_json(exclude_defaults=True).encode())
    spec = asking.CircuitsSpec(
        networks=(name,), parts=("graph", "pruning") if prune else ("graph",), rankings=("degree", "random"), ranking_images=40, images=20,
        shifts=(asking.Choice(name="gaussian_noise", strength=3),),
    )  # fmt: skip
    run = control.submit(spec, asking.title(spec), total=asking.plan(spec).cells, images_total=0)
    job = control.claim("test", only=run)
    assert job is not None
    assert worker.answer(job) == "done", control.job(run).error
    return name


def conditional(home: Path, name: str = "conditional-small") -> str:
    """Write an untrained conditional circuit where brought ones lie; return its name."""
    options: dict[str, Any] = {"vocabulary": len(mini_nlvr.VOCABULARY), "length": mini_nlvr.LENGTH, "size": mini_nlvr.SIDE, "modules": 5}
    torch.manual_seed(0)
    file = home / "inputs" / "circuits" / f"{name}.safetensors"
    _store.write_weights(file, conditional_nac.build(**options).state_dict(), {"architecture": "conditional_nac", "options": options})
    return name


def interpreter(home: Path, name: str = "routing", functions: int = 3) -> str:
    """Write an untrained neural interpreter as a brought network of a home; return its name."""
    torch.manual_seed(0)
    options = {"functions": functions, "width": 16, "code": 8, "type_width": 6, "iterations": 2}
    folder = home / "inputs" / "networks" / name
    _store.write_weights(folder / "a.safetensors", neural_interpreter.build(10, 1, 28, **options).state_dict(), {})
    card = networks.Card(
        name=name, title="An interpreter", architecture="neural_interpreter", options=options, preprocess=Preprocess(size=28, channels=1),
        classes=tuple("0123456789"), weights=("a.safetensors",), digest="0", trained_on="mnist", source="brought",
    )  # fmt: skip
    _store.write(folder / "card.json", card.model_dump_json(exclude_defaults=True).encode())
    return name


def homed(home: Path) -> pytest.MonkeyPatch:
    """Point TOUCHSTONE_HOME at a home, without a sample; undo it by `.undo()`."""
    patch = pytest.MonkeyPatch()
    patch.setenv("TOUCHSTONE_HOME", str(home))
    patch.setenv("TOUCHSTONE_SAMPLE", str(home / "no-sample"))
    return patch


def drawn(folder: Path, name: str, modules: int, edges: int, outputs: int = 0, seed: int = 0) -> str:
    """Bring a graph with so many edges between different modules, drawn by the seed; return its name."""
    rng = np.random.default_rng(seed)
    n = modules + outputs
    pairs = [(t, s) for t in range(n) for s in range(modules) if s != t] if n * modules <= 200_000 else None
    if pairs is None:
        targets, sources = rng.integers(0, n, 2 * edges), rng.integers(0, modules, 2 * edges)
        pairs = list(dict.fromkeys((int(t), int(s)) for t, s in zip(targets, sources, strict=True) if s != t))
    chosen = [pairs[i] for i in rng.permutation(len(pairs))[:edges]]
    places = rng.normal(0, 0.4, (n, 2)).clip(-1, 1)
    document = {
        "schema": exchange.SCHEMA, "version": 1, "meta": {"model": name, "title": name},
        "nodes": [
            {"id": i, "role": "processor" if i < modules else "output", "sig2d": places[i].tolist(), "community": i % 8, "label": f"unit {i}"}
            for i in range(n)
        ],
        "static_edges": [{"s": s, "t": t, "p": float(p)} for (t, s), p in zip(chosen, rng.beta(0.6, 3, len(chosen)), strict=True)],
        "view": {"pins": [1], "notes": {"1": "a note"}},
    }  # fmt: skip
    file = folder / f"{name}.json"
    file.write_text(json.dumps(document))
    return exchange.bring(file)
