"""Parsing of an entry from the words that people type; reports everything that is wrong at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ValidationError

from sla_monitor.contract.reading.explain import explained
from sla_monitor.errors import RegisterError
from sla_monitor.register.entries import KINDS, Entry
from sla_monitor.register.instant import Milliseconds
from sla_monitor.register.kinds.kind import EntryKind

_ABOUT_THE_VALUE = {"string_pattern_mismatch": "must be written like {like}", "string_unicode": "is not UTF-8 text"}
_LIKE = {"month": "2026-10", "digest": "64 digits and letters a to f"}


def body_of(kind: str, words: Mapping[str, Any], zone: ZoneInfo) -> EntryKind:
    """What an entry says, from its words by field; local times are in `zone`. Raises RegisterError."""
    said: EntryKind = made_of(KINDS[kind], words, zone)
    return said


def entry_of(said: EntryKind, *, at_ms: int, actor: str, contract: str, **more: str) -> Entry:
    """An entry that has no number yet (it is 1). `more`: known_by, reference, evidence and note. Raises
    RegisterError."""
    words = {"number": 1, "at": Milliseconds(at_ms), "actor": actor, "contract": contract, "said": said, **more}
    entry: Entry = made_of(Entry, words, ZoneInfo("UTC"))
    return entry


def made_of(model: type[Any], words: Mapping[str, Any], zone: ZoneInfo) -> Any:
    """A model of what people wrote. Raises RegisterError with lines of `field: what is wrong`."""
    try:
        return model.model_validate(dict(words), context={"zone": zone})
    except ValidationError as error:
        raise RegisterError(_problems(error, model)) from None


def _problems(error: ValidationError, model: type[BaseModel]) -> list[str]:
    lines = []
    examples = model.example.words if issubclass(model, EntryKind) else {}
    for details in error.errors(include_url=False):
        field = str(details["loc"][0]) if details["loc"] else ""
        if details["type"] in _ABOUT_THE_VALUE:
            lines.append(f"{field}: {_ABOUT_THE_VALUE[details['type']].format(like=_LIKE.get(field, 'the example'))}")
        elif details["type"] == "missing" and field in examples:
            lines.append(f"{field}: is missing (write for example {field}: {_spelled(examples[field])})")
        else:
            found = explained(details, model)
            lines += [f"{mistake.loc[0] if mistake.loc else field}: {mistake.message}" for mistake in found]
    return list(dict.fromkeys(lines))


def _spelled(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
