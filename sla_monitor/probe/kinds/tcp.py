"""A TCP connection, with an optional line to send and a pattern to wait for."""

from __future__ import annotations

from sla_monitor.contract.endpoints.endpoint import TcpEndpoint
from sla_monitor.contract.endpoints.http_terms import HttpExpectations
from sla_monitor.probe.connections.channel import Channel
from sla_monitor.probe.connections.connecting import connect
from sla_monitor.probe.failures import FAILURES, verdict_on
from sla_monitor.probe.judging.judging import Judge
from sla_monitor.probe.prober import Surroundings
from sla_monitor.probe.stopwatch import Stopwatch, TooMuch
from sla_monitor.probe.verdict import Verdict, finding
from sla_monitor.sla.observation import Finding, Reason

ANSWER_LIMIT = 65_536
"""Bytes that a server may say before the pattern is found."""

MOST_PIECES = 1_000


class TcpProber:
    """Connect; say something; wait for the pattern."""

    __slots__ = ("_judge", "_send", "terms")

    def __init__(self, terms: TcpEndpoint, _: Surroundings) -> None:
        self.terms = terms
        self._send = terms.send.encode() if terms.send is not None else None
        self._judge = Judge(HttpExpectations(body_matches=terms.expect)) if terms.expect is not None else None

    async def probe(self, watch: Stopwatch) -> Finding:
        answer = bytearray()
        channel: Channel | None = None
        try:
            channel = await connect(watch, self.terms.host, self.terms.port, self.terms.family)
            verdict = await self._converse(channel, watch, answer)
        except FAILURES as error:
            verdict = verdict_on(error, watch)
        finally:
            if channel is not None:
                channel.close()
        return finding(watch, verdict, bytes(answer), body_bytes=len(answer) if self._judge else None)

    def close(self) -> None:
        """Nothing is kept between probes."""

    async def _converse(self, channel: Channel, watch: Stopwatch, answer: bytearray) -> Verdict | None:
        watch.sent()
        if self._send is not None:
            watch.doing = "sending"
            await channel.send(self._send, watch)
            watch.sent()
        if self._judge is None:
            return None
        watch.grant(ANSWER_LIMIT)
        # All of it is looked through again with every piece, so there must not be very many.
        for _ in range(MOST_PIECES):
            piece = await channel.receive(watch)
            answer += piece
            verdict = await self._judge.of_body(watch, answer, None)
            if verdict is None or verdict.reason is not Reason.BODY_UNEXPECTED:
                return verdict
            if not piece:
                return Verdict(Reason.ANSWER_UNEXPECTED, f"the server ended without saying {self.terms.expect!r}")
        raise TooMuch(len(answer))
