"""What several places that look see together, and when an answer is too slow to be one."""

from __future__ import annotations

from fractions import Fraction

from sla_monitor.contract.counting import Quorum, SlowAsDown
from sla_monitor.sla.observation import Outcome


def seen_together(down: int, active: int, quorum: Quorum) -> Outcome:
    """DOWN where at least the quorum's share of the active places see it so; UNKNOWN where too few are active."""
    if active < quorum.min_active or active <= 0:
        return Outcome.UNKNOWN
    return Outcome.DOWN if Fraction(down * 100, active) >= Fraction(quorum.percent) else Outcome.UP


def answered(duration_ms: int, rule: SlowAsDown) -> Outcome:
    """An answer by its time: UP as promised, DEGRADED slower, DOWN beyond the multiple."""
    if duration_ms > rule.promised_ms * Fraction(rule.multiple):
        return Outcome.DOWN
    return Outcome.DEGRADED if duration_ms > rule.promised_ms else Outcome.UP
