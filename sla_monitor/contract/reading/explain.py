"""Pydantic's errors as sentences for the person who wrote the file: what is wrong (what would be right).

No sentence here repeats a value: what stands in a wrong place may be a secret.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from sla_monitor.contract.fields import Misplaced
from sla_monitor.contract.reading.keys import known_keys, models_at
from sla_monitor.contract.reading.nearest import suggestion
from sla_monitor.contract.reading.nodes import Path

TEXT = "must be text (quote a number, or a word such as true)"
WHOLE = "must be a whole number"
YES_NO = "must be true or false"
NUMBER = "must be a number (write for example 99.9)"
LIST = "must be a list (one item a line, each after '- ')"
MAPPING = "must be a mapping (lines of key: value, indented below)"

_FIXED = {
    "string_type": TEXT,
    "int_type": WHOLE,
    "bool_type": YES_NO,
    "decimal_type": NUMBER,
    "decimal_parsing": NUMBER,
    "finite_number": NUMBER,
    "tuple_type": LIST,
    "dict_type": MAPPING,
    "model_type": MAPPING,
    "model_attributes_type": MAPPING,
}

_FILLED: dict[str, Callable[[dict[str, Any]], str]] = {
    "literal_error": lambda ctx: f"must be {ctx['expected']}",
    "string_pattern_mismatch": lambda ctx: _form(ctx["pattern"]),
    "enum": lambda ctx: f"must be {ctx['expected']}",
    "greater_than_equal": lambda ctx: f"must be at least {ctx['ge']}",
    "greater_than": lambda ctx: f"must be more than {ctx['gt']}",
    "less_than_equal": lambda ctx: f"must be at most {ctx['le']}",
    "too_long": lambda ctx: f"must have at most {ctx['max_length']} items",
    "too_short": lambda ctx: (
        "must not be empty (write 1 item or more)"
        if ctx["min_length"] == 1
        else f"must have {ctx['min_length']} items or more (has {ctx['actual_length']})"
    ),
    "string_too_short": lambda ctx: f"must have at least {ctx['min_length']} character",
    "string_too_long": lambda ctx: f"must have at most {ctx['max_length']} characters",
    "decimal_max_digits": lambda ctx: f"must have at most {ctx['max_digits']} digits",
    "decimal_max_places": lambda ctx: f"must have at most {ctx['decimal_places']} digits after the point",
    "decimal_whole_digits": lambda ctx: f"must have at most {ctx['whole_digits']} digits before the point",
}

SAMPLES = {
    "id": "id: custody",
    "kind": "kind: http",
    "authority": "authority: Westshire Council",
    "supplier": "supplier: Northgate IT",
    "term": "term: {start: 2025-04-01, end: 2035-03-31}",
    "start": "start: 2025-04-01",
    "end": "end: 2035-03-31",
    "time_zone": "time_zone: Europe/London",
    "currency": "currency: GBP",
    "services": "services: and below it - id: custody",
    "service": "service: custody",
    "sites": "sites: [main, north, south]",
    "quorum": "quorum: 2",
    "title": "title: Performance Monitoring Report",
    "target": "target: 99.9",
    "pays": "pays: all",
    "credits": "credits: [outage, slow]",
    "country": "country: GB",
    "first_year": "first_year: 2025",
    "last_year": "last_year: 2036",
    "days": "days: {2026-12-25: Christmas Day}",
    "hours": "hours: {mon-fri: 08:00-18:00}",
    "url": "url: https://custody.example/health",
    "steps": "steps: and below it - {id: log-in, url: https://custody.example/log-in}",
    "host": "host: custody.example",
    "server": "server: 192.0.2.53",
    "ask": "ask: custody.example",
    "port": "port: 443",
    "path": "path: $.status",
    "indicator": "indicator: response_time",
    "name": "name: minor",
    "factor": "factor: 2",
    "on_missing": "on_missing: breaks",
    "mode": "mode: half_up",
    "group": "group: login",
    "dedupe": "dedupe: highest",
    "promised": "promised: 500ms",
    "statistic": "statistic: mean",
    "combine": "combine: all_of",
    "parts": "parts: [{kpi: KPI1}, {kpi: KPI2}]",
    "kpi": "kpi: KPI1",
    "kpis": "kpis: [KPI1]",
    "method": "method: points",
    "percent": "percent: 10",
    "periods": "periods: 12",
    "at_least": "at_least: 5",
    "amount": "amount: 850000.00",
    "over": "over: contract_year",
    "conditions": "conditions: [{measure: points, months: 3, at_least: 50}]",
    "measure": "measure: points",
    "effects": "effects: [termination_right]",
    "username": "username: monitor",
    "password": "password: ${file:/path}",
    "token": "token: ${file:/path}",
    "grace": "grace: 30m",
    "prometheus": "prometheus: https://prometheus.example:9090",
}
"""What to write for a key that must be there, where its model has no example."""


def sample_of(model: type[BaseModel], where: Path) -> str | None:
    """What to write for the key at a path of pydantic's: by the example of the model there, if it has one."""
    key = str(where[-1])
    found = (getattr(one, "example", {}) for one in models_at(model, where[:-1]))
    examples = (one for one in found if isinstance(one, Mapping))  # an entry's is not written as a contract's is
    return next((f"{key}: {example[key]}" for example in examples if key in example), SAMPLES.get(key))


