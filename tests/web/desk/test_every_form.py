"""Every form of the desk with hostile words, sent twice, late, of another session, by two at once: by the register's
contents nothing is half-entered and nothing is entered twice."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from urllib.parse import quote_from_bytes

import pytest

from sla_monitor.register.entries import Entry
from tests.web.desk.every_form import DeskForm, every_form, example, forms_house
from tests.web.desk.hostile_texts import BIDI, BROKEN, INJECTED, LONG, MARKUP, MUCH, REFUSED, SHOWN
from tests.web.desk.house import Browser, House, Page
from tests.web.desk.html_forms import PAGES_BETWEEN, HtmlForm, forms_on, send, send_to_the_end

FORMS = every_form()
ENTERING = [form for form in FORMS if form.adds]
OTHER = {"max": "moritz", "sue": "steve"}
each_form = pytest.mark.parametrize("form", FORMS, ids=lambda form: form.name)
each_entry = pytest.mark.parametrize("form", ENTERING, ids=lambda form: form.name)
_turns = count(1)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with forms_house(tmp_path_factory.mktemp("forms")) as found:
        yield found


@pytest.fixture(scope="module")
def browsers(house: House) -> dict[str, Browser]:
    return {name: house.browser(name) for name in ("", "max", "moritz", "sue", "steve", "leaver")}


def shown(house: House, browser: Browser, form: DeskForm, address: str = "") -> HtmlForm:
    """The form on its page."""
    address = address or form.open(house)
    page = browser.get(address)
    assert page.status == 200, (form.name, page.status, page.text)
    return forms_on(page)[form.posted_to(address)]


def new_entries(house: House, before: int) -> Sequence[Entry]:
    return house.entries()[before:]


def is_harmless(page: Page) -> None:
    """What was typed is text wherever the page has it, and nothing of it hides."""
    assert page.status < 500, page.text
    assert "Traceback" not in page.text
    assert MARKUP not in page.text
    assert not re.search(r"<[^>]*\son\w+=[^>]*>", re.sub(r'"[^"]*"', '""', page.text)), "a handler got out of its place"
    assert [sign for sign in BIDI if sign in page.text] == []
    assert "49" not in re.findall(r"\{\{7\*7\}\}|(49)\$", page.text)
    assert "x-injected" not in page.headers


@each_form
def test_hostile_words_are_shown_as_text_or_refused(
    house: House, browsers: dict[str, Browser], form: DeskForm, caplog: pytest.LogCaptureFixture
) -> None:
    browser = browsers[form.who]
    found = shown(house, browser, form)
    before = len(house.entries())
    with caplog.at_level(logging.WARNING):
        for text in (b" ".join([SHOWN.encode(), REFUSED, BROKEN, INJECTED]), MUCH):
            is_harmless(raw(browser, found, dict.fromkeys(found.typed_into(), text)))
        for text in (SHOWN.encode(), LONG.encode() + BROKEN, INJECTED) if form.free else ():
            free = {name: text for name in found.typed_into() if name in form.free}
            is_harmless(raw(browser, found, free, form))
    for entry in new_entries(house, before):
        assert not any(sign in f"{entry.model_dump_json()}" for sign in BIDI), entry
    assert [one.getMessage() for one in caplog.records if one.levelno >= logging.ERROR] == []


def raw(browser: Browser, found: HtmlForm, texts: Mapping[str, bytes], form: DeskForm | None = None) -> Page:
    """Send bytes that no browser would, in these fields; with `form`, the others as they should be."""
    sent = found.filled(form.values if form else {})
    whole = {name: [value.encode() for value in values] for name, values in sent.items()}
    whole |= {name: [text] for name, text in texts.items()}
    if found.enctype == "multipart/form-data":
        parts = [b'name="%s"\r\n\r\n%s' % (name.encode(), one) for name, several in whole.items() for one in several]
        body = b"".join(b"--B\r\nContent-Disposition: form-data; " + part + b"\r\n" for part in parts) + b"--B--\r\n"
        return browser.ask("POST", found.action, body, {"Content-Type": "multipart/form-data; boundary=B"})
    pairs = [f"{name}={quote_from_bytes(one)}" for name, several in whole.items() for one in several]
    media_type = {"Content-Type": "application/x-www-form-urlencoded"}
    return browser.ask("POST", found.action, "&".join(pairs).encode(), media_type)


@each_entry
def test_two_clicks_at_once_and_another_one_later_enter_it_once(
    house: House, browsers: dict[str, Browser], form: DeskForm
) -> None:
    browser = browsers[form.who]
    found = shown(house, browser, form)
    before, words = len(house.entries()), form.said(f"Twice, {next(_turns)}.")
    for _ in range(1 + PAGES_BETWEEN):
        with ThreadPoolExecutor(2) as pool:
            page, other = pool.map(lambda _, one=found: send(browser, one, words, form.files), range(2))
        assert page.status == other.status, (page.status, other.status, other.text)
        if page.status != 200:
            break
        found = forms_on(page)[found.action]
    assert page.status == 303, page.text
    assert {one.location.partition("&again")[0] for one in (page, other)} == {page.location.partition("&again")[0]}
    assert len(new_entries(house, before)) == form.adds
    assert send(browser, found, words, form.files).status == 303
    assert len(new_entries(house, before)) == form.adds


@each_entry
def test_two_people_at_once_are_both_answered_and_nothing_is_half(
    house: House, browsers: dict[str, Browser], form: DeskForm
) -> None:
    address = form.open(house)
    pair = [browsers[form.who], browsers[OTHER[form.who]]]
    pages = [one.get(address) for one in pair]
    found = [forms_on(page).get(form.posted_to(address)) for page in pages]
    before, turn = len(house.entries()), next(_turns)

    def enter(place: int) -> Page | None:
        one = found[place]
        words = form.said(f"Of both, {turn}.{place}")
        return send_to_the_end(pair[place], one, words, form.files) if one else None  # it is not theirs to do

    with ThreadPoolExecutor(2) as pool:
        answers = [page for page in pool.map(enter, range(2)) if page is not None]
    done = [page for page in answers if page.status == 303 and "again=1" not in page.location]
    assert done
    assert all(page.status in {303, 404, 409, 422} or "Others have entered" in page.text for page in answers), answers
    if form.name != "undo a file":  # what is gone already needs no second undo
        assert len(new_entries(house, before)) == form.adds * len(done)


@each_entry
def test_a_page_that_is_older_than_another_entry_or_its_session_loses_nothing(house: House, form: DeskForm) -> None:
    browser = house.browser(form.who)
    address = form.open(house)
    found, words = shown(house, browser, form, address), form.said(f"Typed long ago, {next(_turns)}.")
    browser.fill_in(browser.get("/desk"), "/sign-out", everywhere="")
    before = len(house.entries())
    signed_out = send(browser, found, words, form.files)
    assert (signed_out.status, len(house.entries())) == (401, before)
    example(house, "minute")
    assert browser.sign_in(form.who).status == 303
    kept = send(browser, forms_on(signed_out)[found.action], {}, {})
    assert (kept.status, len(house.entries())) == (403, before + 1)
    for page in (signed_out, kept):
        assert [name for name in form.free if name in found.typed_into() and f"{words[name]}" not in page.text] == []
    if form.files:  # a browser does not hand files back by itself
        return
    assert send_to_the_end(browser, forms_on(kept)[found.action], words, {}).status == 303
    assert len(house.entries()) == before + 1 + form.adds
