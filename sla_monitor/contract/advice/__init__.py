"""Terms that are allowed but cannot work well: what a careful reader would say before signing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from sla_monitor.contract.advice.allowances import allowance_doubts
from sla_monitor.contract.advice.maintenance_rules import maintenance_doubts
from sla_monitor.contract.advice.points_and_money import doubts, never_repeated
from sla_monitor.contract.advice.probing import probing_doubts
from sla_monitor.contract.contract import Contract, TermsVersion
from sla_monitor.contract.local_time import local_date, midnight_ms
from sla_monitor.contract.reading.nodes import Node, Problem, gathered
from sla_monitor.contract.reading.places import dotted, locate, repeated_for
from sla_monitor.contract.reading.repeating import repeated
from sla_monitor.contract.reading.yaml_file import parse_document
from sla_monitor.contract.rules.plain_values import RuleProblem
from sla_monitor.contract.terms import Terms
from sla_monitor.contract.versions import resolve


def advice(contract: Contract, now_ms: int) -> list[str]:
    """One line for each term that cannot work well, in any version: `file:line:column: key path: why (remedy)`."""
    document = parse_document(contract.read_files.contract, contract.file)
    remarks: list[Problem] = []
    for version in contract.versions:
        root = repeated(document, resolve(document.root, _day(version)))
        remarks += [_placed(contract, root, remark) for remark in _remarks(version.terms)]
    remarks += [_placed(contract, document.root, remark) for remark in _ended(contract.versions[-1].terms, now_ms)]
    return [str(remark) for remark in gathered(remarks)]


def _placed(contract: Contract, root: Node, remark: RuleProblem) -> Problem:
    path, message = remark
    place = locate(root, path, len(path)).node.place
    return Problem(contract.file, place, dotted(root, path), message, repeated_for(root, path))


def _day(version: TermsVersion) -> date:
    return local_date(version.from_ms, version.terms.time_zone)


def _remarks(terms: Terms) -> Iterator[RuleProblem]:
    yield from allowance_doubts(terms)
    yield from doubts(terms)
    yield from never_repeated(terms)
    yield from probing_doubts(terms)
    yield from maintenance_doubts(terms)


def _ended(terms: Terms, now_ms: int) -> Iterator[RuleProblem]:
    end = date.fromordinal(terms.term.end_on.toordinal() + 1)
    if midnight_ms(end, terms.time_zone) <= now_ms:
        yield (
            ("term", "end"),
            "the contract has ended: no month comes after it (move the file away; the ledger keeps its record)",
        )
