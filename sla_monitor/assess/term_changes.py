"""Differences of two versions of a contract's terms, a line for each term, in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sla_monitor.contract.terms import Terms
from sla_monitor.wording.text import format_list
from sla_monitor.wording.vocabulary import describe_id

WORDS = {"kpis": "KPIs", "kpi": "KPI"}
UNSAID = frozenset({"term"})
"""Of the whole contract, and not of a version."""


@dataclass(frozen=True, slots=True)
class TermChange:
    """What changed, and from what to what; empty: there was, or is, nothing."""

    what: str
    was: str
    now: str


def term_changes(before: Terms, after: Terms, unsaid: frozenset[str] = UNSAID) -> Iterator[TermChange]:
    """Every term that is another. `unsaid`: keys of the contract that are left out."""
    yield from _compared((), *(_spelled(terms, unsaid) for terms in (before, after)))


def _spelled(terms: Terms, unsaid: frozenset[str]) -> dict[str, Any]:
    """Terms as plain values. Of a file of bank holidays its days count, and not where it is."""
    spelled = terms.model_dump(mode="json", by_alias=True, exclude=set(unsaid))
    for name, calendar in terms.calendars.items():
        days = {f"{day}": called for day, called in calendar.holiday_names.items()}
        spelled["calendars"][name] |= {"bank_holidays": days}
    return spelled


def _compared(path: tuple[str, ...], was: Any, now: Any) -> Iterator[TermChange]:
    if was == now:
        return
    if isinstance(was, dict) and isinstance(now, dict):
        for key in dict.fromkeys((*was, *now)):
            yield from _compared((*path, _word(key)), was.get(key), now.get(key))
        return
    ours, theirs = _named(was), _named(now)
    if ours is not None and theirs is not None and (ours or theirs):
        for name in dict.fromkeys((*ours, *theirs)):
            yield from _item((*path, name), ours.get(name), theirs.get(name))
        return
    yield TermChange(_format_path(path), *map(_format, _only_others(was, now)))


def _only_others(was: Any, now: Any) -> tuple[Any, Any]:
    """Of two lists of parts without names, those parts that are not in both: nobody has to look for the one that
    changed. Whole where one has no such part: of what was added or left out, the rest is told beside it."""
    if not (_are_parts(was) and _are_parts(now)):
        return was, now
    left = [one for one in was if one not in now], [one for one in now if one not in was]
    return left if all(left) else (was, now)


def _are_parts(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(one, dict) for one in value)


def _item(path: tuple[str, ...], was: Any, now: Any) -> Iterator[TermChange]:
    """One of a list, which may be new or gone as a whole."""
    if was is not None and now is not None:
        yield from _compared(path, was, now)
    else:
        yield TermChange(_format_path(path), "" if was is None else _title(was), "" if now is None else _title(now))


def _named(value: Any) -> dict[str, Any] | None:
    """The items of a list by their ids or names; None for what is no such list."""
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        return None
    names = [one.get("id") or one.get("name") for one in value]
    return dict(zip(names, value, strict=True)) if all(names) and len(set(names)) == len(names) else None


def _word(key: str) -> str:
    return key if key[:1].isdigit() else WORDS.get(key, describe_id(key))  # a day is told as it is written


def _title(item: Mapping[str, Any]) -> str:
    return str(item.get("title") or item.get("name") or item.get("id") or "there")


def _format_path(path: Sequence[str]) -> str:
    return ", ".join(path)


def _format(value: Any) -> str:
    if value is None or value in ("", [], {}):
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if _are_parts(value):
        return "; ".join(map(_format, value))
    if isinstance(value, list):
        return format_list([_format(one) for one in value])
    if isinstance(value, dict):
        return ", ".join(f"{_word(key)} {told}" for key, one in value.items() if (told := _format(one)))
    return str(value)
