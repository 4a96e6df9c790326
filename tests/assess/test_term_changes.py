"""Two versions of a contract's terms, told apart in words."""

from __future__ import annotations

from typing import Any

from sla_monitor.assess.term_changes import term_changes
from tests.assess.test_proposed_terms import NOW, read


def told(was: list[dict[str, Any]], now: list[dict[str, Any]]) -> list[tuple[str, str, str]]:
    """Of the monthly charges, which have no names."""
    before, after = (read(charges={"monthly": one}).version_at(NOW).terms for one in (was, now))
    return [(one.what, one.was, one.now) for one in term_changes(before, after)]


def test_of_a_list_without_names_the_parts_that_differ_are_told() -> None:
    rest, ours, dearer = {"amount": 70}, {"service": "cad", "amount": 20}, {"service": "cad", "amount": 21}
    assert told([rest, ours], [rest, dearer]) == [
        ("charges, monthly", "service cad, amount 20", "service cad, amount 21")
    ]
    whole = "amount 70; service cad, amount 20"
    assert told([rest, ours], [rest]) == [("charges, monthly", whole, "amount 70")], "the rest stands beside it"
    assert told([rest], [rest, ours]) == [("charges, monthly", "amount 70", whole)]
    assert told([rest, ours], [ours, rest]) == [("charges, monthly", whole, "service cad, amount 20; amount 70")]
