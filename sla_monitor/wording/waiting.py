"""What waits for somebody, in words: the matter and the day by which it should be done, the same on every screen."""

from __future__ import annotations

from datetime import date
from typing import Literal, TypeAlias

from sla_monitor.register.answers import AnswerState
from sla_monitor.wording.instants import format_date
from sla_monitor.wording.numbers import format_count

MatterKind: TypeAlias = Literal[
    "decide", "figure", "action", "obligation", "claim_relief", "claim_credit", "notify", "invoice", "payment",
    "refund", "sign_off", "countersign", "terms",
]  # fmt: skip
Urgency: TypeAlias = Literal["late", "today", "soon", "later", "undated"]

SOON_DAYS = 7

MATTER_WORDS: dict[MatterKind, str] = {
    "decide": "Decision",
    "figure": "Figure owed",
    "action": "Action",
    "obligation": "Obligation",
    "claim_relief": "Relief",
    "claim_credit": "Claim of a credit",
    "notify": "Credit to notify",
    "invoice": "Credit to invoice",
    "payment": "Payment",
    "refund": "Refund",
    "sign_off": "Sign-off",
    "countersign": "Countersignature",
    "terms": "New terms",
}
"""What sort of matter it is."""

TO_DO: dict[MatterKind, str] = {
    "decide": "Decide",
    "figure": "Give the figure",
    "action": "Report it as done",
    "obligation": "Report it as met",
    "claim_relief": "Claim relief",
    "claim_credit": "Enter the claim",
    "notify": "Enter the notice",
    "invoice": "Enter the invoice",
    "payment": "Enter the payment",
    "refund": "Enter the payment",
    "sign_off": "Sign it off",
    "countersign": "Countersign it",
    "terms": "Look at the terms",
}
"""What does it: the words of its one link."""


ANSWER_WORDS: dict[AnswerState, str] = {
    "granted": "Granted",
    "granted_in_part": "Granted in part",
    "refused": "Refused",
    "approved": "Approved",
    "rejected": "Rejected",
    "taken_back": "Taken back",
}
"""What others decided about what somebody entered."""


def urgency_of(on: date | None, today: date) -> Urgency:
    """How near a last day is."""
    if on is None:
        return "undated"
    days = (on - today).days
    return "late" if days < 0 else "today" if not days else "soon" if days <= SOON_DAYS else "later"


def describe_last_day(on: date | None, today: date) -> str:
    """`3 Dec 2026, in 5 days`, `25 Nov 2026, 5 days late`, `no day is set`."""
    if on is None:
        return "no day is set"
    days = (on - today).days
    if not days:
        return f"{format_date(on)}, today"
    away = format_count(abs(days), "day")
    return f"{format_date(on)}, {f'in {away}' if days > 0 else f'{away} late'}"
