"""Outcomes, reasons, causes and bands in words. No raw id where a person reads."""

from __future__ import annotations

from collections.abc import Iterable

from sla_monitor.sla.observation import Outcome, Reason

OUTCOMES = {Outcome.UP: "Up", Outcome.DEGRADED: "Degraded", Outcome.DOWN: "Down", Outcome.UNKNOWN: "Unknown"}
SYMBOLS = {Outcome.UP: "✓", Outcome.DEGRADED: "▲", Outcome.DOWN: "✕", Outcome.UNKNOWN: "?"}
SEVERITY = (Outcome.DOWN, Outcome.DEGRADED, Outcome.UNKNOWN, Outcome.UP)
"""Worst first. UNKNOWN is worse than UP: nobody may take it for one."""

PHASES = {
    "dns_us": "name lookup",
    "connect_us": "connection",
    "tls_us": "TLS",
    "first_byte_us": "first byte",
    "transfer_us": "transfer",
}
"""The phases of a probe in their order, by their names in a finding."""
MET, MISSED, NOT_ASSESSABLE, NO_FIGURE_YET = "Met", "Missed", "Not assessable", "No figure yet"
"""How a KPI stands so far, where its band has no word."""
NOT_RECORDED = "probed, but not in the record"
"""Of a service whose state is unknown although its endpoints answer: what is not recorded counts for nothing."""
RECOVERED = "its endpoints are up again, and it is not assessed anew yet"
"""Of a service that was degraded when it was last assessed."""
NO_DATA = "no data"
"""Of a cell or a tile about which nothing is known."""

_REASONS = {
    Reason.DNS_FAILED: "name lookup failed",
    Reason.TLS_FAILED: "TLS failed",
    Reason.TOO_LARGE: "answer too large",
    Reason.TOO_COSTLY: "answer too costly to judge",
    Reason.REDIRECT_LIMIT: "too many redirects",
    Reason.HEARTBEAT_SILENT: "heartbeat silent",
    Reason.MONITOR_OFFLINE: "the monitor itself was offline",
    Reason.MONITOR_MISCONFIGURED: "the monitor lacks a secret or a file",
    Reason.INTERNAL_ERROR: "internal error of the monitor",
    Reason.CLOCK_STEPPED: "the monitor’s clock was set, or it stood still",
    Reason.NOT_YET_SEEN: "not probed yet",
    Reason.TOO_FEW_PLACES: "too few of our places see it",
}
"""Where the reason's own name is no plain English."""


def describe_id(name: str) -> str:
    """`below_threshold` as `below threshold`."""
    return name.replace("_", " ").replace("-", " ")


def describe_reason(reason: Reason | None, none: str = "not known") -> str:
    """Why an outage was one, or why nothing was seen."""
    return none if reason is None else _REASONS.get(reason, describe_id(reason))


_WINDOWS = {"period": "the month", "trailing_12_months": "twelve months"}
"""What a cap limits together, where its own name is no plain English."""


def describe_cap(name: str, over: str = "") -> str:
    """`annual` over `contract_year` as `annual cap, over the contract year`."""
    told = describe_id(name)
    told = told if "cap" in told.lower().split() else f"{told} cap"
    return f"{told}, over {_WINDOWS.get(over, f'the {describe_id(over)}')}" if over else told


def worst_outcome(outcomes: Iterable[Outcome]) -> Outcome:
    """The worst of several; UNKNOWN of none."""
    return min(outcomes, key=SEVERITY.index, default=Outcome.UNKNOWN)
