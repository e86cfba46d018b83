"""Neural interpreters under watch: which function takes which token of an image, step by step, and what goes without a function.

Functions have no names of their own; here they get them from what they take of test images, compared with what they take on average: the
class token or patches, patches with strokes or empty ones, places.
"""

import copy
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from jaxtyping import Bool, Float, Int

from engine import errors, networks
from engine.circuits import asked
from engine.models import warm
from engine.models.circuits import neural_interpreter
from engine.stats import differences, softmax

Reply = tuple[dict[str, Any], dict[str, np.ndarray]]
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
AT_ONCE = 64
MUCH, CLEAR = 1.3, 0.1  # a share this many times the usual one, a correlation this far from nothing, is worth a word
_ROWS, _COLUMNS = ("upper", "middle", "lower"), ("left", "centre", "right")


def loaded(question: Mapping[str, Any], cache: warm.Cache) -> tuple[networks.Card, neural_interpreter.Network, list[int]]:
    """Return a question's interpreter, whole or without some functions, and the functions that are left.

    Raises:
        UserError: for a network that is no interpreter, or functions that it does not have, or all of them.
    """
    predictor = cache.network(str(question["circuit"]))
    if not isinstance(predictor.module, neural_interpreter.Network):
        raise errors.UserError(f"“{predictor.card.name}” is no neural interpreter.", "Only interpreters route tokens to functions.")
    functions = len(predictor.module.trunk.scripts[0].get_buffer("signatures"))
    gone = sorted({int(one) for one in question.get("without", ())})
    kept = [one for one in range(functions) if one not in gone]
    if not kept or (gone and not 0 <= gone[0] <= gone[-1] < functions):
        raise errors.UserError(f"Functions {gone} cannot be removed.", f"They count from 0 to {functions - 1}, and one must stay.")
    if not gone:
        return predictor.card, predictor.module, kept
    whole = predictor.module
    key = ("without", predictor.card.key, tuple(gone))
    made = cache.get(key, lambda: neural_interpreter.without(copy.deepcopy(whole), torch.tensor(kept)), lambda _: 400_000)
    return predictor.card, made, kept


def routes(question: Mapping[str, Any], arrays: Mapping[str, np.ndarray], cache: warm.Cache) -> Reply:
    """Return where an interpreter sends each token of one image, step by step; `without` names functions that are taken out.

    Shares of functions that are out are 0, so that the others keep their places.
    """
    card, module, kept = loaded(question, cache)
    picture, label, where = asked.picture(question, arrays, card)
    inputs = torch.from_numpy(card.preprocess([picture]))
    with torch.no_grad():
        found = module.trunk.executed(inputs)
        shares = softmax.softmax(module.head(found.features).numpy())[0]
    functions = len(loaded({**question, "without": ()}, cache)[2])
    taken = np.zeros((len(found.routes), found.routes[0].shape[1], functions), np.float32)
    taken[:, :, kept] = torch.stack([one[0] for one in found.routes]).numpy()
    said = {
        "circuit": card.name, "classes": list(card.classes), "predicted": int(shares.argmax()), "label": label, "example": where,
        "probabilities": shares.round(6).tolist(), "side": module.trunk.tokens.side, "functions": functions, "steps": taken.shape[0],
        "without": [one for one in range(functions) if one not in kept], "truncated": round(float((taken[:, :, kept] == 0).mean()), 6),
        "note": "Each token has shares of all functions, anew at each step; the class token is the last one.",
    }  # fmt: skip
    attention = torch.stack([one[0] for one in found.attention]).numpy()
    return said, {"image": picture, "routes": taken, "attention": attention.astype(np.float32)}


def functions(question: Mapping[str, Any], _arrays: Mapping[str, np.ndarray], cache: warm.Cache) -> Reply:
    """Return what each function takes of test images, a name for it, and how accuracy falls without it, paired, with 95 % intervals."""
    whole = {**question, "without": ()}
    card, module, kept = loaded(whole, cache)
    pictures, labels, _ = asked.examples(question, cache.network(card.name))
    inputs = torch.from_numpy(card.preprocess(pictures))
    taken, right = _watched(module, inputs, labels, cache)
    losses = []
    for one in kept if len(kept) > 1 else ():
        _, less = _watched(loaded({**question, "without": (one,)}, cache)[1], inputs, labels, cache)
        losses.append(_change(right, less))
    said = {
        "circuit": card.name, "n": len(labels), "accuracy": float(right.mean()), "losses": losses, "side": module.trunk.tokens.side,
        "names": named(taken, strokes(pictures, module.trunk.tokens.side)),
    }  # fmt: skip
    by_class = np.stack([taken[labels == k].mean((0, 1, 2)) if (labels == k).any() else np.full(len(kept), np.nan) for k in range(len(card.classes))])
    return said, {"mean": taken.mean(0).astype(np.float32), "by_class": by_class.astype(np.float32)}


