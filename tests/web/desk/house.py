"""A desk with people, and browsers that keep their cookies and fill in the forms that they are shown."""

from __future__ import annotations

import html
import http.client
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from http.cookies import SimpleCookie
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlencode

import bcrypt

from sla_monitor.clock import Clock, SystemClock
from sla_monitor.contract.contract import Contract
from sla_monitor.contract.load import load_contract_files
from sla_monitor.ledger.opening import make_ledger
from sla_monitor.ledger.recording.register_entries import Register
from sla_monitor.register.entries import Entry
from sla_monitor.settings.desk.users import DeskSettings
from sla_monitor.settings.settings import AttachmentSettings
from sla_monitor.web import Limits, ReviewPack, Web
from sla_monitor.web.identity.desk_state import digest_of
from tests.register.office import TERMS
from tests.web.running import Parts, web_of

PASSWORD = "correct horse battery"
TOKEN = "token-0123456789-abcdef"
ROLES: dict[str, list[dict[str, Any]]] = {
    "vera": [{"role": "viewer"}],
    "olga": [{"role": "operator"}],
    "carl": [{"role": "contract_manager", "contracts": ["small"]}],
    "anna": [{"role": "approver", "contracts": ["small"]}],
    "fred": [{"role": "finance", "contracts": ["small"]}],
    "sue": [{"role": "supplier", "contracts": ["small"]}],
    "strange": [{"role": "supplier", "contracts": ["other"]}],
    "kent": [{"role": "participant", "participant": "kent"}],
    "audrey": [{"role": "auditor"}],
}
"""Somebody of each role, and somebody of another supplier."""


PACKS = tuple(
    ReviewPack(
        f"{contract}-2026-10{ending}", contract, "2026-10", "draft", copy, ("pack.json",), lambda name: b'{"a": 1}'
    )
    for contract in ("small", "other")
    for copy, ending in (("authority", ""), ("supplier", "-supplier"))
)
"""Of each contract, the pack and its supplier's copy."""


@dataclass
class Page:
    """What a browser was shown."""

    status: int
    headers: Mapping[str, str]
    text: str
    cookies: list[str] = field(default_factory=list)

    @property
    def hidden(self) -> dict[str, str]:
        """The hidden fields of the last form on it."""
        last = self.text.rpartition("<form")[2]
        found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', last)
        return {name: html.unescape(value) for name, value in found}

    @property
    def location(self) -> str:
        return self.headers.get("location", "")


