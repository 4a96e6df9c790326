"""A question to one name server, through dnspython."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

from sla_monitor.contract.endpoint import DnsEndpoint
from sla_monitor.probe.channel import Address
from sla_monitor.probe.prober import Surroundings
from sla_monitor.probe.resolve import addresses_of
from sla_monitor.probe.stopwatch import Stopwatch
from sla_monitor.probe.trouble import FAILURES, verdict_on
from sla_monitor.probe.verdict import Verdict, finding
from sla_monitor.sla.observation import Finding, Reason

if TYPE_CHECKING:
    from dns.message import Message


class DnsProber:
    """Asks, and compares what is answered. Looks into no other name server's knowledge but this one's."""

    __slots__ = ("_expected", "terms")

    def __init__(self, terms: DnsEndpoint, _: Surroundings) -> None:
        """Raises ValueError for what is no domain name."""
        import dns.exception  # 2 MB that only DNS endpoints need
        import dns.name

        self.terms = terms
        self._expected = {_plain(answer) for answer in terms.expect}
        try:
            dns.name.from_text(terms.name_asked)
        except dns.exception.DNSException as error:
            raise ValueError(f"{terms.name_asked!r} is not a domain name: {error}") from None

    async def probe(self, watch: Stopwatch) -> Finding:
        import dns.exception

        evidence = b""
        verdict: Verdict | None
        try:
            answer = await self._ask(watch)
            evidence = answer.to_text().encode()
            verdict = self._judge(answer)
        except dns.exception.Timeout:
            verdict = Verdict(Reason.TIMEOUT, f"the time was up while {watch.doing}")
        except dns.exception.DNSException as error:
            verdict = Verdict(Reason.PROTOCOL_ERROR, f"the answer is no DNS message: {error}")
        except EOFError:
            verdict = Verdict(Reason.CONNECTION_RESET, "the server closed the connection without an answer")
        except FAILURES as error:
            verdict = verdict_on(error, watch)
        return finding(watch, verdict, evidence)

    def close(self) -> None:
        """Nothing is kept between looks."""

    async def _ask(self, watch: Stopwatch) -> Message:
        """The answer. One that did not fit into a UDP datagram is asked for again over TCP, as resolvers do."""
        import dns.flags
        import dns.message

        began = watch.loop.time()
        addresses = await addresses_of(watch, self.terms.server, self.terms.port, self.terms.family)
        watch.dns = watch.loop.time() - began
        question = dns.message.make_query(self.terms.name_asked, self.terms.record)
        address = addresses[0]
        watch.address = address[1][0]
        if self.terms.transport == "tcp":
            return _over_tcp(watch, question, address)
        answer = _over_udp(watch, question, address)
        return _over_tcp(watch, question, address) if answer.flags & dns.flags.TC else answer

    def _judge(self, answer: Message) -> Verdict | None:
        import dns.rcode
        import dns.rdatatype

        code = answer.rcode()
        if code != dns.rcode.NOERROR:
            return Verdict(Reason.ANSWER_UNEXPECTED, f"the server answered {dns.rcode.to_text(code)}")
        wanted = dns.rdatatype.from_text(self.terms.record)
        found = {_plain(data.to_text()) for rrset in answer.answer if rrset.rdtype == wanted for data in rrset}
        if not found:
            return Verdict(Reason.ANSWER_UNEXPECTED, f"the answer has no {self.terms.record} record")
        missing = sorted(self._expected - found)
        if missing:
            detail = f"the answer lacks {missing[0]}; it has {', '.join(sorted(found))}"
            return Verdict(Reason.ANSWER_UNEXPECTED, detail)
        return None


def _plain(answer: str) -> str:
    """Records as people write them: no quotes, no final dot, no capitals."""
    return answer.replace('"', "").rstrip(".").lower()


def _over_udp(watch: Stopwatch, question: Message, address: Address) -> Message:
    import dns.query

    kind, target = address
    with socket.socket(kind, socket.SOCK_DGRAM) as sock:
        # Connected, so that a closed port is told to us at once.
        sock.connect(target)
        sock.setblocking(False)
        watch.sent()
        answer = dns.query.udp(question, target[0], timeout=watch.left(), port=target[1], sock=sock)
    _answered(watch)
    return answer


def _over_tcp(watch: Stopwatch, question: Message, address: Address) -> Message:
    import dns.query

    kind, target = address
    watch.doing = "connecting"
    began = watch.loop.time()
    with socket.socket(kind, socket.SOCK_STREAM) as sock:
        sock.settimeout(watch.left())
        sock.connect(target)
        watch.connect = watch.loop.time() - began
        sock.setblocking(False)
        watch.sent()
        answer = dns.query.tcp(question, target[0], timeout=watch.left(), sock=sock)
    _answered(watch)
    return answer


def _answered(watch: Stopwatch) -> None:
    watch.first_byte = (watch.first_byte or 0.0) + watch.loop.time() - watch.sent_at
