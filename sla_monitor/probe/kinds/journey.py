"""A journey: requests one after the other, with values of one answer in the next request."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import quote, quote_plus

from requests.cookies import RequestsCookieJar

from sla_monitor.clock import Clock
from sla_monitor.contract.endpoints.endpoint import JourneyEndpoint
from sla_monitor.contract.endpoints.journey_terms import JourneyStep
from sla_monitor.contract.endpoints.template import CaptureReference, Template
from sla_monitor.contract.reading.secret import SecretReference
from sla_monitor.names import PHASES
from sla_monitor.probe.exchange.adapter import origin_of
from sla_monitor.probe.exchange.capture import Captures
from sla_monitor.probe.exchange.request import (
    Answered,
    CapturedValues,
    Content,
    HeaderLines,
    HttpMessage,
    Request,
    headers_of,
)
from sla_monitor.probe.prober import Surroundings
from sla_monitor.probe.step_words import name_of_step, step_table
from sla_monitor.probe.stopwatch import DeadlinePassed, Stopwatch
from sla_monitor.probe.verdict import NO_SECRETS, Verdict, finding, plain
from sla_monitor.sla.observation import Finding, Outcome, Phases, Reason, StepFinding

Values = Mapping[str, str]
Spell = Callable[[str], str]


class JourneyProber:
    """Asks step by step, and stops at the first that fails; what cleans up is asked all the same.

    Cookies, connections and captured values are new for each journey.
    """

    __slots__ = ("_known", "_lines", "_steps", "terms")

    def __init__(self, terms: JourneyEndpoint, surroundings: Surroundings) -> None:
        """Raises SecretError, OSError and ssl.SSLError for what cannot be read, ValueError for what cannot be sent."""
        self.terms = terms
        self._known = CapturedValues()
        self._steps = [_Step(terms, step, surroundings.clock, self._known) for step in terms.steps]
        origins = (origin_of(terms.address_of(step).filled(lambda _: "x")) for step in terms.steps)
        self._lines = HeaderLines(terms, origins, keep=True)

    async def probe(self, watch: Stopwatch) -> Finding:
        walk = _JourneyWalk(len(self._steps))
        try:
            for step in self._steps:
                await walk.go(step, watch, self._lines)
        finally:
            self._lines.close()
        return walk.finding(watch, self._known)

    def close(self) -> None:
        """Nothing is kept between probes."""


class _Step:
    """One step, prepared as far as it can be."""

    __slots__ = ("_body", "_headers", "_is_proxied", "_message", "_personal", "_request", "_url", "needs", "terms")

    def __init__(self, journey: JourneyEndpoint, terms: JourneyStep, clock: Clock, known: CapturedValues) -> None:
        self.terms = terms
        self.needs = {name for template in terms.templates.values() for name in template.captured}
        in_headers = {name for step in journey.steps for value in step.headers.values() for name in value.captured}
        self._request = Request(terms, journey.certificate_days_left, clock, Captures(terms.capture, in_headers))
        self._is_proxied = journey.proxy is not None
        self._url = journey.address_of(terms)
        self._headers = headers_of(terms, known, keep=True)
        self._body = _Body(terms, known)
        if self._body.type:
            self._headers["Content-Type"] = self._body.type
        self._personal = {name: _revealed(value, known) for name, value in terms.headers.items()}
        self._message = None if self.needs else self._made({})

    async def ask(self, watch: Stopwatch, lines: HeaderLines, jar: RequestsCookieJar, values: Values) -> Answered:
        try:
            message = self._message or self._made(values)
        except ValueError:  # requests' own; its words quote what it refuses
            return Answered(Verdict(Reason.PROTOCOL_ERROR, "the captured values make no request that can be sent"))
        return await self._request.ask(watch, message, lines, jar)

    def _made(self, values: Values) -> HttpMessage:
        headers = self._headers.copy()
        for name, template in self._personal.items():
            headers[name] = _filled(template, values)
        personal = frozenset(name for name, template in self.terms.headers.items() if not template.is_literal)
        content = Content(headers, self._body.filled(values), personal, self._body.is_personal)
        url = _filled(self._url, values, lambda value: quote(value, safe=""))
        return HttpMessage(self.terms.method, url, content, is_proxied=self._is_proxied)


class _Body:
    """What a step sends."""

    __slots__ = ("_fields", "_spell", "_text", "is_personal", "type")

    def __init__(self, terms: JourneyStep, known: CapturedValues) -> None:
        self.type = ""
        self._spell: Spell = str
        text = terms.body
        if terms.json_body is not None:
            self.type, self._spell, text = "application/json", _json_escaped, terms.json_body
        elif terms.form is not None:
            self.type = "application/x-www-form-urlencoded"
        self._text = _revealed(text, known, self._spell) if text is not None else None
        self._fields = [(name, _revealed(value, known)) for name, value in (terms.form or {}).items()]
        sent = [template for path, template in terms.templates.items() if path[0] in {"form", "json", "body"}]
        self.is_personal = not all(template.is_literal for template in sent)

    def filled(self, values: Values) -> bytes | None:
        if self._text is not None:
            return _filled(self._text, values, self._spell).encode()
        if not self.type:
            return None
        fields = (f"{quote_plus(name)}={quote_plus(_filled(value, values))}" for name, value in self._fields)
        return "&".join(fields).encode()


def _revealed(template: Template, known: CapturedValues, spell: Spell = str) -> Template:
    """The same with its secrets in it. Raises SecretError."""
    pieces = template.pieces
    return Template(tuple(spell(known.reveal(one)) if isinstance(one, SecretReference) else one for one in pieces))


def _filled(template: Template, values: Values, spell: Spell = str) -> str:
    return template.filled(lambda one: spell(values[one.name]) if isinstance(one, CaptureReference) else str(one))


def _json_escaped(value: str) -> str:
    return json.dumps(value)[1:-1]


@dataclass(slots=True)
class _JourneyWalk:
    """One journey under way. `verdict` is that of the step that failed, or else the first that was degraded;
    `decisive` and `where` are that step's, or the last one's."""

    total: int
    jar: RequestsCookieJar = field(default_factory=RequestsCookieJar)
    values: dict[str, str] = field(default_factory=dict)
    hidden: list[str] = field(default_factory=list)
    steps: list[StepFinding] = field(default_factory=list)
    verdict: Verdict | None = None
    decisive: Answered = field(default_factory=lambda: Answered(None))
    where: str = ""
    address: str | None = None
    expires_at_s: int | None = None

    @property
    def has_failed(self) -> bool:
        return self.verdict is not None and self.verdict.outcome is not Outcome.DEGRADED

    async def go(self, step: _Step, watch: Stopwatch, lines: HeaderLines) -> None:
        """Ask, unless the journey has ended before this step."""
        terms = step.terms
        if self.has_failed and not (terms.always and self._can(step, watch)):
            self.steps.append(StepFinding(terms.id, terms.title, None))
            return
        watch.where = f"{name_of_step(len(self.steps) + 1, self.total, terms.title)}: "
        began, ours_s = watch.loop.time(), watch.ours_s
        came = await step.ask(watch, lines, self.jar, self.values)
        took_us = int((watch.loop.time() - began - (watch.ours_s - ours_s)) * 1_000_000)
        self._note(came, watch)
        outcome, detail = (came.verdict.outcome, came.verdict.detail) if came.verdict else (Outcome.UP, "")
        self.steps.append(StepFinding(terms.id, terms.title, outcome, detail, took_us, watch.lap(), came.status))

    def finding(self, watch: Stopwatch, known: CapturedValues) -> Finding:
        """What the journey came to."""
        secrets = known.secrets(*self.hidden) if self.verdict is not None else NO_SECRETS
        steps = tuple(replace(one, detail=plain(secrets.hide(one.detail))) for one in self.steps)
        watch.where, watch.address, watch.expires_at_s = self.where, self.address, self.expires_at_s
        evidence = step_table(steps) + b"\n" + self.decisive.evidence
        status, body_bytes = self.decisive.status, self.decisive.body_bytes
        found = finding(watch, self.verdict, evidence, secrets, status=status, body_bytes=body_bytes)
        return replace(found, phases=_sum([one.phases for one in steps]), steps=steps)

    def _can(self, step: _Step, watch: Stopwatch) -> bool:
        """Whether a step that cleans up can do so: somebody is there, and its values and some time are."""
        try:
            watch.left()
        except DeadlinePassed:
            return False
        return watch.was_answered and step.needs <= self.values.keys()

    def _note(self, came: Answered, watch: Stopwatch) -> None:
        self.values |= came.captured
        self.hidden += came.hidden
        expiries = [at_s for at_s in (self.expires_at_s, watch.expires_at_s) if at_s is not None]
        self.expires_at_s = min(expiries, default=None)
        is_worse = came.verdict is not None and came.verdict.outcome is not Outcome.DEGRADED
        if self.verdict is None or (is_worse and not self.has_failed):
            self.verdict, self.decisive, self.where, self.address = came.verdict, came, watch.where, watch.address


def _sum(several: Sequence[Phases]) -> Phases:
    """Each phase of all the steps that had it. A journey that was cut short has no first byte: it took no time that
    could be compared with that of a whole one, and is no response time."""
    total = Phases(*(_total([getattr(one, f"{name}_us") for one in several]) for name in PHASES))
    is_whole = all(one.first_byte_us is not None for one in several)
    return total if is_whole else replace(total, first_byte_us=None, transfer_us=None)


def _total(several: Sequence[int | None]) -> int | None:
    known = [us for us in several if us is not None]
    return sum(known) if known else None
