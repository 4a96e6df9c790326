"""Outages of the running months as JSON: the latest first, a page at a time. Pure."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar
from urllib.parse import quote

from sla_monitor.assess import Outage
from sla_monitor.document.values import instant
from sla_monitor.register.instant import format_utc
from sla_monitor.web.api.nulls import Nulls
from sla_monitor.web.api.shapes import OutageRowJson, OutagesJson
from sla_monitor.web.page.layout import UTC_ZONE
from sla_monitor.web.page.selection import ListedService
from sla_monitor.wording.text import plain
from sla_monitor.wording.vocabulary import describe_reason

GOES_ON = "it goes on"
NOT_ASSESSED = "nothing has been assessed yet"

MOST = 500
"""Outages on one page."""

TAG = "tag:sla-monitor.invalid,2026:outage"
"""What begins the id of every outage. RFC 4151 asks for a name of the one who makes it, whom the program does not know,
and an address of the monitor may change while ids must not: RFC 2606 keeps `invalid` for such names."""


class CursorError(ValueError):
    """No cursor that this program gave out."""


@dataclass(frozen=True, slots=True)
class ServiceOutage:
    """An outage, and whose it is."""

    service: ListedService
    outage: Outage

    @property
    def place(self) -> tuple[int, str, str]:
        """The latest first; no two have the same."""
        return -self.outage.start_ms, self.service.contract_id, self.service.service_id

    @property
    def time_zone(self) -> str:
        return self.service.contract.time_zone if self.service.contract else UTC_ZONE


def outages_of(services: Iterable[ListedService]) -> list[ServiceOutage]:
    """Those of the running month, the latest first."""
    found = (
        ServiceOutage(one, outage) for one in services if one.assessed is not None for outage in one.assessed.outages
    )
    return sorted(found, key=lambda one: one.place)


def outage_tag(contract: str, service: str, start_ms: int) -> str:
    """The id of an outage, in the feed too: whatever becomes of it, its service and its start stay."""
    return f"{TAG}/{quote(contract, safe='')}/{quote(service, safe='')}/{start_ms}"


def outage_json(one: ServiceOutage) -> OutageRowJson:
    service = one.service
    whose = OutageSubject(service.contract_id, service.service_id, service.name, service.address, one.time_zone)
    return outage_row_json(whose, one.outage)


@dataclass(frozen=True, slots=True)
class OutageSubject:
    """The service that an outage is of. `address`: of its page."""

    contract: str
    service: str
    name: str
    address: str
    time_zone: str


def outage_row_json(whose: OutageSubject, outage: Outage) -> OutageRowJson:
    nulls = Nulls()
    lasted_ms = None if outage.end_ms is None else outage.end_ms - outage.start_ms
    reason = "" if outage.reason is None else describe_reason(outage.reason)
    return {
        "id": outage_tag(whose.contract, whose.service, outage.start_ms),
        "url": whose.address,
        "contract": whose.contract,
        "service": whose.service,
        "name": whose.name,
        "time_zone": whose.time_zone,
        "began_at": format_utc(outage.start_ms),
        "ended_at": nulls.told("ended_at", instant(outage.end_ms), GOES_ON),
        "end_seen": nulls.told("end_seen", None if outage.end_ms is None else outage.end_seen, GOES_ON),
        "lasted_ms": nulls.told("lasted_ms", lasted_ms, GOES_ON),
        "counted_ms": outage.downtime_ms,
        "gross_ms": outage.gross_ms,
        "reason": nulls.text("reason", reason, "no reason is on record"),
        "endpoints": [plain(name) for name in outage.endpoints],
        "why_null": nulls.why,
    }


class Placed(Protocol):
    """What is listed by its place."""

    @property
    def place(self) -> tuple[int, str, str]: ...


P = TypeVar("P", bound=Placed)


def page_of(found: Sequence[P], cursor: str, limit: int) -> tuple[Sequence[P], str]:
    """The next outages after a cursor, and the cursor after them; empty at the end. What has begun meanwhile stands
    before the first page and moves none of those that follow. Raises CursorError."""
    after = _place(cursor) if cursor else None
    rest = [one for one in found if after is None or one.place > after]
    here = rest[:limit]
    return here, _cursor(here[-1]) if len(rest) > limit else ""


def _cursor(one: Placed) -> str:
    start, contract, service = one.place
    return base64.urlsafe_b64encode(f"{-start}/{contract}/{service}".encode()).decode().rstrip("=")


def _place(cursor: str) -> tuple[int, str, str]:
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        start, contract, service = base64.b64decode(padded, altchars=b"-_", validate=True).decode().split("/")
        if not (start.isascii() and start.isdecimal() and len(start) <= 15):
            raise ValueError(start)
    except (binascii.Error, UnicodeError, ValueError):
        raise CursorError(cursor) from None
    return -int(start), contract, service


def outages_json(
    here: Sequence[ServiceOutage], total: int, url: str, following: str | None, assessed: str | None
) -> OutagesJson:
    """A page of outages. `url`: the page with the same services; `following`: where the next ones are."""
    nulls = Nulls()
    return {
        "url": url,
        "assessed_at": nulls.told("assessed_at", assessed, NOT_ASSESSED),
        "total": total,
        "outages": [outage_json(one) for one in here],
        "next": nulls.told("next", following, "these are the earliest"),
        "why_null": nulls.why,
    }
