"""Contract + ledger + sla -> Assessment: the one value that everyone who tells anything reads."""

from sla_monitor.assess.assessment import (
    Assessment,
    ContractAssessment,
    KpiAssessment,
    Outage,
    ServiceAssessment,
)
from sla_monitor.assess.month import assess, assess_contract

__all__ = [
    "Assessment",
    "ContractAssessment",
    "KpiAssessment",
    "Outage",
    "ServiceAssessment",
    "assess",
    "assess_contract",
]
