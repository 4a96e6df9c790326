"""Sending to receivers: each in a thread of its own, in order, each message until it is taken.

Nothing waits for a receiver. One that is away for a week is told of the week when it is back: what is to be sent is in
the ledger, and a position says how far a receiver is (`positions`).
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from sla_monitor import names
from sla_monitor.clock import Clock
from sla_monitor.contract.contract import Contract
from sla_monitor.errors import LedgerError
from sla_monitor.ledger.reading.reader import Reader
from sla_monitor.register.entries import Entry
from sla_monitor.register.redaction import internal_numbers
from sla_monitor.settings.webhooks import Webhook
from sla_monitor.transport.shared_marks import SharedMarks
from sla_monitor.webhooks.delivery import NotTaken, Receiver
from sla_monitor.webhooks.events import Message, message_of_entry, messages_of_months
from sla_monitor.webhooks.positions import FilePosition, MarkPosition, Position, PositionError, Positions

EVERY_S, LONGEST_S = 5.0, 300.0
"""Between two looks at the ledger; and between two attempts at most, which begin EVERY_S apart and double."""

STUCK_S = 60.0
"""A message that is under way for so long counts as not taken."""

log = logging.getLogger(__package__)


@dataclass
class Sending:
    """One receiver. `turn` is called from one thread; the rest is read from any.

    `contracts`: those in force; `may_speak`: whether this collector of a pair is the one that tells others.
    """

    webhook: Webhook
    ledger: Path
    contracts: Callable[[], Sequence[Contract]]
    positions: Positions
    may_speak: Callable[[], bool]
    clock: Clock
    delivered: int = 0
    refused: int = 0
    problem: str = ""
    _attempts: int = 0
    _under_way_s: float | None = None
    _months_seen: tuple[int, int] | None = None
    _reader: Reader | None = None
    _receiver: Receiver = field(init=False)

    def __post_init__(self) -> None:
        self._receiver = Receiver(self.webhook)

    @property
    def is_failing(self) -> bool:
        """Whether something cannot be sent."""
        began_s = self._under_way_s
        return bool(self.problem) or (began_s is not None and self.clock.monotonic() - began_s > STUCK_S)

    def turn(self) -> float:
        """Send what is to be sent; the seconds until the next turn."""
        if not self.may_speak():
            self._fine()
            return EVERY_S
        try:
            self._send()
        except (NotTaken, PositionError, LedgerError) as error:
            return self._trouble(f"{error}")
        self._fine()
        return EVERY_S

    def close(self) -> None:
        self._receiver.close()
        if self._reader is not None:
            self._reader.close()
            self._reader = None

    def _send(self) -> None:
        """Raises NotTaken, PositionError, LedgerError and its kinds."""
        if self._reader is None:
            self._reader = Reader(self.ledger)
        reader, position = self._reader, self.positions.load()
        last, *_ = reader.terms_mark()
        if position is None:
            # A position that somebody deleted looks the same: what was not told by then never will be.
            log.warning("a receiver is told of what comes from now on", extra=self._about(entry=last))
            self.positions.store(Position.beginning(last, self.clock.now_ms()))
            return
        if position.entry > last:  # a ledger that was restored: what comes is not what was told
            log.error("the register ends before what a receiver was told", extra=self._about(entry=position.entry))
            position = replace(position, entry=last)
            self.positions.store(position)
        for number, message in self._of_entries(reader, position.entry, last):
            position = replace(position, entry=number)
            if message is not None and not self._post(message):
                return
            if message is not None or number == last:
                self.positions.store(position)
        self._send_months(reader, position)

    def _of_entries(self, reader: Reader, after: int, last: int) -> Iterator[tuple[int, Message | None]]:
        """What is to be told of each entry behind a number, ascending, up to the last one, which always comes."""
        if after >= last:
            return
        new: list[tuple[Entry, Contract]] = [
            (entry, contract)
            for contract in self._meant()
            for entry in self._told_of(reader, contract.id, after)
            if entry.number <= last
        ]
        told = {entry.number: message_of_entry(entry, contract, self.webhook) for entry, contract in new}
        yield from sorted({last: None, **told}.items())

    def _told_of(self, reader: Reader, contract: str, after: int) -> list[Entry]:
        """The entries behind a number that this side may know of."""
        new = [*reader.entries_after(contract, after)]
        internal = internal_numbers(reader.entries(contract)) if new and self.webhook.side == "supplier" else ()
        return [entry for entry in new if entry.number not in internal]

    def _meant(self) -> list[Contract]:
        only = self.webhook.contracts
        return [one for one in self.contracts() if only is None or one.id in only]

    def _send_months(self, reader: Reader, position: Position) -> None:
        mark = reader.months_mark(), position.month_ms
        if "breach" not in self.webhook.events or mark == self._months_seen:
            return
        contracts = {one.id: one for one in self.contracts()}
        for message in messages_of_months(reader.told_months(), contracts, self.webhook):
            if not position.is_new(message.id, message.at_ms):
                continue
            if not self._post(message):
                return
            position = position.after_month(message.id, message.at_ms)
            self.positions.store(position)
        self._months_seen = mark[0], position.month_ms

    def _post(self, message: Message) -> bool:
        """Have a message taken; False: this collector speaks no more. Raises NotTaken."""
        if not self.may_speak():
            return False
        self._under_way_s = self.clock.monotonic()
        try:
            self._receiver.post(message, self.clock.now_ms())
        except NotTaken:
            self.refused += 1
            raise
        finally:
            self._under_way_s = None
        self.delivered += 1
        self._attempts = 0
        return True

    def _trouble(self, problem: str) -> float:
        if not self.problem:
            log.error("a webhook's message was not taken; it is tried again", extra=self._about(problem=problem))
        self.problem = problem
        self._attempts += 1
        return min(EVERY_S * 2.0 ** min(self._attempts - 1, 10), LONGEST_S)

    def _fine(self) -> None:
        if self.problem:
            log.info("a webhook's messages are taken again", extra=self._about())
        self.problem, self._attempts = "", 0

    def _about(self, **more: object) -> dict[str, object]:
        return {"webhook": self.webhook.name, **more}


class Webhooks:
    """All receivers. `marks`: of a pair of collectors, what both read; None: there is one collector alone."""

    def __init__(
        self,
        several: Sequence[Webhook],
        ledger: Path,
        contracts: Callable[[], Sequence[Contract]],
        clock: Clock,
        may_speak: Callable[[], bool],
        marks: SharedMarks | None = None,
    ) -> None:
        self._stopping = threading.Event()
        self._threads: list[threading.Thread] = []
        self.several = [
            Sending(one, ledger, contracts, _position(one, ledger, marks), may_speak, clock) for one in several
        ]

    def start(self) -> None:
        for one in self.several:
            thread = threading.Thread(target=self._run, args=(one,), name=f"webhook {one.webhook.name}", daemon=True)
            self._threads.append(thread)
            thread.start()

    def stop(self, within_s: float) -> None:
        """Send nothing more. What is under way is not waited for longer than this: it is sent again, under its id."""
        self._stopping.set()
        for thread in self._threads:
            thread.join(within_s / max(len(self._threads), 1))

    def troubles(self) -> Iterator[str]:
        """What is not as it should be, for the page."""
        for one in self.several:
            if one.is_failing:
                yield f"the webhook {one.webhook.name} does not take what it is told; it is tried again"

    def metrics(self) -> dict[names.MetricName, list[tuple[tuple[str, ...], float]]]:
        return {
            names.WEBHOOK_FAILING: [((one.webhook.name,), one.is_failing) for one in self.several],
            names.WEBHOOK_MESSAGES: [
                ((one.webhook.name, outcome), count)
                for one in self.several
                for outcome, count in (("delivered", one.delivered), ("refused", one.refused))
            ],
        }

    def _run(self, one: Sending) -> None:
        wait_s = 0.0
        while not self._stopping.wait(wait_s):
            try:
                wait_s = one.turn()
            except Exception as error:
                log.exception("a webhook has a fault", extra={"webhook": one.webhook.name})
                one.problem, wait_s = f"{type(error).__name__}: {error}", LONGEST_S
        one.close()


def _position(webhook: Webhook, ledger: Path, marks: SharedMarks | None) -> Positions:
    if marks is not None:
        return MarkPosition(marks, f"webhook.{webhook.name}")
    return FilePosition(ledger.with_name(f"webhook-{webhook.name}.json"))
