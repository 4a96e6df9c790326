"""Every kind of entry answers for itself: whoever needs something of a kind gets it from the class, of each of them."""

from __future__ import annotations

import shlex
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import click
import pytest
from click.testing import CliRunner

from sla_monitor.cli import cli
from sla_monitor.cli.register.add import add, example_of
from sla_monitor.cli.register.formatting import summary
from sla_monitor.contract.contract import Contract
from sla_monitor.register.entries import KINDS, Entry
from sla_monitor.register.entry_context import EntryContext
from sla_monitor.register.entry_parsing import body_of, entry_of
from sla_monitor.register.instant import Milliseconds
from sla_monitor.register.kinds.kind import EntryKind, TimedKind
from sla_monitor.register.rules import doubts, problems
from sla_monitor.wording.entries import EntryWording
from sla_monitor.wording.instants import format_stretch
from tests.register.contracts import PARTS, contract

ZONE = ZoneInfo("Europe/London")
NOW_MS = int(datetime(2026, 12, 1, tzinfo=UTC).timestamp()) * 1000
SAY = EntryWording(ZONE, "GBP")

every_kind = pytest.mark.parametrize("name", list(KINDS))


def named() -> Contract:
    """A contract that has all that the examples name."""
    endpoint = {"id": "custody-health", "kind": "tcp", "host": "127.0.0.1", "port": 1}
    return contract(
        services=[{"id": "custody", "endpoints": [endpoint]}, {"id": "desk"}],
        kpis=[*PARTS["kpis"], {"id": "KPI11", "indicator": "submitted", "target": 80}],
        credits=[
            {"id": "unavailability", "method": "unit_rate", "rate": "10.00", "block": "4h", "weights": {"ward": 2}},
            {
                "id": "misreporting",
                "method": "misreporting",
                "deliberate_percent": 100,
                "otherwise_percent": 50,
                "none_if_corrected": True,
            },
        ],
        obligations=[{"id": "insurance", "title": "Insurance", "rrule": "FREQ=YEARLY"}],
    )


def example(name: str) -> Entry:
    kind = KINDS[name]
    said = body_of(name, kind.example.words, ZONE)
    return entry_of(said, at_ms=Milliseconds(NOW_MS), actor="ann", contract="small", note=kind.example.note)


def before(name: str) -> list[Entry]:
    """The entry that an example is about, or that it goes on from."""
    if name in {"credit_invoiced", "credit_settled"}:
        return [example("credit_notified").model_copy(update={"number": 1})]
    if name == "countersignature":
        return [example("sign_off").model_copy(update={"number": 1, "actor": "bob"})]
    subject = example(name).body.subject()
    about = example("action" if name == "done" else "terms_proposed" if name.startswith("terms_") else "claim")
    by = "ann" if name == "terms_withdrawn" else "bob"
    return [] if subject is None else [about.model_copy(update={"number": subject, "actor": by})]


@every_kind
def test_the_example_is_accepted(name: str) -> None:
    assert problems(example(name), EntryContext.of(named(), before(name))) == []


@every_kind
def test_the_rules_refuse_what_the_contract_does_not_have(name: str) -> None:
    """Or what stands already. Money that is given back, a notice and a ticket of no service name nothing of it."""
    bare = contract(services=[{"id": "other"}], kpis=[], credits=[], claims={"automatic": True})
    entry = example(name).model_copy(update={"note": ""})
    again = [entry] if name == "sign_off" else []
    refused = problems(entry, EntryContext.of(bare, again))
    assert bool(refused) != (name in {"earn_back", "ticket", "credit_notified"}), refused


@every_kind
def test_the_words_are_one_sentence_on_every_screen(name: str) -> None:
    words = example(name).body.words(SAY)
    assert words[0].isupper(), words
    assert words.isprintable(), words
    assert not words.endswith("."), words
    assert "None" not in words, words
    assert "_" not in words, words


@every_kind
def test_a_list_has_the_words_the_time_and_the_note(name: str) -> None:
    entry = example(name)
    told = summary(entry, SAY)
    assert told.startswith(entry.body.words(SAY))
    assert entry.note in told
    if isinstance(entry.body, TimedKind):
        assert format_stretch(entry.body.start_ms, entry.body.end_ms, SAY.zone) in told


@every_kind
def test_what_is_asked_of_every_kind_is_answered(name: str) -> None:
    context = EntryContext.of(named(), before(name))
    said = example(name).body
    assert all(hasattr(said, f"{field}_ms") for field in type(said).past)
    assert said.is_decidable or not said.asks_for_decision(context.contract)
    assert doubts(example(name), context) == list(dict.fromkeys(said.doubts(context)))
    assert said.months(ZONE) == tuple(sorted(said.months(ZONE)))
    assert bool(said.months(ZONE)) == (said.subject() is None and name not in {"action", "acknowledgement"})
    assert not (said.is_meant_to_change and not said.changes_figures)
    assert all(value is None or value > 0 for value in said.notices().values())
    assert said.last_word_on() == example(name).body.last_word_on()


@pytest.mark.parametrize("name", [name for name, kind in KINDS.items() if not kind.command])
def test_the_help_has_the_example_and_the_example_is_what_is_typed(name: str) -> None:
    """The options of the help, taken by the command itself, are the words of the example."""
    command = add.get_command(click.Context(add), name.replace("_", "-"))
    assert command is not None
    told = CliRunner().invoke(add, [name.replace("_", "-"), "--help"]).output
    assert all(option in told for option in example_of(KINDS[name]))
    typed = [word for option in example_of(KINDS[name]) for word in shlex.split(option)]
    given = command.make_context(name, ["small", *typed, "--actor", "ann"]).params
    for field, value in KINDS[name].example.words.items():
        taken = "45m" if field == "duration_ms" else value
        assert given[field] == (tuple(taken) if isinstance(taken, list) else taken)
    assert given["note"] == KINDS[name].example.note


@pytest.mark.parametrize("name", [name for name, kind in KINDS.items() if kind.command])
def test_a_kind_that_is_not_added_has_a_command_of_its_own(name: str) -> None:
    words = KINDS[name].command.split()
    assert CliRunner().invoke(cli, [*words, "--help"]).exit_code == 0
    assert add.get_command(click.Context(add), name.replace("_", "-")) is None


def test_money_is_told_with_its_currency() -> None:
    assert SAY.money(Decimal("5000")) == "£5,000.00"
    assert example("earn_back").body.words(SAY) == "Earn-back of £5,000.00, October 2026"


def test_the_table_has_every_class_that_is_a_kind() -> None:
    def below(kind: type[Any]) -> set[type[Any]]:
        return {each for one in kind.__subclasses__() for each in (one, *below(one))}

    found = below(EntryKind) - {TimedKind}
    assert {kind for kind in found if kind.__module__.startswith("sla_monitor.")} == set(KINDS.values())
