"""The stored questions of interventions that a network took part in, each with its profile."""

from collections.abc import Iterator

import pandas as pd

from engine.interventions import profile, spec, views
from engine.interventions.spec import InterventionsSpec


def profiles(network: str) -> Iterator[tuple[InterventionsSpec, pd.DataFrame]]:
    """Yield each answered question about a network, the newest first, with its rows of `profile.profile`: what every factor costs it."""
    for question in views.questions():
        if network not in question.networks:
            continue
        told = profile.profile(views.known(question, spec.plan(question)).rows)
        mine = told[told["network"] == network].reset_index(drop=True)
        if len(mine):
            yield question, mine
