"""Asks what is due, one question after the other, and enters the answers: what is assessed stays in the record."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from sla_monitor.clock import Clock
from sla_monitor.contract.contract import Contract
from sla_monitor.errors import LedgerError, LineError, RegisterError
from sla_monitor.ledger.recording.register_entries import Register
from sla_monitor.queries.asking import NoAnswer, number
from sla_monitor.queries.due import Key, KpiQuery, LastAttempt, ours, questions
from sla_monitor.queries.reported_figures import entry
from sla_monitor.register.entries import Entry
from sla_monitor.register.entry_context import EntryContext
from sla_monitor.register.rules import problems

Row = tuple[tuple[str, ...], float | None]
"""Contract and KPI, and a count."""

ContractEntries = tuple[Contract, Sequence[Entry]]
"""A contract and all that its register says."""

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Count:
    """Of one KPI, since the start."""

    asked: int = 0
    failed: int = 0


def asks(contract: Contract) -> list[str]:
    """The KPIs whose figure is asked for, in any version of the terms."""
    kpis = (kpi for version in contract.versions for kpi in version.terms.kpis)
    return list(dict.fromkeys(kpi.id for kpi in kpis if kpi.asked_source is not None))


class Queries:
    """`check` is called every minute or so and never waits."""

    def __init__(self, register: Callable[[], Register], clock: Clock) -> None:
        """`register` opens the register into which figures are entered."""
        self._register, self._clock = register, clock
        self._asked: dict[Key, LastAttempt] = {}
        self._trouble: dict[Key, str] = {}
        self._thread: threading.Thread | None = None
        self._stopping = False
        self._counts: dict[tuple[str, str], Count] = {}

    def known(self, contracts: Iterable[Contract]) -> list[Contract]:
        """Those with a question; each of their KPIs is counted from now on."""
        found = [contract for contract in contracts if asks(contract)]
        for contract in found:
            for kpi in asks(contract):
                self._counts.setdefault((contract.id, kpi), Count())
        return found

    def asked(self) -> list[Row]:
        """For the metrics: how often each KPI's figure was asked for."""
        return [(key, count.asked) for key, count in sorted(self._counts.items())]

    def failed(self) -> list[Row]:
        """And how often none could be had."""
        return [(key, count.failed) for key, count in sorted(self._counts.items())]

    def check(self, several: Sequence[ContractEntries]) -> None:
        """Begin a round, unless one is under way. Its thread holds up neither probes nor the daemon's end."""
        if self._thread is None or not self._thread.is_alive():
            self._thread = threading.Thread(target=self.round, args=(several,), name="queries", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Ask nothing more. An answer that is still awaited is not entered."""
        self._stopping = True

    def round(self, several: Sequence[ContractEntries]) -> None:
        """Ask all that is due now. Never raises: a figure that cannot be had stays unknown."""
        for contract, said in several:
            known = list(said)
            for question in list(questions(contract, known, self._asked, self._clock.now_ms())):
                if self._stopping:
                    return
                before = self._asked.get(question.key)
                failures = 0 if self._guarded(question, contract, known) else (before.failures if before else 0) + 1
                self._asked[question.key] = LastAttempt(self._clock.now_ms(), failures)

    def _guarded(self, question: KpiQuery, contract: Contract, known: list[Entry]) -> bool:
        """Whether it went well; what went wrong is told once, until it changes or is over."""
        key = question.contract, question.kpi
        count = self._counts.setdefault(key, Count())
        count.asked += 1
        try:
            self._ask(question, contract, known)
        except (NoAnswer, RegisterError, LedgerError, LineError) as error:
            count.failed += 1
            self._log_failure(question, str(error))
            return False
        except Exception:
            count.failed += 1
            log.exception("a KPI's figure could not be asked for", extra=_about(question))
            return False
        if self._trouble.pop(question.key, None) is not None:
            log.info("a KPI's figure can be had again", extra=_about(question))
        return True

    def _log_failure(self, question: KpiQuery, why: str) -> None:
        if self._trouble.get(question.key) != why:
            log.warning(
                "a KPI's figure stays unknown: Prometheus did not give it", extra={**_about(question), "why": why}
            )
        self._trouble[question.key] = why

    def _ask(self, question: KpiQuery, contract: Contract, known: list[Entry]) -> None:
        """Raises NoAnswer, RegisterError, LedgerError and LineError."""
        source = question.source
        answers = {
            name: number(source, query, question.start_ms, question.at_ms) for name, query in source.queries.items()
        }
        new = entry(question, answers, self._clock.now_ms())
        before = ours(known, question.kpi, question.month)
        if self._stopping or (before is not None and before[1] == new.body):
            return
        if found := problems(new, EntryContext.of(contract, known)):
            raise RegisterError(found)
        last = known[-1].number if known else 0
        (given,) = self._register().add([new], read_to=last)
        known.append(new.model_copy(update={"number": given}))
        log.info("a KPI's figure was entered", extra={**_about(question), "entry": given})


def _about(question: KpiQuery) -> dict[str, str]:
    return {"contract": question.contract, "kpi": question.kpi, "month": question.month}
