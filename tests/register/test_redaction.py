"""Redaction: what the authority wrote for itself is left out of a copy, and named where it is."""

from __future__ import annotations

from sla_monitor.register.entries import Entry
from sla_monitor.register.redaction import (
    LEFT_OUT,
    disclosed,
    is_redacted,
    lacking,
    last_known,
    of_drafts,
    redacted,
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
    assert [one.number for one in disclosed(draft)] == [ACTION.number]
    assert of_drafts([*draft, rejected]) == {5, 6}
    assert of_drafts([*draft, closed(6, 5, "terms_withdrawn")]) == {5, 6}
    assert of_drafts([*draft, approved(6, 5, "a")]) == frozenset()
    assert [one.number for one in disclosed([*draft, approved(6, 5, "a")])] == [5, 2, 6]
    # What is no approval makes nothing known: of another digest, by the proposer, or of a proposal that is not here.
    assert of_drafts([*draft, approved(6, 5, "b")]) == of_drafts([*draft, approved(6, 5, "a", "ann")]) == {5, 6}
    assert of_drafts([approved(6, 5, "a")]) == {6}


def test_what_is_left_out_as_a_whole_is_counted() -> None:
    several = [WAIVER, ACTION, by(proposed(5, "a"), "ann", "between two of us")]
    assert lacking(several) == [1, 5]
    assert [one["note"] for one in withheld(several)] == ["between us", "between two of us"]
    assert disclosed(disclosed(several)) == disclosed(several)
    assert (last_known(several), last_known(several[:2]), last_known([]), last_known(several[2:])) == (2, 2, 0, 0)
