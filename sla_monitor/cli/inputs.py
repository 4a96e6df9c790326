"""The numbers by which authority and supplier see that they have worked from the same."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

from sla_monitor.assess.assessment import ContractAssessment
from sla_monitor.assess.document import Inputs
from sla_monitor.contract.contract import Contract, midnight_ms
from sla_monitor.errors import ConfigError
from sla_monitor.evidence import Digested


def inputs_of(contract: Contract, read: Digested, found: ContractAssessment) -> Inputs:
    """Digests of the contract's files, and of the evidence from the term's first day to the end of the period."""
    terms = contract.versions[0].terms
    start_ms = midnight_ms(terms.term.start_on, terms)
    end_ms = max(start_ms, min(found.period.end_ms, found.at_ms))
    calendars = (calendar for version in contract.versions for calendar in version.terms.calendars.values())
    holidays = {calendar.bank_holidays for calendar in calendars if calendar.bank_holidays is not None}
    return {
        "contract_sha256": _sha256(Path(contract.file)),
        "holidays_sha256": sorted(map(_sha256, holidays)),
        "evidence_sha256": read.digest(contract, start_ms, end_ms),
    }


def _sha256(path: Path) -> str:
    """Of a file that was read a moment ago. Raises ConfigError if it has gone since."""
    try:
        return sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise ConfigError([f"{path}: cannot be read: {error.strerror} (check the path and its permissions)"]) from None