@dataclass
class Browser:
    """One browser: its cookies, and what it sends with each request."""

    port: int
    sends: dict[str, str] = field(default_factory=dict)
    jar: dict[str, str] = field(default_factory=dict)
    source: str = "127.0.0.1"

    def get(self, path: str) -> Page:
        return self.ask("GET", path, None, {})

    def post(self, path: str, fields: Mapping[str, str | Sequence[str]], **headers: str) -> Page:
        """Send a form as it is."""
        told = {"Content-Type": "application/x-www-form-urlencoded", **headers}
        return self.ask("POST", path, urlencode(fields, doseq=True).encode(), told)

    def upload(
        self,
        path: str,
        fields: Mapping[str, str | Sequence[str]],
        files: Mapping[str, tuple[str, bytes]],
        *more: tuple[str, bytes],
        **headers: str,
    ) -> Page:
        """Send a form with files, each with its name. `more`: others in the field `attach`."""
        several = [(key, [text] if isinstance(text, str) else text) for key, text in fields.items()]
        parts = [f'name="{key}"\r\n\r\n'.encode() + text.encode() for key, texts in several for text in texts]
        parts += [
            f'name="{key}"; filename="{name}"\r\nContent-Type: text/plain\r\n\r\n'.encode() + content
            for key, (name, content) in (*files.items(), *(("attach", one) for one in more))
        ]
        body = b"".join(b"--B\r\nContent-Disposition: form-data; " + part + b"\r\n" for part in parts) + b"--B--\r\n"
        return self.ask("POST", path, body, {"Content-Type": "multipart/form-data; boundary=B", **headers})

    def fill_in(self, page: Page, path: str, **fields: str) -> Page:
        """Send the last form of a page with these fields."""
        return self.post(path, {**page.hidden, **fields})

    def sign_in(self, name: str, password: str = PASSWORD, following: str = "") -> Page:
        page = self.get(f"/sign-in?{urlencode({'next': following})}" if following else "/sign-in")
        return self.fill_in(page, "/sign-in", name=name, password=password)

    def ask(self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]) -> Page:
        """Send a request as it is."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20, source_address=(self.source, 0))
        cookie = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.jar.items())} if self.jar else {}
        try:
            connection.request(method, path, body, {"Accept": "text/html", **self.sends, **cookie, **headers})
            answer = connection.getresponse()
            text = answer.read().decode()
        finally:
            connection.close()
        given = [value for name, value in answer.getheaders() if name.lower() == "set-cookie"]
        for one in given:
            for name, morsel in SimpleCookie(one).items():
                self.jar[name] = morsel.value
                if not morsel.value:
                    del self.jar[name]
        return Page(answer.status, {k.lower(): v for k, v in answer.getheaders()}, text, given)


@dataclass
class House:
    """A running desk."""

    web: Web
    parts: Parts
    folder: Path

    @property
    def ledger(self) -> Path:
        return self.folder / "ledger.db"

    def browser(self, name: str = "", **sends: str) -> Browser:
        """A browser, signed in as somebody."""
        browser = Browser(self.web.port, dict(sends))
        if name:
            assert browser.sign_in(name).status == 303
        return browser

    def script(self, token: str = TOKEN) -> Browser:
        return Browser(self.web.port, {"Authorization": f"Bearer {token}", "Accept": "application/json"})

    def entries(self, contract: str = "small") -> Sequence[Entry]:
        return Register.open(self.ledger, SystemClock()).entries(contract)


def hashed(password: str = PASSWORD, rounds: int = 4) -> str:
    return bcrypt.hashpw(password.encode(), bcrypt.gensalt(rounds)).decode()


def settings_of(folder: Path, **more: Any) -> DeskSettings:
    """Everybody of ROLES with the same password, and a script with TOKEN that does what an operator and a contract
    manager may."""
    if not (folder / "password").exists():
        (folder / "password").write_text(hashed() + "\n")
    users = [
        {"name": name, "password": f"${{file:{folder / 'password'}}}", "roles": roles} for name, roles in ROLES.items()
    ]
    roles = [{"role": "contract_manager", "contracts": ["small"]}]
    tokens = [{"name": "robot", "sha256": digest_of(TOKEN), "roles": roles}]
    return DeskSettings.model_validate({"users": users, "tokens": tokens, **more})


def contracts_in(folder: Path) -> list[Contract]:
    paths = []
    for name in ("small", "other"):
        paths.append(folder / f"{name}.yaml")
        paths[-1].write_text(json.dumps(TERMS | {"id": name}))
    return list(load_contract_files(paths))


def new_ledger(path: Path) -> None:
    """Make a ledger: a copy of one that is made once."""
    for ending, content in _empty_ledger().items():
        path.with_name(path.name + ending).write_bytes(content)


@cache
def _empty_ledger() -> Mapping[str, bytes]:
    with TemporaryDirectory() as folder:
        make_ledger(Path(folder) / "ledger.db")
        return files_of(Path(folder) / "ledger.db")


def files_of(ledger: Path) -> Mapping[str, bytes]:
    """A ledger that nobody has open, by the ends of its files' names."""
    return {one.name.removeprefix(ledger.name): one.read_bytes() for one in ledger.parent.glob(f"{ledger.name}*")}


@contextmanager
def furnished(
    folder: Path,
    *,
    limits: Limits | None = None,
    clock: Clock | None = None,
    contracts: Sequence[Contract] = (),
    attachments: AttachmentSettings | None = None,
    **more: Any,
) -> Iterator[House]:
    """A desk with everybody of ROLES. `contracts`: in place of the usual two; `more`: of its settings."""
    ledger = folder / "ledger.db"
    if not ledger.exists():
        new_ledger(ledger)
    parts = Parts(
        desk=settings_of(folder, **more), desk_ledger=ledger, contracts=contracts or contracts_in(folder), ledger=ledger
    )
    parts.clock = clock or parts.clock
    parts.packs = lambda: PACKS
    parts.attachments = attachments or parts.attachments
    web = web_of(parts, limits=limits)
    web.start()
    try:
        yield House(web, parts, folder)
    finally:
        web.stop(5)
        assert not web.is_alive
