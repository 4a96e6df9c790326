"""Parts of the web server that every request handler gets."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from sla_monitor.board import Board
from sla_monitor.clock import Clock
from sla_monitor.contract.reading.secret import SecretReference
from sla_monitor.ledger import HistoryReader
from sla_monitor.settings.settings import AttachmentSettings
from sla_monitor.settings.views import SharedViews
from sla_monitor.settings.web_config import WebFiles
from sla_monitor.sla.jobs import ReportKind
from sla_monitor.web.desk.assessed_months import AssessedMonths
from sla_monitor.web.desk.entering import DeskRegister
from sla_monitor.web.desk.previews import Previews
from sla_monitor.web.identity.reception import Reception
from sla_monitor.web.page.layout import Layout
from sla_monitor.web.page.pack_list import ReviewPack
from sla_monitor.web.page.shared_page import SharedPage
from sla_monitor.web.page.status_page import StatusPage
from sla_monitor.web.page.subject import PageLinks
from sla_monitor.web.page.wall import Wall
from sla_monitor.web.page_record import PageRecord
from sla_monitor.web.serving.access import Access
from sla_monitor.web.serving.health import Health
from sla_monitor.web.serving.heartbeat_route import Limit, Tokens
from sla_monitor.web.serving.limits import Bounded, Limits

PUBLIC = ""
"""The public's name among those who have a token: no address can name a participant so, whatever it encodes."""

Found = TypeVar("Found")


@dataclass
class WebParts:
    """The parts that answer requests. Everything but `board` and `clock` is made or handed over by `Web`."""

    board: Board
    metrics: Metering
    health: Callable[[], Health]
    reload: Callable[[], list[str]]
    report: Reporting
    tokens: Tokens
    packs: Callable[[], Iterable[ReviewPack]]
    clock: Clock
    files: WebFiles
    limits: Limits
    only_loopback: bool
    record: PageRecord
    elsewhere: Callable[[], PageLinks]
    reception: Reception
    attachments: AttachmentSettings = AttachmentSettings()  # noqa: RUF009 - frozen
    desk: DeskRegister | None = None
    archive: Path | None = None
    views: SharedViews = SharedViews()  # noqa: RUF009 - frozen
    access: Access = field(default_factory=Access)
    active: int = 0
    uploads: Counter[str] = field(default_factory=Counter)
    """Larger bodies that come in at this moment, by whose they are."""

    def __post_init__(self) -> None:
        self.layout = Layout(lambda: self.reception.is_used)
        self.page, self.wall, self.shared = StatusPage(self.layout), Wall(self.layout), SharedPage(self.layout)
        own = {PUBLIC: self.views.public_token} if self.views.public_token else {}
        viewing = {**self.views.participants, **own}
        self.viewers = Tokens(lambda: viewing)
        self.beats = Limit(self.limits.beats_per_minute)
        self.failures = Limit(self.limits.failures_per_minute)
        self.writes = Limit(self.limits.writes_per_minute)
        self.guesses = Limit(self.limits.failures_per_minute)
        # Apart from each other: a long reload, a run of wrong passwords or a crowd at the public's page stops no scrape
        # and no heartbeat.
        self.rendering = Bounded(2, self.limits.waiting)
        self.viewing = Bounded(1, self.limits.waiting)
        self.checking, self.guessing = Bounded(1, self.limits.waiting), Bounded(1, self.limits.waiting)
        self.beating = Bounded(1, self.limits.waiting)
        self.reloading = Bounded(1, 1)
        self.fetching = Bounded(1, self.limits.waiting)
        # What an entry would change takes seconds with ten years of record: nobody else's entry waits for it.
        self.entering, self.previewing = Bounded(1, self.limits.waiting), Bounded(1, self.limits.waiting)
        self.previews = Previews(self.record.opened)
        self.months = AssessedMonths(self.previews)

    async def working_out(self, contract: str, question: Callable[[HistoryReader], Found]) -> Found:
        """Ask the record about a contract's figures, which takes seconds: pages that only read do not wait for it.
        Raises LedgerError and its kinds."""

        def work() -> Found:
            with self.previews.asking(contract) as (reader, _):
                return question(reader)

        return await self.previewing.run(work)

    def close(self) -> None:
        for bounded in (
            *(self.rendering, self.viewing, self.fetching, self.beating, self.reloading),
            *(self.checking, self.guessing, self.entering, self.previewing),
        ):
            bounded.close()
        self.reception.close()
        self.record.close()
        self.previews.close()


Metering = Callable[[str, str], tuple[Mapping[str, str], bytes]]
"""Answers a scrape: given its `Accept` and `Accept-Encoding` headers, the answer's own headers and body."""

Reporting = Callable[[str, ReportKind, str], "Future[bool]"]
"""Takes in a report: the endpoint's key, what its job reports, and a text."""

Tokenised = Callable[[], Mapping[str, SecretReference]]
"""Gives the heartbeat endpoints' tokens as they stand after the latest reload."""
