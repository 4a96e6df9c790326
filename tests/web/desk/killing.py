"""Kills what serves the desk between a click and its answer, form after form, and holds what is left of it: the entry
once or not at all with its files, a whole ledger, and an answer to the same form sent again that says what happened."""

from __future__ import annotations

import random
import sqlite3
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field, replace
from http.client import HTTPException
from typing import Protocol

from sla_monitor.ledger.housekeeping.checking import check
from sla_monitor.web.desk.forms import AGAIN, FILES, SEE
from tests.web.desk.every_form import DeskForm, every_form
from tests.web.desk.house import PASSWORD, Browser, House, Page
from tests.web.desk.html_forms import PAGES_BETWEEN, HtmlForm, forms_on, send

MOST_S = 0.06
"""How long after the click it is killed at the latest: most answers have come by then."""

ALREADY, NOW_ENTERED = "This was entered already, as entry", "It is entered, as entry"
SAYS_BOTH = ("from this file", "Proposed terms")
"""Of a page that shows what was entered itself."""

_ORPHANS = """
select substr(body, 1, 60) from kept_files
where digest not in (select digest from attachments)
  and not exists (select 1 from register where instr(register.body, kept_files.digest))
  and not exists (select 1 from terms_in_force where instr(terms_in_force.parts, kept_files.digest))
"""


class Served(Protocol):
    """A desk that is killed and started again. `house`: what is known of it from outside."""

    house: House
    port: int

    def live(self) -> None: ...
    def die(self) -> None: ...


@dataclass
class Met:
    """What the kills came to."""

    turns: Counter[str] = field(default_factory=Counter)
    forms: set[str] = field(default_factory=set)
    files: int = 0
    back_s: list[float] = field(default_factory=list)

    def __str__(self) -> str:
        told = ", ".join(f"{count} {what}" for what, count in sorted(self.turns.items()))
        return f"{told}; {len(self.forms)} forms, {self.files} times with a file; back after {max(self.back_s):.1f} s"


def kill_over_all_forms(desk: Served, kills: int, most_s: float = MOST_S) -> Iterator[Met]:
    """Kill it so often, each time with the next form; in any order where there are fewer kills than forms."""
    forms, met = every_form(), Met()
    forms = forms if kills >= len(forms) else random.sample(forms, kills)
    for turn in range(kills):
        form = with_a_file_of_its_own(forms[turn % len(forms)], turn)
        _kill_once(desk, form, turn, met, random.uniform(0, most_s))
        yield met


def with_a_file_of_its_own(form: DeskForm, turn: int) -> DeskForm:
    """What is attached is another file each time: the same one would be kept once."""
    return replace(form, files={**form.files, FILES: (f"{turn}.txt", f"Seen, {turn}.".encode() * 1_000)})


def _kill_once(desk: Served, form: DeskForm, turn: int, met: Met, after_s: float) -> None:
    browser = Browser(desk.port)
    if form.who:
        assert browser.sign_in(form.who).status == 303
    words = {**form.said(f"Killed, {turn}."), AGAIN: PASSWORD}
    found, has_file = _last_page(desk, browser, form, words)
    adds = _Kept(form.adds, max(form.adds, 1) if has_file else 0)
    before = _kept(desk)
    with ThreadPoolExecutor(1) as pool:
        heard = pool.submit(_answer, browser, found, form, words)
        time.sleep(after_s)
        desk.die()
    answer = heard.result()
    entered = _kept(desk) - before
    assert entered in {_Kept(0, 0), adds}, (form.name, "half-entered", entered, adds)
    assert answer is None or answer.status != 303 or entered == adds, (form.name, "answered, and lost")
    _is_whole(desk)
    began = time.monotonic()
    desk.live()
    met.back_s.append(time.monotonic() - began)
    browser.port = desk.port
    landed = _sent_again(browser, found, form, words)
    if adds.entries:
        _says_what_happened(landed, form, was_entered=entered == adds)
    if form.name == "sign out":
        assert browser.get("/desk").status != 200, "signed out, and still in"
    assert _kept(desk) - before == adds, (form.name, "after it was sent again", _kept(desk) - before, adds)
    was = "entered before it died" if entered == adds != _Kept(0, 0) else "not entered before it died"
    met.turns[was if form.adds or has_file else "signed in or out"] += 1
    met.turns["answered before it died"] += answer is not None
    met.files += has_file
    met.forms.add(form.name)


def _last_page(
    desk: Served, browser: Browser, form: DeskForm, words: dict[str, str | list[str]]
) -> tuple[HtmlForm, bool]:
    """The form whose button enters it: of what is shown first, the one that stands below what it changes. And whether
    a file is attached by it."""
    address = form.open(desk.house)
    found = forms_on(browser.get(address))[form.posted_to(address)]
    has_file = any((one.kind, one.name) == ("file", FILES) for one in found.controls)
    if SEE in dict(found.buttons) or "file" in form.files:
        shown = send(browser, found, words, form.files)
        found = forms_on(shown).get(found.action, found)
    return found, has_file


def _answer(browser: Browser, found: HtmlForm, form: DeskForm, words: dict[str, str | list[str]]) -> Page | None:
    """What a click is answered with; None: with nothing."""
    try:
        return send(browser, found, words, _files_for(found, form))
    except (OSError, HTTPException):
        return None


def _files_for(found: HtmlForm, form: DeskForm) -> dict[str, tuple[str, bytes]]:
    """The files that a form still asks for: a page between hands them back by itself."""
    asked = {one.name for one in found.controls if one.kind == "file"}
    return {name: file for name, file in form.files.items() if name in asked}


def _sent_again(browser: Browser, found: HtmlForm, form: DeskForm, words: dict[str, str | list[str]]) -> Page:
    """What a browser's reload sends, what follows from it, and the page that somebody comes to."""
    page = send(browser, found, words, _files_for(found, form))
    for _ in range(PAGES_BETWEEN):
        if page.status != 200:
            break
        page = send(browser, forms_on(page)[found.action], words, {})
    assert page.status == 303, (form.name, page.status, page.text)
    landed = browser.get(page.location)
    assert landed.status == 200, (form.name, page.location, landed.status)
    return landed


def _says_what_happened(landed: Page, form: DeskForm, *, was_entered: bool) -> None:
    """Somebody who sends it again reads that it is entered, and whether it had been so already."""
    told = [one for one in (*SAYS_BOTH, ALREADY, NOW_ENTERED) if one in landed.text]
    assert told, (form.name, landed.text)
    if told[0] not in SAYS_BOTH:
        assert told == [ALREADY if was_entered else NOW_ENTERED], (form.name, was_entered, told)


@dataclass(frozen=True)
class _Kept:
    """How much is in the register."""

    entries: int
    attachments: int

    def __sub__(self, other: _Kept) -> _Kept:
        return _Kept(self.entries - other.entries, self.attachments - other.attachments)


def _kept(desk: Served) -> _Kept:
    with closing(sqlite3.connect(f"file:{desk.house.ledger}?mode=ro", uri=True)) as database:
        counts = [
            database.execute(f"select count(*) from {table}").fetchone()[0] for table in ("register", "attachments")
        ]
    return _Kept(*counts)


def _is_whole(desk: Served) -> None:
    """As `ledger verify` finds it; and no file without what it belongs to."""
    assert not (problems := check(desk.house.ledger, lambda _, __: None).problems), problems
    with closing(sqlite3.connect(f"file:{desk.house.ledger}?mode=ro", uri=True)) as database:
        orphans = database.execute(_ORPHANS).fetchall()
    assert not orphans, ("kept, and belongs to nothing", orphans)
