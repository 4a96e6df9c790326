"""Terms for tests about points and money: the parts in question, and the least that a contract holds besides."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sla_monitor.contract.terms import Terms

CONTRACTS = Path(__file__).parents[2] / "config/contracts"
"""The folder that paths in terms are relative to."""

HEAD: dict[str, Any] = {
    "id": "small",
    "authority": "The Authority",
    "supplier": "The Supplier",
    "term": {"start": "2020-01-01", "end": "2040-12-31"},
    "time_zone": "UTC",
    "currency": "GBP",
}


def terms_of(parts: dict[str, Any]) -> Terms:
    """Terms with the parts, and with every service that they name."""
    rules = [*parts.get("kpis", ()), *parts.get("credits", ())]
    names = dict.fromkeys(["service", *(rule["service"] for rule in rules if "service" in rule)])
    whole = {**HEAD, "services": [{"id": name} for name in names], **parts}
    return Terms.model_validate(whole, context={"folder": CONTRACTS})
