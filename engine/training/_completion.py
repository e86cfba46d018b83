"""Losses of completers. The label-free ones see visible masks, occluders and motion, and nothing else.

After Yao et al. (NeurIPS 2022, section 3): a mask carried to another frame must agree with what is visible there, wherever nothing hides the truth;
masks carried from frame to frame must agree with each other.
"""

import torch
from jaxtyping import Float
from torch.nn import functional

from engine.models.completers import Answer, Inputs, known, warp

_CLIPPED = 1e-4  # probability that a mask is kept away from 0 and 1
CURRENT = 0.5  # weight of the current frame's own visible mask


def label_free(answer: Answer, given: Inputs, consistency: float = 1.0) -> Float[torch.Tensor, ""]:
    """Return the label-free loss: visible masks of the neighbours and of the frame itself, and consistency; fused and each direction."""
    weight = (1 - given.occluder) * given.inside
    total = given.visible.new_zeros(())
    guesses = [answer.fused, *answer.each] if len(answer.each) > 1 else list(answer.each)
    for guess in guesses:
        mask = known(guess, given.visible, given.occluder)
        total = total + CURRENT * _reconstruction(guess, given.visible, weight)
        for carried, start in _carried(mask, given):
            there = slice(start, start + carried.shape[1])
            total = total + 0.5 * _reconstruction(carried, given.visible[:, there], weight[:, there])
            if consistency:
                total = total + 0.5 * consistency * (1 - _overlap(carried, mask[:, there])).mean()
    return total / len(guesses)


def supervised(answer: Answer, given: Inputs, whole: Float[torch.Tensor, "b t h w"]) -> Float[torch.Tensor, ""]:
    """Return the loss against true whole masks, fused and each direction: the upper line, and no other arm, is fitted to it."""
    guesses = [answer.fused, *answer.each] if len(answer.each) > 1 else list(answer.each)
    return torch.stack([_reconstruction(guess, whole, given.inside) for guess in guesses]).mean()


def reconstruction(answer: Answer, given: Inputs) -> float:
    """Return the neighbours' part of the label-free loss alone, fused: what training reports of validation clips."""
    weight = (1 - given.occluder) * given.inside
    parts = []
    for carried, start in _carried(known(answer.fused, given.visible, given.occluder), given):
        there = slice(start, start + carried.shape[1])
        parts.append(_reconstruction(carried, given.visible[:, there], weight[:, there]))
    return float(torch.stack(parts).mean()) if parts else float("nan")


def _carried(mask: Float[torch.Tensor, "b t h w"], given: Inputs) -> list[tuple[Float[torch.Tensor, "b s h w"], int]]:
    """Return the masks carried to the next frames, which begin with frame 1, and to the frames before, which begin with frame 0."""
    if mask.shape[1] < 2:
        return []
    on = _warped(mask[:, :-1], given.backward[:, 1:])
    back = _warped(mask[:, 1:], given.forward[:, :-1])
    return [(on, 1), (back, 0)]


def _warped(mask: Float[torch.Tensor, "b s h w"], motion: Float[torch.Tensor, "b s 2 h w"]) -> Float[torch.Tensor, "b s h w"]:
    return warp(mask.flatten(0, 1)[:, None], motion.flatten(0, 1))[:, 0].unflatten(0, mask.shape[:2])


def _reconstruction(
    guess: Float[torch.Tensor, "b t h w"], target: Float[torch.Tensor, "b t h w"], weight: Float[torch.Tensor, "b t h w"]
) -> Float[torch.Tensor, ""]:
    """Return the binary cross-entropy summed over pixels that count, for each pixel of the target, so that sizes of objects do not matter."""
    loss = functional.binary_cross_entropy(guess.clamp(_CLIPPED, 1 - _CLIPPED), target, reduction="none")
    return (loss * weight).sum() / (target * weight).sum().clamp(min=1)


def _overlap(a: Float[torch.Tensor, "b t h w"], b: Float[torch.Tensor, "b t h w"]) -> Float[torch.Tensor, "b t"]:
    """Return the soft intersection over union of two masks."""
    return (a * b).sum((-1, -2)) / ((a + b - a * b).sum((-1, -2)) + 1e-8)
