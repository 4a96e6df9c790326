"""A TLS handshake, for the certificate alone."""

from __future__ import annotations

from sla_monitor.contract.endpoints.endpoint import TlsEndpoint
from sla_monitor.probe.connections.connecting import connect, secure
from sla_monitor.probe.connections.trust import context_for
from sla_monitor.probe.failures import FAILURES, verdict_on
from sla_monitor.probe.prober import Surroundings
from sla_monitor.probe.stopwatch import Stopwatch
from sla_monitor.probe.verdict import Verdict, expiring, finding
from sla_monitor.sla.observation import Finding


class TlsProber:
    """Connect, agree on TLS, read the certificates, hang up."""

    __slots__ = ("_clock", "_context", "_server_name", "terms")

    def __init__(self, terms: TlsEndpoint, surroundings: Surroundings) -> None:
        """Raises OSError and ssl.SSLError for files that cannot be read."""
        self.terms = terms
        self._clock = surroundings.clock
        self._context = context_for(terms)
        self._server_name = terms.server_name or terms.host

    async def probe(self, watch: Stopwatch) -> Finding:
        verdict: Verdict | None
        try:
            channel = await connect(watch, self.terms.host, self.terms.port, self.terms.family)
            (await secure(watch, channel, self._context, self._server_name)).close()
        except FAILURES as error:
            verdict = verdict_on(error, watch)
        else:
            verdict = expiring(watch, self.terms.certificate_days_left, self._clock.now_ms())
        return finding(watch, verdict)

    def close(self) -> None:
        """Nothing is kept between probes."""
