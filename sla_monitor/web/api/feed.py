"""Outages as an Atom feed (RFC 4287): an entry for each, which changes when its outage ends. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from xml.etree import ElementTree as ET
from zoneinfo import ZoneInfo

from sla_monitor.register.instant import format_utc
from sla_monitor.web.api.outage_json import ServiceOutage, outage_tag, outages_of
from sla_monitor.web.api.shared_json import shared_tag
from sla_monitor.web.page.selection import ListedService
from sla_monitor.web.page.shared_view import SharedOutage, SharedView
from sla_monitor.wording.instants import format_instant
from sla_monitor.wording.sights import describe_end, describe_lasted
from sla_monitor.wording.text import plain
from sla_monitor.wording.vocabulary import describe_reason

MEDIA_TYPE = "application/atom+xml; charset=utf-8"
NEWEST = 100
"""Entries of a feed."""

ATOM = "http://www.w3.org/2005/Atom"
FEED = "tag:sla-monitor.invalid,2026:feed"
"""What begins the id of every feed; its address follows."""

ET.register_namespace("", ATOM)


@dataclass(frozen=True, slots=True)
class FeedEntry:
    """An outage as a feed tells it. `url`: a page about it."""

    id: str
    name: str
    start_ms: int
    end_ms: int | None
    end_seen: bool
    zone: ZoneInfo
    more: str
    url: str

    @property
    def updated_ms(self) -> int:
        """It is news when it begins, and again when it ends."""
        return self.start_ms if self.end_ms is None else self.end_ms

    @property
    def title(self) -> str:
        if self.end_ms is None:
            return f"{self.name}: down"
        return f"{self.name}: was down for {describe_lasted(self.end_ms - self.start_ms, is_seen=self.end_seen)}"

    @property
    def summary(self) -> str:
        began = format_instant(self.start_ms, self.zone)
        if self.end_ms is None:
            return f"Down since {began}{self.more}."
        ended = describe_end(format_instant(self.end_ms, self.zone), is_seen=self.end_seen)
        return f"Down from {began} to {ended}{self.more}."


def outages_feed(services: Iterable[ListedService], title: str, address: str, page: str, empty_ms: int) -> bytes:
    """The outages of some services. `address`, `page`: of the feed, and of a page that tells the same; `empty_ms`: the
    feed's own time while it has no entry."""
    entries = [_entry(one) for one in outages_of(services)[:NEWEST]]
    return feed_of(entries, title, address, page, empty_ms)


def shared_feed(view: SharedView, address: str, page: str, empty_ms: int) -> bytes:
    """The outages that others than the operators may see."""
    return feed_of(
        [_shared_entry(one, page) for one in view.outages], f"Outages, {view.title}", address, page, empty_ms
    )


def _entry(one: ServiceOutage) -> FeedEntry:
    service, outage = one.service, one.outage
    endpoints = plain(", ".join(outage.endpoints))
    return FeedEntry(
        id=outage_tag(service.contract_id, service.service_id, outage.start_ms),
        name=service.name,
        start_ms=outage.start_ms,
        end_ms=outage.end_ms,
        end_seen=outage.end_seen,
        zone=ZoneInfo(one.time_zone),
        more=f": {describe_reason(outage.reason)}{f' ({endpoints})' if endpoints else ''}",
        url=service.address,
    )


def _shared_entry(one: SharedOutage, page: str) -> FeedEntry:
    return FeedEntry(
        shared_tag(one), one.service, one.start_ms, one.end_ms, one.end_seen, ZoneInfo(one.time_zone), "", page
    )


def feed_of(entries: Sequence[FeedEntry], title: str, address: str, page: str, empty_ms: int) -> bytes:
    """The document. Its links have no host: whoever reads it knows by what name, and through which proxy, it came."""
    feed = ET.Element(_name("feed"))
    _text(feed, "id", f"{FEED}{address}")
    _text(feed, "title", title)
    _text(feed, "updated", format_utc(max((one.updated_ms for one in entries), default=empty_ms)))
    _text(ET.SubElement(feed, _name("author")), "name", "SLA monitor")
    ET.SubElement(feed, _name("link"), rel="self", type="application/atom+xml", href=address)
    ET.SubElement(feed, _name("link"), rel="alternate", type="text/html", href=page)
    for one in entries:
        entry = ET.SubElement(feed, _name("entry"))
        _text(entry, "id", one.id)
        _text(entry, "title", one.title)
        _text(entry, "published", format_utc(one.start_ms))
        _text(entry, "updated", format_utc(one.updated_ms))
        ET.SubElement(entry, _name("link"), rel="alternate", type="text/html", href=one.url)
        _text(entry, "summary", one.summary)
    made: bytes = ET.tostring(feed, encoding="utf-8", xml_declaration=True)
    return made


def _name(name: str) -> str:
    return f"{{{ATOM}}}{name}"


def _text(parent: ET.Element, name: str, text: str) -> None:
    """What people wrote is made harmless before: a text of ours has no character that XML forbids."""
    ET.SubElement(parent, _name(name)).text = text
