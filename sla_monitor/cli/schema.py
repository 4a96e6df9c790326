"""`sla-monitor schema`: what editors need to complete and check the files."""

from __future__ import annotations

import json

import click


@click.command()
@click.argument("file", type=click.Choice(["contract", "settings"]))
def schema(file: str) -> None:
    """Print the JSON Schema (2020-12) of a contract or of the daemon's settings.

    An editor with a YAML language server uses it when the file's first line is
    `# yaml-language-server: $schema=contract.schema.json`.
    """
    from sla_monitor.contract.schema import contract_schema, model_schema
    from sla_monitor.settings import Settings

    described = (
        contract_schema() if file == "contract" else model_schema(Settings, "SLA monitor: the daemon's settings")
    )
    click.echo(json.dumps(described, indent=2, ensure_ascii=False))
