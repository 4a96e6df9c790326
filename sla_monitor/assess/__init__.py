"""Contract + ledger + sla -> Assessment: the one value that all outputs read."""

from sla_monitor.assess.assessment import (
    Acknowledged,
    Assessment,
    ContractAssessment,
    KpiAssessment,
    Outage,
    ServiceAssessment,
)
from sla_monitor.assess.history import Cache, history
from sla_monitor.assess.month import assess, assess_contract, assess_month
from sla_monitor.sla.evidence import Evidence
from sla_monitor.sla.samples import Sample

__all__ = [
    "Acknowledged",
    "Assessment",
    "Cache",
    "ContractAssessment",
    "Evidence",
    "KpiAssessment",
    "Outage",
    "Sample",
    "ServiceAssessment",
    "assess",
    "assess_contract",
    "assess_month",
    "history",
]
