"""The forms of a page as a browser reads them, and what it sends of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser

from tests.web.desk.house import Browser, Page

Words = Mapping[str, str | Sequence[str]]
Pairs = list[tuple[str, str]]
PAGES_BETWEEN = 3
"""That a form has at most: what it would change, and a password."""


@dataclass
class Control:
    """A field. `values`: what it would send as it stands; `options`: what there is to choose from."""

    name: str
    kind: str
    values: list[str] = field(default_factory=list)
    options: list[str] = field(default_factory=list)

    @property
    def is_typed_into(self) -> bool:
        return self.kind in {"text", "textarea"}


@dataclass
class HtmlForm:
    """A form that is posted. `buttons`: name and value of each, the main ones first."""

    action: str
    enctype: str
    controls: list[Control] = field(default_factory=list)
    buttons: Pairs = field(default_factory=list)

    def filled(self, words: Words) -> dict[str, list[str]]:
        """What is sent once these fields are filled in and the first button is pressed."""
        sent: dict[str, list[str]] = {}
        for one in self.controls:
            if one.kind == "hidden" or one.name not in words:
                sent.setdefault(one.name, []).extend(one.values)
        for name in {one.name for one in self.controls if one.kind not in {"hidden", "file"}} & words.keys():
            given = words[name]
            sent[name] = [given] if isinstance(given, str) else list(given)
        for name, value in self.buttons[:1]:
            if name:
                sent[name] = [value]
        return sent

    def typed_into(self) -> list[str]:
        """The fields that take any text."""
        return [one.name for one in self.controls if one.is_typed_into]


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[HtmlForm] = []
        self._form: HtmlForm | None = None
        self._area: Control | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attrs}
        if tag == "form" and told.get("method") == "post":
            self._form = HtmlForm(told["action"], told.get("enctype", ""))
            self.forms.append(self._form)
        if self._form is not None:
            self._take(self._form, tag, told)

    def _take(self, form: HtmlForm, tag: str, told: Mapping[str, str]) -> None:
        name, value = told.get("name", ""), told.get("value", "")
        if tag == "input":
            form.controls.append(_input(name, told.get("type", "text"), value, is_checked="checked" in told))
        elif tag == "select":
            form.controls.append(Control(name, tag, [""]))
        elif tag == "option":
            last = form.controls[-1]
            last.options.append(value)
            if "selected" in told or len(last.options) == 1:
                last.values = [value]
        elif tag == "textarea":
            self._area = Control(name, tag, [""])
            form.controls.append(self._area)
        elif tag == "button":
            place = len(form.buttons) if "quiet" in told.get("class", "") else 0
            if "quiet" in told.get("class", "") or not form.buttons:
                form.buttons.insert(place, (name, value))

    def handle_data(self, data: str) -> None:
        if self._area is not None:
            self._area.values[0] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea" and self._area is not None:
            self._area.values[0] = self._area.values[0].removeprefix("\n")
            self._area = None
        if tag == "form":
            self._form = None


def _input(name: str, kind: str, value: str, *, is_checked: bool) -> Control:
    if kind in {"checkbox", "radio"}:
        return Control(name, kind, [value] if is_checked else [], [value])
    return Control(name, kind, [] if kind == "file" else [value])


def forms_on(page: Page) -> dict[str, HtmlForm]:
    """The forms of a page by where they are posted to."""
    reader = _Reader()
    reader.feed(page.text)
    return {one.action: one for one in reader.forms}


def send(browser: Browser, form: HtmlForm, words: Words, files: Mapping[str, tuple[str, bytes]]) -> Page:
    """Fill a form in and press its first button, as a browser does from a page of ours."""
    own = {"Origin": f"http://127.0.0.1:{browser.port}", "Sec-Fetch-Site": "same-origin"}
    sent = form.filled(words)
    if form.enctype == "multipart/form-data":
        return browser.upload(
            form.action, {name: several[0] for name, several in sent.items() if several}, files, **own
        )
    return browser.post(form.action, sent, **own)


def send_to_the_end(browser: Browser, form: HtmlForm, words: Words, files: Mapping[str, tuple[str, bytes]]) -> Page:
    """The same, through pages that show first what would come of it."""
    page = send(browser, form, words, files)
    for _ in range(PAGES_BETWEEN):
        if page.status != 200 or form.action not in (found := forms_on(page)):
            break
        page = send(browser, found[form.action], words, files)
    return page
