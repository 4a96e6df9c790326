"""Following: a collector of a pair takes over what is entered at the other one, and says what it has itself."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Iterator
from contextlib import suppress
from pathlib import Path

from sla_monitor import names
from sla_monitor.clock import Clock
from sla_monitor.daemon.comparing import Comparing, days_of
from sla_monitor.daemon.sharing_files import SharedFiles, files_of
from sla_monitor.daemon.sharing_reports import SharedReports, reports_of
from sla_monitor.errors import LedgerError, LineError
from sla_monitor.ledger import Ledger
from sla_monitor.metrics.exporter import Own
from sla_monitor.pair.day_roots import utc_day
from sla_monitor.pair.shared_register import INBOX, Keeping, Member, entries_of
from sla_monitor.settings import Settings
from sla_monitor.transport import MessageError
from sla_monitor.transport.entry_log import SUBJECT
from sla_monitor.transport.line import FarConnection, FarLine

EVERY_S = 5.0
"""How often it is asked what is at the end of the stream, where nothing was heard."""

COMPARE_EVERY_S = 300.0
"""How often the days are compared that are not known to be equal."""

FETCH_EVERY_S = 2.0
"""How often the other one is asked what jobs have reported to it, and which files it has."""

log = logging.getLogger(__package__)


class Following:
    """Of one collector; `of` gives None where there is no pair. `trouble`: why its register is not what the pair's is,
    empty while it is."""

    def __init__(
        self, member: Member, settings: Settings, comparing: Comparing, reports: SharedReports, files: SharedFiles
    ) -> None:
        """Raises LineError where the client is not installed."""
        assert settings.sites.nats is not None  # noqa: S101 - settings with a pair have it
        self._member, self.comparing, self._reports, self.files = member, comparing, reports, files
        self._line = FarLine(settings.sites.nats, "pair", INBOX, self._serve)
        self._trouble = "not compared yet"
        self._unasked: dict[str, str] = {}
        self._faulty: set[str] = set()

    @classmethod
    def of(
        cls,
        settings: Settings,
        clock: Clock,
        ledger: Ledger,
        complete_until_ms: Callable[[], int],
        jobs: Callable[[], Collection[str]] = tuple,
    ) -> Following | None:
        """`complete_until_ms` and `jobs`: see `Comparing`. Raises SigningKeyError and LineError."""
        member = Member.of(settings, Path(settings.ledger.path))
        if member is None:
            return None
        comparing = Comparing(member, clock, settings.sites.horizon_ms, complete_until_ms, jobs)
        reports, files = SharedReports(member, ledger, clock), SharedFiles(member, clock)
        return cls(member, settings, comparing, reports, files)

    def start(self) -> None:
        self._line.start()

    def stop(self, within_s: float) -> None:
        self._line.stop(within_s)

    @property
    def trouble(self) -> str:
        return self._trouble if self._line.is_up else f"the server is not reached: {self._line.trouble}"

    def troubles(self) -> Iterator[str]:
        """What is not as it should be, for the page."""
        if self.trouble:
            yield f"the register may lack what is entered at the other collector of the pair: {self.trouble}"
        yield from self.files.troubles()
        for what, why in sorted(self._unasked.items()):
            yield f"{what} of the other collector may be missing here: {why}"
        if self.comparing.trouble:
            yield f"the days of the pair cannot be compared: {self.comparing.trouble}"
        for day_ms, told in sorted(self.comparing.unequal.items()):
            yield f"the records of the pair differ on {utc_day(day_ms)}: {told}"

    def metrics(self) -> Own:
        """The metrics about it."""
        return {
            names.PAIR_IN_STEP: [((), not self.trouble and not self.files.lacking and not self._faulty)],
            names.PAIR_COMPARISONS: [((), self.comparing.compared)],
            names.PAIR_DIFFERENCES: [((), len(self.comparing.unequal))],
        }

    async def _serve(self, connection: FarConnection) -> None:
        """For as long as the connection lasts. Raises LineError."""
        keeping, entered = Keeping(self._member, connection), asyncio.Event()

        async def hear(_: str, __: bytes) -> None:
            entered.set()

        await keeping.begin()
        await self._refuse_namesake(connection)
        await connection.answer(entries_of(self._member.name), keeping.told_after)
        await connection.answer(days_of(self._member.name), self.comparing.answer)
        await connection.answer(reports_of(self._member.name), self._reports.answer)
        await connection.answer(files_of(self._member.name), self.files.answer)
        await connection.listen(SUBJECT, hear)
        beside = [
            asyncio.ensure_future(each)
            for each in (
                self._compare(connection),
                self._fetch(connection, "job reports", self._reports.fetch),
                self._fetch(connection, "files", self.files.fetch),
            )
        ]
        try:
            while True:
                entered.clear()
                await self._settle(keeping)
                with suppress(TimeoutError):
                    await asyncio.wait_for(entered.wait(), EVERY_S)
        finally:
            for task in beside:
                task.cancel()

    async def _refuse_namesake(self, connection: FarConnection) -> None:
        """Raises LineError where another collector answers by our name: each would take what is for the other."""
        name = self._member.name
        try:
            await connection.ask(entries_of(name), b"0")
        except LineError:  # nobody does
            return
        raise LineError(f"another collector calls itself {name} (give each a name of its own: collectors.name)")

    async def _settle(self, keeping: Keeping) -> None:
        """What goes wrong must not end the connection: the other one asks on it."""
        try:
            await keeping.settle()
            trouble = ""
        except (LineError, LedgerError, MessageError) as error:
            trouble = str(error)
        if trouble and trouble != self._trouble:
            log.error("the register is not what the pair's is", extra={"error": trouble})
        elif self._trouble and not trouble:
            log.info("the register is what the pair's is")
        self._trouble = trouble

    async def _fetch(
        self, connection: FarConnection, what: str, fetch: Callable[[FarConnection], Awaitable[None]]
    ) -> None:
        while True:
            try:
                await fetch(connection)
                self._note_asked(what, "")
            except LineError as error:  # it may be down, which is told by itself
                self._note_asked(what, str(error))
            except (LedgerError, MessageError) as error:
                self._note_asked(what, str(error), is_fault=True)
            except Exception as error:
                log.exception("internal error while the other collector was asked", extra={"for": what})
                self._note_asked(what, str(error) or type(error).__name__, is_fault=True)
            await asyncio.sleep(FETCH_EVERY_S)

    def _note_asked(self, what: str, why: str, *, is_fault: bool = False) -> None:
        """Why the other one gave no answer that is of use; nothing: it did. `is_fault`: it is there, and yet so."""
        before = self._unasked.pop(what, "")
        self._faulty.discard(what)
        if why:
            self._unasked[what] = why
            self._faulty |= {what} if is_fault else set()
        if why and not before:
            log.warning("the other collector cannot be asked", extra={"for": what, "error": why})
        elif before and not why:
            log.info("the other collector answers again", extra={"for": what})

    async def _compare(self, connection: FarConnection) -> None:
        while True:
            try:
                await self.comparing.compare(connection)
                self.comparing.trouble = ""
            except (LineError, LedgerError, MessageError, TimeoutError) as error:
                self.comparing.trouble = str(error) or type(error).__name__
                log.info("days cannot be compared now", extra={"error": self.comparing.trouble})
            except Exception as error:
                self.comparing.trouble = str(error) or type(error).__name__
                log.exception("internal error while days were compared")
            await asyncio.sleep(COMPARE_EVERY_S)
