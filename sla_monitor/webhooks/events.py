"""What receivers are told: messages made from entries of the register and from what closed months came to. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from sla_monitor.assess.recalculations import MonthFigures
from sla_monitor.contract.contract import Contract
from sla_monitor.document.entries import entry_document
from sla_monitor.document.values import money
from sla_monitor.ledger.recording.month_results import MonthResult
from sla_monitor.periods.edges import whole_months
from sla_monitor.register.entries import Entry
from sla_monitor.register.instant import format_utc
from sla_monitor.register.redaction import is_of_draft, redacted
from sla_monitor.settings.desk.access_table import Action
from sla_monitor.settings.webhooks import Event, Webhook
from sla_monitor.sla.rounding import exact_decimal

EVENT_OF: Mapping[Action, Event] = {
    Action.DECIDE: "decision",
    Action.WAIVE: "decision",
    Action.SIGN_OFF: "sign_off",
    Action.COUNTERSIGN: "countersigned",
    Action.PROPOSE_TERMS: "terms",
    Action.APPROVE_TERMS: "terms",
    Action.TRACK_CREDITS: "credit",
    Action.CLAIM_RELIEF: "claim",
    Action.DISPUTE: "dispute",
    Action.BOOK_MAINTENANCE: "maintenance",
    Action.UNDO: "undo",
}
"""What somebody does who enters an entry, as receivers call it; of other entries nobody is told."""


NEWS_MS = 62 * 24 * 3_600_000
"""A month that was over for longer when it was first told is history that was brought in, and no news."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message. `id`: the same for the same event, whoever sends it and however often."""

    id: str
    at_ms: int
    body: bytes


def message_of_entry(entry: Entry, contract: Contract, webhook: Webhook) -> Message | None:
    """What a receiver is told of an entry; None: nothing."""
    event = EVENT_OF.get(entry.body.action)
    if event not in webhook.events or not _is_meant(contract.id, webhook):
        return None
    if webhook.side == "supplier" and is_of_draft(entry.body):
        return None
    shown = redacted(entry) if webhook.side == "supplier" else entry
    told = {"contract": contract.id, "entry": entry_document(shown, contract)}
    return _message(event, entry.at_ms, told, [contract.id, entry.number, entry.at_ms])


def messages_of_months(
    results: Iterable[MonthResult], contracts: Mapping[str, Contract], webhook: Webhook
) -> Iterator[Message]:
    """A message for each time that a closed month was told with a KPI that was missed, or no longer is. `results`: all
    that were told, oldest first."""
    last: dict[tuple[str, str], MonthFigures] = {}
    for one in results:
        after, key = MonthFigures(one.figures), (one.contract, one.month)
        before, last[key] = last.get(key), after
        contract = contracts.get(one.contract)
        missed = [kpi for kpi, found in after.kpis.items() if found.is_met is False]
        had = [] if before is None else [kpi for kpi, found in before.kpis.items() if found.is_met is False]
        is_meant = contract is not None and "breach" in webhook.events and _is_meant(one.contract, webhook)
        if contract is None or not is_meant or before == after or not (missed or had):
            continue
        if before is None and one.at_ms - whole_months(one.month, contract.time_zone).end_ms > NEWS_MS:
            continue
        told = {
            "contract": one.contract,
            "month": one.month,
            "is_restated": before is not None,
            "missed": [_missed(name, after) for name in missed],
            "missed_before": had,
            "points": f"{exact_decimal(after.points, 9).normalize():f}",
            "credit": money(after.deducted, contract.currency),
        }
        yield _message("breach", one.at_ms, told, [one.contract, one.month, before.text if before else "", after.text])


def test_message(at_ms: int, token: str) -> Message:
    """A message that says nothing, to try a receiver with. `token`: another one each time."""
    return _message("test", at_ms, {"text": "a test message of the SLA monitor: nothing has happened"}, [token])


def _missed(name: str, figures: MonthFigures) -> dict[str, Any]:
    kpi = figures.kpis[name]
    value = None if kpi.value is None else f"{exact_decimal(kpi.value, 9).normalize():f}"
    return {"kpi": name, "value": value, "band": kpi.band, "points": f"{exact_decimal(kpi.points, 9).normalize():f}"}


def _is_meant(contract: str, webhook: Webhook) -> bool:
    return webhook.contracts is None or contract in webhook.contracts


def _message(event: str | None, at_ms: int, told: Mapping[str, Any], key: list[Any]) -> Message:
    digest = sha256(json.dumps([event, *key]).encode()).hexdigest()[:32]
    whole = {"type": event, "timestamp": format_utc(at_ms), "data": told}
    return Message(f"msg_{digest}", at_ms, json.dumps(whole, ensure_ascii=False, separators=(",", ":")).encode())
