"""The click path: on each page one plain link to where the network that is followed leads next, and why."""

from collections.abc import Mapping
from urllib.parse import urlencode

import streamlit as st

from engine.dossier import hops
from engine.plots.markdown import escape
from pages.parts.made import made
from pages.parts.page import links


def onward(network: str, here: str, *, one: str = "", conditions: Mapping[str, str] | None = None) -> None:
    """Show where a network leads next; a step that does not apply says why, and the next one follows.

    Args:
        network: Who is followed.
        here: The step that this page is, of `engine.dossier.hops.STEPS`.
        one: The set that is looked at, as `Set.text` writes it.
        conditions: Those of the slice that is looked at.
    """
    found = made(hops.after, network, here, one, conditions)
    with st.container(border=True, key="onward", gap="small"):
        trail = " → ".join(f"**{hops.TITLES[step]}**" if step == here else hops.TITLES[step] for step in hops.STEPS)
        st.caption(f"Following {escape(network)}: {trail}")
        for hop in found:
            if hop.address:
                links([(hop.said, hop.address)])
            else:
                st.caption(escape(hop.said))
        if not found or not found[-1].address:
            links([("Everything known of this network", f"assay-network?{urlencode({'network': network})}")])


def followed(among: list[str]) -> str | None:
    """Return the network that is followed on a page which shows several: the one that the address names, else the only one."""
    said = st.query_params.get("network")
    return said if said in among else among[0] if len(among) == 1 else None
