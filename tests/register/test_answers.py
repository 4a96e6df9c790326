"""Whoever entered something is told what others made of it, for a while, and only what still holds."""

from __future__ import annotations

from typing import Any

from sla_monitor.register.answers import TOLD_MS, answers_to
from sla_monitor.register.effective import effective_entries
from sla_monitor.register.entries import Entry, Timed
from tests.register.saying import booking, claim, decision, entries, undo
from tests.register.test_terms_history import approved, closed, proposed


def told(name: str, *said: Entry, now_ms: int = 0) -> list[tuple[int, str, int]]:
    found = answers_to(name, said, effective_entries(said), now_ms)
    return [(one.asked.number, one.state, one.by.number) for one in found]


def made(*said: tuple[str, dict[str, Any]]) -> list[Entry]:
    """The first two by sue, the others by anna."""
    by = {1: "sue", 2: "sue"}
    return [one.model_copy(update={"actor": by.get(one.number, "anna")}) for one in entries(*said)]


def test_each_answer_reaches_its_author_and_nobody_else() -> None:
    said = made(booking(), claim(), decision(1), decision(2, granted=False))
    assert told("Sue ", *said) == [(2, "refused", 4), (1, "granted", 3)]
    assert told("anna", *said) == []


def test_of_several_answers_the_one_that_holds_is_told() -> None:
    said = made(booking(), claim(), decision(1), decision(1, granted=False), decision(2), undo(2), undo(4))
    assert told("sue", *said) == [(2, "taken_back", 6), (1, "granted", 3)]
    assert told("sue", *made(booking(), claim(), undo(1), undo(3))) == []


def test_the_whole_is_granted_also_where_its_edges_are_named() -> None:
    """As every other screen has it."""
    asked = made(claim())[0].body
    assert isinstance(asked, Timed)
    start_ms, end_ms = asked.start_ms, asked.end_ms
    for more, state in (
        ({"start_ms": start_ms, "end_ms": end_ms}, "granted"),
        ({"start_ms": start_ms + 60_000}, "granted_in_part"),
        ({"end_ms": end_ms - 60_000}, "granted_in_part"),
    ):
        given = made(claim(), booking(), decision(1))
        given[2] = given[2].model_copy(update={"body": given[2].body.model_copy(update=more)})
        assert told("sue", *given) == [(1, state, 3)]


def test_an_answer_is_told_for_a_while() -> None:
    said = made(booking(), claim(), decision(1))
    at_ms = said[-1].at_ms
    assert told("sue", *said, now_ms=at_ms + TOLD_MS) == [(1, "granted", 3)]
    assert told("sue", *said, now_ms=at_ms + TOLD_MS + 1) == []


def test_terms_are_answered_by_their_second_person_and_withdrawn_by_the_first() -> None:
    assert told("ann", proposed(1, "a"), approved(2, 1, "a")) == [(1, "approved", 2)]
    assert told("ann", proposed(1, "a"), closed(2, 1, "terms_rejected", "bob")) == [(1, "rejected", 2)]
    assert told("ann", proposed(1, "a"), closed(2, 1, "terms_withdrawn")) == []
    assert told("ann", proposed(1, "a"), approved(2, 1, "b")) == [], "an approval of other terms is none"
