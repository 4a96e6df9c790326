"""Annotations as data: pieces that become a template for Prometheus, and the text that a unit test expects of it.

What people wrote (a supplier's name, a phone number) is never read as a template.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from sla_monitor.generate.promql import quoted
from sla_monitor.names import MetricName

Labels = Mapping[str, str]
Told = Mapping[str, str]
"""What a unit test says that values and queries give, by name."""

NOT_KNOWN = "not known"


class TextPiece(Protocol):
    """A part of a text."""

    def template(self) -> str: ...

    def expected(self, labels: Labels, told: Told) -> str: ...


@dataclass(frozen=True, slots=True)
class Label:
    """The value of one of the alert's labels."""

    name: str

    def template(self) -> str:
        return f"{{{{ $labels.{self.name} }}}}"

    def expected(self, labels: Labels, told: Told) -> str:
        return labels.get(self.name, "")


@dataclass(frozen=True, slots=True)
class Value:
    """The value of the alert's expression."""

    filter: str

    def template(self) -> str:
        return f"{{{{ $value | {self.filter} }}}}"

    def expected(self, labels: Labels, told: Told) -> str:
        return told["value"]


@dataclass(frozen=True, slots=True)
class Ask:
    """What Prometheus answers about the alert's own contract, service or KPI when it evaluates the alert."""

    name: str
    function: str
    metric: MetricName
    by: tuple[str, ...]
    show: str
    only: str = ""

    def template(self) -> str:
        matchers = ",".join([*(f"{label}='%s'" for label in self.by), *([self.only] if self.only else [])])
        query = quoted(f"{self.function}({self.metric.sample}{{{matchers}}})")
        values = " ".join(f"$labels.{label}" for label in self.by)
        found = f"{{{{ with . | first }}}}{self.show}{{{{ end }}}}"
        return f"{{{{ with printf {query} {values} | query }}}}{found}{{{{ else }}}}{NOT_KNOWN}{{{{ end }}}}"

    def expected(self, labels: Labels, told: Told) -> str:
        return told.get(self.name, NOT_KNOWN)


@dataclass(frozen=True, slots=True)
class ByService:
    """A text that differs from service to service."""

    texts: Mapping[str, str]

    def template(self) -> str:
        several = list(dict.fromkeys(self.texts.values()))
        if len(several) == 1:
            return literal(several[0])
        branches = []
        for text in several:
            names = [name for name, said in self.texts.items() if said == text]
            test = " ".join(quoted(name) for name in names)
            branches.append(f"if eq $labels.service {test} }}}}{literal(text)}")
        return "{{ " + "{{ else ".join(branches) + "{{ end }}"

    def expected(self, labels: Labels, told: Told) -> str:
        return self.texts[labels["service"]]


@dataclass(frozen=True, slots=True)
class Text:
    """Some pieces, one after the other; plain strings are meant literally."""

    pieces: tuple[TextPiece | str, ...]

    def template(self) -> str:
        return "".join(literal(p) if isinstance(p, str) else p.template() for p in self.pieces)

    def expected(self, labels: Labels, told: Told) -> str:
        return "".join(p if isinstance(p, str) else p.expected(labels, told) for p in self.pieces)


def text(*pieces: TextPiece | str) -> Text:
    return Text(pieces)


def literal(said: str) -> str:
    """Text in which nothing is a template."""
    return said.replace("{{", '{{ "{{" }}')
