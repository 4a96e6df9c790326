"""Names to addresses, in the loop: a slow name server costs its own endpoints only."""

from __future__ import annotations

import errno
import logging
import re
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from ipaddress import ip_address
from typing import Any

from pycares import errno as codes

from sla_monitor.contract.endpoints.domain_name import a_labels, name_wire
from sla_monitor.probe.connections.channel import Address, LocalRefusal
from sla_monitor.probe.connections.in_turn import first_of
from sla_monitor.probe.loop import Loop, Promise
from sla_monitor.probe.resolving.cares import ANY_ANSWER, GIVEN_UP, NO_DATA, SIMPLE, Round
from sla_monitor.probe.resolving.dns_message import read
from sla_monitor.probe.resolving.name_server import TYPES, DnsQuestion, over_tcp
from sla_monitor.probe.stopwatch import DeadlinePassed, Stopwatch
from sla_monitor.probe.verdict import Failure
from sla_monitor.sla.observation import Reason

log = logging.getLogger(__name__)

FAMILIES = {"any": socket.AF_UNSPEC, "ipv4": socket.AF_INET, "ipv6": socket.AF_INET6}
_KINDS = {"any": ("AAAA", "A"), "ipv4": ("A",), "ipv6": ("AAAA",)}

MOST_ADDRESSES = 8

JOIN_S = 1.0
"""A question that has been out for longer is not shared: its next try may be far off."""

ROUND_S = 5.0
"""How old the settings of resolv.conf may be."""

PATIENCE_S = 2.0
"""A name server of ours that answers nothing at all for so long is not there."""

FAIR_S = 0.2
"""What it has to answer in before we call it silent, if a supplier could choose the moment."""

SILENCE_HOLDS_S = 1.0
"""For so long it is not asked again."""

_NO_ANSWER = frozenset({codes.ARES_ETIMEOUT, codes.ARES_ECONNREFUSED, codes.ARES_EOF, GIVEN_UP, codes.ARES_ENOMEM})
"""Everything else is an answer: it proves that a name server is there."""

_ANSWERS = frozenset({codes.ARES_ESERVFAIL, codes.ARES_EREFUSED, codes.ARES_ENOTIMP})
"""What only a name server can have said. That there is no such name may come from the hosts file."""

_WORDS = {
    codes.ARES_ENODATA: (socket.EAI_NONAME, "the name has no address"),
    codes.ARES_ENOTFOUND: (socket.EAI_NONAME, "there is no such name"),
    codes.ARES_EBADNAME: (socket.EAI_NONAME, "it is not a domain name"),
    codes.ARES_ESERVFAIL: (socket.EAI_AGAIN, "the name server answered SERVFAIL"),
    codes.ARES_EREFUSED: (socket.EAI_AGAIN, "the name server answered REFUSED"),
    codes.ARES_ETIMEOUT: (socket.EAI_AGAIN, "no name server answered"),
    codes.ARES_ECONNREFUSED: (socket.EAI_AGAIN, "no name server listens"),
}
"""c-ares's codes are not the system's: its 1 is no EPERM."""

_PLAIN = re.compile(r"[!-\[\]-~]+")


async def addresses_of(watch: Stopwatch, host: str, port: int, family: str) -> list[Address]:
    """Where to connect, best first. Raises socket.gaierror; LocalRefusal and Failure where it is our own host or name
    server that fails."""
    if "%" in host:
        return [_scoped(host, port, family)]
    literal = _literal(host, port, family)
    if literal is not None:
        return [literal]
    watch.doing = "resolving the name"
    found = await resolver_of(watch.loop).addresses(watch, host, family)
    return [_address(ip, port) for ip in found]


def resolver_of(loop: Loop) -> Resolver:
    if loop.resolver is None:
        loop.resolver = Resolver(loop)
    return loop.resolver


@dataclass(frozen=True, slots=True)
class _Question:
    """One that is out. `promise`: a result and None, or None and a code of c-ares."""

    round: Round
    promise: Promise[tuple[Any, int | None]]
    began_s: float


