"""Which measurement period a time window of OpenSLO's is."""

from __future__ import annotations

import re

from sla_monitor.contract.openslo.pieces import Piece

_DURATION = re.compile(r"([1-9][0-9]{0,3})([mhdwMQY])", re.ASCII)
_MONTHS = {"M": 1, "Q": 3, "Y": 12}
_WORDS = {"m": "minute", "h": "hour", "d": "day", "w": "week", "M": "month", "Q": "quarter", "Y": "year"}
_MONTHLY = "write duration: 1M, 1Q or 1Y with isRolling: false"


def months_of(spec: Piece) -> int:
    """1, 3, 6 or 12. Raises Refused for any other window."""
    windows = list(spec.need("timeWindow").items())
    if len(windows) != 1:
        raise spec.need("timeWindow").refusal("must have exactly one item")
    window = windows[0]
    months = _length(window.need("duration"))
    calendar, rolling = window.at("calendar"), window.at("isRolling")
    if rolling is None and calendar is None:
        raise window.refusal(f"does not say that it follows the calendar ({_MONTHLY})")
    if rolling is not None and rolling.value is not False:
        raise rolling.refusal(f"a rolling window is no measurement period of a contract ({_MONTHLY})")
    if calendar is not None:
        _tell_calendar(calendar)
    return months


def _length(duration: Piece) -> int:
    match = _DURATION.fullmatch(str(duration.value))
    if match is None:
        raise duration.refusal(f"is no duration of OpenSLO's ({_MONTHLY})")
    count, unit = int(match[1]), match[2]
    months = count * _MONTHS.get(unit, 0)
    if unit == "m":
        raise duration.refusal(f"{match[0]} means {count} minutes, for months are a capital M ({_MONTHLY})")
    if months not in (1, 3, 6, 12):
        plural = "" if count == 1 else "s"
        raise duration.refusal(f"{count} {_WORDS[unit]}{plural} are not 1, 3, 6 or 12 calendar months ({_MONTHLY})")
    return months


def _tell_calendar(calendar: Piece) -> None:
    start, zone = calendar.at("startTime"), calendar.at("timeZone")
    if start is not None and not re.fullmatch(r"\d{4}-\d\d-01([T ]00:00(:00)?)?", str(start.value), re.ASCII):
        start.leave("is not taken: measurement periods count from the first month of the contract's term")
    if zone is not None:
        zone.leave("is not taken: months are told in the contract's time_zone")
