"""Input digests: of the contract's files and of the evidence, so that two parties can compare them."""

from __future__ import annotations

from collections.abc import Iterator

from sla_monitor.assess import ContractAssessment, Evidence
from sla_monitor.contract.contract import Contract
from sla_monitor.contract.terms_files import digest_of
from sla_monitor.document import Inputs
from sla_monitor.evidence import evidence_digest
from sla_monitor.periods.edges import period_of, run_of


def inputs_of(contract: Contract, evidence: Evidence, found: ContractAssessment) -> Inputs:
    """Digests of the contract's files, and of the evidence from the term's first day to the end of the period: single
    observations from the beginning of the longest measurement period that the month is in, and before it what they came
    to."""
    start_ms, _ = contract.term_ms
    end_ms = max(start_ms, min(found.period.end_ms, found.at_ms))
    since = _since(contract, found)
    samples_from_ms = min(period_of(contract, since).start_ms, end_ms)
    earlier = list(_earlier(contract, found, since))
    files = contract.read_files
    return {
        "contract_sha256": digest_of(files.contract),
        "holidays_sha256": sorted(map(digest_of, files.contents.values())),
        "evidence_sha256": evidence_digest(contract, evidence, (start_ms, end_ms), samples_from_ms, earlier),
    }


def _since(contract: Contract, found: ContractAssessment) -> str:
    """The first month of the longest measurement period of a KPI that is made of single observations."""
    kpis = contract.version_at(max(found.period.end_ms - 1, found.period.start_ms)).terms.kpis
    lengths = [kpi.measurement_months for kpi in kpis if kpi.needs_samples]
    return min(run_of(contract).period_months(found.period.name, length)[0] for length in [1, *lengths])


def _earlier(contract: Contract, found: ContractAssessment, until_month: str) -> Iterator[str]:
    """What single observations came to before."""
    kpis = {kpi.id for version in contract.versions for kpi in version.terms.kpis if kpi.needs_samples}
    for month in found.earlier:
        if month.month < until_month:
            yield from (f"figure {one.kpi} {one.month} {one.figure}" for one in month.kpis if one.kpi in kpis)