class Resolver:
    """The one of a loop. `servers`: name servers in place of the system's, as `127.0.0.1:5353`."""

    def __init__(self, loop: Loop, servers: Sequence[str] = ()) -> None:
        self._loop = loop
        self._servers = tuple(servers)
        self._rounds: set[Round] = set()
        self._current: Round | None = None
        self._out: dict[tuple[str, str], _Question] = {}
        self._check: Promise[None] | None = None
        self._heard_s = self._asked_s = self._silent_s = float("-inf")

    async def addresses(self, watch: Stopwatch, host: str, family: str) -> list[str]:
        """The addresses of a name. Raises socket.gaierror, and Failure where our own name server answers nothing."""
        name, began_s, left_s = _name(host), self._loop.time(), watch.left()
        # So that it is known by the deadline whose silence it is.
        doubted_s = began_s + min(left_s / 2, max(left_s - FAIR_S, 0.0))
        doubt = self._loop.call_at(doubted_s, lambda: self._begin_check(began_s))
        try:
            result, code = await self._ask(name, family)
            if code in _NO_ANSWER and not await self.is_answering(began_s):
                raise _ours(host)
        except DeadlinePassed:
            # A supplier that redirects us in its last millisecond proves nothing about our name server.
            if self._heard_s < began_s and self._silence_s() >= (FAIR_S if watch.was_answered else 0.0):
                raise _ours(host) from None
            raise
        finally:
            doubt.cancel()
        if code == NO_DATA and (wide := await self._ask_over_tcp(watch, name, family)):
            return _few(wide)
        if code is not None:
            raise socket.gaierror(*_WORDS.get(code, (socket.EAI_FAIL, codes.strerror(code))))
        return _few([_text(node.addr[0]) for node in result.nodes])

    @property
    def is_silent(self) -> bool:
        """Whether our own name server answered nothing when it was last asked."""
        return self._silent_s > self._heard_s

    async def is_answering(self, since_s: float | None = None) -> bool:
        """Whether a name server of ours answers anything at all. Asks, unless one has answered since `since_s` (on the
        loop's time); whoever asks at the same time shares the question. Takes PATIENCE_S at most."""
        since_s = self._loop.time() if since_s is None else since_s
        self._begin_check(since_s)
        if self._check is not None:
            await self._check.wait()
        return self._heard_s >= since_s

    def close(self) -> None:
        for round_ in tuple(self._rounds):
            self._end(round_)

    async def _ask(self, name: str, family: str) -> tuple[Any, int | None]:
        question = self._out.get((name, family))
        if question is None or self._loop.time() - question.began_s > JOIN_S:
            question = self._begin(name, family)
        return await self._answer(question)

    def _begin(self, name: str, family: str) -> _Question:
        round_, now_s = self._current, self._loop.time()
        known_as = name.rstrip(".")
        if round_ is None or known_as in round_.asked or now_s - round_.began_s > ROUND_S:
            if round_ is not None and not round_.waiting:
                self._end(round_)
            round_ = self._current = self._round(SIMPLE)
        question = _Question(round_, Promise(self._loop), now_s)

        def done(result: Any, code: int | None) -> None:
            if self._out.get((name, family)) is question:
                del self._out[name, family]
            if code in _ANSWERS or (code is None and any(node.ttl for node in result.nodes)):
                self._heard_s = self._loop.time()
            elif code is None:  # from the hosts file, which is read anew when it changes
                round_.asked.discard(known_as)
            question.promise.keep((result, code))

        round_.asked.add(known_as)
        self._out[name, family] = question
        round_.ask_addresses(name, FAMILIES[family], done)
        return question

    async def _ask_over_tcp(self, watch: Stopwatch, name: str, family: str) -> list[str]:
        """A name may have more addresses than a datagram holds, and our name server may then send none of them."""
        round_ = self._round(SIMPLE)
        servers = round_.servers
        self._end(round_)
        # Of its own: what our name server does is none of the probe's phases.
        own = Stopwatch(self._loop, int(watch.left() * 500))
        found: list[str] = []
        try:
            for kind in _KINDS[family]:
                question = DnsQuestion(name_wire(name), TYPES[kind])
                wire = await first_of(own, [_server(server) for server in servers], partial(over_tcp, own, question))
                records = (await read(wire, question, self._loop)).records_of(question)
                found += [str(ip_address(record.data)) for record in records]
        except (OSError, Failure, ValueError) as error:
            log.debug("our name server has no more over TCP", extra={"asked": name, "why": f"{error}"})
        finally:
            own.stop()
        return found

    async def _answer(self, question: _Question) -> tuple[Any, int | None]:
        round_ = question.round
        round_.waiting += 1
        try:
            return await question.promise.wait()
        finally:
            round_.waiting -= 1
            if not round_.waiting and (round_.pending or round_ is not self._current):
                self._end(round_)

    def _round(self, flags: int) -> Round:
        round_ = Round(self._loop, self._servers, flags)
        self._rounds.add(round_)
        return round_

    def _end(self, round_: Round) -> None:
        if round_ is self._current:
            self._current = None
        if round_ in self._rounds:
            self._rounds.remove(round_)
            round_.close()

    def _silence_s(self) -> float:
        """For how long our name server has left the latest question for anything unanswered; negative: it has not."""
        return self._loop.time() - self._asked_s if self._asked_s > self._heard_s else -1.0

    def _begin_check(self, since_s: float) -> None:
        """Ask, unless that is being done, or one was answered since `since_s`, or there was silence just now."""
        now_s = self._loop.time()
        if self._check is not None or self._heard_s >= since_s or now_s - self._silent_s < SILENCE_HOLDS_S:
            return
        check: Promise[None] = Promise(self._loop)
        self._check, self._asked_s = check, now_s

        def done(is_answering: bool | None, error: BaseException | None) -> None:
            if error is not None:
                log.error("the name server could not be asked", exc_info=error)
            now_s = self._loop.time()
            if is_answering:
                self._heard_s = now_s
            else:
                if self._silent_s <= self._heard_s:
                    log.warning("our own name server does not answer")
                self._silent_s = now_s
            self._check = None
            check.keep(None)

        self._loop.spawn(self._ask_anything(), done)

    async def _ask_anything(self) -> bool:
        round_ = self._round(ANY_ANSWER)
        question = _Question(round_, Promise(self._loop), round_.began_s)
        patience = self._loop.call_at(round_.began_s + PATIENCE_S, round_.give_up)
        round_.ask_root(lambda result, code: question.promise.keep((result, code)))
        try:
            _, code = await self._answer(question)
        finally:
            patience.cancel()
        return code not in _NO_ANSWER


