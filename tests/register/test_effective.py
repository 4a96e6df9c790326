"""What stands of a register, whatever has been undone, decided again or said again."""

from __future__ import annotations

from random import Random

from hypothesis import given
from hypothesis import strategies as some

from sla_monitor.contract.contract import Contract, TermsVersion
from sla_monitor.register.effective import EffectiveEntries, effective_entries
from sla_monitor.register.entries import Claim, Decision, Entry, Maintenance, ReportedFigure, TicketRecord, Undo
from tests.register.saying import booking, claim, decision, entries, entry, figure, ticket, undo
from tests.support.terms import terms_of


def contract_of(**parts: object) -> Contract:
    return Contract((TermsVersion(0, terms_of(parts)),))


def numbers(what: EffectiveEntries) -> list[int]:
    return [each.number for each in what.entries]


def test_an_undone_entry_stands_no_more_and_its_undoing_is_no_entry_that_stands() -> None:
    what = effective_entries(entries(booking(), claim(), undo(1)))
    assert numbers(what) == [2]
    assert what.undone == {1: 3}
    assert what.of(Maintenance) == ()
    assert [each.number for each, _ in what.of(Claim)] == [2]


def test_undoing_an_undoing_restores_the_entry() -> None:
    assert numbers(effective_entries(entries(booking(), undo(1), undo(2)))) == [1]
    assert numbers(effective_entries(entries(booking(), undo(1), undo(2), undo(3)))) == []


def test_the_last_decision_counts_until_it_is_undone() -> None:
    said = entries(claim(), decision(1), decision(1, granted=False))
    last = effective_entries(said).decision_on(1)
    assert last is not None
    assert last[1].granted is False
    before = effective_entries([*said, entry(4, "undo", about=3)]).decision_on(1)
    assert before is not None
    assert before[0].number == 2


def test_the_last_record_of_a_ticket_replaces_the_ones_before() -> None:
    what = effective_entries(entries(ticket("A"), ticket("B"), ticket("A", priority="P2")))
    assert [(each.number, said.priority) for each, said in what.of(TicketRecord)] == [(2, "P1"), (3, "P2")]
    assert what.replaced == {1: 3}


def test_undoing_the_last_record_of_a_ticket_brings_the_one_before_back() -> None:
    assert numbers(effective_entries(entries(ticket("A"), ticket("A"), undo(2)))) == [1]


def test_each_party_has_its_own_figure_and_may_give_it_again() -> None:
    what = effective_entries(entries(figure("99"), figure("98", party="authority"), figure("97.5")))
    ours, theirs = what.figure("KPI1", "2026-01", "authority"), what.figure("KPI1", "2026-01", "supplier")
    assert ours is not None
    assert theirs is not None
    assert (ours[0].number, theirs[0].number) == (2, 3)
    assert what.figure("KPI1", "2026-02", "supplier") is None


def test_an_action_is_open_until_it_is_done_and_again_when_that_is_undone() -> None:
    said = entries(("action", {"owner": "bob"}), ("done", {"about": 1}))
    assert effective_entries(said).open_actions == ()
    assert [each.number for each, _ in effective_entries([*said, entry(3, "undo", about=2)]).open_actions] == [1]


def test_the_last_sign_off_of_a_month_is_the_one_that_stands() -> None:
    words = {"month": "2026-01", "digest": "a" * 64, "points": "1", "credit": "2.00"}
    what = effective_entries(entries(("sign_off", words), ("sign_off", {**words, "reason": "relief"})))
    last = what.sign_off("2026-01")
    assert last is not None
    assert last[0].number == 2
    assert what.sign_off("2026-02") is None


