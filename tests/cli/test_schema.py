"""The schemas of what is read and written beside the configuration."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner
from jsonschema import Draft202012Validator

from sla_monitor.cli.schema import schema
from tests.contract.support import ROOT

FILES = ["assessment", "comparison", "reconciliation", "evidence"]


def printed(file: str) -> str:
    result = CliRunner().invoke(schema, [file])
    assert result.exit_code == 0
    return result.stdout


@pytest.mark.parametrize("file", FILES)
def test_the_committed_schema_is_the_one_that_is_printed(file: str) -> None:
    """Otherwise: sla-monitor schema assessment > config/schema/assessment.schema.json (and the same for the others)."""
    committed = (ROOT / f"config/schema/{file}.schema.json").read_text(encoding="utf-8")
    assert committed == printed(file)


@pytest.mark.parametrize("file", FILES)
def test_a_schema_is_a_good_one_and_says_what_every_key_means(file: str) -> None:
    described = json.loads(printed(file))
    Draft202012Validator.check_schema(described)
    for name, definition in {"file": described, **described["$defs"]}.items():
        for key, value in definition.get("properties", {}).items():
            assert value.get("description") or key == "kind", f"{name}.{key}"


def test_the_committed_openapi_document_is_the_one_that_is_printed() -> None:
    """Otherwise: sla-monitor schema api > config/schema/openapi.json."""
    assert (ROOT / "config/schema/openapi.json").read_text(encoding="utf-8") == printed("api")
