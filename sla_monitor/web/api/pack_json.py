"""The review packs as JSON. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from sla_monitor.web.api.shapes import PackJson, PacksJson
from sla_monitor.web.page.pack_list import TYPES, ReviewPack, address, in_order, kind_of, title_of
from sla_monitor.wording.text import plain


def packs_json(packs: Iterable[ReviewPack]) -> PacksJson:
    """All of them, by contract, the latest first."""
    return {"url": "/", "packs": [_pack(one) for several in in_order(packs).values() for one in several]}


def _pack(one: ReviewPack) -> PackJson:
    files = [name for name in one.files if kind_of(name) in TYPES]
    page = next((name for name in files if kind_of(name) == "html"), None)
    return {
        "url": address(one, page) if page else "/",
        "name": one.name,
        "contract": plain(one.contract),
        "month": one.month,
        "title": title_of(one),
        "status": plain(one.status),
        "files": [{"name": name, "url": address(one, name), "media_type": TYPES[kind_of(name)]} for name in files],
    }
