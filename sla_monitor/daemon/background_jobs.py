"""Background jobs beside probing and assessing: silences, queries to Prometheus, packs, sealing, verification."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from sla_monitor import names
from sla_monitor.clock import Clock
from sla_monitor.configuration import Configuration
from sla_monitor.daemon import response_history
from sla_monitor.daemon.assessing import Assessing
from sla_monitor.daemon.lease import LeaseKeeper, always
from sla_monitor.daemon.nightly import CHECKING, Nightly
from sla_monitor.daemon.response_history import ResponseHistory
from sla_monitor.errors import LedgerError
from sla_monitor.ledger import Recorded
from sla_monitor.metrics.exporter import Own
from sla_monitor.pair.shared_register import register_of
from sla_monitor.queries import Queries
from sla_monitor.review.pack_scheduler import PackScheduler, due
from sla_monitor.review.pack_store import shelved
from sla_monitor.review.posting import Posting
from sla_monitor.schedule import Schedule
from sla_monitor.silences import Silences, silenced
from sla_monitor.web import ReviewPack
from sla_monitor.webhooks import Webhooks
from sla_monitor.wording.numbers import format_count

REVIEWS_EVERY_MS = 60_000
"""How often it is asked whether a review pack is due."""

NIGHTLY_EVERY_MS = 60_000
"""How often it is asked whether days are to be sealed, and the record verified."""

CHECK_AFTER_MS = 3_600_000
"""How long after a start the record is verified, though it be day: who is started each evening has no night."""

QUERIES_EVERY_MS = 60_000
"""How often it is asked whether a KPI's figure is due from its Prometheus."""

WEBHOOKS_S = 0.5
"""How long a message that is under way is waited for at a stop."""

PROVEN_MS, WITHIN_MS = 24 * 3_600_000, 6 * 3_600_000
"""What cannot be taken back waits until something was seen so long ago, within so much: after a longer pause the clock
may be ahead."""

log = logging.getLogger(__package__)


