"""Redaction: what the authority wrote for itself is left out of a copy, and named where it is."""

from __future__ import annotations

from sla_monitor.register.entries import Entry
from sla_monitor.register.redaction import (
    LEFT_OUT,
    internal_numbers,
    is_own,
    is_redacted,
    last_shared,
    redacted,
    shared,
    withheld,
)
from tests.register.saying import entry
from tests.register.test_terms_history import approved, by, closed, proposed


def noted(number: int, kind: str, note: str, documents: str, **words: object) -> Entry:
    return entry(number, kind, **words).model_copy(update={"note": note, "evidence": documents})


WAIVER = noted(1, "waiver", "between us", "DM-1", month="2026-06", what="money")
ACTION = noted(2, "action", "fix the link", "DM-2", month="2026-06", owner="ann", due="2026-07-01")


def test_a_note_of_the_authoritys_own_is_left_out_and_nothing_else() -> None:
    assert redacted(ACTION) == ACTION
    assert redacted(WAIVER) == WAIVER.model_copy(update={"note": LEFT_OUT, "evidence": LEFT_OUT})
    assert redacted(redacted(WAIVER)) == redacted(WAIVER)
    assert [is_redacted(one) for one in (WAIVER, redacted(WAIVER), ACTION)] == [False, True, False]


def test_what_was_left_out_is_listed_by_entry() -> None:
    empty = noted(3, "waiver", "", "", month="2026-07", what="money")
    assert withheld([WAIVER, ACTION, empty]) == [{"number": 1, "note": "between us", "evidence": "DM-1"}]


def test_who_has_an_outage_in_hand_is_an_internal_note() -> None:
    acknowledged = noted(4, "acknowledgement", "they are hopeless", "", service="custody")
    assert redacted(acknowledged).note == LEFT_OUT


def test_a_draft_of_new_terms_is_the_authoritys_until_it_is_approved() -> None:
    draft, rejected = [proposed(5, "a"), ACTION], closed(6, 5, "terms_rejected", "bob")
    assert [one.number for one in shared(draft)] == [ACTION.number]
    assert internal_numbers([*draft, rejected]) == {5, 6}
    assert internal_numbers([*draft, closed(6, 5, "terms_withdrawn")]) == {5, 6}
    assert internal_numbers([*draft, approved(6, 5, "a")]) == frozenset()
    assert [one.number for one in shared([*draft, approved(6, 5, "a")])] == [5, 2, 6]
    # What is no approval makes nothing known: of another digest, by the proposer, or of a proposal that is not here.
    assert (
        internal_numbers([*draft, approved(6, 5, "b")])
        == internal_numbers([*draft, approved(6, 5, "a", "ann")])
        == {5, 6}
    )
    assert internal_numbers([approved(6, 5, "a")]) == {6}


def test_the_last_entry_that_both_know_is_no_draft() -> None:
    several = [WAIVER, ACTION, by(proposed(5, "a"), "ann", "between two of us")]
    assert [one["number"] for one in withheld(several)] == [1]
    assert (last_shared(several), last_shared(several[:2]), last_shared([]), last_shared(several[2:])) == (2, 2, 0, 0)


def test_of_what_is_internal_and_what_is_said_about_it_the_supplier_has_no_trace() -> None:
    several = [
        noted(1, "comment", "for both", "", month="2026-06"),
        noted(2, "comment", "between us", "DM-1", month="2026-06", internal=True),
        noted(3, "undo", "typed wrongly", "", about=2),
        noted(4, "undo", "it was right", "", about=3),
        noted(5, "undo", "mine", "", about=1),
    ]
    assert [one.number for one in shared(several)] == [1, 5]
    assert shared(several)[0] == several[0]
    assert [one["number"] for one in withheld(several)] == [5]
    assert [is_own(one) for one in several[:2]] == [False, True]
