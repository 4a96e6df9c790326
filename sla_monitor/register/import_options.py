"""How to read an imported file, as a page's form and an address spell it: the same names in both."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast, get_args

from sla_monitor.errors import RegisterError
from sla_monitor.register.csv_sheet import FIELDS, MORE
from sla_monitor.register.foreign_instant import Dates
from sla_monitor.register.importing import PARTIES, ImportSource
from sla_monitor.register.presets import PRESETS

KINDS_IN_FILES = tuple(FIELDS)
FLAGS = {
    "only_map": "only_columns",
    "two_digit_years": "two_digit_years",
    "open_without_end": "is_open_without_end",
}
TEXTS = ("reference", "note")
PAIRS = {"map": "columns", "priority": "priorities", "service": "services"}
"""Options that may be given several times, each as THEIRS=OURS, and the field of ImportSource."""
CHOICES: Mapping[str, Sequence[str]] = {
    "preset": ("", *PRESETS),
    "dates": get_args(Dates),
    "party": ("", *PARTIES),
}
OPTIONS = (*CHOICES, *FLAGS, *PAIRS, *TEXTS)


def fields_of(kind: str) -> tuple[str, ...]:
    """What a column of such a file may be."""
    return (*FIELDS[kind], *MORE)


def import_source(
    name: str,
    content: bytes,
    kind: str,
    given: Mapping[str, Sequence[str]],
    parties: Sequence[str],
) -> ImportSource:
    """A file and how to read it. `given`: the values of OPTIONS, each as it was sent; `parties`: for whom
    whoever sends it may speak. Raises RegisterError with lines of `option: what is wrong (what would be right)`."""
    wrong: list[str] = []
    found: dict[str, Any] = {text: _first(given, text) for text in TEXTS}
    found |= {option: _chosen(given, option, wrong) for option in CHOICES}
    found |= {field: _flag(given, option, wrong) for option, field in FLAGS.items()}
    found |= {field: dict(_pairs(given, option, wrong)) for option, field in PAIRS.items()}
    wrong += [
        f"map: a {kind} has no field {field[:40]!r} (it has {', '.join(fields_of(kind))})"
        for field in dict.fromkeys(found["columns"].values())
        if field not in fields_of(kind)
    ]
    if kind != "ticket" and (found["preset"] or found["priorities"] or found["services"]):
        wrong.append("preset: presets, priorities and services are for tickets (leave them out)")
    if wrong:
        raise RegisterError(wrong)
    if kind == "figure" and not found["party"] and len(parties) == 1:
        (found["party"],) = parties
    return ImportSource(name, content, cast("Any", kind), parties=parties, **found)


def options_of(source: ImportSource) -> list[tuple[str, str]]:
    """What was chosen for a file, as `import_source` takes it again: for the next one of the same tool. What was said
    of this one alone (reference, note) is not among it."""
    chosen = {option: getattr(source, option) for option in CHOICES}
    told = [(option, text) for option, text in chosen.items() if text not in {"", "iso"}]
    told += [(option, "true") for option, field in FLAGS.items() if getattr(source, field)]
    for option, field in PAIRS.items():
        told += [(option, f"{theirs}={ours}") for theirs, ours in getattr(source, field).items()]
    return told


def _chosen(given: Mapping[str, Sequence[str]], option: str, wrong: list[str]) -> str:
    choices = CHOICES[option]
    chosen = _first(given, option) or choices[0]
    if chosen not in choices:
        wrong.append(f"{option}: {chosen[:40]!r} is not known (one of {', '.join(filter(None, choices))})")
    return chosen


def _flag(given: Mapping[str, Sequence[str]], option: str, wrong: list[str]) -> bool:
    flag = _first(given, option)
    if flag not in {"", "true", "false"}:
        wrong.append(f"{option}: {flag[:40]!r} is neither true nor false (leave it out for false)")
    return flag == "true"


def _pairs(given: Mapping[str, Sequence[str]], option: str, wrong: list[str]) -> Iterator[tuple[str, str]]:
    for text in given.get(option, ()):
        theirs, sign, ours = text.strip().rpartition("=")
        if theirs and (ours or option == "service"):
            yield theirs, ours
        elif sign or text.strip():
            wrong.append(f"{option}: {text[:80]!r} is no pair (write THEIRS=OURS)")


def _first(given: Mapping[str, Sequence[str]], option: str) -> str:
    return next(iter(given.get(option, ())), "").strip()
