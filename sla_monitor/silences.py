"""Booked maintenance becomes silences in Alertmanager, so that nobody is called for what is planned.

Each silence carries the number of its booking in its comment. By that it is found again after a restart, changed when
the booking changes, and ended when the booking no longer stands. Alertmanager being away harms nothing: the next round
makes good for it, and a metric and the log say so meanwhile.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, NamedTuple

from sla_monitor import names
from sla_monitor.errors import SecretError
from sla_monitor.register.effective import EffectiveEntries
from sla_monitor.register.entries import Maintenance
from sla_monitor.settings import Alertmanager

if TYPE_CHECKING:
    from requests import Session

AUTHOR = "sla-monitor"
_MARK = re.compile(r"\[sla-monitor (\S+) (\S+) #(\d+)\]")
ENDED = "expired"
CLOCKS_MS = 60_000
"""How far Alertmanager's clock may be from ours."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class MaintenanceWindow:
    """Maintenance that stands in the register: `[start, end)` for some services of a contract; none: all of them."""

    contract: str
    number: int
    services: tuple[str, ...]
    start_ms: int
    end_ms: int
    reference: str = ""


class _Found(NamedTuple):
    """A silence of ours as Alertmanager has it."""

    id: str
    start_ms: int
    end_ms: int
    matchers: frozenset[tuple[str, str, bool, bool]]


def bookings(contract: str, effective: EffectiveEntries) -> Iterator[MaintenanceWindow]:
    """What is booked and was not refused, as far as it was granted."""
    for entry, said in effective.of(Maintenance):
        decided = effective.decision_on(entry.number)
        start_ms, end_ms = said.start_ms, said.end_ms
        if decided is not None:
            if not decided[1].granted:
                continue
            start_ms = max(start_ms, decided[1].start_ms or start_ms)
            end_ms = min(end_ms, decided[1].end_ms or end_ms)
        if start_ms < end_ms:
            yield MaintenanceWindow(contract, entry.number, said.services, start_ms, end_ms, entry.reference)


class Silences:
    """Keeps Alertmanager's silences as the bookings have them. `failing` and `count` are for the metrics."""

    def __init__(self, settings: Alertmanager, vantage: str) -> None:
        self._settings, self._vantage = settings, vantage
        self._session: Session | None = None
        self.failing, self.count = False, 0

    def keep(self, wanted: Mapping[str, Sequence[MaintenanceWindow]], now_ms: int) -> None:
        """One round: make, change and end silences for the bookings of each contract. Never raises."""
        try:
            self.count = self._keep(wanted, now_ms)
        except (OSError, SecretError, ValueError, KeyError, TypeError) as error:
            if not self.failing:
                log.warning(
                    "Alertmanager does not take silences", extra={"why": f"{type(error).__name__}: {error}"[:200]}
                )
            self.failing = True
            return
        if self.failing:
            log.info("Alertmanager takes silences again")
        self.failing = False

    def close(self) -> None:
        """Let go of the connection."""
        if self._session is not None:
            self._session.close()

    def _keep(self, wanted: Mapping[str, Sequence[MaintenanceWindow]], now_ms: int) -> int:
        there = self._ours(wanted)
        due = {(b.contract, b.number): b for several in wanted.values() for b in several if b.end_ms > now_ms}
        for key, booking in due.items():
            good = [found for found in there.get(key, ()) if _is_same(booking, found, now_ms)]
            if not good:
                self._make(booking)
            there[key] = [found for found in there.get(key, ()) if found not in good[:1]]
        for key, several in there.items():
            for found in several:
                self._call("DELETE", f"silence/{found.id}")
                log.info("silence ended", extra={"contract": key[0], "booking": key[1]})
        return len(due)

    def _ours(self, contracts: Mapping[str, object]) -> dict[tuple[str, int], list[_Found]]:
        """Our silences that have not ended, by booking; those of other monitors and contracts are left alone."""
        found: dict[tuple[str, int], list[_Found]] = {}
        for one in self._call("GET", "silences"):
            mark = _MARK.match(one["comment"])
            is_ours = one["createdBy"] == AUTHOR and mark is not None and mark[1] == self._vantage
            if mark is None or not is_ours or mark[2] not in contracts or one["status"]["state"] == ENDED:
                continue
            found.setdefault((mark[2], int(mark[3])), []).append(_found(one))
        return found

    def _make(self, booking: MaintenanceWindow) -> None:
        mark = f"[sla-monitor {self._vantage} {booking.contract} #{booking.number}]"
        silence = {
            "matchers": [_named(*matcher) for matcher in sorted(_matchers(booking))],
            "startsAt": _format_instant(booking.start_ms),
            "endsAt": _format_instant(booking.end_ms),
            "createdBy": AUTHOR,
            "comment": f"{mark} Booked maintenance {booking.reference}".strip(),
        }
        self._call("POST", "silences", silence)
        log.info("silence created", extra={"contract": booking.contract, "booking": booking.number})

    def _connected(self) -> Session:
        if self._session is None:
            from requests import Session  # a library that a daemon without an Alertmanager need not hold

            self._session = Session()
            self._session.trust_env = False  # Alertmanager is ours: no proxy is asked for it
            if self._settings.ca_file is not None:
                self._session.verify = str(self._settings.ca_file)
        return self._session

    def _call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """One request. Raises OSError for anything but a good answer, ValueError for one that is no JSON."""
        token = self._settings.bearer_token
        answer = self._connected().request(
            method,
            f"{self._settings.url.rstrip('/')}/api/v2/{path}",
            json=body,
            headers={"Authorization": f"Bearer {token.reveal()}"} if token else {},
            timeout=self._settings.timeout_ms / 1000,
            allow_redirects=False,
        )
        if answer.status_code != HTTPStatus.OK:
            raise OSError(f"{method} {path.partition('/')[0]}: status {answer.status_code}")
        return answer.json() if answer.content else None


def _matchers(booking: MaintenanceWindow) -> frozenset[tuple[str, str, bool, bool]]:
    """What the silence is about: (label, value, is a pattern, is equal). That maintenance overruns is still told."""
    services = "|".join(name.replace(".", "[.]") for name in sorted(booking.services)) or ".+"
    return frozenset(
        {
            ("area", "supplier", False, True),
            ("contract", booking.contract, False, True),
            ("service", services, True, True),
            ("alertname", names.MAINTENANCE_OVERRUN.name, False, False),
        }
    )


def _named(label: str, value: str, is_regex: bool, is_equal: bool) -> dict[str, Any]:
    return {"name": label, "value": value, "isRegex": is_regex, "isEqual": is_equal}


def _found(silence: Mapping[str, Any]) -> _Found:
    matchers = ((m["name"], m["value"], m["isRegex"], m.get("isEqual", True)) for m in silence["matchers"])
    return _Found(silence["id"], _instant_ms(silence["startsAt"]), _instant_ms(silence["endsAt"]), frozenset(matchers))


def _is_same(booking: MaintenanceWindow, found: _Found, now_ms: int) -> bool:
    """A silence that was made late begins when it was made: once both have begun, that makes no difference."""
    both_begun = max(booking.start_ms, found.start_ms) <= now_ms + CLOCKS_MS
    starts = found.start_ms == booking.start_ms or both_begun
    return starts and found.end_ms == booking.end_ms and found.matchers == _matchers(booking)


def _format_instant(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(timespec="milliseconds")


def _instant_ms(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1000)
