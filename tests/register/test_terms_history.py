"""New terms by two people: what may be said of a proposal, and which terms are in force at an instant."""

from __future__ import annotations

from typing import Any

import pytest

from sla_monitor.contract.terms_files import CONTRACT, TermsPart, digest_of_parts
from sla_monitor.register.effective import effective_entries
from sla_monitor.register.entries import Entry, TermsProposed
from sla_monitor.register.entry_context import EntryContext
from sla_monitor.register.rules import problems
from sla_monitor.register.terms_history import terms_history
from tests.register.contracts import contract
from tests.register.saying import entry

DAY_MS = 86_400_000
START = "2026-01-02 00:00"


def proposed(number: int, letter: str, start: str = START, instead: str | None = None, **more: Any) -> Entry:
    part = letter * 64
    words = {
        "digest": digest(letter),
        "files": [{"name": CONTRACT, "sha256": part}],
        "start": start,
        "instead_of": None if instead is None else digest(instead),
    }
    return by(entry(number, "terms_proposed", **words, **more), "ann")


def approved(number: int, about: int, letter: str, actor: str = "bob", **more: Any) -> Entry:
    return by(entry(number, "terms_approved", about=about, digest=digest(letter), **more), actor)


def closed(number: int, about: int, kind: str, actor: str = "ann") -> Entry:
    return by(entry(number, kind, about=about), actor)


def by(one: Entry, actor: str, note: str = "why") -> Entry:
    return one.model_copy(update={"actor": actor, "note": note})


def start_ms(one: Entry) -> int:
    assert isinstance(one.body, TermsProposed)
    return one.body.start_ms


def digest(letter: str) -> str:
    return digest_of_parts((TermsPart(CONTRACT, letter * 64),))


def wrong(new: Entry, *before: Entry) -> list[str]:
    return problems(new, EntryContext.of(contract(), before))


def test_a_second_person_approves_what_was_proposed() -> None:
    assert wrong(proposed(1, "a")) == []
    assert wrong(approved(2, 1, "a"), proposed(1, "a")) == []


@pytest.mark.parametrize("actor", ["ann", "Ann", " ANN ", "\uff41nn"])
def test_the_proposer_does_not_approve_however_the_name_is_typed(actor: str) -> None:
    (told,) = wrong(approved(2, 1, "a", actor), proposed(1, "a"))
    assert told == "actor: ann proposed these terms (four eyes: somebody else must approve them)"


def test_an_approval_of_one_file_covers_no_other() -> None:
    (told,) = wrong(approved(2, 1, "b"), proposed(1, "a"))
    assert told.startswith("digest: is not that of entry 1, which proposes ")


def test_a_digest_that_is_not_that_of_the_files_is_refused() -> None:
    with pytest.raises(ValueError, match="is not that of the files"):
        entry(1, "terms_proposed", digest="0" * 64, files=[{"name": CONTRACT, "sha256": "a" * 64}], start=START)


def test_a_proposal_that_others_have_overtaken_is_refused_with_the_remedy() -> None:
    before = [proposed(1, "a"), proposed(2, "b"), approved(3, 1, "a")]
    (told,) = wrong(approved(4, 2, "b"), *before)
    assert "entry 3 has approved other terms since entry 2 was made" in told
    assert "(withdraw it, and propose its terms again against those)" in told
    again = [*before, closed(4, 2, "terms_withdrawn"), proposed(5, "b", instead="a")]
    assert wrong(approved(6, 5, "b"), *again) == []


@pytest.mark.parametrize("kind", ["terms_approved", "terms_rejected", "terms_withdrawn"])
def test_what_is_closed_is_not_closed_again(kind: str) -> None:
    for number, state in enumerate(("rejected", "withdrawn"), start=2):
        before = [proposed(1, "a"), closed(number, 1, f"terms_{state}")]
        new = approved(9, 1, "a") if kind == "terms_approved" else closed(9, 1, kind)
        assert wrong(new, *before)[0] == f"about: entry {number} by ann has {state} it already (propose again)"