def removed(question: Mapping[str, Any], _arrays: Mapping[str, np.ndarray], cache: warm.Cache) -> Reply:
    """Return accuracy with functions taken out, in distribution and under shifts, paired with the interpreter as it is."""
    card, without, _ = loaded(question, cache)
    _, whole, _ = loaded({**question, "without": ()}, cache)
    found = []
    for one in [{}, *question.get("sets", ())]:
        pictures, labels, _ = asked.examples({**question, **one}, cache.network(card.name))
        inputs = torch.from_numpy(card.preprocess(pictures))
        before, after = (_watched(module, inputs, labels, cache)[1] for module in (whole, without))
        found.append({"shift": one.get("shift", ""), "strength": one.get("strength", 0.0), "n": len(labels), **_change(before, after)})
    return {"circuit": card.name, "dataset": card.trained_on, "sets": found}, {}


def _change(before: Bool[np.ndarray, " n"], after: Bool[np.ndarray, " n"]) -> dict[str, float]:
    gap = differences.paired(before.astype(np.float64)[:, None], after.astype(np.float64)[:, None])
    told = {"before": before.mean(), "after": after.mean(), "difference": gap.difference[0], "low": gap.low[0], "high": gap.high[0]}
    return {name: float(value) for name, value in told.items()}


def _watched(
    module: neural_interpreter.Network, inputs: Float[torch.Tensor, "n c h w"], labels: Int[np.ndarray, " n"], cache: warm.Cache
) -> tuple[Float[np.ndarray, "n steps t f"], Bool[np.ndarray, " n"]]:
    """Return where tokens go, and whether answers are right."""
    taken, right = [], []
    for part, mine in zip(inputs.split(AT_ONCE), np.array_split(labels, range(AT_ONCE, len(labels), AT_ONCE)), strict=True):
        cache.check()
        with torch.no_grad():
            found = module.trunk.executed(part)
            right.append(module.head(found.features).argmax(1).numpy() == mine)
        taken.append(torch.stack(found.routes, 1).numpy())
    return np.concatenate(taken), np.concatenate(right)


def strokes(pictures: Sequence[np.ndarray], side: int) -> Float[np.ndarray, "n t"]:
    """Return how much is drawn in each patch: the standard deviation of its pixels, in 0..255, side x side patches row by row."""
    found = []
    for picture in pictures:
        grey = np.asarray(picture, np.float64).mean(2)
        rows = [np.array_split(row, side, axis=1) for row in np.array_split(grey, side, axis=0)]
        found.append([patch.std() for row in rows for patch in row])
    return np.array(found)


def named(taken: Float[np.ndarray, "n steps t f"], drawn: Float[np.ndarray, "n t"]) -> list[dict[str, Any]]:
    """Return for each function a letter, words for what it takes more of than others do, and the numbers behind them.

    Args:
        taken: Shares; the class token is the last token.
        drawn: How much is drawn in each patch.
    """
    patches, answer = taken[:, :, :-1], taken[:, :, -1]
    side = round(patches.shape[2] ** 0.5)
    found = []
    for f in range(taken.shape[3]):
        mine = patches[..., f].mean(1)  # (n, t)
        usual = float(mine.mean())
        ratio = float(answer[..., f].mean() / usual) if usual > 0 else float("inf")
        with_strokes = float(np.corrcoef(mine.ravel(), drawn.ravel())[0, 1]) if mine.std() > 0 and drawn.std() > 0 else 0.0
        words = ["the class token"] if ratio >= MUCH else []
        words += ["drawn patches"] if with_strokes >= CLEAR else ["empty patches"] if with_strokes <= -CLEAR else []
        where = _where((mine.mean(0) / usual if usual > 0 else np.zeros(side**2)).reshape(side, side))
        words += [where] if where else []
        found.append({
            "letter": LETTERS[f % len(LETTERS)], "takes": ", ".join(words) or "a bit of everything", "share": usual, "class_token": ratio,
            "strokes": with_strokes,
        })  # fmt: skip
    return found


def _where(relative: Float[np.ndarray, "side side"]) -> str:
    """Return where the patch is of which a function takes most, where that is much more than the mean."""
    if relative.max() < MUCH:
        return ""
    side = len(relative)
    row, column = np.unravel_index(int(relative.argmax()), relative.shape)
    names = [names[min(2, int(3 * (place + 0.5) / side))] for names, place in ((_ROWS, row), (_COLUMNS, column))]
    return "most in the middle" if names == ["middle", "centre"] else f"most at the {' '.join(names)}"
