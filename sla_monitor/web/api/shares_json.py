"""A participant's shares as JSON. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from sla_monitor.document.values import money
from sla_monitor.web.api.nulls import Nulls
from sla_monitor.web.api.register_shapes import ShareJson, SharesJson
from sla_monitor.web.desk.shares_page import ShareRow


def shares_json(participant: str, rows: Iterable[ShareRow]) -> SharesJson:
    return {"participant": participant, "shares": [_share(one) for one in rows]}


def _share(one: ShareRow) -> ShareJson:
    nulls = Nulls()
    share = None if one.share is None else money(one.share, one.currency)
    return {
        "title": one.title,
        "month": one.month,
        "services": list(one.services),
        "share": nulls.told("share", share, "nobody has a share of this contract"),
        "why_null": nulls.why,
    }