def test_only_the_proposer_withdraws_and_everybody_says_why() -> None:
    assert "only the proposer withdraws" in wrong(closed(2, 1, "terms_withdrawn", "bob"), proposed(1, "a"))[0]
    assert wrong(closed(2, 1, "terms_rejected", "bob"), proposed(1, "a")) == []
    for new in (proposed(3, "a"), closed(3, 1, "terms_rejected")):
        assert "note: is missing (say why)" in wrong(by(new, "ann", ""), *([proposed(1, "b")]))


@pytest.mark.parametrize("number", [1, 2])
def test_nobody_undoes_terms(number: int) -> None:
    """An approval would be taken back by one person, and an undone rejection would be an approval to come."""
    undo = by(entry(3, "undo", about=number), "carl")
    (told,) = wrong(undo, proposed(1, "a"), approved(2, 1, "a"))
    assert "which nobody undoes" in told


def test_the_day_is_one_in_the_contracts_zone_and_none_that_is_over() -> None:
    summer = proposed(1, "a", "2026-06-30T23:00:00Z")  # midnight of the 1st of July in London
    assert wrong(summer.model_copy(update={"at_ms": start_ms(summer) + DAY_MS - 1})) == []
    (told,) = wrong(summer.model_copy(update={"at_ms": start_ms(summer) + DAY_MS}))
    assert told.startswith("start: lies in the past (write 2026-07-02 or later")


def test_the_same_terms_are_not_proposed_twice() -> None:
    (told,) = wrong(by(proposed(2, "a"), "carl"), proposed(1, "a"))
    assert told == "digest: entry 1 proposes these terms already (approve, reject or withdraw that one)"
    (told,) = wrong(proposed(3, "a", instead="a"), proposed(1, "a"), approved(2, 1, "a"))
    assert told == "digest: entry 2 approved these very terms (nothing would change)"


def in_force(at_ms: int, *entries: Entry) -> str | None:
    found = terms_history(effective_entries(entries).entries).in_force(at_ms)
    return None if found is None else next(letter for letter in "abc" if digest(letter) == found.digest)


def test_terms_are_in_force_from_their_day_or_from_a_later_approval() -> None:
    both = [proposed(1, "a"), approved(2, 1, "a")]
    began_ms = start_ms(both[0])
    assert [in_force(began_ms + ms, *both) for ms in (-1, 0)] == [None, "a"]
    late = [both[0], both[1].model_copy(update={"at_ms": began_ms + 5})]
    assert [in_force(began_ms + ms, *late) for ms in (4, 5)] == [None, "a"]


def test_the_last_one_approved_counts_of_those_whose_time_has_come() -> None:
    first = [proposed(1, "a"), approved(2, 1, "a")]
    later = [proposed(3, "b", "2026-03-01 00:00", "a"), approved(4, 3, "b")]
    sooner = [proposed(5, "c", "2026-02-01 00:00", "b"), approved(6, 5, "c")]
    several = [*first, *later, *sooner]
    starts = [start_ms(one) for one in (first[0], sooner[0], later[0])]
    assert [in_force(ms, *several) for ms in starts] == ["a", "c", "c"]


def test_an_approval_that_the_rules_refuse_counts_for_nothing_however_it_came_in() -> None:
    for bad in (approved(2, 1, "a", "ANN"), approved(2, 1, "b")):
        assert in_force(bad.at_ms + 10 * DAY_MS, proposed(1, "a"), bad) is None


def test_two_names_behind_one_login_are_marked() -> None:
    one = terms_history([proposed(1, "a", login="root"), approved(2, 1, "a", login="root")])
    other = terms_history([proposed(1, "a", login="ann"), approved(2, 1, "a", login="bob")])
    unknown = terms_history([proposed(1, "a"), approved(2, 1, "a")])
    assert [found.proposals[0].is_of_one_login for found in (one, other, unknown)] == [True, False, False]
