"""Makes data/datasets.json: python -m engine.datasets.images._facts_make.

Classes, sizes and hashes of our own sets that can be used here, so that the first page of a fresh clone need not load them
all. They count only where a set's version, packages and files are the same (`made_from`).
"""

import json

from engine import registry
from engine.datasets import images


def make() -> str:
    """Return the content of data/datasets.json."""
    usable = [name for name in registry.names(images.ROOM) if not images.card(name).missing]
    lines = [f"{json.dumps(name)}: {json.dumps(images.measured(name), ensure_ascii=False)}" for name in usable]
    return "{\n" + ",\n".join(lines) + "\n}\n"


if __name__ == "__main__":
    images.SHIPPED.write_text(make())