class BackgroundJobs:
    """None of them holds up a probe. `configuration` gives the one that is in force."""

    def __init__(
        self,
        path: Path,
        configuration: Callable[[], Configuration],
        assessing: Assessing,
        clock: Clock,
        response_times: ResponseHistory,
        keeper: LeaseKeeper | None = None,
    ) -> None:
        """`keeper`: of a pair, what says whether this one is the one that tells others. Both make packs, seal days and
        verify, each its own; one makes silences, asks Prometheus for figures, and sends mails."""
        settings = configuration().settings
        self._configuration, self._assessing, self._clock = configuration, assessing, clock
        self._speaks = speaks = always if keeper is None else keeper.lease.is_held
        self._tells = always if keeper is None else keeper.tells
        self.response_times = response_times
        self._duty = PackScheduler(settings.reviews, path, is_posted=keeper is not None)
        reviews = settings.reviews
        self._posting = None if keeper is None else Posting(reviews.folder, reviews.mail, keeper, speaks, clock)
        self._queries = Queries(lambda: register_of(settings, settings.ledger.path, clock), clock)
        self._queries.known(configuration().contracts)  # so that the first scrape has a count for each of their KPIs
        self._nightly = Nightly(path)
        self._checking = Nightly(path, CHECKING, clock.now_ms() + CHECK_AFTER_MS)
        self._silences = Silences(settings.alertmanager, settings.vantage, speaks)
        self._webhooks = Webhooks(
            settings.webhooks, settings.ledger.path, lambda: configuration().contracts, clock, speaks, keeper
        )
        self._is_waiting, self._is_stopping, self._started_s = False, False, clock.monotonic()

    def begin(self, schedule: Schedule) -> None:
        """Have each done in its turn, where the settings ask for it."""
        settings = self._configuration().settings
        if settings.alertmanager.silences:
            schedule.every(settings.alertmanager.every_ms, "silences", self.silence)
        if settings.reviews.automatic:
            schedule.every(REVIEWS_EVERY_MS, "reviews", self._until_stopped(self.make_reviews))
        if settings.archive.automatic:
            schedule.every(NIGHTLY_EVERY_MS, "archive", self._until_stopped(self.seal_days))
        schedule.every(NIGHTLY_EVERY_MS, "check", self.check_record)
        schedule.every(QUERIES_EVERY_MS, "queries", self._until_stopped(self.ask_for_figures))
        self._webhooks.start()
        schedule.every(response_history.EVERY_MS, "response times", self.take_in_response_times)

    def _until_stopped(self, job: Callable[[], None]) -> Callable[[], None]:
        """A job that reads the record, and may have waited for an assessment until the ledger was closed."""

        def done() -> None:
            try:
                job()
            except LedgerError:
                if not self._is_stopping:
                    raise

        return done

    def stop(self) -> None:
        """Begin nothing more."""
        self._is_stopping = True
        self._duty.stop()
        self._nightly.stop()
        self._checking.stop()
        self._queries.stop()
        self._webhooks.stop(WEBHOOKS_S)

    def close(self) -> None:
        self._silences.close()

    def silence(self) -> None:
        """Let Alertmanager know of the maintenance that is permitted, as the latest assessment has it; before the first
        one nothing is known, and nothing changes."""
        if not self._tells():
            self._silences.follow()
            return
        assessment = self._assessing.latest
        if assessment.at_ms:
            permitted = {contract.contract: silenced(contract) for contract in assessment.contracts}
            self._silences.keep(permitted, self._clock.now_ms())

    def ask_for_figures(self) -> None:
        """Have Prometheus asked for the KPI figures that it knows, where that is due."""
        if not self._tells():
            return
        contracts = self._queries.known(self._configuration().contracts)
        with self._assessing.recorded() as recorded:
            if not self._is_proven(recorded):
                return
            several = [(contract, recorded.entries(contract.id)) for contract in contracts]
        self._queries.check(several)

    def make_reviews(self) -> None:
        """Have the packs made that are due."""
        with self._assessing.recorded() as recorded:
            contracts = self._configuration().contracts if self._is_proven(recorded) else ()
            now_ms, reviews = self._clock.now_ms(), self._configuration().settings.reviews
            firsts = recorded.firsts_ms([contract.id for contract in contracts])
            wanted = [
                one
                for contract in contracts
                for one in due(contract, recorded.entries(contract.id), firsts[contract.id], reviews, now_ms)
            ]
        self._duty.check(wanted, now_ms)
        if self._posting is not None:
            self._posting.check()

    def seal_days(self) -> None:
        """Have the days sealed that are over."""
        with self._assessing.recorded() as recorded:
            is_proven = self._is_proven(recorded)
        self._nightly.check(self._clock.now_ms(), may_begin=is_proven)

    def _is_proven(self, recorded: Recorded) -> bool:
        """Whether the record bears out that it is now: packs go out, figures are entered and days sealed but once.

        A clock that is set ahead leaves a gap, as a monitor does that was off. A record that has just begun has none.
        """
        since_ms = self._clock.now_ms() - PROVEN_MS
        is_proven = (
            recorded.was_seen(since_ms - WITHIN_MS, since_ms)
            or self._clock.monotonic() - self._started_s >= PROVEN_MS / 1000
            or self._has_just_begun(recorded, since_ms)
        )
        if not is_proven and not self._is_waiting:
            log.warning(
                "nothing was seen a day ago: the monitor was off, or its clock is ahead; packs, sealed days and figures"
                " from Prometheus wait for a day"
            )
        self._is_waiting = not is_proven
        return is_proven

    def _has_just_begun(self, recorded: Recorded, since_ms: int) -> bool:
        firsts = recorded.firsts_ms([contract.id for contract in self._configuration().contracts])
        return all(first_ms is None or first_ms >= since_ms for first_ms in firsts.values())

    def take_in_response_times(self) -> None:
        """Have the pages know how long the answers of the days took that are over."""
        self.response_times.turn(self._configuration().contracts, self._firsts_ms)

    def _firsts_ms(self, contracts: Sequence[str]) -> Mapping[str, int | None]:
        with self._assessing.recorded() as recorded:
            return recorded.firsts_ms(contracts)

    def check_record(self) -> None:
        """Have the whole record verified."""
        self._checking.check(self._clock.now_ms())
        self._assessing.verified.found("night", self._checking.problem)
        self._assessing.verified.at_ms = self._checking.done_ms

    def troubles(self) -> Iterator[str]:
        """What is not as it should be, for the page."""
        if self._posting is not None and self._posting.failing:
            yield "the mail server did not take a mail: it is tried again within the hour"
        yield from self._webhooks.troubles()
        if self._silences.failing:
            yield "Alertmanager does not take silences: permitted maintenance may call people"
        if self._silences.foreign:
            yield (
                f"{format_count(self._silences.foreign, 'silence')} over our alerts in Alertmanager for which nothing"
                " is booked: somebody may not be called"
            )

    def facts(self) -> dict[str, str]:
        """What they have to say for themselves, for the page."""
        if not self._configuration().settings.alertmanager.silences or not self._speaks():
            return {}
        return {"Silences": f"{self._silences.count} in Alertmanager for permitted maintenance"}

    def metrics(self) -> Own:
        """The metrics about them."""
        return {
            names.SILENCES: [((), self._silences.count)],
            names.SILENCES_FOREIGN: [((), self._silences.foreign)],
            names.SILENCES_FAILING: [((), self._silences.failing)],
            names.ARCHIVE_FAILING: [((), self._nightly.failing)],
            names.KPI_QUERIES: self._queries.asked(),
            names.KPI_QUERY_FAILURES: self._queries.failed(),
            **self._webhooks.metrics(),
        }


def packs(shelf: Path) -> Iterator[ReviewPack]:
    """The review packs as the status page lists them."""
    for one in shelved(shelf):
        yield ReviewPack(one.folder.name, one.contract, one.month, one.status, one.copy, one.files, one.content)
