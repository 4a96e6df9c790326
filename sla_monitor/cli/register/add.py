"""`sla-monitor register add KIND CONTRACT`: one command for each kind of entry, made from its model.

An option is a field: `--start` for `start`, `--service` again and again for `services`. So a kind that is added to
`register/entries.py` has its command, with its help and its example, at once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from sla_monitor.cli.register.entering import put_down
from sla_monitor.cli.register.entry_session import entry_options, session_options
from sla_monitor.cli.shared.groups import Commands

if TYPE_CHECKING:
    from sla_monitor.register.kinds.kind import EntryKind

Options = Callable[[Callable[..., None]], Callable[..., None]]

EXAMPLE_WIDTH = 72
_STOPS = "When its clock stood still; - in place of END: it still does."


class Kinds(Commands):
    """A command for each kind, made when it is asked for: no other command pays for reading the models."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        from sla_monitor.register.entries import KINDS

        return [_dashed(name) for name, kind in KINDS.items() if not kind.command]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        from sla_monitor.register.entries import KINDS

        name = cmd_name.replace("-", "_")
        return _command(name, KINDS[name]) if name in KINDS and not KINDS[name].command else None


@click.group(cls=Kinds)
def add() -> None:
    """Add an entry. Nothing is ever changed or taken out: to take something back, `undo` it."""


def options_of(model: type[EntryKind]) -> list[str]:
    """What a kind can be told: `--service`, `--start`, ..."""
    return [_spelled(name, model) for name in _words_of(model)]


def example_of(model: type[EntryKind]) -> list[str]:
    """A kind's example as it is typed: an option with its value each, or a flag."""
    typed = [each for name, value in model.example.words.items() for each in _typed(name, value, model)]
    return [*typed, *([f"--note {_quoted(model.example.note)}"] if model.example.note else [])]


def _typed(name: str, value: Any, model: type[EntryKind]) -> list[str]:
    from sla_monitor.contract.fields import spelled_duration

    spelled = _spelled(name, model)
    if isinstance(value, bool):
        return [spelled] if value else []
    if name == "stops":
        return [f"{spelled} {_quoted(s['reason'])} {_quoted(s['start'])} {_quoted(s.get('end', '-'))}" for s in value]
    several = value if isinstance(value, list) else [spelled_duration(value) if name == "duration_ms" else value]
    return [f"{spelled} {_quoted(str(one))}" for one in several]


def _quoted(text: str) -> str:
    return f'"{text}"' if " " in text else text


def _words_of(model: type[EntryKind]) -> list[str]:
    """The words of a kind, as files spell them."""
    return [field.alias or name for name, field in model.model_fields.items() if name != "kind"]


def _schema_of(name: str, model: type[EntryKind]) -> tuple[dict[str, Any], set[str]]:
    """What may be written for a word, as JSON schema, and its types there."""
    told = model.model_json_schema()["properties"][name]
    return told, {str(one.get("type")) for one in (told, *told.get("anyOf", ()))}


def _spelled(name: str, model: type[EntryKind]) -> str:
    """`--duration` for `duration_ms`; where a word may be given again, one of it: `--service` for `services`."""
    is_list = "array" in _schema_of(name, model)[1]
    return "--" + _dashed(name.removesuffix("s") if is_list else name.removesuffix("_ms"))


def _dashed(name: str) -> str:
    return name.replace("_", "-")


def _command(kind: str, model: type[EntryKind]) -> click.Command:
    names = _words_of(model)

    def run(**given: Any) -> None:
        words = {name: _given(name, given.pop(name)) for name in names}
        put_down(kind, {name: word for name, word in words.items() if word not in (None, (), [])}, **given)

    said = " ".join((model.__doc__ or "").split())
    run.__doc__ = f"{said}\n\n\b\nFor example:\n{_example(f'sla-monitor register add {_dashed(kind)} CONTRACT', model)}"
    command = session_options(entry_options(run))
    for name in reversed(names):
        command = _option(name, model)(command)
    return click.command(_dashed(kind))(command)


def _example(begins: str, model: type[EntryKind]) -> str:
    """A command over as many lines as it needs, each of which can be typed: none is broken inside an option."""
    lines = [begins]
    for option in example_of(model):
        if len(lines[-1]) + len(option) > EXAMPLE_WIDTH:
            lines[-1] += " \\"
            lines.append(f"  {option}")
        else:
            lines[-1] += f" {option}"
    return "\n".join(lines)


def _option(name: str, model: type[EntryKind]) -> Options:
    field = next(field for key, field in model.model_fields.items() if name in (key, field.alias))
    told, types = _schema_of(name, model)
    spelled = _spelled(name, model)
    if "boolean" in types:
        return click.option(spelled, name, is_flag=True, help=field.description)
    if name == "stops":
        return click.option(spelled, name, nargs=3, multiple=True, metavar="REASON START END", help=_STOPS)
    kind: Any = click.Choice(told["enum"]) if "enum" in told else None
    if "integer" in types and name != "duration_ms":
        kind = int
    is_required = field.is_required()
    # Files have milliseconds; people write 45m.
    told_as = (field.description or "").replace("in milliseconds", "as 45m or 1h30m")
    return click.option(spelled, name, type=kind, multiple="array" in types, required=is_required, help=told_as)


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
