"""From words as people give them to an entry, with everything that is wrong told at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ValidationError

from sla_monitor.contract.fields import Strict
from sla_monitor.contract.reading.explain import explained
from sla_monitor.errors import RegisterError
from sla_monitor.register.entries import Entry, Said
from sla_monitor.register.instant import Milliseconds

KINDS: dict[str, type[Strict]] = {
    model.model_fields["kind"].default: model for model in get_args(get_args(Said)[0]) if issubclass(model, Strict)
}
"""Every kind of entry, by its name."""

_ABOUT_THE_VALUE = {"string_pattern_mismatch": "must be written like {like}", "string_unicode": "is not UTF-8 text"}
_LIKE = {"month": "2026-10", "digest": "64 digits and letters a to f"}
_MORE = {
    "about": "about: 12",
    "granted": "granted: true",
    "cause": "cause: authority_cause",
    "month": "month: 2026-10",
    "party": "party: supplier",
    "priority": "priority: P1",
    "opened": "opened: 2026-10-05 14:00",
    "start": "start: 2026-10-05 14:00",
    "end": "end: 2026-10-05 16:00",
    "outcome": "outcome: unknown",
    "users": "users: 120",
    "of": "of: 400",
    "what": "what: money",
    "owner": "owner: A. Person",
    "claimed": "claimed: 2026-11-20",
}


def said_of(kind: str, words: Mapping[str, Any], zone: ZoneInfo) -> Strict:
    """What an entry says, from its words by field; local times are in `zone`. Raises RegisterError."""
    said: Strict = _made(KINDS[kind], words, zone)
    return said


def entry_of(said: Strict, *, at_ms: int, actor: str, contract: str, **more: str) -> Entry:
    """An entry that has no number yet (it is 1). `more`: reference, evidence and note. Raises RegisterError."""
    words = {"number": 1, "at": Milliseconds(at_ms), "actor": actor, "contract": contract, "said": said, **more}
    entry: Entry = _made(Entry, words, ZoneInfo("UTC"))
    return entry


def _made(model: type[Any], words: Mapping[str, Any], zone: ZoneInfo) -> Any:
    try:
        return model.model_validate(dict(words), context={"zone": zone})
    except ValidationError as error:
        raise RegisterError(_problems(error, model)) from None


def _problems(error: ValidationError, model: type[BaseModel]) -> list[str]:
    lines = []
    for details in error.errors(include_url=False):
        field = str(details["loc"][0]) if details["loc"] else ""
        if details["type"] in _ABOUT_THE_VALUE:
            lines.append(f"{field}: {_ABOUT_THE_VALUE[details['type']].format(like=_LIKE.get(field, 'the example'))}")
        elif details["type"] == "missing" and field in _MORE:
            lines.append(f"{field}: is missing (write for example {_MORE[field]})")
        else:
            found = explained(details, model)
            lines += [f"{mistake.loc[0] if mistake.loc else field}: {mistake.message}" for mistake in found]
    return list(dict.fromkeys(lines))
