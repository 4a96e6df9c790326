"""Annotations as data: pieces that become a template for Prometheus, and the text that a unit test expects of it.

What people wrote (a supplier's name, a phone number) is never read as a template. Figures come from queries at the time
of the alert, because a label that changes would be another alert. Their words are those of `wording/`: `expected` asks
it, and promtool compares.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from sla_monitor.generate.promql import quoted
from sla_monitor.names import UTC_OFFSET, UTC_OFFSET_START
from sla_monitor.sla.observation import Reason
from sla_monitor.sla.rounding import minor_units
from sla_monitor.wording.numbers import format_count, format_money
from sla_monitor.wording.text import plain
from sla_monitor.wording.vocabulary import describe_id, describe_reason

Labels = Mapping[str, str]
Told = Mapping[str, str]
"""What a unit test says that values and queries give, by name."""

NOT_KNOWN = "not known"
MOST_LISTED = 5
"""Failing endpoints, or KPIs, that one message names."""
LONGEST_NAME = 100
"""Characters of a name in a message. A contract may hold longer ones; a telephone's screen does not."""


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
    """The value of the alert's expression, as a pipeline shows it."""

    filter: str

    def template(self) -> str:
        return f"{{{{ $value | {self.filter} }}}}"

    def expected(self, labels: Labels, told: Told) -> str:
        return told["value"]


@dataclass(frozen=True, slots=True)
class CountOf:
    """The value of the alert's expression, a number of things, with the words for one and for several."""

    one: str
    many: str

    def template(self) -> str:
        words = f"{{{{ if eq $value 1.0 }}}}{literal(self.one)}{{{{ else }}}}{literal(self.many)}{{{{ end }}}}"
        return f'{{{{ $value | printf "%.0f" }}}} {words}'

    def expected(self, labels: Labels, told: Told) -> str:
        return format_count(int(told["value"]), self.one, self.many)


@dataclass(frozen=True, slots=True)
class ValueBySign:
    """The value of the alert's expression as a short duration: one that is still to come, or one that is over."""

    before: str
    after: str
    after_that: str = ""

    def template(self) -> str:
        over = (
            f'{literal(self.after)}{{{{ $value | {SHORT_DURATION} | reReplaceAll "-" "" }}}}{literal(self.after_that)}'
        )
        return (
            f"{{{{ if lt $value 0.0 }}}}{over}"
            f"{{{{ else }}}}{literal(self.before)}{{{{ $value | {SHORT_DURATION} }}}}{{{{ end }}}}"
        )

    def expected(self, labels: Labels, told: Told) -> str:
        return told["value"]


@dataclass(frozen=True, slots=True)
class Ask:
    """What Prometheus answers when it evaluates the alert: `show` is the template of a sample, of the first one or,
    with `sorted_by` a label, of some.

    In `query`, `%[1]s` and so on stand for the values of the labels `by`; they are identifiers.
    """

    name: str
    query: str
    by: tuple[str, ...]
    show: str
    sorted_by: str = ""

    def template(self) -> str:
        query = asked(self.query, self.by)
        if not self.sorted_by:
            found = f"{{{{ with . | first }}}}{self.show}{{{{ end }}}}"
        else:
            query += f" | sortByLabel {quoted(self.sorted_by)}"
            more = f"{{{{ if eq $i {MOST_LISTED} }}}}; and others{{{{ end }}}}"
            one = f"{{{{ if $i }}}}; {{{{ end }}}}{{{{ with $one }}}}{self.show}{{{{ end }}}}"
            listed = f"{{{{ if lt $i {MOST_LISTED} }}}}{one}{{{{ else }}}}{more}{{{{ end }}}}"
            found = f"{{{{ range $i, $one := . }}}}{listed}{{{{ end }}}}"
        return f"{{{{ with {query} }}}}{found}{{{{ else }}}}{NOT_KNOWN}{{{{ end }}}}"

    def expected(self, labels: Labels, told: Told) -> str:
        return told.get(self.name, NOT_KNOWN)


