"""Following: a collector of a pair takes over what is entered at the other one, and says what it has itself."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from pathlib import Path

from sla_monitor.errors import LedgerError, LineError
from sla_monitor.pair.shared_register import INBOX, Keeping, Member, entries_of
from sla_monitor.settings import Settings
from sla_monitor.transport import MessageError
from sla_monitor.transport.entry_log import SUBJECT
from sla_monitor.transport.line import FarConnection, FarLine

EVERY_S = 5.0
"""How often it is asked what is at the end of the stream, where nothing was heard."""

log = logging.getLogger(__package__)


class Following:
    """Of one collector; `of` gives None where there is no pair. `trouble`: why its register is not what the pair's is,
    empty while it is."""

    def __init__(self, member: Member, settings: Settings) -> None:
        """Raises LineError where the client is not installed."""
        assert settings.sites.nats is not None  # noqa: S101 - settings with a pair have it
        self._member = member
        self._line = FarLine(settings.sites.nats, "pair", INBOX, self._serve)
        self._trouble = "not compared yet"

    @classmethod
    def of(cls, settings: Settings) -> Following | None:
        """Raises SigningKeyError and LineError."""
        member = Member.of(settings, Path(settings.ledger.path))
        return None if member is None else cls(member, settings)

    def start(self) -> None:
        self._line.start()

    def stop(self, within_s: float) -> None:
        self._line.stop(within_s)

    @property
    def trouble(self) -> str:
        return self._trouble if self._line.is_up else f"the server is not reached: {self._line.trouble}"

    async def _serve(self, connection: FarConnection) -> None:
        """For as long as the connection lasts. Raises LineError."""
        keeping, entered = Keeping(self._member, connection), asyncio.Event()

        async def hear(_: str, __: bytes) -> None:
            entered.set()

        await keeping.begin()
        await connection.answer(entries_of(self._member.name), keeping.told_after)
        await connection.listen(SUBJECT, hear)
        while True:
            entered.clear()
            await self._settle(keeping)
            with suppress(TimeoutError):
                await asyncio.wait_for(entered.wait(), EVERY_S)

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
