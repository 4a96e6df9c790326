"""The register of a pair: entered into by the stream, so that both have the same entries in the same order.

Whoever enters something brings his own ledger up to the end of the stream first, numbers his entries behind it, and
puts them there on condition that nothing else has come. Then he takes them over, as the other collector does. Where the
stream has been lost, the two ask each other what they have, and go on from there.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

from sla_monitor.clock import Clock
from sla_monitor.errors import LedgerLocked, LineError
from sla_monitor.ledger import KnownEntries
from sla_monitor.ledger.recording.common_entries import (
    NOTHING,
    WIDTH,
    Apart,
    Draft,
    Missing,
    Submission,
    Tail,
    digest_at,
    drafted,
    entries_after,
    tail,
    take_over,
)
from sla_monitor.ledger.recording.kept_files import keep_files
from sla_monitor.ledger.recording.register_entries import Overtaken, Register
from sla_monitor.register.attachments import AttachedFile
from sla_monitor.register.entries import Entry
from sla_monitor.settings import Settings
from sla_monitor.settings.sites import Nats
from sla_monitor.signing import SigningKey
from sla_monitor.transport import MessageError
from sla_monitor.transport.entry_log import Entered, EntryLog, Logged, Outrun, opened, packed, sealed
from sla_monitor.transport.line import FarConnection, once

PIECE = 300_000
"""Bytes of entries that are told at a time."""

ROOM_FOR_FILES = 300_000
"""Bytes of files that travel with the entries that name them. The others follow by themselves, in pieces: no file is
too large to be entered."""

INBOX = "_INBOX_collector"
ATTEMPTS, PAUSE_S = 4, 0.5
"""How often it is tried to find out whether an entry was made, and the pause before that."""

T = TypeVar("T")

log = logging.getLogger(__package__)


def entries_of(collector: str) -> str:
    """The subject on which a collector is asked for entries after a number."""
    return f"pair.{collector}.entries"


NO_ANSWER = "the other collector cannot answer that: its own status page and log say why"
"""Of one that responds and has nothing to tell, as when it cannot read its record."""


@dataclass(frozen=True, slots=True)
class Member:
    """One collector of a pair. `others`: the names of the rest."""

    name: str
    others: tuple[str, ...]
    path: Path
    key: SigningKey

    @classmethod
    def of(cls, settings: Settings, path: Path) -> Member | None:
        """With the ledger at a path; None where there is one collector alone. Raises SigningKeyError."""
        pair = settings.collectors
        if pair is None:
            return None
        others = tuple(name for name in pair.pair if name != pair.name)
        return cls(pair.name, others, path, SigningKey.read(Path(settings.ledger.key)))


class Keeping:
    """A member's register and the stream, while a connection lasts. Everything raises LineError, LedgerError and their
    kinds, and MessageError for what is in the stream and not of the pair."""

    def __init__(self, member: Member, connection: FarConnection) -> None:
        self._member, self._connection, self._log = member, connection, EntryLog(connection)

    async def begin(self) -> None:
        await self._log.make()

    async def settle(self) -> int:
        """Bring ledger and stream to the same end; the place of the last message."""
        while True:
            last = await self._log.last()
            said, own = NOTHING if last is None else self._end_of(last), await asyncio.to_thread(tail, self._path)
            if last is not None and said == own:
                return last.place
            try:
                if last is not None and said.number >= own.number:
                    await self._read_on(last, own)
                else:
                    await self._restore(said, own, 0 if last is None else last.place)
            except Outrun:
                continue

    async def enter(self, new: Submission) -> Draft:
        """Enter them, all or none; none, where they were submitted before. Raises Overtaken; Unclear where nobody can
        say whether they were entered."""
        while True:
            place = await self.settle()
            own = await asyncio.to_thread(tail, self._path)
            if await asyncio.to_thread(self._is_submitted, new.once):
                return Draft(own, [], own)
            try:
                draft = await asyncio.to_thread(drafted, self._path, new, own)
                if draft.rows:
                    await asyncio.to_thread(self._keep_the_large, new)
                    await self._put(draft, place)
                return draft
            except Overtaken:
                await self.settle()  # whoever tries again is to read what others have entered
                if new.read_to is not None:
                    raise

    def _keep_the_large(self, new: Submission) -> None:
        """What does not travel with the entries is in our ledger first: else nobody would have it, were we killed."""
        travelling = _that_fit(new.files)
        staying = {digest: body for digest, body in new.files.items() if digest not in travelling}
        if staying:
            keep_files(self._path, staying, new.entries[0].at_ms)

    async def _put(self, draft: Draft, place: int) -> None:
        data = self._sealed(draft)
        try:
            await self._log.put(data, place)
        except Outrun:
            raise Overtaken(f"{self._path}: somebody else has entered something meanwhile; try again") from None
        except LineError as error:
            raise Unclear(f"{error}", Logged(place, data), draft) from error
        try:
            await asyncio.to_thread(take_over, self._path, draft)
        except LedgerLocked as error:
            raise LedgerLocked(
                f"{error}; this was entered all the same, up to number {draft.tail.number}: the daemon takes it over,"
                " so do not enter it again"
            ) from error

    async def was_entered(self, unclear: Unclear) -> bool:
        """Whether it was; if not, it never will be."""
        after, data = unclear.message
        while True:
            found = await self._log.at(after + 1)
            if found is not None:
                return found.data == data
            last = await self._log.last()
            place = 0 if last is None else last.place
            if place != after:  # the stream is another one: nothing that is under way fits into it
                await self.settle()
                number, digest = unclear.draft.tail
                return await asyncio.to_thread(digest_at, self._path, number) == digest
            try:
                own = await asyncio.to_thread(tail, self._path)
                await self._log.put(self._sealed(Draft(own, [], own)), after)
            except Outrun:
                continue
            return False

    async def told_after(self, question: bytes) -> bytes:
        """What another collector that asks is told: entries after a number, or where this register ends."""
        number = int(question) if question.isdigit() else 0
        try:
            draft = await asyncio.to_thread(entries_after, self._path, number, PIECE)
        except Missing:
            own = await asyncio.to_thread(tail, self._path)
            draft = Draft(own, [], own)
        return self._sealed(draft)

    @property
    def _path(self) -> Path:
        return self._member.path

    def _is_submitted(self, once: str) -> bool:
        return bool(once and Register(self._path).submitted(once))

    def _sealed(self, draft: Draft) -> bytes:
        member = self._member
        after, before = draft.after
        travelling = _that_fit(draft.files)
        files = packed(travelling) if travelling else b""
        papers = packed(draft.attached) if draft.attached else b""
        rows = packed(draft.rows)
        message = Entered(member.name, after, before, draft.tail.digest, rows, draft.once, files, papers)
        return sealed(message, member.key)

    def _opened(self, data: bytes) -> Draft:
        said = opened(data, self._member.key.public)
        rows = [_of_our_release(row) for row in said.rows()]
        end = Tail(said.after + len(rows), said.digest)
        return Draft(Tail(said.after, said.before), rows, end, said.once, said.contents(), said.papers())

    def _end_of(self, message: Logged) -> Tail:
        return self._opened(message.data).tail

    async def _read_on(self, last: Logged, own: Tail) -> None:
        """Take over what the stream has and we have not."""
        place, message = last.place, last
        while self._opened(message.data).after.number > own.number:
            place -= 1
            before = await self._log.at(place) if place else None
            if before is None:  # it is gone: the other one has it
                await self._ask_all(own)
                return
            message = before
        for each in range(place, last.place + 1):
            found = await self._log.at(each)
            if found is not None:
                try:
                    await asyncio.to_thread(take_over, self._path, self._opened(found.data))
                except Missing:  # a message between is gone
                    await self._ask_all(await asyncio.to_thread(tail, self._path))

    async def _restore(self, said: Tail, own: Tail, place: int) -> None:
        """The stream has lost what we have, or all. Nobody may number anything before both know what there is."""
        if said.digest != await asyncio.to_thread(digest_at, self._path, said.number):
            raise Apart(f"{self._path}: entry {said.number} is another one here than in the stream of the pair")
        known = await self._ask_all(own)
        own = await asyncio.to_thread(tail, self._path)
        since = max(said.number, min(known, own.number))
        while True:
            draft = await asyncio.to_thread(entries_after, self._path, since, PIECE)
            place = await self._log.put(self._sealed(draft), place)
            since = draft.tail.number
            if since >= own.number:
                break
        log.warning("the server had lost entries of the register: they are there again", extra={"last": since})

    async def _ask_all(self, own: Tail) -> int:
        """Take over what any other collector has and we have not; up to which number each of them has what we have."""
        known = []
        for name in self._member.others:
            have = own
            while True:
                told = self._opened(await self._asked(name, have.number))
                if told.after.number < have.number:  # it has less than we
                    if told.after.digest != await asyncio.to_thread(digest_at, self._path, told.after.number):
                        raise Apart(f"{self._path}: entry {told.after.number} is another one at {name}")
                    known.append(told.after.number)
                    break
                await asyncio.to_thread(take_over, self._path, told)
                have = await asyncio.to_thread(tail, self._path)
                if not told.rows:
                    known.append(have.number)
                    break
        return min(known, default=own.number)

    async def _asked(self, name: str, after: int) -> bytes:
        try:
            return await self._connection.ask(entries_of(name), str(after).encode())
        except LineError as error:
            raise LineError(
                f"the server does not have all entries of the register, and the collector {name} does not say what it"
                f" has ({error}); start it, or replace it (docs/how-to/replace-a-collector.md)"
            ) from None


def _that_fit(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """The smallest files, as many as a message has room for."""
    found, room = dict[str, bytes](), ROOM_FOR_FILES
    for digest, body in sorted(files.items(), key=lambda one: len(one[1])):
        room -= len(body)
        if room < 0:
            break
        found[digest] = body
    return found


def _of_our_release(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """A row of an earlier release lacks the columns that came later. Raises MessageError for one of a later release."""
    if len(row) > WIDTH:
        raise MessageError("entries of a later release of sla-monitor are in the stream: upgrade this collector")
    return (*row, *("",) * (WIDTH - len(row)))


class Unclear(LineError):  # noqa: N818 - it says how it is
    """The line broke while something was entered."""

    def __init__(self, why: str, message: Logged, draft: Draft) -> None:
        super().__init__(
            f"the line broke ({why}) while this was entered, and the server cannot be asked whether it was: when it is"
            " there again, look with `sla-monitor register list`, and enter it anew only if it is not there"
        )
        self.message, self.draft = message, draft


class SharedRegister(Register):
    """The register of a pair, in one of its ledgers: for commands, and for whatever in the daemon enters something."""

    def __init__(self, member: Member, nats: Nats, clock: Clock, known: KnownEntries | None = None) -> None:
        super().__init__(member.path, known)
        self._member, self._nats, self._clock = member, nats, clock

    def add(
        self,
        entries: Sequence[Entry],
        *,
        read_to: int | None = None,
        once: str = "",
        files: Mapping[str, bytes] = MappingProxyType({}),
        attached: Sequence[AttachedFile] = (),
    ) -> tuple[int, ...]:
        """As of `Register`, by the stream: on return our own ledger has them, with their files; the other one has the
        large files later. Raises LineError too: then nothing was entered, or the message says what is not known."""
        new = Submission(entries, read_to, once, files, attached)
        while True:
            try:
                draft = self._once(lambda keeping: keeping.enter(new))
            except Unclear as unclear:
                if not self._was_entered(unclear):
                    continue
                draft = unclear.draft
            return self.submitted(once) if once else tuple(row[0] for row in draft.rows)

    def _was_entered(self, unclear: Unclear) -> bool:
        """Raises Unclear where nobody can say, and LedgerError."""

        async def look(keeping: Keeping) -> bool:
            is_in = await keeping.was_entered(unclear)
            await keeping.settle()
            return is_in

        for _ in range(ATTEMPTS):
            self._clock.sleep(PAUSE_S)
            try:
                return self._once(look)
            except (LineError, OSError):
                continue
        raise unclear

    def _once(self, doing: Callable[[Keeping], Awaitable[T]]) -> T:
        async def done(connection: FarConnection) -> T:
            keeping = Keeping(self._member, connection)
            await keeping.begin()
            return await doing(keeping)

        try:
            return once(self._nats, INBOX, done)
        except Unclear:
            raise
        except MessageError as error:
            raise LineError(f"the stream of the pair has what neither of it has entered: {error}") from None
        except (LineError, OSError) as error:
            raise LineError(
                f"nothing was entered: what is entered at one collector of a pair reaches the other by the server, and"
                f" {error} (see that it runs and is reached, then enter it again)"
            ) from error


def register_of(settings: Settings, path: Path, clock: Clock, known: KnownEntries | None = None) -> Register:
    """The register in the ledger at a path: shared, where it is that of a collector of a pair. `known`: what was read
    of it, by whomever. Raises SigningKeyError, LedgerError and its kinds."""
    plain = Register.open(path, clock, known)
    nats = settings.sites.nats
    if nats is None or path.resolve() != Path(settings.ledger.path).resolve():
        return plain
    member = Member.of(settings, path)
    return plain if member is None else SharedRegister(member, nats, clock, known)
