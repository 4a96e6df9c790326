"""How to read a file, as pages and addresses spell it."""

from __future__ import annotations

import pytest

from sla_monitor.errors import RegisterError
from sla_monitor.register.import_options import OPTIONS, import_source, options_of
from sla_monitor.register.importing import PARTIES

CHOSEN = {
    "preset": ["jira"],
    "map": ["A = B=id", "Note=note"],
    "only_map": ["true"],
    "priority": ["Blocker=P1", "*=P3"],
    "service": ["Custody=custody", "Canteen=", "*="],
    "dates": ["day-first"],
    "two_digit_years": ["true"],
    "open_without_end": ["true"],
    "party": [],
    "reference": ["R-1"],
    "note": ["of this file alone"],
}


def test_what_was_chosen_is_told_again_for_the_next_file() -> None:
    assert set(CHOSEN) == set(OPTIONS)
    source = import_source("t.csv", b"", "ticket", CHOSEN, PARTIES)
    assert (source.columns, source.services) == (
        {"A = B": "id", "Note": "note"},
        {"Custody": "custody", "Canteen": "", "*": ""},
    )
    again: dict[str, list[str]] = {}
    for option, value in options_of(source):
        again.setdefault(option, []).append(value)
    assert again == {name: values for name, values in CHOSEN.items() if values and name not in {"reference", "note"}}


@pytest.mark.parametrize(
    ("kind", "given", "why"),
    [
        ("ticket", {"map": ["=id"]}, "map: '=id' is no pair"),
        ("ticket", {"map": ["Number="]}, "map: 'Number=' is no pair"),
        ("ticket", {"map": ["Number=kpi"]}, "map: a ticket has no field 'kpi'"),
        ("ticket", {"preset": ["excel"]}, "preset: 'excel' is not known"),
        ("ticket", {"only_map": ["on"]}, "only_map: 'on' is neither true nor false"),
        ("figure", {"service": ["Canteen="]}, "preset: presets, priorities and services are for tickets"),
    ],
)
def test_what_makes_no_sense_is_told_by_its_option(kind: str, given: dict[str, list[str]], why: str) -> None:
    with pytest.raises(RegisterError, match=why.replace("?", r"\?")):
        import_source("t.csv", b"", kind, given, PARTIES)


def test_whoever_speaks_for_one_side_alone_need_not_say_so() -> None:
    assert import_source("f.csv", b"", "figure", {}, ("supplier",)).party == "supplier"
    assert import_source("f.csv", b"", "figure", {}, PARTIES).party == ""
