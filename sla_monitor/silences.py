"""Permitted maintenance becomes silences in Alertmanager, so that nobody is called for what is planned and granted.

Each stretch in which nobody is called (`ContractAssessment.booked`) is one silence, with the number of its booking in
its comment. By that it is found again after a restart, changed when the stretch changes, and ended when it is no longer
permitted. Alertmanager being away harms nothing: the next round makes good for it, and a metric and the log say so
meanwhile. Other silences over our alerts, of whoever they say they are, are left alone, and counted unless a booking of
ours asks for the same.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, NamedTuple

from sla_monitor import names
from sla_monitor.assess import ContractAssessment
from sla_monitor.assess.assessment import BookedStretch
from sla_monitor.contract.endpoints.pattern import compile_pattern
from sla_monitor.errors import SecretError
from sla_monitor.settings import Alertmanager

if TYPE_CHECKING:
    from requests import Session

AUTHOR = "sla-monitor"
_MARK = re.compile(r"\[sla-monitor (\S+) (\S+) #(\d+)\]")
ENDED = "expired"
OUR_LABELS = frozenset({"service", "endpoint", "kpi", "severity", "supplier", "criticality", "trigger"})
"""Labels of our alerts whose values are not known here."""

PROMETHEUS_LABELS = frozenset({"job", "instance"})
"""Labels that an alert of ours may have, and anybody's too."""

CLOCKS_MS = 60_000
"""How far Alertmanager's clock may be from ours."""

log = logging.getLogger(__name__)


Matcher = tuple[str, str, bool, bool]
"""Label, value, whether that is a pattern, and whether it has to match."""


class _FollowsNow(Exception):  # noqa: N818 - no error: the other collector does it
    """This collector speaks no more."""


class _Found(NamedTuple):
    """A silence of ours as Alertmanager has it."""

    id: str
    start_ms: int
    end_ms: int
    matchers: frozenset[Matcher]


@dataclass(frozen=True, slots=True)
class SilencedStretch:
    """A stretch of a contract's booking in which nobody is called."""

    contract: str
    booked: BookedStretch

    @property
    def key(self) -> tuple[str, int]:
        return self.contract, self.booked.booking

    @property
    def matchers(self) -> frozenset[Matcher]:
        """What the silence is about. That maintenance overruns, that a KPI fails which counts maintenance, and whatever
        concerns the monitor itself is still told."""
        loud = [("kpi", _any_of(self.booked.loud_kpis), True, False)] if self.booked.loud_kpis else []
        return frozenset(
            [
                ("area", names.SERVICE_DOWN.area, False, True),
                ("contract", self.contract, False, True),
                ("service", _any_of(self.booked.services), True, True),
                ("alertname", names.MAINTENANCE_OVERRUN.name, False, False),
                *loud,
            ]
        )


def silenced(contract: ContractAssessment) -> list[SilencedStretch]:
    """What of a contract's booked maintenance is to be silent."""
    return [SilencedStretch(contract.contract, one) for one in contract.booked if one.is_silenced]


class Silences:
    """Keeps Alertmanager's silences as permitted maintenance has them. For the metrics: `failing`; `count` of silences;
    `foreign`, those over our alerts for which nothing is booked here."""

    def __init__(self, settings: Alertmanager, vantage: str, may_speak: Callable[[], bool] = lambda: True) -> None:
        """`may_speak` is asked before each change: of a pair of collectors, one makes them. Both have one `vantage`,
        and find each other's."""
        self._settings, self._vantage, self._may_speak = settings, vantage, may_speak
        self._session: Session | None = None
        self.failing, self.count, self.foreign = False, 0, 0

    def keep(self, wanted: Mapping[str, Iterable[SilencedStretch]], now_ms: int) -> None:
        """One round: make, change and end silences for what each contract permits. Never raises."""
        try:
            self.count = self._keep(wanted, now_ms)
        except _FollowsNow:
            self.follow()
            return
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

    def follow(self) -> None:
        """Another collector keeps them: nothing is known of how they are."""
        self.failing, self.count, self.foreign = False, 0, 0

    def close(self) -> None:
        """Let go of the connection."""
        if self._session is not None:
            self._session.close()

    def _keep(self, wanted: Mapping[str, Iterable[SilencedStretch]], now_ms: int) -> int:
        everyones = [one for one in self._call("GET", "silences") if one["status"]["state"] != ENDED]
        there, theirs = self._ours(everyones, wanted)
        due = [one for several in wanted.values() for one in several if one.booked.end_ms > now_ms]
        changed = []
        for one in due:
            mine = there.setdefault(one.key, [])
            good = next((found for found in mine if _is_same(one, found, now_ms)), None)
            if good is None:
                changed.append(one)
            else:
                mine.remove(good)
        for one in changed:
            longer = next((found for found in there[one.key] if _goes_on(one, found, now_ms)), None)
            if longer is not None:
                there[one.key].remove(longer)
            self._make(one, longer)
        for key, several in there.items():
            for found in several:
                self._call("DELETE", f"silence/{found.id}")
                log.info("silence ended", extra={"contract": key[0], "booking": key[1]})
        self.foreign = sum(_is_over_ours(one, wanted) and not _is_booked(_found(one), due) for one in theirs)
        return len(due)

    def _ours(
        self, everyones: Iterable[Any], contracts: Mapping[str, object]
    ) -> tuple[dict[tuple[str, int], list[_Found]], list[Any]]:
        """Our silences, by booking, and all others. A mark proves nothing: anybody may write one, and that of a monitor
        that was renamed stays behind."""
        found: dict[tuple[str, int], list[_Found]] = {}
        theirs = []
        for one in everyones:
            mark = _MARK.match(one["comment"])
            if mark and one["createdBy"] == AUTHOR and mark[1] == self._vantage and mark[2] in contracts:
                found.setdefault((mark[2], int(mark[3])), []).append(_found(one))
            else:
                theirs.append(one)
        return found, theirs

    def _make(self, one: SilencedStretch, longer: _Found | None) -> None:
        """`longer`: the silence that is to go on, if there is one."""
        booked = one.booked
        mark = f"[sla-monitor {self._vantage} {one.contract} #{booked.booking}]"
        silence = {
            "matchers": [_named(*matcher) for matcher in sorted(one.matchers)],
            "startsAt": _format_instant(longer.start_ms if longer else booked.start_ms),
            "endsAt": _format_instant(booked.end_ms),
            "createdBy": AUTHOR,
            "comment": f"{mark} Booked maintenance {booked.reference}".strip(),
        }
        self._call("POST", "silences", silence | ({"id": longer.id} if longer else {}))
        log.info(
            "silence continued" if longer else "silence created",
            extra={"contract": one.contract, "booking": booked.booking},
        )

    def _connected(self) -> Session:
        if self._session is None:
            from requests import Session  # a library that a daemon without an Alertmanager need not hold

            self._session = Session()
            self._session.trust_env = False  # Alertmanager is ours: no proxy is asked for it
            if self._settings.ca_file is not None:
                self._session.verify = str(self._settings.ca_file)
        return self._session

    def _call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """One request. Raises OSError for anything but a good answer, ValueError for one that is no JSON, and
        _FollowsNow where nothing may be changed."""
        if method != "GET" and not self._may_speak():
            raise _FollowsNow
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


