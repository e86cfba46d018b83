"""Cards of data sets and shifts, which show pictures."""

import functools

import numpy as np
import pandas as pd
import streamlit as st

from engine import errors, registry, shifts
from engine.datasets import images
from engine.plots import formats
from pages.parts import kit, routes
from pages.store.cards import listings, opened, removal
from pages.store.cards.prose import prose

SHEET = 24  # pictures on a contact sheet
ONE = 112  # pixels


def dataset(name: str) -> None:
    """Show a data set's card: a contact sheet, classes, splits, preparation, terms, hashes."""
    card = images.card(name)
    st.header(kit.escape(card.title), anchor=False)
    if card.text:
        st.markdown(prose(card.text))
    if card.missing:
        st.info(f"**This set is not here.** {kit.escape(card.missing)}")
    else:
        _sheet(name, card)
    sizes = "; ".join(f"{split} {formats.count(n)}" for split, n in card.sizes.items())
    side = f"{card.frame} {formats.TIMES} {card.frame}, {'grey' if card.channels == 1 else 'colour'}"
    facts = {"name": name, "task": card.task, "images": sizes or "not known here", "canonical image": side}
    facts |= {"prepared": card.preparation} if card.preparation else {}
    facts |= {"groups": ", ".join(card.groups)} if card.groups else {}
    facts |= {"licence": card.licence or "not said", "source": card.source or "not said"}
    facts |= {"cite": card.citation} if card.citation else {}
    facts |= {f"hash of {split}": digest for split, digest in card.digests.items()}
    kit.facts(facts)
    if card.classes:
        opened.classes(card.classes)
    if card.skipped:
        with st.expander(f"What was left out when it was brought ({len(card.skipped)})"):
            st.markdown("\n".join(f"- {kit.escape(sentence)}" for sentence in card.skipped))
    if card.brought:
        removal.dataset(name)
    if not card.missing:
        kit.links([("Evaluate networks on it", f"assay-run?id={name}")])


def _sheet(name: str, card: images.Card) -> None:
    """Show a few examples, of as many classes as there is room for."""
    split = "test" if "test" in card.sizes else next(iter(card.sizes))
    try:
        chosen = _of_each_class(name, split, card.digests[split])
    except errors.UserError as problem:
        kit.problem(problem)
        return
    tiles = [(label, routes.image_url(name, split, example, size=ONE)) for label, example in chosen]
    kit.images(tiles)
    st.caption(f"{formats.share(len(tiles), card.sizes[split], 'images')} of {split}, of as many classes as fit.")


@functools.lru_cache(maxsize=256)
def _of_each_class(name: str, split: str, _digest: str) -> tuple[tuple[str, str], ...]:
    """Return class name and id of up to SHEET examples: one of each class, then a second one, and so on."""
    found = images.load(name, split)
    first = np.argsort(found.labels, kind="stable")
    rank = np.empty(len(first), np.int64)
    _, starts, counts = np.unique(found.labels[first], return_index=True, return_counts=True)
    rank[first] = np.arange(len(first)) - np.repeat(starts, counts)
    each = len(starts)  # of every class as many as there is room for, where there is room for one
    most = np.lexsort((found.labels, rank))[: SHEET // each * each if each <= SHEET else SHEET]
    return tuple((found.classes[found.labels[i]], found.ids[i]) for i in sorted(most, key=lambda i: (found.labels[i], rank[i])))


def shift(name: str) -> None:
    """Show a shift's card: one picture at all its strengths, with the parameters at that size."""
    if name in registry.names(listings.ATTACKS):
        opened.attack(name)
        return
    card, code = shifts.card(name), registry.card(shifts.ROOM, name)
    st.header(kit.escape(card.title), anchor=False)
    st.markdown(prose(card.text))
    _at_all_strengths(card)
    ours = code.path.is_relative_to(registry.places.ENGINE)
    kit.facts({
        "name": name, "family": card.family, "strengths": f"{listings.steps(card.strengths)} ({card.unit})",
        "takes": f"{card.low:g} to {card.high:g}", "version": str(card.version), "source": card.source, "cite": card.citation,
        "licence": str(code.constants.get("LICENCE", "Apache-2.0, as this program" if ours else "not said")),
        "file": f"engine/shifts/{code.path.name}" if ours else str(code.path), "hash": code.sha256,
    })  # fmt: skip


def _at_all_strengths(card: shifts.ShiftCard) -> None:
    sets = [name for name in images.names() if not images.card(name).missing]
    first = next((name for name in ("imagenet_foolbox", "mnist") if name in sets), None)
    place = sets.index(first) if first else 0
    on = st.selectbox("Shown on", sets, index=place, key="on", bind="query-params", format_func=lambda n: images.card(n).title)
    about = images.card(on)
    split = "test" if "test" in about.sizes else next(iter(about.sizes))
    _, example = _of_each_class(on, split, about.digests[split])[0]
    size = 224 if about.frame > 64 else 112
    tiles = [("as it is", routes.image_url(on, split, example, size=size))]
    tiles += [(f"{strength:g}", routes.image_url(on, split, example, card.name, strength, size=size)) for strength in card.strengths]
    kit.images(tiles, size=112)
    told = [{"strength": strength, **shifts.parameters(card.name, strength, about.frame)} for strength in card.strengths]
    st.caption(f"Parameters at {about.frame} pixels; lengths grow with the picture.")
    kit.table(pd.DataFrame(told), key="parameters", name=f"parameters of {card.name} at {about.frame} px")