@dataclass(frozen=True, slots=True)
class Instant:
    """An instant on the wall in the contract's zone, and in UTC beside it. `query` gives seconds since 1970.

    The offset is the one that held, or will hold, at that instant.
    """

    name: str
    query: str
    by: tuple[str, ...]

    def template(self) -> str:
        one = f"min by (contract, instance) ({self.query})"
        starts = f"{UTC_OFFSET_START.sample} <= on (contract, instance) group_left () {one}"
        held = f"topk by (contract, instance) (1, {starts})"
        offset = f"{UTC_OFFSET.sample} and on (contract, instance, stretch) {held}"
        local = f"{one} + on (contract, instance) group_left (zone) ({offset})"
        day, clock, whole = '"2 Jan 2006"', '"15:04:05"', '"2 Jan 2006 15:04:05"'
        short, long = (f"{{{{ $utc.Format {each} }}}}" for each in (clock, whole))
        same = f"eq ($local.Format {day}) ($utc.Format {day})"
        beside = f"{{{{ if {same} }}}}{short}{{{{ else }}}}{long}{{{{ end }}}}"
        both = (
            '{{ $zone := . | label "zone" }}{{ $local := . | value | toTime }}'
            '{{ $local.Format "2 Jan 2006 15:04:05" }} {{ $zone }}'
            f'{{{{ if ne $zone "UTC" }}}} ({beside} UTC){{{{ end }}}}'
        )
        return (
            f"{{{{ with {asked(one, self.by)} }}}}{{{{ with . | first }}}}{{{{ $utc := . | value | toTime }}}}"
            f"{{{{ with {asked(local, self.by)} }}}}{{{{ with . | first }}}}{both}{{{{ end }}}}"
            '{{ else }}{{ $utc.Format "2 Jan 2006 15:04:05" }} UTC{{ end }}{{ end }}'
            f"{{{{ else }}}}{NOT_KNOWN}{{{{ end }}}}"
        )

    def expected(self, labels: Labels, told: Told) -> str:
        return told.get(self.name, NOT_KNOWN)


@dataclass(frozen=True, slots=True)
class By:
    """A text that differs by a label's value; for any other value `otherwise`, or the value itself."""

    label: str
    texts: Mapping[str, str]
    otherwise: str | None = None

    def template(self) -> str:
        other = f"{{{{ $labels.{self.label} }}}}" if self.otherwise is None else literal(self.otherwise)
        return branches(f"$labels.{self.label}", self.texts, other)

    def expected(self, labels: Labels, told: Told) -> str:
        value = labels.get(self.label, "")
        return self.texts.get(value, value if self.otherwise is None else self.otherwise)


@dataclass(frozen=True, slots=True)
class FirstThatHolds:
    """One of several texts: the first whose query has an answer, or the last one, which has none."""

    name: str
    options: tuple[tuple[str, str, Text], ...]
    by: tuple[str, ...]
    otherwise: Text

    def template(self) -> str:
        found = "".join(
            f"{{{{ {'else ' if number else ''}if {asked(query, self.by)} }}}}{said.template()}"
            for number, (_, query, said) in enumerate(self.options)
        )
        return f"{found}{{{{ else }}}}{self.otherwise.template()}{{{{ end }}}}"

    def expected(self, labels: Labels, told: Told) -> str:
        chosen = told.get(self.name)
        said = next((said for key, _, said in self.options if key == chosen), self.otherwise)
        return said.expected(labels, told)


@dataclass(frozen=True, slots=True)
class Text:
    """Some pieces, one after the other; plain strings are meant literally."""

    pieces: tuple[TextPiece | str, ...]

    def template(self) -> str:
        return "".join(literal(p) if isinstance(p, str) else p.template() for p in self.pieces)

    def expected(self, labels: Labels, told: Told) -> str:
        return "".join(p if isinstance(p, str) else p.expected(labels, told) for p in self.pieces)

    def __add__(self, other: Text) -> Text:
        return Text((*self.pieces, *other.pieces))


def text(*pieces: TextPiece | str) -> Text:
    return Text(pieces)


def literal(said: str) -> str:
    """Text in which nothing is a template. Each brace by itself: one before `{{` of ours would be read with it."""
    return said.replace("{", '{{ "{" }}')