def _ours(host: str) -> Failure:
    return Failure(Reason.MONITOR_OFFLINE, f"our own name server does not answer (asked for {host})")


def _name(host: str) -> str:
    """The name as it is asked for. Raises socket.gaierror."""
    try:
        name = a_labels(host)
    except ValueError:
        name = ""
    if not _PLAIN.fullmatch(name):  # c-ares would take it up to the first NUL
        raise socket.gaierror(*_WORDS[codes.ARES_EBADNAME])
    return name.lower()


def _server(text: str) -> Address:
    """Where `[::1]:53` is. Raises ValueError."""
    host, _, port = text.rpartition(":")
    found = _literal(host.strip("[]"), int(port), "any")
    if found is None:
        raise ValueError(f"{text} is no address")
    return found


def _text(address: str | bytes) -> str:
    return address.decode("ascii") if isinstance(address, bytes) else address


def _few(addresses: list[str]) -> list[str]:
    """At most MOST_ADDRESSES, the best first, and of each family if there are both."""
    if len(addresses) <= MOST_ADDRESSES:
        return addresses
    six = [":" in address for address in addresses]
    room = {True: max(MOST_ADDRESSES // 2, MOST_ADDRESSES - six.count(False))}
    room[False] = MOST_ADDRESSES - min(room[True], six.count(True))
    taken: list[str] = []
    for address, is_six in zip(addresses, six, strict=True):
        if room[is_six]:
            room[is_six] -= 1
            taken.append(address)
    return taken


def _address(ip: str, port: int) -> Address:
    return (socket.AF_INET6, (ip, port, 0, 0)) if ":" in ip else (socket.AF_INET, (ip, port))


@lru_cache(maxsize=4096)
def _literal(host: str, port: int, family: str) -> Address | None:
    """Where an IP address leads, without asking anybody; None for a name."""
    try:
        version = ip_address(host).version
    except ValueError:
        return None
    if family not in {"any", f"ipv{version}"}:
        raise socket.gaierror(socket.EAI_ADDRFAMILY, f"it is an IPv{version} address")
    return _address(host, port)


def _scoped(host: str, port: int, family: str) -> Address:
    """Where `fe80::1%eth0` leads."""
    address, _, scope = host.partition("%")
    found = _literal(address, port, family)
    if found is None or found[0] != socket.AF_INET6:
        raise socket.gaierror(*_WORDS[codes.ARES_EBADNAME])
    try:
        index = int(scope) if scope.isdecimal() else socket.if_nametoindex(scope)
    except OSError:
        raise LocalRefusal(errno.ENETDOWN, f"there is no interface {scope}") from None
    return (socket.AF_INET6, (address, port, 0, index))
