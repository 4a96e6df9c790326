"""The JSON Schema that editors use agrees with the loader."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from jsonschema import Draft202012Validator

from sla_monitor.cli.schema import schema
from sla_monitor.contract.reading.nodes import plain
from sla_monitor.contract.reading.yaml_file import parse_document, read_document
from tests.contract.support import HEAD, ROOT, SERVICES

EXAMPLES = sorted((ROOT / "config/contracts/examples").glob("*.yaml"))
EVIDENCE = sorted((ROOT / "config/evidence").glob("*.json"))


def printed(file: str) -> str:
    result = CliRunner().invoke(schema, [file])
    assert result.exit_code == 0
    return result.stdout


@pytest.fixture(scope="module")
def contracts() -> Draft202012Validator:
    described = json.loads(printed("contract"))
    Draft202012Validator.check_schema(described)
    return Draft202012Validator(described)


def spelled(text: str) -> Any:
    return plain(parse_document(text.encode(), "c.yaml").root)


@pytest.mark.parametrize("file", ["contract", "settings"])
def test_the_committed_schema_is_the_one_that_is_printed(file: str) -> None:
    """Otherwise: sla-monitor schema contract > config/schema/contract.schema.json (and the same for settings)."""
    committed = (ROOT / f"config/schema/{file}.schema.json").read_text(encoding="utf-8")
    assert committed == printed(file)


def test_the_shipped_contract_fits_the_schema(contracts: Draft202012Validator) -> None:
    path = ROOT / "config/contracts/police-strategic-it.yaml"
    assert [error.message for error in contracts.iter_errors(plain(read_document(path).root))] == []
    assert path.read_text().startswith("# yaml-language-server: $schema=../schema/contract.schema.json\n")


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_the_shipped_examples_fit_the_schema(contracts: Draft202012Validator, path: Path) -> None:
    assert [error.message for error in contracts.iter_errors(plain(read_document(path).root))] == []
    assert path.read_text().startswith("# yaml-language-server: $schema=../../schema/contract.schema.json\n")


@pytest.mark.parametrize("path", EVIDENCE, ids=lambda path: path.stem)
def test_the_shipped_evidence_fits_its_schema(path: Path) -> None:
    described = json.loads((ROOT / "config/schema/evidence.schema.json").read_text(encoding="utf-8"))
    found = Draft202012Validator(described).iter_errors(json.loads(path.read_text(encoding="utf-8")))
    assert [error.message for error in found] == []


def test_the_shipped_settings_fit_the_schema() -> None:
    path = ROOT / "config/sla-monitor.yaml"
    described = json.loads(printed("settings"))
    Draft202012Validator.check_schema(described)
    assert [e.message for e in Draft202012Validator(described).iter_errors(plain(read_document(path).root))] == []
    assert path.read_text().startswith("# yaml-language-server: $schema=schema/settings.schema.json\n")


VERSIONED = f"""{HEAD}
accounting: {{confirmation: 2, versions: [{{from: 2026-04-01, ref: CCN-1, confirmation: 3}}]}}
versions:
  - {{from: 2027-04-01, term: {{end: 2036-03-31}}, accounting: {{coverage_floor: 95.5}}}}
services:
  - id: custody
    from: 2025-05-01
    until: 2030-01-01
    ref: CCN-2
    versions: [{{from: 2026-01-01, name: Custody suite}}]
    endpoints:
      - {{id: e, kind: tcp, host: h, port: 1, from: 2026-01-01, versions: [{{from: 2027-01-01, port: 2}}]}}
"""


def test_versions_fit_the_schema(contracts: Draft202012Validator) -> None:
    assert [error.message for error in contracts.iter_errors(spelled(VERSIONED))] == []


@pytest.mark.parametrize(
    "wrong",
    [
        HEAD + SERVICES + "acounting: {}\n",
        HEAD + SERVICES + "versions: [{ref: CCN-1, title: New}]\n",
        HEAD + SERVICES + "versions: [{from: soon, title: New}]\n",
        HEAD + SERVICES + "versions: [{from: 2026-04-01, titel: New}]\n",
        HEAD + SERVICES.replace("port: 1", "port: none"),
        HEAD + SERVICES.replace("kind: tcp", "kind: udp"),
        SERVICES,
    ],
)
def test_mistakes_do_not_fit_the_schema(contracts: Draft202012Validator, wrong: str) -> None:
    assert not contracts.is_valid(spelled(wrong))


def test_a_default_is_spelled_as_a_file_would() -> None:
    properties = json.loads(printed("contract"))["$defs"]["TcpEndpoint"]["properties"]
    assert (properties["every"]["default"], properties["timeout"]["default"]) == ("1m", "10s")
