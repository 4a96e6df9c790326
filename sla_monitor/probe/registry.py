"""The kinds of probe by name: the same names as in `contract/endpoints/endpoint.py`."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from importlib import import_module
from typing import Any

from sla_monitor.contract.endpoints.endpoint import Endpoint, EndpointTerms
from sla_monitor.errors import SecretError
from sla_monitor.probe.prober import Prober, Surroundings, misconfigured
from sla_monitor.probe.stopwatch import Stopwatch
from sla_monitor.sla.observation import Finding

Make = Callable[[Any, Surroundings], Prober]
"""Makes a prober from an endpoint's terms. Raises SecretError, OSError or ValueError for what cannot be made."""


def _of(module: str, name: str) -> Make:
    """A kind whose module is read when the first endpoint of it is: the collector has no use for HTTP clients."""

    def make(terms: Any, surroundings: Surroundings) -> Prober:
        prober: Prober = getattr(import_module(f"sla_monitor.probe.kinds.{module}"), name)(terms, surroundings)
        return prober

    return make


KINDS: dict[str, Make] = {
    "http": _of("http", "HttpProber"),
    "tcp": _of("tcp", "TcpProber"),
    "dns": _of("dns", "DnsProber"),
    "tls": _of("tls", "TlsProber"),
    "heartbeat": _of("heartbeat", "HeartbeatProber"),
    "journey": _of("journey", "JourneyProber"),
}


def build(terms: Endpoint, surroundings: Surroundings) -> Prober:
    """The prober for an endpoint. One that lacks a secret or a file is built too, and says so at every probe."""
    try:
        return KINDS[terms.kind](terms, surroundings)
    except (SecretError, OSError, ValueError):
        return Unprepared(terms, surroundings)


class Unprepared:
    """An endpoint whose probe cannot be made, or not yet: what it lacks is looked for again at every probe."""

    __slots__ = ("_prober", "_surroundings", "terms")

    def __init__(self, terms: Endpoint, surroundings: Surroundings) -> None:
        self.terms: EndpointTerms = terms
        self._surroundings = surroundings
        self._prober: Prober | None = None

    async def probe(self, watch: Stopwatch) -> Finding:
        """UNKNOWN, with the reference or the file that is missing (never a secret), until it is there."""
        if self._prober is None:
            try:
                self._prober = KINDS[self.terms.kind](self.terms, self._surroundings)  # type: ignore[attr-defined]
            except SecretError as error:
                return misconfigured(f"{error}")
            except (OSError, ValueError) as error:
                return misconfigured(_why(error))
        return await self._prober.probe(watch)

    def close(self) -> None:
        if self._prober is not None:
            self._prober.close()


def _why(error: Exception) -> str:
    if isinstance(error, OSError) and error.filename:
        return f"{error.filename}: {error.strerror}"
    if isinstance(error, ssl.SSLError):
        return f"a certificate or key file cannot be used: {(error.reason or str(error)).replace('_', ' ').lower()}"
    if type(error) is ValueError:
        return f"{error}"
    # Not a library's own words: requests quotes the header that it refuses, and that may hold a secret.
    return f"the probe cannot be made from these terms ({type(error).__name__})"
