"""The kinds of probe by name: the same names as in `contract/endpoints/endpoint.py`."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any

from sla_monitor.contract.endpoints.endpoint import Endpoint, EndpointTerms
from sla_monitor.contract.endpoints.template import Template
from sla_monitor.contract.fields import Strict
from sla_monitor.contract.reading.secret import SecretReference
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
    """The prober for an endpoint. One that lacks a secret or a file is built too, and says so at every probe; one whose
    secrets or certificates change is made anew."""
    files = () if surroundings.heard else tuple(dict.fromkeys(_files(terms)))  # a job's token is read with each report
    stamps = _stamps(files)
    prober: Prober | None = None
    with suppress(SecretError, OSError, ValueError):
        prober = KINDS[terms.kind](terms, surroundings)
    return prober if prober and not files else Prepared(terms, surroundings, files, (prober, stamps))


Stamps = list[tuple[int, int, int] | None]
"""Of each file: its number, size and time of change; None: it cannot be seen."""


class Prepared:
    """An endpoint whose probe needs files, or cannot be made yet: what it lacks is looked for again at every probe, and
    what was read is read again when it changes. A supplier is not charged for a password that we did not take up."""

    __slots__ = ("_files", "_prober", "_stamps", "_surroundings", "terms")

    def __init__(
        self,
        terms: Endpoint,
        surroundings: Surroundings,
        files: tuple[Path, ...],
        made: tuple[Prober | None, Stamps],
    ) -> None:
        self.terms: EndpointTerms = terms
        self._surroundings, self._files = surroundings, files
        self._prober, self._stamps = made

    async def probe(self, watch: Stopwatch) -> Finding:
        """UNKNOWN, with the reference or the file that is missing (never a secret), until it is there."""
        stamps = _stamps(self._files)
        if stamps != self._stamps:
            self.close()
            self._prober = None
        if self._prober is None:
            self._stamps = stamps
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


def _files(value: Any) -> Iterator[Path]:
    """The files that terms refer to: secrets, certificates, keys."""
    if isinstance(value, Path):
        yield value
    elif isinstance(value, SecretReference):
        yield from filter(None, [value.path])
    elif isinstance(value, Strict | Mapping):
        for each in (vars(value) if isinstance(value, Strict) else value).values():
            yield from _files(each)
    elif isinstance(value, list | tuple | Template):
        for each in value.pieces if isinstance(value, Template) else value:
            yield from _files(each)


def _stamps(files: tuple[Path, ...]) -> Stamps:
    found: Stamps = []
    for path in files:
        try:
            status = path.stat()
        except OSError:
            found.append(None)
        else:
            found.append((status.st_ino, status.st_size, status.st_mtime_ns))
    return found


def _why(error: Exception) -> str:
    if isinstance(error, OSError) and error.filename:
        return f"{error.filename}: {error.strerror}"
    if isinstance(error, ssl.SSLError):
        return f"a certificate or key file cannot be used: {(error.reason or str(error)).replace('_', ' ').lower()}"
    if type(error) is ValueError:
        return f"{error}"
    # Not a library's own words: requests quotes the header that it refuses, and that may hold a secret.
    return f"the probe cannot be made from these terms ({type(error).__name__})"
