"""How many pictures a second the renderer draws on one core, and what one preview takes: CPU seconds, so that others' work does not count."""

import statistics
import time
from collections.abc import Iterator

from engine import systems
from engine.datasets import images
from tests.bench.timing import Result, spread

PICTURES = 2000
ROUNDS = 5
TARGETS = {28: 5000, 64: 1000}  # pictures a second
PREVIEW = 24


def run() -> Iterator[Result]:
    """Draw each system at both sizes, as it is; then preview a few pictures under an intervention, as a page does."""
    for name in systems.names():
        system = systems.load(name)
        bank = images.glyph_bank(system)
        latents = systems.sample(system, PICTURES)
        for size, target in TARGETS.items():
            systems.render(latents[:64], bank, size)  # warm
            times = [_cpu(lambda size=size, latents=latents, bank=bank: systems.render(latents, bank, size)) for _ in range(ROUNDS)]
            rate = PICTURES / statistics.median(times)
            yield Result(name, f"pictures of {size} x {size}, one core", rate, "a CPU second", f">= {target}", f"{PICTURES:,} of them")
        previews = [_cpu(lambda seed=seed, system=system, bank=bank: _preview(system, bank, seed)) for seed in range(20)]
        yield from spread(name, f"preview of {PREVIEW} pictures under do(rotation=30)", previews)


def _cpu(act) -> float:
    started = time.process_time()
    act()
    return time.process_time() - started


def _preview(system, bank, seed: int) -> None:
    acts = systems.interventions("do(rotation=30)", system)
    systems.render(systems.sample(system, PREVIEW, seed, acts), bank, 64)
