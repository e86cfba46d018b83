"""The click path and what the store knows of a network: hops with their numbers, groups, runs, claims, wherever the network belongs."""

from urllib.parse import parse_qs, urlsplit

import pytest

from engine import dossier
from engine.assay import weak
from engine.assay.views import Set
from engine.dossier import groups, hops, numbers, origins, responses
from engine.heads import frontier
from engine.stats import intervals

CIRCUIT, PLAIN, REMEDY = "nac-scale_free-mnist-s0", "cnn-mnist-whole-s0", "cnn-coloured_digits-0.9-erm-s0"


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("TOUCHSTONE_HOME", str(tmp_path))


def walked(network):
    """Return every hop from the network on, up to the end of the path."""
    found, step = [], hops.NETWORK
    while more := hops.after(network, step):
        found += more
        step = more[-1].step
    return found


def test_the_path_of_a_circuit_that_ships_has_every_hop():
    found = walked(CIRCUIT)
    assert [hop.step for hop in found] == list(hops.STEPS[1:])
    assert [urlsplit(hop.address).path for hop in found] == ["slices", "assay-examples", "strip", "circuit-input", "assay-network"]
    assert all(CIRCUIT in hop.address for hop in found)


def test_a_network_that_is_no_circuit_says_so_and_goes_on():
    found = {hop.step: hop for hop in walked(PLAIN)}
    assert "not a circuit but a cnn" in found[hops.CIRCUIT].said
    assert found[hops.CIRCUIT].address == ""
    assert found[hops.WHOM].address
    asked = parse_qs(urlsplit(found[hops.INTERVENTION].address).query)
    assert asked["network"] == [PLAIN]
    assert "breaks it" in found[hops.INTERVENTION].said


def test_a_network_without_single_answers_says_so_and_goes_on_to_what_breaks_it():
    found = hops.after(REMEDY, hops.NETWORK)
    assert [bool(hop.address) for hop in found] == [False, False, True]
    assert "ink" in found[-1].said


def test_the_weakest_slice_is_told_by_the_half_that_was_not_searched():
    found = hops.weakest(PLAIN)
    assert found is not None
    assert found.confirmed
    members = weak.members(weak.answers(PLAIN, found.one), found.conditions)
    assert found.n < len(members)  # the other half took part in the search
    assert found.error == pytest.approx((~members["correct"].astype(bool)).mean(), abs=0.2)


def test_the_example_is_the_surest_error_of_the_slice():
    (found,) = hops.after(PLAIN, hops.SLICE, "printed", {"class": "4"})
    wrong = weak.answers(PLAIN, Set("printed")).query("`class` == '4' and not correct").sort_values("sure")
    assert parse_qs(urlsplit(found.address).query)["example"] == [wrong["example_id"].iloc[-1]]


def test_accuracy_by_group_counts_as_by_hand_with_an_interval_for_all_groups_at_once():
    rows = groups.rows(PLAIN)
    row = rows[rows["group"] == "family Amatic SC"].iloc[0]
    mine = weak.answers(PLAIN, Set("printed")).query("family == 'Amatic SC'")
    assert (row["value"], row["n"]) == (pytest.approx(mine["correct"].mean()), len(mine))
    level = 1 - 0.05 / len(rows[rows["attribute"] == "family"])
    assert row["low"] == pytest.approx(intervals.wilson(int(mine["correct"].sum()), len(mine), level)[0])
    assert groups.worst(REMEDY) is None


def test_every_collection_has_networks_and_a_network_is_found_where_it_belongs():
    pressed = str(frontier.networks(frontier.questions()[0])["network"].iloc[0])
    known = dossier.collections()
    assert {"", dossier.HEADS, dossier.COMPLETERS} <= set(known)
    assert [collection for collection in known if not dossier.names(collection)] == []
    assert (dossier.collection_of(PLAIN), dossier.collection_of(pressed)) == ("", dossier.HEADS)
    assert dossier.collection_of(dossier.names(dossier.COMPLETERS)[0]) == dossier.COMPLETERS
    assert dossier.collection_of("nobody") is None


def test_a_network_knows_its_runs_claims_and_the_methods_beside_it():
    completer = next(name for name in dossier.names(dossier.COMPLETERS) if name.startswith("two_way"))
    assert any("hidden" in words for words, _ in origins.claims_of(completer, dossier.COMPLETERS))
    pressed = frontier.first_network(frontier.networks(frontier.questions()[0]))
    assert any("pressed" in words for words, _ in origins.claims_of(pressed, dossier.HEADS))
    assert set(origins.runs(PLAIN)["study"]) == {"assay", "interventions"}
    assert len(origins.family(REMEDY)) == 5
    assert origins.family(PLAIN).empty


def test_numbers_say_the_worst_first():
    said, rows = numbers.under_shifts(PLAIN)
    assert rows["value"].is_monotonic_increasing
    assert "costs most" in said
    assert "ECE" in numbers.calibration(PLAIN)[0]
    assert numbers.confusions(PLAIN, Set("printed"))[0][1].startswith("assay-examples?")
    assert "breaks on" in responses.said(PLAIN)
