"""Small contracts to break."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent, indent

from sla_monitor.contract.contract import Contract
from sla_monitor.contract.load import load_contract
from sla_monitor.errors import ConfigError

ROOT = Path(__file__).parents[2]

HEAD = """\
id: small
authority: The Authority
supplier: The Supplier
term: {start: 2025-04-01, end: 2035-03-31}
time_zone: Europe/London
currency: GBP
"""

SERVICES = """\
services:
  - id: custody
    endpoints:
      - {id: health, kind: tcp, host: 127.0.0.1, port: 1}
"""


def contract_file(folder: Path, text: str, name: str = "c.yaml") -> Path:
    """Write a contract; text without an id gets the small contract's head before it."""
    text = dedent(text)
    path = folder / name
    path.write_text(text if text.startswith("id:") else HEAD + text, encoding="utf-8")
    return path


def loaded(folder: Path, text: str) -> Contract:
    return load_contract(contract_file(folder, text))


def problems(folder: Path, text: str) -> list[str]:
    """The problems of a contract, without the folder's name."""
    try:
        loaded(folder, text)
    except ConfigError as error:
        return [line.removeprefix(f"{folder}/") for line in error.problems]
    return []


def endpoint(text: str) -> str:
    """The small contract with one endpoint whose keys stand from line 10 on (column 9)."""
    return f"{HEAD}services:\n  - id: custody\n    endpoints:\n{indent('- ' + indent(dedent(text), '  ')[2:], ' ' * 6)}"