def _any_of(values: Iterable[str]) -> str:
    """A pattern for these values and no other."""
    return "|".join(re.escape(value) for value in sorted(values))


def _named(label: str, value: str, is_regex: bool, is_equal: bool) -> dict[str, Any]:
    return {"name": label, "value": value, "isRegex": is_regex, "isEqual": is_equal}


def _found(silence: Any) -> _Found:
    start_ms, end_ms = _instant_ms(silence["startsAt"]), _instant_ms(silence["endsAt"])
    return _Found(silence["id"], start_ms, end_ms, _matchers_of(silence))


def _matchers_of(silence: Any) -> frozenset[Matcher]:
    return frozenset((m["name"], m["value"], m["isRegex"], m.get("isEqual", True)) for m in silence["matchers"])


def _is_same(one: SilencedStretch, found: _Found, now_ms: int) -> bool:
    """A silence that was made late begins when it was made: once both have begun, that makes no difference."""
    starts = found.start_ms == one.booked.start_ms or _have_begun(one, found, now_ms)
    return starts and found.end_ms == one.booked.end_ms and found.matchers == one.matchers


def _goes_on(one: SilencedStretch, found: _Found, now_ms: int) -> bool:
    """Whether a silence differs from what it is to be in its end alone: Alertmanager moves that."""
    return _have_begun(one, found, now_ms) and found.end_ms > now_ms + CLOCKS_MS and found.matchers == one.matchers


def _is_booked(found: _Found, due: Iterable[SilencedStretch]) -> bool:
    """Whether a silence, of another monitor for the same booking, say, is about no more than what is booked here."""
    return any(found.matchers == one.matchers and found.end_ms <= one.booked.end_ms + CLOCKS_MS for one in due)


def _have_begun(one: SilencedStretch, found: _Found, now_ms: int) -> bool:
    return max(one.booked.start_ms, found.start_ms) <= now_ms + CLOCKS_MS


def _format_instant(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(timespec="milliseconds")


def _instant_ms(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1000)


def _is_over_ours(silence: Any, contracts: Iterable[str]) -> bool:
    """Whether a silence may be over alerts of ours now: it speaks of labels that they have, and each of its matchers
    lets one of them pass. Where the value is not known here, as a service's, any may be meant."""
    matchers, nothing = _matchers_of(silence), {""}
    known: dict[str, set[str]] = {
        "alertname": {one.name for one in names.ALL_ALERTS},
        "area": {one.area for one in names.ALL_ALERTS},
        "contract": {*contracts, *nothing},
    }
    speaks_of_ours = any(name in known or name in OUR_LABELS for name, *_ in matchers)
    return (
        silence["status"]["state"] == "active"
        and speaks_of_ours
        and all(
            name in OUR_LABELS | PROMETHEUS_LABELS
            or any(_passes(value, is_regex, one) == is_equal for one in known.get(name, nothing))
            for name, value, is_regex, is_equal in matchers
        )
    )


def _passes(value: str, is_regex: bool, label: str) -> bool:
    """By an engine like Alertmanager's: no pattern of others takes long."""
    return compile_pattern(f"^(?:{value})$")(label) if is_regex else value == label
