"""What waits for somebody as JSON: what the desk's first page lists. Pure."""

from __future__ import annotations

from sla_monitor.register.instant import format_utc
from sla_monitor.web.api.nulls import Nulls
from sla_monitor.web.api.shapes import AnswerJson, DeskJson, MatterJson
from sla_monitor.web.desk.waiting_list import AnswerRow, WaitingList, WaitingRow
from sla_monitor.wording.text import plain


def desk_json(found: WaitingList) -> DeskJson:
    """Theirs and that of others, the soonest first, and what became of what they entered."""
    return {
        "url": "/desk",
        "mine": [_matter(row) for row in found.mine],
        "others": [_matter(row) for row in found.others],
        "answers": [_answer(row) for row in found.answers],
        "unassessed": list(found.unassessed),
    }


def _answer(row: AnswerRow) -> AnswerJson:
    answer = row.answer
    return {
        "contract": row.contract,
        "entry": answer.asked.number,
        "state": answer.state,
        "text": row.what,
        "by_entry": answer.by.number,
        "actor": plain(answer.by.actor),
        "decided_at": format_utc(answer.by.at_ms),
        "note": row.note,
        "url": row.address,
    }


def _matter(row: WaitingRow) -> MatterJson:
    nulls, matter = Nulls(), row.matter
    on = None if matter.on is None else f"{matter.on}"
    return {
        "contract": row.contract,
        "kind": matter.kind,
        "action": f"{matter.action}",
        "text": row.what,
        "last_day": nulls.told("last_day", on, "the contract sets no day for it"),
        "urgency": row.urgency,
        "entry": nulls.told("entry", matter.entry, "it is about no entry"),
        "month": nulls.text("month", matter.month[:7], "it is about no month"),
        "subject": nulls.text("subject", matter.name, "it is about no KPI and no obligation"),
        "url": nulls.text("url", row.address, "whoever asks may not do it, or nobody does it here"),
        "why_null": nulls.why,
    }
