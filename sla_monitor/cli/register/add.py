"""`sla-monitor register add KIND CONTRACT`: one command for each kind of entry, made from what its model says.

An option is a field: `--start` for `start`, `--service` again and again for `services`. So a kind that is added to
`register/entries.py` has its command, with its help, at once.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from sla_monitor.cli.register.desk import desk_options, entry_options, put_down
from sla_monitor.cli.shared.groups import Commands

if TYPE_CHECKING:
    from sla_monitor.contract.fields import Strict

Options = Callable[[Callable[..., None]], Callable[..., None]]

ELSEWHERE = {"decision", "undo", "sign_off", "outage_list"}
"""Kinds that have a command of their own."""

EXAMPLES = {
    "maintenance": '--service custody --start "2026-10-05 22:00" --end "2026-10-06 01:00" --notified 2026-09-28',
    "claim": '--cause authority_cause --service custody --start "2026-10-12 09:00" --end "2026-10-12 10:30"',
    "figure": "--kpi KPI11 --month 2026-09 --party supplier --value 87.5",
    "ticket": '--id INC-1 --priority P1 --opened "2026-10-05 09:00" --ended "2026-10-05 10:15"',
    "occurrence": "--rule unavailability --month 2026-10 --duration 45m --area ward",
    "misreport": "--month 2026-10 --omitted 1200.00 --deliberate",
    "correction": '--endpoint custody-health --start "2026-10-05 09:00" --end "2026-10-05 09:20" --outcome unknown',
    "impact": '--service custody --start "2026-10-05 09:00" --end "2026-10-05 10:00" --users 120 --of 400',
    "dispute": (
        '--party supplier --service custody --start "2026-10-05 09:00" --end "2026-10-05 10:00"'
        ' --note "Our log shows no outage."'
    ),
    "waiver": "--month 2026-10 --kpi KPI1 --what money",
    "earn_back": "--month 2026-10 --amount 5000.00",
    "credit_claim": "--month 2026-10 --claimed 2026-11-20",
    "minute": '--month 2026-10 --note "The authority accepted the plan."',
    "action": '--owner "A. Person" --due 2026-11-30 --note "Write the rectification plan."',
    "done": "--about 12",
}

EXAMPLE_WIDTH = 72
_SEVERAL = {"services": "service", "kpis": "kpi", "endpoints": "endpoint", "tickets": "ticket", "stops": "stop"}
_STOPS = "When its clock stood still; - in place of END: it still does."


class Kinds(Commands):
    """A command for each kind, made when it is asked for: no other command pays for reading the models."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        from sla_monitor.register.spoken import KINDS

        return [_dashed(kind) for kind in KINDS if kind not in ELSEWHERE]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        from sla_monitor.register.spoken import KINDS

        kind = cmd_name.replace("-", "_")
        return _command(kind, KINDS[kind]) if kind in KINDS and kind not in ELSEWHERE else None


@click.group(cls=Kinds)
def add() -> None:
    """Add an entry. Nothing is ever changed or taken out: to take something back, `undo` it."""


def options_of(model: type[Strict]) -> list[str]:
    """What a kind can be told: `--service`, `--start`, ..."""
    return [_spelled(name) for name in _words_of(model)]


def _words_of(model: type[Strict]) -> list[str]:
    """The words of a kind, as files spell them."""
    return [field.alias or name for name, field in model.model_fields.items() if name != "kind"]


def _spelled(name: str) -> str:
    return "--" + _dashed(_SEVERAL.get(name, name).removesuffix("_ms"))


def _dashed(name: str) -> str:
    return name.replace("_", "-")


def _command(kind: str, model: type[Strict]) -> click.Command:
    names = _words_of(model)

    def run(**given: Any) -> None:
        words = {name: _given(name, given.pop(name)) for name in names}
        put_down(kind, {name: word for name, word in words.items() if word not in (None, (), [])}, **given)

    said = " ".join((model.__doc__ or "").split())
    run.__doc__ = f"{said}\n\n\b\nFor example:\n{_example(f'sla-monitor register add {_dashed(kind)} CONTRACT', kind)}"
    command = desk_options(entry_options(run))
    for name in reversed(names):
        command = _option(name, model)(command)
    return click.command(_dashed(kind))(command)


def _example(begins: str, kind: str) -> str:
    """A command over as many lines as it needs, each of which can be typed: none is broken inside an option."""
    lines = [begins]
    for option in re.split(r" (?=--)", EXAMPLES[kind]):
        if len(lines[-1]) + len(option) > EXAMPLE_WIDTH:
            lines[-1] += " \\"
            lines.append(f"  {option}")
        else:
            lines[-1] += f" {option}"
    return "\n".join(lines)


def _option(name: str, model: type[Strict]) -> Options:
    field = next(field for key, field in model.model_fields.items() if name in (key, field.alias))
    told = model.model_json_schema()["properties"][name]
    types = {str(one.get("type")) for one in (told, *told.get("anyOf", ()))}
    spelled = _spelled(name)
    if "boolean" in types:
        return click.option(spelled, name, is_flag=True, help=field.description)
    if name == "stops":
        return click.option(spelled, name, nargs=3, multiple=True, metavar="REASON START END", help=_STOPS)
    kind: Any = click.Choice(told["enum"]) if "enum" in told else None
    if "integer" in types and name != "duration_ms":
        kind = int
    is_required = field.is_required()
    return click.option(
        spelled, name, type=kind, multiple="array" in types, required=is_required, help=field.description
    )


def _given(name: str, value: Any) -> Any:
    """What was typed as the model takes it."""
    if name == "stops":
        return [_stop(*each) for each in value]
    return _duration(value) if name == "duration_ms" else value


def _stop(reason: str, start: str, end: str) -> dict[str, str]:
    return {"reason": reason, "start": start, **({} if end == "-" else {"end": end})}


def _duration(value: str) -> int:
    from sla_monitor.contract.fields import parse_duration

    try:
        return parse_duration(value)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--duration") from None
