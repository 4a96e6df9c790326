"""One run of a site far away, from its start to its stop."""

from __future__ import annotations

import logging
import signal
from pathlib import Path

from sla_monitor.clock import Clock
from sla_monitor.contract.endpoints.endpoint import Endpoint, endpoint_of
from sla_monitor.daemon import systemd
from sla_monitor.daemon.sites import Sites
from sla_monitor.errors import ConfigError, SigningKeyError
from sla_monitor.outpost.handing_over import Doing, HandingOver, Skew
from sla_monitor.outpost.outbox import FarOutbox
from sla_monitor.settings import Settings
from sla_monitor.signing import VerifyingKey
from sla_monitor.transport import PURPOSE, Answer, MessageError, SiteTerms, decode_signed, decode_to_site
from sla_monitor.transport.line import FarLine

SIGNALS = {signal.SIGTERM, signal.SIGINT}
STOP_S = 3.0
WANTED_DAYS, ENTRY_BYTES = 30, 400
"""How long an outbox should last while the site is cut off, and what an observation takes in it, with room to spare."""

DAY_S = 86_400
TERMS = "terms"

log = logging.getLogger(__package__)


class Outpost:
    """A place that probes what the collector says, also while it is cut off."""

    def __init__(self, path: Path, site: str, settings: Settings, clock: Clock) -> None:
        """Raises ConfigError, SigningKeyError, LineError and OutboxError."""
        given = settings.sites
        if given.nats is None:
            raise ConfigError([f"{path}: sites.nats: is missing (name the server between here and the collector)"])
        if given.outpost.collector_key is None:
            raise SigningKeyError(
                f"{path}: sites.outpost.collector_key: is missing (name the file with the collector's public key,"
                " as `sla-monitor ledger key` prints it there)"
            )
        self._site, self._settings = site, settings
        self._key = VerifyingKey.read(given.outpost.collector_key)
        self._skew = Skew(clock)
        self._outbox = FarOutbox(given.outpost.outbox, given.outpost.outbox_mb << 20, clock, self._skew)
        self.sites = Sites(settings, clock, self._outbox.put, lambda key, count: None)
        self._handing_over = HandingOver(site, self._outbox, clock, self._skew, self.understand, self._doing)
        self._line = FarLine(given.nats, "line", f"_INBOX_{site}", self._handing_over.serve)
        self._terms: SiteTerms | None = None

    def run(self) -> None:
        """Probe until SIGTERM or SIGINT, which the caller has blocked."""
        self.start()
        try:
            systemd.ready("probing")
            while signal.sigtimedwait(SIGNALS, 1.0) is None:
                if self.sites.tick_age_s < STOP_S:
                    systemd.ping()
        finally:
            systemd.stopping()
            self.stop()

    def start(self) -> None:
        """With the terms of before, where there are some: the collector may be out of reach."""
        body = self._outbox.kept(TERMS)
        if body is None:
            log.info("no terms yet: the collector is to say what to probe", extra={"site": self._site})
        else:
            try:
                self.understand(body)
            except MessageError as error:
                log.error("the terms of before cannot be read", extra={"error": str(error)})
        self.sites.start()
        self._line.start()

    def stop(self) -> None:
        """Have no further probe begun, and keep what was seen."""
        self.sites.stop()
        self._line.stop(STOP_S)
        if not self._outbox.close(STOP_S):
            log.error("the outbox could not be closed in time; what was not written is lost")

    @property
    def outbox(self) -> FarOutbox:
        return self._outbox

    @property
    def line(self) -> FarLine:
        return self._line

    def understand(self, data: bytes) -> Answer | None:
        """What the collector says, once its signature holds: terms are taken up, an answer is returned. Raises
        MessageError and OutboxError."""
        signed = decode_signed(data)
        if not self._key.holds(signed.signature, PURPOSE + signed.body):
            raise MessageError("the collector's key has not signed it")
        said = decode_to_site(signed.body)
        if isinstance(said, Answer):
            return said
        if said.site != self._site:
            raise MessageError(f"terms of another site ({said.site})")
        if self._terms is None or said.revision > self._terms.revision:
            self._take_up(said, data)
        return None

    def _take_up(self, terms: SiteTerms, data: bytes) -> None:
        self._terms = terms
        self._outbox.keep(TERMS, data)
        self.sites.assign(self._understood(terms))
        self._handing_over.take_terms(terms)
        log.info("terms taken up", extra={"endpoints": len(terms.endpoints), "revision": terms.revision})

    def _understood(self, terms: SiteTerms) -> dict[str, Endpoint]:
        endpoints = {}
        for one in terms.endpoints:
            try:
                endpoints[one.key] = endpoint_of(one.terms)
            except ValueError as error:  # of a later version of the program than ours
                log.error("an endpoint cannot be probed", extra={"endpoint": one.key, "error": str(error)})
        each_s = sum(1000 / one.every_ms for one in endpoints.values())
        limit = self._settings.sites.outpost.outbox_mb << 20
        days = limit / (each_s * ENTRY_BYTES * DAY_S) if each_s else WANTED_DAYS
        if days < WANTED_DAYS:
            log.warning(
                "the outbox is too small for a month", extra={"days": int(days), "setting": "sites.outpost.outbox_mb"}
            )
        return endpoints

    def _doing(self) -> Doing:
        stats = self.sites.stats()
        return Doing(running=stats.running, missed=stats.missed + stats.overrun)
