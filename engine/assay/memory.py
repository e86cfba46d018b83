"""What memory a question takes, as far as that is known before it is asked: the weights of the networks that are held at once."""

import heapq

from engine import networks
from engine.assay.spec import AssaySpec
from engine.plots import formats

NETWORKS_AT_ONCE = 16  # whose weights a worker holds, so that a shifted picture is made once for all of them
BYTES = 4  # of a weight, as a 32-bit number


def weights(spec: AssaySpec) -> tuple[int, int]:
    """Return the bytes of the largest weights that are held at once, and of how many networks the size is not told."""
    sizes = [networks.card(name).parameters for name in spec.networks if name in networks.names()]
    known = [size for size in sizes if size is not None]
    return BYTES * sum(heapq.nlargest(NETWORKS_AT_ONCE, known)), len(sizes) - len(known)


def said(spec: AssaySpec) -> str:
    """Return what is known of the memory, and that the rest is not."""
    held, unknown = weights(spec)
    more = f", {unknown} of unknown size besides" if unknown else ""
    return f"Memory: {formats.size(held)} for the weights held at once{more}; what pictures and layers take on top is not known beforehand."
