"""A real Prometheus asks for OpenMetrics, packed, gets both, and finds nothing wrong with them."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sla_monitor.metrics.exporter import Exporter
from tests.metrics.test_exporter import exporter, filled_board
from tests.support.prometheus import scraping
from tests.support.waiting import wait_until
from tests.web.running import Parts, serving


@dataclass
class Scraped(Parts):
    """A web server with the exporter behind it, and the headers of its answers."""

    exporter: Exporter = field(default_factory=lambda: exporter(filled_board()))
    answers: list[Mapping[str, str]] = field(default_factory=list)

    def metrics(self, accept: str, accept_encoding: str) -> tuple[Mapping[str, str], bytes]:
        headers, body = self.exporter.answer(accept, accept_encoding)
        self.answers.append(headers)
        return headers, body


def found(prometheus: str, path: str) -> object:
    """Its answer's data; None while it does not listen yet."""
    try:
        with urllib.request.urlopen(f"{prometheus}/api/v1/{path}") as answer:
            return json.load(answer)["data"]
    except OSError:
        return None


def health(targets: Any) -> list[tuple[str, str]]:
    """Of each target, by its last scrape: on a busy machine one may take longer than the second that it has."""
    return [(one["health"], one["lastError"]) for one in targets["activeTargets"]] if targets else []


def test_prometheus_scrapes_openmetrics_packed(tmp_path: Path) -> None:
    parts = Scraped()
    with serving(parts) as web, scraping(web.port, tmp_path) as prometheus:
        counter = f"query?query={quote('sla_probes_total')}"
        wait_until(lambda: "login" in json.dumps(found(prometheus, counter)))
        wait_until(lambda: health(found(prometheus, "targets?state=active")) == [("up", "")])
        metadata = found(prometheus, "metadata?metric=sla_probes")
    assert parts.answers[0]["Content-Type"].startswith("application/openmetrics-text; version=1.0.0")
    assert parts.answers[0]["Content-Encoding"] == "gzip"
    assert "counter" in json.dumps(metadata)
