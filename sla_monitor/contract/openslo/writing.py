"""Terms as a contract file has them, with a comment above each that says where it comes from."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import yaml

from sla_monitor.contract.openslo.objects import OpenSloObjects, Taken, Words

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_-]*( [A-Za-z0-9_-]+)*", re.ASCII)
_DEFAULTS = {"title": "", "name": "", "measurement_months": 1}


class _OpenSloStyle(yaml.SafeDumper):
    """Words plain, and everything that could be read in two ways in quotes."""


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    style = None if _PLAIN.fullmatch(value) else "'"
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style)


def _decimal(dumper: yaml.SafeDumper, value: Decimal) -> yaml.ScalarNode:
    whole = value == value.to_integral_value()
    text = f"{value:f}".rstrip("0").rstrip(".") if not whole else f"{int(value)}"
    return dumper.represent_scalar(f"tag:yaml.org,2002:{'int' if whole else 'float'}", text)


_OpenSloStyle.add_representer(str, _text)
_OpenSloStyle.add_representer(Decimal, _decimal)


def written(found: OpenSloObjects, file: str) -> str:
    """The services and KPIs as a part of a contract file."""
    return "\n".join(_lines(found, file)) + "\n"


def _lines(found: OpenSloObjects, file: str) -> Iterator[str]:
    yield f"# Terms from {_comment(file)} (OpenSLO v1), for a contract file: services that it has already can go."
    yield "# $range is the time from the beginning of the measurement period to the instant that is asked about."
    for key, several in (("services", found.services), ("kpis", found.kpis)):
        if several:
            yield f"{key}:"
            for one in several:
                yield from _item(one)


def _item(one: Taken) -> Iterator[str]:
    yield f"  # {_comment(one.origin)}"
    words: Words = {key: value for key, value in one.words.items() if _DEFAULTS.get(key) != value}
    text = yaml.dump([words], Dumper=_OpenSloStyle, sort_keys=False, allow_unicode=True, width=100_000)
    yield from (f"  {line}" for line in text.splitlines())


def _comment(text: Any) -> str:
    return "".join(letter if letter.isprintable() else "�" for letter in str(text))
