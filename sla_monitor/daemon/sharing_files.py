"""Files of a pair: what is kept at one collector is asked for by the other, in pieces, and checked by its digest.

Which file goes with which entry comes with the entry, where both were entered together; what is attached to an entry
later is asked for as well. Files are asked for by the list of all that the other one keeps: so those that terms are
made of come too, and a ledger that was put in the place of another lacks none.
"""

from __future__ import annotations

import asyncio
import logging
from base64 import b64decode, b64encode
from collections.abc import Iterator
from hashlib import sha256
from typing import Any

from sla_monitor.clock import Clock
from sla_monitor.errors import LedgerError
from sla_monitor.ledger.reading.files_to_share import FilesToShare
from sla_monitor.ledger.recording.attached_files import take_attachments
from sla_monitor.ledger.recording.kept_files import keep_files
from sla_monitor.pair.shared_register import NO_ANSWER, Member
from sla_monitor.pair.telling import signed, understood
from sla_monitor.transport import MessageError
from sla_monitor.transport.line import FarConnection

AT_ONCE = 400
"""Rows in one answer: each has some 500 bytes at most."""

PIECE = 300_000
"""Bytes of a file in one answer, which is a third longer: a server takes a million."""

log = logging.getLogger(__package__)


def files_of(collector: str) -> str:
    """The subject on which a collector is asked for files."""
    return f"pair.{collector}.files"


class SharedFiles:
    """Of one collector. `lacking`: by digest, the bytes of each file that the other one has and this one has not."""

    def __init__(self, member: Member, clock: Clock) -> None:
        self._member, self._clock = member, clock
        self.lacking: dict[str, int] = {}
        self._listed: dict[str, dict[str, int]] = {name: {} for name in member.others}
        self._read_to: dict[tuple[str, str], list[Any]] = {}
        self._begun = "", b""
        self._refused: set[str] = set()

    def troubles(self) -> Iterator[str]:
        """What is not as it should be, for the page."""
        if self.lacking:
            count, size = len(self.lacking), sum(self.lacking.values())
            said = "1 file is" if count == 1 else f"{count:,} files are"
            yield f"{said} held by the other collector of the pair, and not here yet ({size:,} bytes)"

    async def answer(self, data: bytes) -> bytes:
        """What the other one is told."""
        key = self._member.key
        try:
            question = understood(data, key.public)
            told = {"asked": question} | await asyncio.to_thread(self._told, question)
        except (MessageError, LedgerError, KeyError, TypeError, ValueError) as error:
            log.warning("a question about files cannot be answered", extra={"error": str(error)})
            told = {}
        return signed(told, key)

    async def fetch(self, connection: FarConnection) -> None:
        """Take in what the others have and we have not. Raises LineError, LedgerError and MessageError."""
        await asyncio.to_thread(self._look)
        try:
            for name in self._member.others:
                await self._read(connection, name, "attached")
                await self._read(connection, name, "kept")
            await asyncio.to_thread(self._look)
            for name in self._member.others:
                for digest, size in sorted(self._listed[name].items(), key=lambda one: one[1]):
                    if digest not in self._refused:
                        await self._fetch(connection, name, digest, size)
        finally:
            await asyncio.to_thread(self._look)

    def _told(self, question: dict[str, Any]) -> dict[str, Any]:
        with FilesToShare(self._member.path) as files:
            if "file" in question:
                piece = files.piece(str(question["file"]), int(question["from"]), PIECE)
                return {"piece": b64encode(piece).decode()}
            since = int(question["since"])
            return {"rows": (files.attached if question["list"] == "attached" else files.kept)(since, AT_ONCE)}

    async def _read(self, connection: FarConnection, name: str, which: str) -> None:
        """Read a list of the other one's to its end, from where it was read to; from its beginning, where another
        ledger has taken the place of that one."""
        while True:
            known = self._read_to.get((name, which))
            said = await self._asked(connection, name, {"list": which, "since": known[0] if known else 0})
            rows: list[list[Any]] = said["rows"]
            if known and rows[:1] != [known]:
                del self._read_to[name, which]
                self._listed[name].clear()
                self._refused.clear()
                self._read_to.pop((name, "kept"), None)
                continue
            new = rows[1:] if known else rows
            taken = await asyncio.to_thread(self._take, name, which, new)
            if taken:
                self._read_to[name, which] = new[taken - 1]
            if len(rows) < AT_ONCE or taken < len(new):
                return

    def _take(self, name: str, which: str, rows: list[list[Any]]) -> int:
        """How many of them are dealt with."""
        if which == "attached":
            told = [(digest, tuple(row)) for _, digest, *row in rows]
            return take_attachments(self._member.path, told, self._clock.now_ms()) if told else 0
        self._listed[name] |= {digest: size for _, digest, size in rows}
        return len(rows)

    def _look(self) -> None:
        """What we lack of what is attached here, and of what the others keep."""
        with FilesToShare(self._member.path) as files:
            for listed in self._listed.values():
                for digest in [one for one in listed if files.has(one)]:
                    del listed[digest]
            found = files.lacking()
        self.lacking = {**found, **{digest: size for one in self._listed.values() for digest, size in one.items()}}

    async def _fetch(self, connection: FarConnection, name: str, digest: str, size: int) -> None:
        body = self._begun[1] if self._begun[0] == digest else b""
        while len(body) < size:
            said = await self._asked(connection, name, {"file": digest, "from": len(body)})
            piece = b64decode(said["piece"])
            if not piece:
                break
            body += piece
            self._begun = digest, body  # a line that breaks costs no piece that is here
        self._begun = "", b""
        if sha256(body).hexdigest() != digest:
            log.error("a file of the other collector is not what its digest says", extra={"digest": digest})
            self._refused.add(digest)  # it stays lacking, and is not asked for again and again
            return
        await asyncio.to_thread(keep_files, self._member.path, {digest: body}, self._clock.now_ms())

    async def _asked(self, connection: FarConnection, name: str, question: dict[str, Any]) -> dict[str, Any]:
        """Raises MessageError also for what answers another question: the server is not trusted to keep them apart."""
        answer = await connection.ask(files_of(name), signed(question, self._member.key))
        said = understood(answer, self._member.key.public)
        if said.get("asked") != question:
            raise MessageError(NO_ANSWER)
        return said
