"""Step through a clip: what is hidden in each frame, and what each answer makes of it."""

from engine import errors
from engine.amodal import reel
from pages.amodal import place, taking
from pages.components import stepper
from pages.parts import kit

HOW = (
    "An object that passes behind another is still whole. Its **visible mask** is what a tracker gives; its **hidden part** is what some answer "
    "adds to it. Answers are networks that were trained without ever seeing a whole mask, or baselines that learned nothing. Where the truth is "
    "known, it is drawn as a dashed line and is used for nothing but judging.\n\n"
    "**IoU of the hidden part**: of the pixels that something covers, those that both the answer and the truth claim, over those that either "
    "claims. A miss counts 0; frames that hide fewer than 16 pixels are left out, which is a gap in the line, not a 0. **Fills** is the share of "
    "hidden pixels that are found, all frames together.\n\n"
    "Frames are counted from 0, and never by seconds. Under the picture, the line is each answer's IoU and the area how much is hidden; "
    "triangles mark the three worst moments. N jumps from one worst moment to the next; ? lists all keys."
)
TRY = (
    ("Two answers side by side", f"amodal?clip={place.FIRST}&mode=side&b=convex_hull"),
    ("Right and wrong, pixel by pixel", f"amodal?clip={place.FIRST}&layers=1357"),
    ("With a camera that moves", "amodal?clip=composited/camera_motion/2"),
    ("A part that is never seen", "amodal?clip=chewing_gum/test/0"),
    ("A shape unlike all in training", "amodal?clip=textured/unseen_shape/1"),
)


def main() -> None:
    """Draw the page."""
    kit.title("Step through a clip", "What is hidden in each frame, and which answer finds it?", HOW, paper="amodal")
    address = place.choose()
    if address is None:
        kit.links(TRY)
        return
    try:
        about = reel.about(address)
        start = place.started(address)
    except errors.UserError as problem:
        kit.problem(problem)
        return
    stepper.show(about, start, key=f"stepper-{address}", on_view=place.remember)
    taking.show(address, *place.looked_at(start))
    kit.links(TRY)


main()
