"""What all pages share: templates, style, script, the policy that names both, and the facts of their frame."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from urllib.parse import quote
from zoneinfo import ZoneInfo

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from sla_monitor.board import Board
from sla_monitor.sla.observation import Outcome
from sla_monitor.web.serving.health import Health
from sla_monitor.wording.durations import format_age, format_short_duration
from sla_monitor.wording.instants import format_instant
from sla_monitor.wording.vocabulary import OUTCOMES, SYMBOLS

UTC_ZONE = "UTC"
_SPACING = frozenset("\n\t\r\N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}\N{THIN SPACE}")
"""What cannot be printed, and is meant."""
_ENTRY = re.compile(r"\b[Ee]ntry ([1-9][0-9]{0,9})\b", re.ASCII)
_SOURCES = {"STYLE": "status.css", "DESK_STYLE": "desk.css", "SCRIPT": "page.js"}
"""What stands in pages as it is, and is named in their policy, by its name in the templates."""

OLD_MS = 120_000
"""An assessment of more than this age is called old."""


@dataclass(frozen=True)
class Frame:
    """What the header and the footer of a page say of the monitor. `own` is how it is, as a service's state; `is_old`:
    it answers, but its figures stand still."""

    health: Health
    own: Outcome
    vantage: str
    now: str
    assessed: str
    is_old: bool
    up_for: str


def frame_of(board: Board, health: Health, now_ms: int) -> Frame:
    """The frame of every page that is shown at this moment."""
    contracts, age_ms = board.assessment.contracts, now_ms - board.assessment.at_ms
    zones = {contract.time_zone for contract in contracts}
    return Frame(
        health=health,
        own=Outcome.DOWN if not health.ready else Outcome.DEGRADED if health.reasons else Outcome.UP,
        vantage=board.vantage,
        now=format_instant(now_ms, ZoneInfo(zones.pop() if len(zones) == 1 else UTC_ZONE)),
        assessed=format_age(age_ms) if contracts else "not yet",
        is_old=bool(contracts) and age_ms > OLD_MS,
        up_for=format_short_duration(max(0, now_ms - board.started_ms)),
    )


class Layout:
    """The templates of the pages; made once, used from several threads.

    A page's template extends `base.html` and fills its blocks `title`, `header`, `main` and, if it must, `footer`.
    `security_policy` is the Content-Security-Policy of every page made here: nothing but our style sheets and the one
    script, by their digests, forms to ourselves, and what the script fetches from us. `has_desk`: whether pages lead to
    the desk.
    """

    def __init__(self, has_desk: Callable[[], bool] = lambda: False) -> None:
        self._environment, self._has_desk = _environment(), has_desk
        style, forms, script = (_digest(f"{self._environment.globals[name]}") for name in _SOURCES)
        self.security_policy = (
            f"default-src 'none'; style-src {style} {forms}; script-src {script};"
            " connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
        )

    def render(self, template: str, frame: Frame, **values: object) -> str:
        """A page's whole document."""
        return self._environment.get_template(template).render(frame=frame, has_desk=self._has_desk(), **values)


@cache
def _environment() -> Environment:
    """The templates, compiled once in a process."""
    found = Environment(
        loader=PackageLoader("sla_monitor.web"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_visible,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    found.filters["with_entries"] = with_entries
    sources = {name: found.get_template(file).render() for name, file in _SOURCES.items()}
    found.globals.update(SYMBOLS=SYMBOLS, WORDS=OUTCOMES, BADGES=_badges(found), **sources)
    return found


def _visible(value: object) -> object:
    """A value as a page writes it: no text moves a reader's eye, or hides, whoever has typed it. What we have made
    ourselves stays as it is."""
    return value if isinstance(value, Markup) or not isinstance(value, str) else _shown(value)


def _shown(text: str) -> str:
    if text.isprintable():
        return text
    return "".join(sign if sign.isprintable() or sign in _SPACING else "\N{REPLACEMENT CHARACTER}" for sign in text)


def with_entries(text: str, contract: str) -> Markup:
    """A sentence in which each entry of a contract that it names leads to its page at the desk."""
    here = f"/desk/contracts/{quote(contract, safe='')}/entries"
    linked = _ENTRY.sub(lambda found: f'<a href="{here}/{found[1]}">{found[0]}</a>', str(escape(_shown(text))))
    return Markup(linked)  # noqa: S704 - escaped above


def _badges(environment: Environment) -> dict[Outcome, str]:
    """The mark of each state, rendered once: a page may show a thousand."""
    template = environment.get_template("badge.html")
    return {
        state: Markup(template.render(state=state, symbol=symbol, word=OUTCOMES[state]))  # noqa: S704 - escaped there
        for state, symbol in SYMBOLS.items()
    }


def _digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
