"""Why time was not seen: the monitor's own faults by their reason, over all endpoints of a contract together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol, TypeAlias

from sla_monitor.assess.assessment import ContractAssessment
from sla_monitor.periods.intervals import Intervals, intersect, normal, subtract
from sla_monitor.sla.observation import Outcome, Reason
from sla_monitor.sla.spans import Span

Unseen: TypeAlias = Mapping[Reason | None, Intervals]
"""By reason, when at least one endpoint was looked at in vain; None: when no endpoint was looked at, or the
evidence does not say why it saw nothing."""


class Spans(Protocol):
    """Evidence, as far as it is asked here."""

    def spans(self, start_ms: int, end_ms: int) -> Mapping[str, Sequence[Span]]: ...


def unseen(assessment: ContractAssessment, source: Spans) -> Unseen:
    """Of the month up to the assessment. Time before anything at all was seen is nobody's fault."""
    start_ms, end_ms = assessment.period.start_ms, min(assessment.period.end_ms, assessment.at_ms)
    seen = source.spans(start_ms, end_ms)
    spans = [span for key, several in seen.items() if key.startswith(f"{assessment.contract}/") for span in several]
    whole = [(start_ms, end_ms)]
    found: dict[Reason | None, Intervals] = {}
    for reason in sorted({span.reason for span in spans if span.outcome is Outcome.UNKNOWN and span.reason}):
        found[reason] = intersect(whole, _times([span for span in spans if _is(span, reason)]))
    if spans:
        begun_ms = max(start_ms, min(span.start_ms for span in spans))
        told = [span for span in spans if span.reason or span.outcome is not Outcome.UNKNOWN]
        found[None] = subtract([(begun_ms, end_ms)], _times(told))
    return found


def _is(span: Span, reason: Reason) -> bool:
    return span.outcome is Outcome.UNKNOWN and span.reason is reason


def _times(spans: Sequence[Span]) -> Intervals:
    return normal((span.start_ms, span.end_ms) for span in spans)
