"""`sla-monitor schema`: what editors need to complete and check the files."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import click

FILES = ("contract", "settings", "assessment", "comparison", "reconciliation", "evidence", "api")


@click.command()
@click.argument("file", metavar="FILE", type=click.Choice(FILES))
def schema(file: str) -> None:
    """Print the JSON Schema (2020-12) of FILE.

    FILE is contract, settings, assessment, comparison, reconciliation, evidence or api.

    contract and settings are what people write; an editor with a YAML language server uses the schema when the file's
    first line is `# yaml-language-server: $schema=contract.schema.json`. assessment and comparison are what
    `sla-monitor assess --format json` prints, reconciliation is what `sla-monitor reconcile` does, and evidence is what
    both read instead of the ledger. api is the OpenAPI document of the daemon's JSON, as /api/v1/openapi.json has it.
    """
    click.echo(json.dumps(_DESCRIBED[file](), indent=2, ensure_ascii=False))


def _contract() -> dict[str, Any]:
    from sla_monitor.contract.reading.json_schema import contract_schema

    return contract_schema()


def _settings() -> dict[str, Any]:
    from sla_monitor.contract.reading.json_schema import model_schema
    from sla_monitor.settings import Settings

    return model_schema(Settings, "SLA monitor: the daemon's settings")


def _assessment() -> dict[str, Any]:
    from sla_monitor.contract.reading.json_schema import shape_schema
    from sla_monitor.document import AssessmentJson

    return shape_schema(AssessmentJson, "SLA monitor: one contract in one month")


def _comparison() -> dict[str, Any]:
    from sla_monitor.contract.reading.json_schema import shape_schema
    from sla_monitor.document import ComparisonDocument

    return shape_schema(ComparisonDocument, "SLA monitor: one history under two contracts")


def _reconciliation() -> dict[str, Any]:
    from sla_monitor.contract.reading.json_schema import shape_schema
    from sla_monitor.document import ReconciliationDocument

    return shape_schema(ReconciliationDocument, "SLA monitor: outages against the supplier's own list")


def _evidence() -> dict[str, Any]:
    from sla_monitor.contract.reading.json_schema import model_schema
    from sla_monitor.evidence.document import EvidenceDocument

    return model_schema(EvidenceDocument, "SLA monitor: what was seen and said of one contract")


def _api() -> dict[str, Any]:
    from sla_monitor.web.api.openapi import openapi_document

    return openapi_document()


_DESCRIBED: dict[str, Callable[[], dict[str, Any]]] = {
    "contract": _contract,
    "settings": _settings,
    "assessment": _assessment,
    "comparison": _comparison,
    "reconciliation": _reconciliation,
    "evidence": _evidence,
    "api": _api,
}