@dataclass(frozen=True, slots=True)
class Mistake:
    """A sentence about the value at a path of pydantic's (see `places`), or about the key there.

    `at`: the value; the key itself; or `named`, a key that may be missing and whose value is meant if not. `untagged`:
    so many segments at the end of the path are the file's own, and none of them is the tag of a union.
    """

    loc: Path
    message: str
    at: Literal["value", "key", "named"]
    untagged: int = 0


def explained(error: ErrorDetails, model: type[BaseModel]) -> Iterator[Mistake]:
    """One error of pydantic's in our words; a rule between values may have found several mistakes."""
    loc: Path = tuple(error["loc"])
    ctx = error.get("ctx", {})
    cause = ctx.get("error")
    if isinstance(cause, Misplaced):
        yield from (Mistake((*loc, *path), message, "named", len(path)) for path, message in cause.problems)
    elif error["type"] == "union_tag_invalid":
        message = f"no such {_tag_key(ctx)} ({suggestion(str(ctx['tag']), _quoted(ctx['expected_tags']))})"
        yield Mistake((*loc, _tag_key(ctx)), message, "named")
    elif error["type"] in {"missing", "union_tag_not_found"}:
        where = loc if error["type"] == "missing" else (*loc, _tag_key(ctx))
        yield Mistake(where, _missing(model, where), "named")
    elif error["type"] == "extra_forbidden":
        message = f"unknown key ({suggestion(str(loc[-1]), known_keys(model, loc[:-1]))})"
        yield Mistake(loc, message, "key")
    elif error["type"] == "too_short" and len(error["input"]) >= ctx["min_length"]:
        # Pydantic counts the good items only; the bad ones have been spoken of.
        return
    else:
        message = str(cause) if cause is not None else _sentence(error["type"], ctx)
        yield Mistake(loc, message, "key" if loc[-1:] == ("[key]",) else "value")


def why_not(kind: Any, value: Any) -> str:
    """What is wrong with a value that is to stand in a file as such a field; nothing where it is right."""
    try:
        TypeAdapter(kind).validate_python(value)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        return str(first.get("ctx", {}).get("error", "")) or _sentence(first["type"], first.get("ctx", {}))
    return ""


def _missing(model: type[BaseModel], where: Path) -> str:
    sample = sample_of(model, where)
    return f"is missing (write for example {sample})" if sample else "is missing"


def _form(pattern: str) -> str:
    if pattern.startswith(r"^[^\x00-\x1f\x7f]"):
        return "must be one line, without control characters"
    return f"must have the form {pattern}"


def _sentence(kind: str, ctx: dict[str, Any]) -> str:
    return _FILLED[kind](ctx) if kind in _FILLED else _FIXED.get(kind, "is not valid here")


def joined(messages: list[str]) -> str:
    """What several members of a union say of one value, as one sentence."""
    messages = list(dict.fromkeys(messages))
    first = messages[0]
    if len(messages) == 1 or not all(message.startswith("must be ") for message in messages):
        return first
    bare = [message.removeprefix("must be ").partition(" (")[0] for message in messages]
    return "must be " + ", or ".join(dict.fromkeys(bare))


def _tag_key(ctx: dict[str, Any]) -> str:
    """The key that tells the members of a union apart, from pydantic's `'kind'` or `_indicator()`."""
    return str(ctx["discriminator"]).strip("'_()")


def _quoted(names: str) -> list[str]:
    """Pydantic's list of tags: `'http', 'tcp'`."""
    return [name.strip().strip("'") for name in names.split(",")]
