"""Which of the four ways a person brings something."""

import streamlit as st

from engine.importers import network as networks_in
from engine.importers import predictions as predictions_in
from pages.store.bring import image_set, network, predictions, table

WAYS = {
    "Predictions": (predictions.show, f"Answers of any framework: {predictions_in.NEEDS}. No network is needed."),
    "A network": (network.show, f"Something to run here: {networks_in.NEEDS}."),
    "Result table": (table.show, f"Numbers that were measured elsewhere: {table.NEEDS}. Audited before anything enters the store."),
    "Images": (image_set.show, "A test set: class folders or a .zip of them, a Parquet file with pictures and labels, or an .npz."),
}


def show() -> None:
    """Ask which way, and go it."""
    way = st.segmented_control("What do you bring?", list(WAYS), default="Predictions", required=True, key="bring", bind="query-params")
    draw, what = WAYS[way or "Predictions"]
    st.caption(what)
    draw()
