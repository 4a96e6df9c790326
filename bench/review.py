"""What a review pack costs: 50 KPIs over twelve months, in all five formats.

    python -m bench.review

Processor time is of the whole process and all its threads; memory is the most that it ever held. Working the month out
is measured by `bench.assess` and is not in these figures.
"""

from __future__ import annotations

import resource
import tempfile
import time
from decimal import Decimal
from pathlib import Path

from bench.assess import contract, fill
from bench.terms import BEGIN_MS, DAY
from sla_monitor.assess import ContractAssessment, assess_month
from sla_monitor.contract.contract import Contract, TermsVersion
from sla_monitor.document import document, document_text
from sla_monitor.ledger import read_only
from sla_monitor.review.monthly_pack import pack
from sla_monitor.review.pack_input import PackInput
from sla_monitor.review.rendering.files import FORMATS, renderings

KPIS, MONTH = 50, "2025-12"


def assessed(folder: Path) -> PackInput:
    """A December in which most KPIs failed, after eleven months like it."""
    terms, now_ms = stricter(contract(KPIS, KPIS)), BEGIN_MS + 366 * DAY
    path = folder / "year.db"
    fill(path, KPIS, BEGIN_MS, now_ms)
    with read_only(path) as ledger:
        found = assess_month(terms, ledger, MONTH, now_ms)
    return PackInput(found, terms.versions[0].terms, digest="0" * 64)


def stricter(plain: Contract) -> Contract:
    """The same with targets that hardly anybody keeps: a failure is a page."""
    terms = plain.versions[0].terms
    kpis = tuple(kpi.model_copy(update={"target": Decimal("99.99"), "bands": ()}) for kpi in terms.kpis)
    return Contract((TermsVersion(0, terms.model_copy(update={"kpis": kpis})),))


def cost(case: PackInput, formats: tuple[str, ...]) -> tuple[float, int]:
    """Seconds of processor time, and bytes."""
    began = time.process_time()
    made = renderings(case, pack(case), document_text(document(case.assessment)), formats, lambda _: None)
    return time.process_time() - began, sum(map(len, made.values()))


def failures(one: ContractAssessment) -> int:
    return sum(1 for kpi in one.kpis if kpi.result is not None and kpi.result.is_met is False)


def megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        case = assessed(Path(name))
    print(f"{KPIS} KPIs, {len(case.months)} months, {failures(case.assessment)} failures; before: {megabytes():.0f} MB")
    seconds, size = cost(case, FORMATS)
    print(f"all five: {seconds:.2f} s (aim: 10), {size:,} bytes, at most {megabytes():.0f} MB (aim: 300)")
    print(f"html and json: {cost(case, ('html', 'json'))[0]:.2f} s (aim: 1)")
    for one in FORMATS:
        seconds, size = cost(case, (one,))
        print(f"{one}: {seconds:.2f} s, {size:,} bytes")


if __name__ == "__main__":
    main()
