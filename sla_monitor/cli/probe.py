"""`sla-monitor probe ENDPOINT`: look once, tell everything, record nothing."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sla_monitor.cli.options import config_option
from sla_monitor.names import PHASES

if TYPE_CHECKING:
    from sla_monitor.sla.observation import Finding

EXIT_BY_OUTCOME = {"up": 0, "degraded": 0, "down": 2, "unknown": 3}


@click.command()
@config_option
@click.argument("endpoint")
@click.option("--format", "style", type=click.Choice(["text", "json"]), default="text", show_default=True)
def probe(config: Path, endpoint: str, style: str) -> None:
    """Look once at ENDPOINT (its id, or CONTRACT/ID) and print phases, expectations and verdict.

    Nothing is recorded. Exit status 0 when it is up or degraded, 2 when down, 3 when unknown.
    """
    from sla_monitor import probe as probes
    from sla_monitor.clock import SystemClock
    from sla_monitor.configuration import read_configuration

    clock = SystemClock()
    found = {
        key: terms
        for contract in read_configuration(config).contracts
        for key, _, terms in contract.endpoints_at(clock.now_ms())
    }
    keys = [key for key in found if key == endpoint or key.partition("/")[2] == endpoint]
    if len(keys) != 1:
        known = ", ".join(keys or sorted(found))
        problem = "names several endpoints" if keys else "is no endpoint in force"
        raise click.UsageError(f"{endpoint!r} {problem} (write one of: {known})")
    terms = found[keys[0]]
    surroundings = probes.Surroundings(clock=clock, heartbeats=lambda _: None, key=keys[0], started_ms=clock.now_ms())
    prober = probes.build(terms, surroundings)
    finding = probes.look(prober, clock)
    prober.close()
    asked = terms.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    told = {"endpoint": keys[0], "terms": asked, **_plain(finding)}
    click.echo(json.dumps(told, indent=2) if style == "json" else _text(told))
    sys.exit(EXIT_BY_OUTCOME[finding.outcome])


def _plain(finding: Finding) -> dict[str, Any]:
    phases = {name: getattr(finding.phases, f"{name}_us") for name in PHASES}
    return {
        "outcome": finding.outcome.value,
        "reason": None if finding.reason is None else finding.reason.value,
        "detail": finding.detail,
        "duration_us": finding.duration_us,
        "phases_us": {name: us for name, us in phases.items() if us is not None},
        "address": finding.address,
        "status": finding.status,
        "body_bytes": finding.body_bytes,
        "certificate_expires_at_s": finding.certificate_expires_at_s,
        "evidence": finding.evidence.decode(errors="backslashreplace"),
    }


def _text(told: dict[str, Any]) -> str:
    """One line for each thing that is known; a supplier's text is printed with its control characters escaped."""
    from datetime import UTC, datetime

    def line(name: str, value: Any) -> str:
        return f"{name:<14} {''.join(c if c.isprintable() else repr(c)[1:-1] for c in str(value))}"

    lines = [line("endpoint", told["endpoint"])]
    lines += [line(f"  {name}", value) for name, value in told["terms"].items() if name != "id"]
    lines += [line(f"{name} phase", f"{us / 1000:.1f} ms") for name, us in told["phases_us"].items()]
    lines.append(line("whole look", f"{told['duration_us'] / 1000:.1f} ms"))
    answered = {name.replace("_", " "): told[name] for name in ("address", "status", "body_bytes")}
    lines += [line(name, value) for name, value in answered.items() if value is not None]
    if told["certificate_expires_at_s"] is not None:
        expiry = datetime.fromtimestamp(told["certificate_expires_at_s"], UTC)
        lines.append(line("certificate", f"expires {expiry:%Y-%m-%d %H:%M:%S} UTC"))
    verdict = told["outcome"].upper() + (f" ({told['reason']}: {told['detail']})" if told["reason"] else "")
    lines.append(line("verdict", verdict))
    if told["evidence"]:
        lines.append(line("evidence", told["evidence"]))
    return "\n".join(lines)
