"""`sla-monitor probe ENDPOINT`: probe once, tell everything, record nothing."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sla_monitor.cli.shared.completion import endpoint_ids
from sla_monitor.cli.shared.options import config_option
from sla_monitor.names import PHASES

if TYPE_CHECKING:
    from sla_monitor.clock import Clock
    from sla_monitor.settings import Settings
    from sla_monitor.sla.jobs import JobReport, JobState
    from sla_monitor.sla.observation import Finding, Phases, StepFinding

EXIT_BY_OUTCOME = {"up": 0, "degraded": 0, "down": 2, "unknown": 3}
HEARD = "only the daemon hears heartbeats; this probe went by its ledger"


@click.command()
@config_option
@click.argument("endpoint", shell_complete=endpoint_ids)
@click.option(
    "--format", "style", type=click.Choice(["text", "json"]), default="text", show_default=True, help="Output format."
)
def probe(config: Path, endpoint: str, style: str) -> None:
    """Probe ENDPOINT once (its id, or CONTRACT/ID) and print phases, expectations and verdict.

    Nothing is recorded. Only the daemon receives heartbeats: for a heartbeat endpoint, the ledger is read. Exit status
    0 when it is up or degraded, 2 when down, 3 when unknown, 1 when there is no such endpoint.
    """
    from sla_monitor import probe as probes
    from sla_monitor.clock import SystemClock
    from sla_monitor.configuration import read_configuration
    from sla_monitor.contract.endpoints.spelled import spelled
    from sla_monitor.sla.jobs import JobState, timetable_of

    clock = SystemClock()
    configuration = read_configuration(config)
    contracts = configuration.contracts
    now_ms = clock.now_ms()
    listed = [(one, *each) for one in contracts for each in one.endpoints_at(now_ms)]
    found = {key: terms for _, key, _, terms in listed}
    timetables = {
        key: timetable_of(terms, one.version_at(now_ms).terms, service)
        for one, key, service, terms in listed
        if terms.kind == "heartbeat"
    }
    key = _chosen(endpoint, list(found))
    terms = found[key]
    job, heard = _heard(configuration.settings, key, clock) if terms.kind == "heartbeat" else (JobState(), {})
    listened = probes.Heard(lambda: job, timetables[key]) if key in timetables else None
    surroundings = probes.Surroundings(clock, key, clock.now_ms(), listened)
    prober = probes.build(terms, surroundings)
    finding = probes.observe_once(prober, clock)
    told = {"endpoint": key, "terms": spelled(terms), "heartbeats": heard or None, **_plain(finding)}
    steps = [probes.describe_step(step) for step in finding.steps]
    click.echo(json.dumps(told, indent=2) if style == "json" else _text(told, steps))
    sys.exit(EXIT_BY_OUTCOME[finding.outcome])


def _chosen(endpoint: str, keys: list[str]) -> str:
    """The one key that is meant. The mistake's exit status is not that of an endpoint that is down."""
    meant = [key for key in keys if endpoint in (key, key.partition("/")[2])]
    if len(meant) != 1:
        problem = "names several endpoints" if meant else "is no endpoint in force"
        raise click.ClickException(f"{endpoint!r} {problem} (write one of: {', '.join(meant or sorted(keys))})")
    return meant[0]


def _heard(settings: Settings, key: str, clock: Clock) -> tuple[JobState, dict[str, Any]]:
    """What the daemon's ledger knows of a job; that there is no ledger yet is no failure of this probe."""
    from sla_monitor.errors import LedgerError
    from sla_monitor.ledger import read_only
    from sla_monitor.sla.jobs import JobState

    job, ledger = JobState(), str(settings.ledger.path)
    try:
        with read_only(settings.ledger.path) as reader:
            job = reader.jobs(clock.now_ms(), clock.monotonic()).get(key, job)
    except LedgerError as error:
        ledger = f"cannot be read: {error}"
    reports = {"done": job.done, "ended": job.ended, "running": job.running}
    return job, {"note": HEARD, "ledger": ledger, **{name: _report(one) for name, one in reports.items()}}


def _report(report: JobReport | None) -> dict[str, Any] | None:
    if report is None:
        return None
    return {
        "kind": report.kind.value,
        "at_ms": report.at_ms,
        "duration_ms": report.duration_ms,
        "text": report.text,
    }


