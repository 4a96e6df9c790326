"""Walks through the pages that somebody is led to."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable

from tests.web.desk.house import Browser, Page


def walked(browser: Browser, starts: Iterable[str]) -> dict[str, Page]:
    """Every page of ours that links lead to from these, each once however it is filled in, by its path."""
    found: dict[str, Page] = {}
    waiting = list(starts)
    while waiting:
        address = waiting.pop()
        path = address.partition("?")[0].partition("#")[0]
        if path in found or not path.startswith("/"):
            continue
        page = found[path] = browser.get(address)
        if "text/html" in page.headers.get("content-type", ""):
            waiting += [html.unescape(link) for link in re.findall(r'href="([^"]+)"', page.text)]
        if page.location:
            waiting.append(page.location)
    return found
