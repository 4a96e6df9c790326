"""Sources of a review pack: a ledger or an evidence file, and the key that vouches for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sla_monitor.cli.shared.signers import settings_of, signing_key
from sla_monitor.cli.shared.sources import chosen_contract, last_closed, month_named, recorded

if TYPE_CHECKING:
    from sla_monitor.archive.sealed import SealedDay
    from sla_monitor.contract.contract import Contract
    from sla_monitor.ledger import Reader
    from sla_monitor.review.gathering import Gathered
    from sla_monitor.review.pack_input import Copy
    from sla_monitor.review.recalculated import RecalculatedMonth
    from sla_monitor.signing import SigningKey


@dataclass(frozen=True, slots=True)
class Vouched:
    """A month, with the key that vouches for what is handed out (None: there is none), the sealed days, and what gives
    the files that go with the month's entries, by their names in a bundle."""

    found: Gathered
    key: SigningKey | None = None
    days: Sequence[SealedDay] = ()
    attached: Callable[[], Mapping[str, bytes]] = dict


@dataclass(frozen=True, slots=True)
class PackChoice:
    """What is asked for: a contract by its name, a month, the party that gets it."""

    config: Path
    ledger: Path | None
    contract: str
    period: str | None
    evidence: Path | None
    copy: Copy


@contextmanager
def made_from(asked: PackChoice) -> Iterator[Vouched]:
    from sla_monitor.archive.sealed import sealed_days
    from sla_monitor.cli.shared.evidence_files import read_together
    from sla_monitor.clock import SystemClock
    from sla_monitor.periods.edges import period_of
    from sla_monitor.review.bundle.contents import attached_files
    from sla_monitor.review.first_failures import first_failures
    from sla_monitor.review.gathering import PackSubject, gathered
    from sla_monitor.review.retention import Retention, sealed_as

    if asked.evidence is not None:
        if asked.ledger is not None:
            raise click.UsageError("--evidence and --ledger exclude each other (leave one of them out)")
        with read_together(asked.contract, asked.config, asked.evidence) as both:
            found = both.evidence
            last = asked.period or last_closed(both.contract, found.until_ms)
            month = _month(last, both.contract, found.as_of_ms)
            yield Vouched(gathered(PackSubject(both.contract, found, month, found.as_of_ms), asked.copy))
        return
    contract = chosen_contract(asked.contract, asked.config, ledger=asked.ledger)
    now_ms = SystemClock().now_ms()
    month = _month(asked.period or last_closed(contract, now_ms), contract, now_ms)
    settings = settings_of(asked.config, asked.ledger)
    key = signing_key(asked.config, asked.ledger)
    days = () if settings is None else sealed_days(settings.archive.folder / contract.id)
    by = "" if settings is None else settings.reviews.kept_by
    with recorded(asked.config, asked.ledger) as reader:
        head = reader.head()
        whole = gathered(
            PackSubject(contract, reader, month, now_ms),
            asked.copy,
            first_failures=lambda one: first_failures(one, reader.first_failed),
            retention=Retention(is_recorded=True, by=by, **sealed_as(days, period_of(contract, month))),
            head="" if head is None else head.line(now_ms, None if key is None else key.sign),
            recalculated=_recalculated(contract, reader, month),
        )
        yield Vouched(whole, key, days, lambda: attached_files(whole, reader.attachments(), reader.kept_file))


def _recalculated(contract: Contract, reader: Reader, month: str) -> tuple[RecalculatedMonth, ...]:
    from sla_monitor.assess.recalculations import recalculations
    from sla_monitor.periods.edges import period_of
    from sla_monitor.register.effective import effective_entries
    from sla_monitor.review.recalculated import recalculated_months

    entries = {entry.number: entry for entry in reader.entries(contract.id)}
    several = recalculations(reader.month_results(contract.id), effective_entries(entries.values()))
    return recalculated_months(several, contract, period_of(contract, month), entries)


def _month(text: str, contract: Contract, now_ms: int) -> str:
    try:
        return month_named(text, contract, now_ms)
    except click.BadParameter as error:
        error.param_hint = "--period"
        raise
