"""Sights in words: which places saw an outage, and how much of the time each place saw."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Protocol

from sla_monitor.contract.endpoints.several_places import MAIN
from sla_monitor.sla.observation import Outcome
from sla_monitor.wording.durations import format_duration
from sla_monitor.wording.numbers import format_ratio
from sla_monitor.wording.text import format_list

_SEEN = {Outcome.DOWN: "down from", Outcome.UP: "up from", Outcome.UNKNOWN: "nothing seen from"}

_SEES = {
    Outcome.DOWN: "down from",
    Outcome.DEGRADED: "degraded from",
    Outcome.UP: "up from",
    Outcome.UNKNOWN: "not at all from",
}


_END_UNSEEN = "its end was not seen"


class Sight(Protocol):
    """What one site saw of an endpoint: of an outage, whether it saw any of it."""

    @property
    def endpoint(self) -> str: ...
    @property
    def site(self) -> str: ...
    @property
    def outcome(self) -> Outcome: ...


class PlaceNow(Protocol):
    """How one site sees an endpoint now."""

    @property
    def site(self) -> str: ...
    @property
    def outcome(self) -> Outcome: ...
    @property
    def is_cut_off(self) -> bool: ...


class Place(Protocol):
    """How much of the time one site saw, and for how much of it it saw an endpoint down."""

    @property
    def coverage_ratio(self) -> Fraction | None: ...
    @property
    def down_ms(self) -> int: ...
    @property
    def outvoted_ms(self) -> int: ...


def describe_end(when: str, *, is_seen: bool) -> str:
    """When an outage ended, or from when to when it was: `14 Mar 10:42 (its end was not seen)` where nothing was seen
    afterwards."""
    return when if is_seen else f"{when} ({_END_UNSEEN})"


def describe_lasted(milliseconds: int, *, is_seen: bool) -> str:
    """How long an outage was; `at least 5 min` where nobody saw it end."""
    told = format_duration(max(0, milliseconds), up=True)
    return told if is_seen else f"at least {told}"


def describe_seen_at(endpoints: Sequence[str], sights: Sequence[Sight]) -> str:
    """The endpoints that were down in an outage, and of those that several places probe, what each place saw:
    `webmail, login (down from main and north, up from south)`."""
    names = dict.fromkeys((*endpoints, *(one.endpoint for one in sights)))
    told = ((name, _of_endpoint([one for one in sights if one.endpoint == name])) for name in names)
    return ", ".join(f"{name} ({words})" if words else name for name, words in told)


def describe_seen_now(places: Sequence[PlaceNow]) -> str:
    """How several places see an endpoint now: `seen down from north, up from south; east is cut off`."""
    away = [one.site for one in places if one.is_cut_off]
    here = [one for one in places if not one.is_cut_off]
    several = ((words, [one.site for one in here if one.outcome is outcome]) for outcome, words in _SEES.items())
    seen = ", ".join(f"{words} {format_list(sites)}" for words, sites in several if sites)
    cut = f"{format_list(away)} {'are' if len(away) > 1 else 'is'} cut off" if away else ""
    return "; ".join(words for words in (f"seen {seen}" if seen else "", cut) if words)


def describe_seen_from(endpoint: str, site: str) -> str:
    """`Log-in, seen from north`; the collector's own place is not named."""
    return endpoint if site == MAIN else f"{endpoint}, seen from {site}"


def describe_place(place: Place) -> str:
    """`saw 99.90 % of the agreed time; down for 2 h, 1 h of it seen from too few places to count`."""
    if place.coverage_ratio is None:
        return "no coverage yet: there was no agreed time"
    told = f"saw {format_ratio(place.coverage_ratio)} of the agreed time"
    if place.down_ms:
        told += f"; down for {format_duration(place.down_ms, up=True)}"
    if place.outvoted_ms:
        told += f", {format_duration(place.outvoted_ms, up=True)} of it seen from too few places to count"
    return told


def _of_endpoint(sights: Sequence[Sight]) -> str:
    several = ((words, [one.site for one in sights if one.outcome is outcome]) for outcome, words in _SEEN.items())
    return ", ".join(f"{words} {format_list(sites)}" for words, sites in several if sites)