def _plain(finding: Finding) -> dict[str, Any]:
    return {
        "outcome": finding.outcome.value,
        "reason": None if finding.reason is None else finding.reason.value,
        "detail": finding.detail,
        "duration_us": finding.duration_us,
        "phases_us": _phases(finding.phases),
        "address": finding.address,
        "status": finding.status,
        "body_bytes": finding.body_bytes,
        "certificate_expires_at_s": finding.certificate_expires_at_s,
        "evidence": finding.evidence.decode(errors="backslashreplace"),
        "steps": [_step(step) for step in finding.steps],
    }


def _step(step: StepFinding) -> dict[str, Any]:
    return {
        "step": step.step,
        "outcome": None if step.outcome is None else step.outcome.value,
        "detail": step.detail,
        "status": step.status,
        "duration_us": step.duration_us,
        "phases_us": _phases(step.phases),
    }


def _phases(phases: Phases) -> dict[str, int]:
    named = {name: getattr(phases, f"{name}_us") for name in PHASES}
    return {name: us for name, us in named.items() if us is not None}


def _text(told: dict[str, Any], steps: list[str]) -> str:
    """One line for each thing that is known; a supplier's text is printed with its control characters escaped.
    `steps`: what each step of a journey came to; none where it could not begin."""
    terms = dict(told["terms"])
    of_steps = terms.pop("steps", [])
    lines = [_line("endpoint", told["endpoint"]), *_terms(terms)]
    for i, step in enumerate(of_steps):
        lines += [_line(f"step {i + 1}", step.get("name") or step["id"]), *_terms(step, but=("id", "name"))]
        lines += [_line("  came to", steps[i] if steps else "not asked")]
        lines += [_line("  detail", found["detail"]) for found in told["steps"][i : i + 1] if found["detail"]]
    if told["heartbeats"]:
        lines += _beats(told["heartbeats"])
    lines += [_line(f"{name} phase", f"{us / 1000:.1f} ms") for name, us in told["phases_us"].items()]
    lines.append(_line("whole probe", f"{told['duration_us'] / 1000:.1f} ms"))
    answered = {name.replace("_", " "): told[name] for name in ("address", "status", "body_bytes")}
    lines += [_line(name, value) for name, value in answered.items() if value is not None]
    if told["certificate_expires_at_s"] is not None:
        lines.append(_line("certificate", f"expires {_moment(told['certificate_expires_at_s'])}"))
    verdict = told["outcome"].upper() + (f" ({told['reason']}: {told['detail']})" if told["reason"] else "")
    lines.append(_line("verdict", verdict))
    if told["evidence"]:
        lines.append(_line("evidence", told["evidence"]))
    return "\n".join(lines)


def _terms(terms: dict[str, Any], but: tuple[str, ...] = ("id",)) -> list[str]:
    return [_line(f"  {name}", _worded(name, value)) for name, value in _flat(terms) if name not in but]


def _line(name: str, value: Any) -> str:
    return f"{name:<16} {''.join(c if c.isprintable() else repr(c)[1:-1] for c in str(value))}"


def _flat(terms: dict[str, Any], above: str = "") -> list[tuple[str, Any]]:
    """`expect.status` for a key within a key."""
    pairs: list[tuple[str, Any]] = []
    for key, value in terms.items():
        name = f"{above}{key}"
        pairs += _flat(value, f"{name}.") if isinstance(value, dict) else [(name, value)]
    return pairs


def _worded(name: str, value: Any) -> str:
    if name == "expect" and not value:
        return "any answer"
    if isinstance(value, list):
        return ", ".join(each if isinstance(each, str) else json.dumps(each, ensure_ascii=False) for each in value)
    return json.dumps(value) if isinstance(value, bool) else str(value)


def _beats(heard: dict[str, Any]) -> list[str]:
    lines = [_line("heartbeats", heard["note"]), _line("ledger", heard["ledger"])]
    lines.append(_line("last success", "none recorded" if heard["done"] is None else _ended(heard["done"])))
    if heard["ended"] is not None and heard["ended"] != heard["done"]:
        lines.append(_line("last failure", _ended(heard["ended"])))
    if heard["running"] is not None:
        lines.append(_line("running since", _moment(heard["running"]["at_ms"] // 1000)))
    return lines


def _ended(report: dict[str, Any]) -> str:
    """When a run ended, what it took if its start is known, and what the job said: hostile text."""
    took = "" if report["duration_ms"] is None else f", after {report['duration_ms'] / 1000:.1f} s"
    return f"{_moment(report['at_ms'] // 1000)}{took}{': ' if report['text'] else ''}{report['text']}"


def _moment(at_s: int) -> str:
    from datetime import UTC, datetime

    return f"{datetime.fromtimestamp(at_s, UTC):%Y-%m-%d %H:%M:%S} UTC"