def name_of_something(said: str, otherwise: str) -> str:
    """A name that people gave, or else its id: on one line, and no longer than a message bears."""
    name = plain(said).strip() or otherwise
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1].rstrip()}…"


def asked(query: str, by: tuple[str, ...]) -> str:
    """The pipeline of a query."""
    if not by:
        return f"query {quoted(query)}"
    return f"printf {quoted(query)} {' '.join(f'$labels.{label}' for label in by)} | query"


def branches(value: str, texts: Mapping[str, str], otherwise: str) -> str:
    """A template of literal texts by a value's own; `otherwise` is a template already."""
    several = list(dict.fromkeys(texts.values()))
    if not several:
        return otherwise
    found = []
    for said in several:
        names = " ".join(quoted(name) for name, each in texts.items() if each == said)
        found.append(f"if eq {value} {names} }}}}{literal(said)}")
    return "{{ " + "{{ else ".join(found) + f"{{{{ else }}}}{otherwise}{{{{ end }}}}"


_AS_WORDS = (("h", " h "), ("m", " min "), ("s", " s"))

DURATION = (
    "(((. | value | toTime).Sub (0.0 | toTime)).Truncate 1000000000).String"
    ' | reReplaceAll "([0-9]+)h" "$1 h " | reReplaceAll "([0-9]+)m" "$1 min " | reReplaceAll "([0-9]+)s" "$1 s"'
    ' | reReplaceAll "\\\\b0 (h|min) " "" | reReplaceAll " 0 s$" ""'
)
"""A pipeline that shows a sample's seconds as `wording.durations.format_duration` does."""


def how_long(query: str, by: tuple[str, ...]) -> Ask:
    """How long an outage lasted, as every screen has it: part of a second counts as a whole one.

    `query`: seconds, exact to a thousandth but for the error of a float; half of one is taken off before they are
    rounded up.
    """
    return Ask("lasted", f"ceil({query} - 0.0005)", by, f"{{{{ {DURATION} }}}}")


def last_known(query: str, metric: str, per: str) -> str:
    """A query, or what `metric` was last where it has no answer: so a message that comes because the monitor is gone
    still says when the outage began, and not when the alert did."""
    return f"{query} or {per} last_over_time({metric}[5m])"


def monitor_gone(subject: TextPiece | Text) -> Text:
    """What has become of a subject whose monitor is not scraped any more: nobody knows."""
    return text(subject, " was no longer seen: the monitor does not answer. Whether it has recovered is not known.")


SHORT_DURATION = (
    'humanizeDuration | reReplaceAll "^(-?[0-9]+)d ([0-9]+)h .*$" "$1 d $2 h"'
    ' | reReplaceAll "^(-?[0-9]+)h ([0-9]+)m .*$" "$1 h $2 min" | reReplaceAll "^(-?[0-9]+)m ([0-9]+)s$" "$1 min $2 s"'
    ' | reReplaceAll "^(-?[0-9]+)[.]?[0-9]*s$" "$1 s" | reReplaceAll " 0 (h|min|s)$" ""'
)
"""The end of a pipeline that shows seconds as `wording.durations.format_short_duration` does."""

POINTS = 'printf "%g"'
PERCENT = 'printf "%.6f" | reReplaceAll "[0-9]{4}$" " %"'
"""The end of a pipeline that shows per cents with two places, cut off as in `wording.numbers.format_ratio`."""


def money_pipeline(currency: str) -> str:
    """The end of a pipeline that shows an amount as `wording.numbers.format_money` does."""
    places = minor_units(currency)
    commas = ' | reReplaceAll "([0-9])([0-9]{3})([.,]|$)" "$1,$2$3"' * 4
    sign = format_money(Decimal(0), currency).partition("0")[0]
    return f'printf "%.{places}f"{commas} | printf {quoted(f"{sign}%s")}'


_PLAIN_REASONS = {
    reason.value: describe_reason(reason) for reason in Reason if describe_reason(reason) != describe_id(reason.value)
}
REASON = '{{ $reason := . | label "reason" }}' + branches(
    "$reason", _PLAIN_REASONS, '{{ $reason | reReplaceAll "[_-]" " " }}'
)
"""A sample's label `reason` as `wording.vocabulary.describe_reason` says it."""
