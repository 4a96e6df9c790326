"""A small contract, and evidence about it to break."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from sla_monitor.contract.contract import Contract
from sla_monitor.contract.load import load_contract
from sla_monitor.errors import EvidenceError
from sla_monitor.evidence import FileEvidence, read_evidence
from sla_monitor.register.instant import parse_instant

CONTRACT = """\
id: small
authority: The Authority
supplier: The Supplier
term: {start: 2026-04-01, end: 2031-03-31}
time_zone: Europe/London
currency: GBP
services:
  - id: custody
    endpoints:
      - {id: health, kind: tcp, host: 127.0.0.1, port: 1, every: 10s, timeout: 5s}
      - {id: records, kind: tcp, host: 127.0.0.1, port: 2, every: 10s, timeout: 5s}
  - id: email
    endpoints:
      - {id: webmail, kind: tcp, host: 127.0.0.1, port: 3, every: 10s, timeout: 5s}
kpis:
  - {id: KPI1, service: custody, target: 99.9}
  - {id: KPI2, indicator: response_time, statistic: mean, service: email, target: 500ms, endpoints: [webmail]}
"""


def contract_in(folder: Path, text: str = CONTRACT) -> Contract:
    path = folder / "small.yaml"
    path.write_text(text, encoding="utf-8")
    return load_contract(path)


def evidence(**parts: Any) -> dict[str, Any]:
    """An October of which nothing was seen, with other parts in place of its own."""
    return {
        "format": "sla-monitor-evidence",
        "version": 1,
        "contract": "small",
        "zone": "Europe/London",
        "seen": {"from": "2026-10-01", "until": "2026-11-01"},
    } | parts


def entry(number: int, said: dict[str, Any], **parts: Any) -> dict[str, Any]:
    whole = {"number": number, "at": "2026-11-02T09:00:00Z", "actor": "a.person", "contract": "small", "said": said}
    return whole | parts


def written(folder: Path, content: dict[str, Any] | str | bytes) -> Path:
    path = folder / "evidence.json"
    text = json.dumps(content) if isinstance(content, dict) else content
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def read(folder: Path, content: dict[str, Any] | str | bytes) -> FileEvidence:
    return read_evidence(written(folder, content), contract_in(folder))


def problems(folder: Path, content: dict[str, Any] | str | bytes) -> list[str]:
    """The problems of a file, without its path."""
    try:
        read(folder, content)
    except EvidenceError as error:
        return [line.removeprefix(f"{folder}/evidence.json").lstrip(": ") for line in error.problems]
    return []


def ms(text: str) -> int:
    return parse_instant(text)
