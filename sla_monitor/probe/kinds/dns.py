"""A question to one name server, and what is expected of its answer."""

from __future__ import annotations

from sla_monitor.contract.endpoints.domain_name import name_wire
from sla_monitor.contract.endpoints.endpoint import DnsEndpoint
from sla_monitor.contract.endpoints.record_data import record_wire
from sla_monitor.probe.connections.channel import Address
from sla_monitor.probe.connections.in_turn import first_of
from sla_monitor.probe.failures import FAILURES, verdict_on
from sla_monitor.probe.prober import Surroundings
from sla_monitor.probe.resolving.dns_message import DnsMessage, Record, read
from sla_monitor.probe.resolving.name_server import TC, TYPES, DnsQuestion, over_tcp, over_udp
from sla_monitor.probe.resolving.resolver import addresses_of
from sla_monitor.probe.stopwatch import Stopwatch
from sla_monitor.probe.verdict import Verdict, finding
from sla_monitor.sla.observation import DETAIL_LIMIT, EVIDENCE_LIMIT, Finding, Reason


class DnsProber:
    """Asks, and compares what is answered. Looks into no other name server's knowledge but this one's."""

    __slots__ = ("_expected", "_name", "_text", "_type", "terms")

    def __init__(self, terms: DnsEndpoint, _: Surroundings) -> None:
        from sla_monitor.probe.resolving import dns_text  # 2 MB that only DNS endpoints need; not first in the loop

        self.terms = terms
        self._text = dns_text
        self._name = name_wire(terms.name_asked)
        self._type = TYPES[terms.record]
        self._expected = {record_wire(terms.record, answer): answer for answer in terms.expect}

    async def probe(self, watch: Stopwatch) -> Finding:
        message: DnsMessage | None = None
        verdict: Verdict | None
        question = DnsQuestion(self._name, self._type)
        try:
            message = await read(await self._ask(watch, question), question, watch.loop)
            verdict = self._judge(message, question)
        except FAILURES as error:
            verdict = verdict_on(error, watch)
        evidence = self._text.message_text(message, EVIDENCE_LIMIT) if verdict and message else ""
        return finding(watch, verdict, evidence.encode())

    def close(self) -> None:
        """Nothing is kept between probes."""

    async def _ask(self, watch: Stopwatch, question: DnsQuestion) -> bytes:
        """The answer of the server's first address that gives one."""
        began = watch.loop.time()
        addresses = await addresses_of(watch, self.terms.server, self.terms.port, self.terms.family)
        watch.dns = watch.loop.time() - began

        async def attempt(address: Address) -> bytes:
            if self.terms.transport == "tcp":
                return await over_tcp(watch, question, address)
            answer = await over_udp(watch, question, address)
            # What did not fit into a datagram is asked for again over TCP, as resolvers do.
            return await over_tcp(watch, question, address) if answer[2] << 8 & TC else answer

        return await first_of(watch, addresses, attempt)

    def _judge(self, message: DnsMessage, question: DnsQuestion) -> Verdict | None:
        wanted, code = self.terms.expect_rcode, self._text.rcode_of(message)
        if code != ("NOERROR" if wanted == "NODATA" else wanted):
            return _unexpected(f"the server answered {code}{'' if wanted == 'NOERROR' else f', and not {wanted}'}")
        if wanted not in {"NOERROR", "NODATA"}:
            return None
        found = message.records_of(question)
        if wanted == "NODATA":
            return self._no_data(message, found)
        if not found:
            return _unexpected(f"the answer has no {self.terms.record} record of {self.terms.name_asked}")
        there = {record.data for record in found}
        missing = [text for wire, text in self._expected.items() if wire not in there]
        if missing:
            has = self._text.records_text(found, DETAIL_LIMIT)
            return _unexpected(f"the answer lacks {missing[0]}; it has {has}")
        return None

    def _no_data(self, message: DnsMessage, found: list[Record]) -> Verdict | None:
        if found:
            return _unexpected(f"the answer has {self._text.records_text(found, DETAIL_LIMIT)}")
        return _unexpected("the server refers to other name servers") if message.is_referral else None


def _unexpected(detail: str) -> Verdict:
    return Verdict(Reason.ANSWER_UNEXPECTED, detail)
