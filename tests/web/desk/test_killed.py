"""The desk's server killed outright between a click and its answer, at any moment: what a browser sends again is
entered once, and nothing is half-entered. `make desk-loop` kills it a hundred times and prints what it met."""

from __future__ import annotations

import http.client
import os
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from multiprocessing.process import BaseProcess
from pathlib import Path
from urllib.parse import urlencode

import pytest

from sla_monitor.ledger.housekeeping.checking import check
from sla_monitor.web.desk.forms import SEE
from tests.fakes.clock import FakeClock
from tests.support.forked import forking, kill, preload
from tests.support.running import wait_until
from tests.web.desk.every_form import NOW_MS, DeskForm, contract_in, every_form, forms_house
from tests.web.desk.house import Browser, House, Page
from tests.web.desk.html_forms import PAGES_BETWEEN, HtmlForm, forms_on, send
from tests.web.running import Parts, web_of

KILLS = int(os.environ.get("DESK_KILLS", "4"))
SEED = int(os.environ.get("DESK_SEED", "1"))
FORMS = [form for form in every_form() if form.adds and not form.files]
MOST_S = 0.06
"""How long after the click it is killed at the latest: most answers have come by then."""

preload("tests.web.desk.every_form")


def serve(folder: str, port: str) -> None:
    """A desk in a process of its own. `port`: the file into which it writes its own."""
    with forms_house(Path(folder)) as house:
        Path(port).with_suffix(".new").write_text(f"{house.web.port}")
        Path(port).with_suffix(".new").replace(port)
        threading.Event().wait()


class Desk:
    """A desk that is killed and started again, and what is known of its register from outside."""

    def __init__(self, folder: Path, start: Callable[[Callable[..., None], Sequence[str]], BaseProcess]) -> None:
        self.folder, self._start = folder, start
        self.process: BaseProcess
        self.live()
        parts = Parts(contracts=[contract_in(folder / "outside")], clock=FakeClock(NOW_MS))
        self.house = House(web_of(parts), parts, folder)  # it serves nothing

    def live(self) -> None:
        told = self.folder / "port"
        told.unlink(missing_ok=True)
        self.process = self._start(serve, [str(self.folder), str(told)])
        wait_until(told.exists)
        self.port = int(told.read_text())

    def die(self) -> None:
        kill(self.process)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    (tmp_path / "outside").mkdir()
    with forking() as start:
        yield Desk(tmp_path, start)


def click_and_hear_nothing(browser: Browser, form: HtmlForm, words: dict[str, str | list[str]]) -> None:
    """Send a form, and hang up before the answer comes."""
    connection = http.client.HTTPConnection("127.0.0.1", browser.port, timeout=20)
    cookie = "; ".join(f"{name}={value}" for name, value in browser.jar.items())
    told = {"Cookie": cookie, "Content-Type": "application/x-www-form-urlencoded", "Accept": "text/html"}
    connection.request("POST", form.action, urlencode(form.filled(words), doseq=True), told)
    threading.Timer(2, connection.close).start()


def test_killed_at_any_time_what_is_sent_again_is_entered_once(desk: Desk) -> None:
    random.seed(SEED)
    met: Counter[str] = Counter()
    waits, browsers = list[float](), {name: Browser(desk.port) for name in ("max", "sue")}
    for name, browser in browsers.items():
        assert browser.sign_in(name).status == 303
    for turn in range(KILLS):
        form = FORMS[turn % len(FORMS)] if len(FORMS) <= KILLS else random.choice(FORMS)
        browser, words = browsers[form.who], form.said(f"Killed, {turn}.")
        last = last_page(desk, browser, form, words)
        before = len(desk.house.entries())
        click_and_hear_nothing(browser, last, words)
        time.sleep(random.uniform(0, MOST_S))
        desk.die()
        entered = len(desk.house.entries()) - before
        assert entered in {0, form.adds}, (form.name, "half-entered")
        began = time.monotonic()
        desk.live()
        waits.append(time.monotonic() - began)
        for one in browsers.values():
            one.port = desk.port
        again = sent_again(browser, last, words)
        assert again.status == 303, (form.name, again.status, again.text)
        assert len(desk.house.entries()) == before + form.adds, (form.name, entered, again.location)
        met["entered before it died" if entered else "not entered before it died"] += 1
    assert not check(desk.house.ledger, lambda _, __: None).problems
    print(f"{KILLS} kills, seed {SEED}: {dict(met)}; back after {max(waits):.1f} s at most; the ledger is whole")


def last_page(desk: Desk, browser: Browser, form: DeskForm, words: dict[str, str | list[str]]) -> HtmlForm:
    """The form whose button enters it: of what is shown first, the one that stands below what it changes."""
    address = form.open(desk.house)
    found = forms_on(browser.get(address))[form.posted_to(address)]
    if SEE not in dict(found.buttons):
        return found
    return forms_on(send(browser, found, words, {}))[found.action]


def sent_again(browser: Browser, form: HtmlForm, words: dict[str, str | list[str]]) -> Page:
    """What a browser's reload sends, and what follows from it."""
    page = send(browser, form, words, {})
    for _ in range(PAGES_BETWEEN):
        if page.status != 200:
            break
        page = send(browser, forms_on(page)[form.action], words, {})
    return page
