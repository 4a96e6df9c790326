"""What somebody can enter about an outage or a missed KPI: each form's address, filled in with what is known."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from sla_monitor.assess.assessment import KpiAssessment
from sla_monitor.assess.claim_window import claim_window
from sla_monitor.assess.failure_causes import GivenCause
from sla_monitor.assess.known_days import KnownDays
from sla_monitor.assess.month_outages import MonthOutage
from sla_monitor.contract.contract import Contract
from sla_monitor.register.entries import KINDS
from sla_monitor.web.desk.entering import side_of
from sla_monitor.web.desk.entry_fields import typed_instant
from sla_monitor.web.identity.person import Person


@dataclass(frozen=True, slots=True)
class Deed:
    """`address` empty: it cannot be done any more, as `remark` says."""

    words: str
    address: str
    remark: str = ""


@dataclass(frozen=True, slots=True)
class FailureDeeds:
    """Of one month, for one person. `back`: the page to which whoever has entered it comes back."""

    days: KnownDays
    person: Person
    month: str
    back: str
    now_ms: int

    @property
    def contract(self) -> Contract:
        return self.days.contract

    def of_outage(self, one: MonthOutage) -> Iterator[Deed]:
        """What makes sense of an outage, and this person may."""
        start_ms = one.outage.start_ms
        end_ms = min(self.now_ms, self.now_ms if one.outage.end_ms is None else one.outage.end_ms)
        zone = self.contract.time_zone
        span = {"start": typed_instant(start_ms, zone), "end": typed_instant(end_ms, zone, up=True)}
        about = {"services": one.service.service, **span}
        if one.outage.end_ms is None and not one.in_hand and self._may("acknowledgement"):
            yield Deed("Take it in hand", self.form("acknowledgement", {"service": one.service.service}))
        yield from self._cause(about, one.cause)
        if one.counts and self._may("claim"):
            window = claim_window(self.days, start_ms, self.now_ms)
            yield Deed("Claim relief", "" if window.is_closed else self.form("claim", about), window.words)
        if one.counts and self._may("dispute"):
            party = side_of(self.person, self.contract.id)
            yield Deed("Dispute it", self.form("dispute", {"party": party, **about}))
        if self._may("correction"):
            yield Deed("Correct it", self.form("correction", about))
        yield from self._waive([kpi for kpi, _ in one.kpis])

    def of_kpi(self, kpi: KpiAssessment, cause: GivenCause | None, span: tuple[int, int]) -> Iterator[Deed]:
        """Of a KPI that was missed without an outage. `span`: its measurement period, so far."""
        zone = self.contract.time_zone
        about = {"kpis": kpi.kpi, "start": typed_instant(span[0], zone), "end": typed_instant(span[1], zone)}
        yield from self._cause(about, cause)
        if self._may("claim"):
            window = claim_window(self.days, span[0], self.now_ms, is_period=True)
            yield Deed("Claim relief", "" if window.is_closed else self.form("claim", about), window.words)
        yield from self._waive([kpi])

    def waive(self, kpi: KpiAssessment) -> str:
        """The address of the form that lets a KPI's failure pass; empty: there is nothing to waive, or this person may
        not."""
        return next((deed.address for deed in self._waive([kpi])), "")

    def form(self, kind: str, filled: Mapping[str, str | Sequence[str]]) -> str:
        """A form's address, filled in."""
        given = urlencode({**filled, "next": self.back}, doseq=True, safe=":")
        return f"/desk/contracts/{quote(self.contract.id, safe='')}/enter/{kind}?{given}"

    def _cause(self, about: Mapping[str, str], cause: GivenCause | None) -> Iterator[Deed]:
        if self._may("failure_cause"):
            known = {} if cause is None else {"root_cause": cause[1].root_cause, "owner": cause[1].owner}
            words = "Say its cause" if cause is None else "Say another cause"
            yield Deed(words, self.form("failure_cause", {**about, **known}))

    def _waive(self, kpis: Sequence[KpiAssessment]) -> Iterator[Deed]:
        missed = [kpi.kpi for kpi in kpis if kpi.result is not None and kpi.result.is_met is False]
        if missed and self._may("waiver"):
            yield Deed("Waive", self.form("waiver", {"month": self.month, "kpis": missed}))

    def _may(self, kind: str) -> bool:
        return self.person.may(KINDS[kind].action, self.contract.id)