def test_a_countersignature_is_of_the_last_sign_off_alone() -> None:
    words, mine = {"month": "2026-01", "digest": "a" * 64, "points": "1", "credit": "2.00"}, {"month": "2026-01"}
    said = entries(("sign_off", words), ("countersignature", {**mine, "digest": "a" * 64}))
    found = effective_entries(said).countersignature("2026-01")
    assert found is not None
    assert found[0].number == 2
    assert effective_entries(said).countersignature("2026-02") is None
    for digest in ("a", "b"):
        again = entry(3, "sign_off", **{**words, "digest": digest * 64, "reason": "relief"})
        assert effective_entries([*said, again]).countersignature("2026-01") is None


def test_claims_await_a_decision_and_bookings_where_the_terms_ask_for_one() -> None:
    said = entries(claim(), booking(services=["service"]), decision(1))
    assert [each.number for each in effective_entries(said).pending(contract_of())] == [2]
    assert effective_entries(said).pending(contract_of(maintenance={"approval": "none"})) == ()


def test_a_service_may_ask_for_what_its_contract_does_not() -> None:
    service = {"id": "custody", "maintenance": {"approval": "decision"}}
    contract = contract_of(maintenance={"approval": "none"}, services=[service, {"id": "email"}])
    said = entries(booking(services=["email"]), booking(services=["custody"]), booking())
    assert [each.number for each in effective_entries(said).pending(contract)] == [2, 3]


def test_a_correction_awaits_a_second_pair_of_eyes_where_the_contract_asks_for_one() -> None:
    words = {"start": "2026-01-05T10:00:00Z", "end": "2026-01-05T11:00:00Z", "services": ["service"], "outcome": "up"}
    said = entries(("correction", words))
    assert [each.number for each in effective_entries(said).pending(contract_of())] == [1]
    assert effective_entries(said).pending(contract_of(relief={"four_eyes": False})) == ()


@some.composite
def registers(draw: some.DrawFn) -> list[Entry]:
    """Any register of claims, tickets, decisions and undoings, each about any entry before it."""
    found: list[Entry] = []
    for number in range(1, draw(some.integers(2, 14))):
        kind = draw(some.sampled_from(["claim", "ticket", "decision", "undo"])) if number > 1 else "claim"
        about = draw(some.integers(1, max(number - 1, 1)))
        name = draw(some.sampled_from("AB"))
        said = {"claim": claim(), "ticket": ticket(name), "decision": decision(about), "undo": undo(about)}
        found.append(entry(number, said[kind][0], **said[kind][1]))
    return found


def is_effective(number: int, register: list[Entry]) -> bool:
    """The rule in its plainest words: an entry stands unless an undoing of it stands."""
    undoings = (each for each in register if isinstance(each.body, Undo) and each.body.about == number)
    return not any(is_effective(each.number, register) for each in undoings)


@given(registers())
def test_an_entry_stands_unless_an_undoing_of_it_stands(register: list[Entry]) -> None:
    what = effective_entries(register)
    for each in register:
        is_listed = what.entry(each.number) is not None or each.number in what.replaced
        assert is_listed == (is_effective(each.number, register) and not isinstance(each.body, Undo))


@given(registers(), some.randoms(use_true_random=False))
def test_the_order_in_which_entries_are_read_does_not_matter(register: list[Entry], choose: Random) -> None:
    shuffled = list(register)
    choose.shuffle(shuffled)
    assert effective_entries(shuffled) == effective_entries(register)


@given(registers())
def test_the_decision_on_an_entry_is_the_last_that_stands(register: list[Entry]) -> None:
    what = effective_entries(register)
    for each in register:
        on = [d for d in register if isinstance(d.body, Decision) and d.body.about == each.number]
        last = max((d.number for d in on if is_effective(d.number, register)), default=None)
        found = what.decision_on(each.number)
        assert (found[0].number if found else None) == last


def test_a_figure_that_was_undone_gives_way_to_the_one_before() -> None:
    what = effective_entries(entries(figure("99"), figure("98"), undo(2)))
    assert [str(said.value) for _, said in what.of(ReportedFigure)] == ["99"]
