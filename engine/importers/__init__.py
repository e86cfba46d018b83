"""What people bring from elsewhere, one file a kind: `read(path, …)` says what it would become and what is wrong with it.

Nothing is stored by reading. A finding is an error (it stays out), a warning (look twice) or a note (what was done), each
a sentence with a way out. Kinds: `predictions` (answers of any framework, without the network), `network` (ONNX, or
safetensors of one of our architectures), and the kinds of result tables (`table` and the published formats), which hand a
frame and a layout of its columns to one audit (`_examining`) and one way into the store (`_storing`). Image sets are brought
by `engine.datasets.images`.

Nothing that can run code when it is opened is ever opened: pickles, torch files, TorchScript, `.pt2` and arrays of Python
objects are refused for everybody, with the reason and the way out (`_files`). Constants of a kind: `VERSION`, `SUFFIXES`,
`NEEDS` (what to bring, in words).
"""

from engine import registry

ROOM = "importers"


def names() -> tuple[str, ...]:
    """Return the kinds that can be brought: the files here that say which suffixes they read."""
    return tuple(name for name in registry.names(ROOM) if "SUFFIXES" in registry.card(ROOM, name).constants)
