"""Mistakes of an evidence file as lines: `file: $.entries[3].said.cause: what (what would be right)`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from sla_monitor.contract.reading.explain import Mistake, explained, joined
from sla_monitor.contract.reading.keys import TAG_KEYS
from sla_monitor.contract.reading.nodes import LENGTH_LIMIT, Path

_SAID = {
    "string_type": 'must be text (in double quotes: "custody")',
    "tuple_type": "must be a list (write [ … ])",
    "dict_type": 'must be an object (write {"key": "value"})',
    "model_type": 'must be an object (write {"key": "value"})',
    "model_attributes_type": 'must be an object (write {"key": "value"})',
    "string_unicode": "holds half of a character (write the whole of it, or leave it out)",
    "invalid_key": "has a key with half of a character (leave it out)",
    "enum": "must be one of {expected}",
}
"""Where the words for contract files speak of YAML."""

_EXAMPLES = {
    "format": '"sla-monitor-evidence"',
    "version": "1",
    "contract": '"police-strategic-it"',
    "zone": '"Europe/London"',
    "seen": '{"from": "2026-10-01T00:00:00Z", "until": "2026-11-01T00:00:00Z"}',
    "kind": '"spans"',
    "endpoint": '"custody-health"',
    "every": '"10s"',
    "outcome": '"down"',
    "spans": "[]",
    "looks": "[]",
    "number": "1",
    "actor": '"a.person"',
    "said": '{"kind": "minute", "month": "2026-10"}',
    "about": "12",
    "granted": "true",
    "cause": '"authority_cause"',
    "kpi": '"KPI1"',
    "month": '"2026-10"',
    "party": '"supplier"',
    "value": '"99.95"',
    "id": '"INC-1"',
    "priority": '"P1"',
    "service": '"custody"',
    "digest": '"9f86d081…", the 64 digits that assess printed',
    "[key]": '"holidays-GB-ENG.yaml"',
    "users": "120",
    "of": "400",
} | dict.fromkeys(("from", "until", "start", "end", "at", "opened", "claimed"), '"2026-10-05T14:00:00Z"')


def format_mistakes(file: str, found: Sequence[tuple[Path, str]]) -> list[str]:
    """One line for each mistake, in the order of their places, each once; nothing in them moves a cursor."""
    lines = [f"{file}: {json_path(path)}: {message}" for path, message in sorted(found, key=_order)]
    return list(dict.fromkeys(_harmless(line) for line in lines))


def mistakes(error: ValidationError, model: type[BaseModel], values: Any) -> list[tuple[Path, str]]:
    """Everything that pydantic found, each value with all that is wrong with it."""
    by_place: dict[Path, list[str]] = {}
    for details in error.errors(include_url=False):
        for mistake in _explained(details, model):
            path = real_path(values, mistake.loc, with_missing=mistake.at == "named")
            by_place.setdefault(path, []).append(mistake.message)
    return [(path, joined(messages)) for path, messages in by_place.items()]


def real_path(values: Any, loc: Path, *, with_missing: bool) -> Path:
    """Pydantic's path without the tags of unions, as far as it is in the file; and the key that is missing there."""
    path: Path = ()
    here, beyond, tag_passed = values, None, False
    for segment in loc:
        if not tag_passed and _is_tag(here, segment):
            tag_passed = True
        elif (isinstance(here, dict) and segment in here) or _is_position(here, segment):
            here, path, beyond, tag_passed = here[segment], (*path, segment), None, False
        else:
            beyond = segment
    return (*path, beyond) if with_missing and beyond is not None else path


def json_path(path: Path) -> str:
    """`$.entries[3].said`; a key that is no plain word is quoted."""
    return "$" + "".join(map(_step, path))


def _step(segment: str | int) -> str:
    if isinstance(segment, int):
        return f"[{segment}]"
    return f".{segment}" if segment.isidentifier() and len(segment) <= 63 else f"[{segment[:63]!r}]"


def _is_tag(here: Any, segment: str | int) -> bool:
    """Whether the segment says which of several objects this is (its `kind`), and is no key of it."""
    return isinstance(here, dict) and any(here.get(key) == segment for key in TAG_KEYS)


def _is_position(here: Any, segment: str | int) -> bool:
    return isinstance(here, list) and isinstance(segment, int) and segment < len(here)


def _explained(details: ErrorDetails, model: type[BaseModel]) -> Iterator[Mistake]:
    kind, loc = details["type"], tuple(details["loc"])
    if kind in _SAID:
        yield Mistake(loc, _SAID[kind].replace("{expected}", str(details.get("ctx", {}).get("expected"))), "value")
    elif kind == "string_pattern_mismatch":
        example = _EXAMPLES.get(str(loc[-1]))
        yield Mistake(
            loc, f"is not well formed (write for example {example})" if example else "is not well formed", "value"
        )
    elif kind == "missing":
        yield Mistake(loc, _missing(str(loc[-1])), "named")
    else:
        for mistake in explained(details, model):
            message = mistake.message
            is_missing = message.startswith("is missing (write")
            yield Mistake(mistake.loc, _missing(str(mistake.loc[-1])) if is_missing else message, mistake.at)


def _missing(key: str) -> str:
    example = _EXAMPLES.get(key)
    return f'is missing (write for example "{key}": {example})' if example else "is missing"


def _order(found: tuple[Path, str]) -> list[tuple[bool, int, str]]:
    """Positions by number, keys by name."""
    return [(isinstance(one, str), one if isinstance(one, int) else 0, str(one)) for one in found[0]]


def _harmless(line: str) -> str:
    short = line if len(line) <= 2 * LENGTH_LIMIT else line[: 2 * LENGTH_LIMIT] + "…"
    return "".join(letter if letter.isprintable() else "�" for letter in short)
