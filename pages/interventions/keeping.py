"""Send it on: keep an intervention as a data set of the assay, and the command that does the same."""

import shlex
from collections import Counter
from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

import streamlit as st

from engine import errors, networks, systems
from engine.datasets import images
from engine.interventions import written
from pages.interventions.world import World
from pages.parts import kit

SIZES = {"test": 1000, "train": 0, "val": 0}
MOST = 20_000  # pictures a split that a page waits for
WORDS = {"test": "To test on", "train": "To train on", "val": "To validate on"}
KEPT = "kept-set"


def show(chosen: World) -> None:
    """Show the form, what the set will be, and where it can be used."""
    st.header("Send it on", anchor="keep")
    st.markdown("Keep this world as a **data set**: networks can be evaluated on it like on any other, and every analysis applies.")
    columns = st.columns([3, 1, 1, 1, 1], vertical_alignment="bottom")
    fallback = images.Recipe(chosen.system, chosen.do, chosen.given, chosen.seed, {"test": 1}, chosen.parameters).name
    name = columns[0].text_input("Name", key="name", bind="query-params", placeholder=fallback, max_chars=100).strip()
    sizes = {
        split: int(columns[i].number_input(WORDS[split], 0, MOST, first, 100, key=split, bind="query-params", help=_help(split)))
        for i, (split, first) in enumerate(SIZES.items(), start=1)
    }
    seed = int(columns[4].number_input("Seed", 0, 2**31 - 1, chosen.seed, key=f"set-seed-{chosen.seed}", help="Names the units of the set."))
    recipe = images.Recipe(chosen.system, chosen.do, chosen.given, seed, {split: n for split, n in sizes.items() if n}, chosen.parameters)
    with st.container(horizontal=True, vertical_alignment="center"):
        pressed = st.button("Keep as data set", type="primary", key="keep")
        st.caption("The same seed makes the same pictures each time; glyphs to test on are never trained on.")
    if pressed:
        _keep(recipe, name)
    _kept(recipe)
    st.caption("The same on the command line:")
    st.code(command(recipe, name), language="bash", wrap_lines=True)


def _help(split: str) -> str:
    return f"Pictures from {'training' if split == 'train' else 'validation' if split == 'val' else 'test'} glyphs; 0 = no such split."


def _keep(recipe: images.Recipe, name: str) -> None:
    """Keep the set, or say why it cannot be."""
    st.session_state.pop(KEPT, None)
    try:
        with st.spinner("Drawing the pictures"):
            st.session_state[KEPT] = (recipe, images.keep(recipe, name)["name"])
    except errors.UserError as problem:
        kit.problem(problem)


def _kept(recipe: images.Recipe) -> None:
    """Say that the set is there, as long as it is what the form says, and link to where it is used."""
    kept, name = st.session_state.get(KEPT, (None, ""))
    if kept != recipe or name not in images.names():
        return
    st.success(f"Kept as **{kit.escape(name)}**: {', '.join(f'{n:,} {split}' for split, n in _sizes(name).items())}.", icon=":material/check:")
    trained = trained_on(recipe)
    if trained:
        kit.links([("Evaluate networks on it", run_address(trained, name)), ("See it in the library", "library")])
    else:
        st.markdown(f"No network here knows the classes of {kit.escape(recipe.system)} yet.")
        kit.links([("Train networks on it", f"remedies?{urlencode({'system': recipe.system})}"), ("Bring a network", "library")])


def _sizes(name: str) -> Mapping[str, int]:
    recipe = images.recipe_of(name)
    return recipe.sizes if recipe else {}


def trained_on(recipe: images.Recipe) -> str | None:
    """Return the set that networks were trained on and that is nearest to a world; None where no network knows its classes.

    That is a set drawn from the same system, else one that its glyphs come from, else that of most networks.
    """
    system = recipe.loaded()
    known = {name: images.card(name) for name in images.names()}
    found = Counter(card.trained_on for card in networks.cards() if card.trained_on in known and known[card.trained_on].task == system.task)
    return max(found, key=lambda name: (_drawn_from(name) == system.name, -_place(name, system.sources), found[name]), default=None)


def _drawn_from(name: str) -> str | None:
    """Return the system that a set is drawn from, None where its pictures lie there."""
    recipe = images.recipe_of(name) if images.card(name).brought else None
    return recipe.system if recipe else None


def _place(name: str, among: Sequence[str]) -> int:
    return among.index(name) if name in among else len(among)


def run_address(trained: str, name: str) -> str:
    """Return the address of the assay's form with a set chosen against the one that networks were trained on."""
    return f"assay-run?{urlencode({'id': trained, f'ood-{trained}': name})}"


def command(recipe: images.Recipe, name: str) -> str:
    """Return the command line that keeps the same set."""
    usual = systems.parameters(recipe.system, {})
    words = ["python", "-m", "engine", "intervene", recipe.system]
    words += [word for option, text in (("--do", recipe.interventions), ("--given", recipe.conditions)) if text for word in (option, text)]
    words += written.options({one: value for one, value in recipe.parameters.items() if value != usual[one]})
    words += ["--seed", str(recipe.seed), "--n", str(recipe.sizes.get("test", 0))]
    words += [word for split in ("train", "val") if split in recipe.sizes for word in (f"--{split}", str(recipe.sizes[split]))]
    return shlex.join([*words, "--save", *([name] if name else [])])
