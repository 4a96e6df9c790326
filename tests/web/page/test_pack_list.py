"""Review packs on the status page: listed, and handed out exactly as they were made and to nobody else."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from urllib.parse import quote

import pytest

from sla_monitor.daemon.background_jobs import packs
from sla_monitor.review.pack_store import MANIFEST, put
from sla_monitor.web import Web
from sla_monitor.web.page.pack_list import listed
from tests.web import estate
from tests.web.browser import Tab, tab
from tests.web.page.test_browser import AXE, STICKS_OUT, VIOLATIONS, WIDE_ENOUGH
from tests.web.running import Parts, ask, raw, serving
from tests.web.serving.test_access import basic, hashed

NAME = "partnership-2025-10"
PAGE = "<!doctype html><html lang=en><title>Pack</title><style>p { color: rgb(1, 2, 3) }</style><p>Read me.</p></html>"
FILES = {
    f"{NAME}.html": PAGE.encode(),
    f"{NAME}.pdf": b"%PDF-1.7 content",
    f"{NAME}.xlsx": b"PK content",
    f"{NAME}.json": b"{}",
    f"{NAME}-outages.json": b"[]",
    "csv/kpis.csv": b"KPI\r\n",
}


def shelve(shelf: Path, name: str = NAME, files: Mapping[str, bytes] = FILES, contract: str = "partnership") -> None:
    month = re.findall(r"\d{4}-\d\d", name)[-1]
    said = {
        "format": "sla-monitor-review", "version": 1, "contract": contract, "month": month,
        "status": "final", "copy": "authority", "assessment_sha256": "",
        "files": {name: sha256(content).hexdigest() for name, content in files.items()},
    }  # fmt: skip
    put(shelf / name, {**files, MANIFEST: json.dumps(said).encode()})


def parts(shelf: Path) -> Parts:
    return Parts(board=estate.partnership(), packs=lambda: packs(shelf))


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three packs, and beside them what is nobody's business."""
    folder = tmp_path_factory.mktemp("var") / "reviews"
    (folder.parent / "ledger.db").write_bytes(b"SECRET")
    shelve(folder)
    shelve(folder, "partnership-2025-11")
    shelve(folder, "gone-2025-10", {"gone-2025-10.json": b"{}"}, contract="gone")
    (folder / NAME / "notes.html").write_bytes(b"SECRET")
    return folder


@pytest.fixture(scope="module")
def web(shelf: Path) -> Iterator[Web]:
    with serving(parts(shelf)) as served:
        yield served


def test_the_page_links_every_pack_under_its_contract_the_latest_first(web: Web) -> None:
    text = ask(web, "/").body
    packs = text[text.index('id="partnership--reviews"') :]
    assert re.findall(r"<bdi>(2025-\d\d)</bdi></th>", packs) == ["2025-11", "2025-10", "2025-10"]
    assert "Review packs of contracts that are not loaded" in packs
    links = re.findall(r'href="(/reviews/[^"]+)"', text)
    assert len(links) == 2 * len(FILES) + 1
    assert {ask(web, link).status for link in links} == {200}


def test_a_pack_is_called_what_it_is(tmp_path: Path) -> None:
    for special in ("2025-10", "2025-10-supplier", "2025-10-claim-KPI-2", "2025-08-to-2025-10"):
        shelve(tmp_path, f"partnership-{special}", {f"partnership-{special}.html": b""})
    rows = listed(packs(tmp_path))["partnership"]
    assert [row.title for row in rows] == [
        "2025-08 to 2025-10", "2025-10", "2025-10, claim for KPI-2", "2025-10, supplier’s copy",
    ]  # fmt: skip


def test_a_page_without_packs_says_nothing_of_them(tmp_path: Path) -> None:
    with serving(parts(tmp_path / "none")) as served:
        assert "Review packs" not in ask(served, "/").body


@pytest.mark.parametrize(
    ("name", "kind", "disposition"),
    [
        (f"{NAME}.html", "text/html; charset=utf-8", f'inline; filename="{NAME}.html"'),
        (f"{NAME}.pdf", "application/pdf", f'inline; filename="{NAME}.pdf"'),
        (f"{NAME}.xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
         f'attachment; filename="{NAME}.xlsx"'),
        (f"{NAME}.json", "application/json", f'attachment; filename="{NAME}.json"'),
        ("csv/kpis.csv", "text/csv; charset=utf-8", f'attachment; filename="{NAME}-kpis.csv"'),
    ],
)  # fmt: skip
def test_a_file_is_handed_out_as_what_it_is(web: Web, name: str, kind: str, disposition: str) -> None:
    answer = ask(web, f"/reviews/{NAME}/{name}")
    assert answer.body.encode() == FILES[name]
    assert (answer.headers["content-type"], answer.headers["content-disposition"]) == (kind, disposition)
    assert answer.headers["x-content-type-options"] == "nosniff"
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'")
    assert "script-src" not in policy
    assert ("sandbox" in policy) == name.endswith(".html")
    head = ask(web, f"/reviews/{NAME}/{name}", "HEAD")
    assert (head.status, head.body, head.headers["content-type"]) == (200, "", kind)


HOSTILE = [
    f"{NAME}/notes.html",
    f"{NAME}/manifest.json",
    f"{NAME}/../{NAME}/{NAME}.html",
    f"{NAME}/../../ledger.db",
    f"{NAME}/..%2f..%2fledger.db",
    f"{NAME}/%2e%2e/%2e%2e/ledger.db",
    "../ledger.db",
    "..%2fledger.db",
    "%2e%2e/ledger.db",
    ".%2f..%2fledger.db/x.json",
    f"{NAME}//etc/passwd",
    f"{NAME}/%2fetc%2fpasswd",
    f"{NAME}/{NAME}.html%00.json",
    f"{NAME}/{NAME}.html%0d%0aSet-Cookie:%20a=b",
    f"{NAME}/csv",
    f"{NAME}/csv/",
    f"{NAME}/CSV/KPIS.CSV",
    f"{NAME}/csv\\kpis.csv",
    f"{NAME}/%ff%fe.json",
    f"{NAME}/" + "a" * 5000 + ".json",
    f"{NAME}/",
    "",
]


@pytest.mark.parametrize("path", HOSTILE)
def test_nothing_but_the_files_of_a_manifest_can_be_had(web: Web, path: str) -> None:
    """The very bytes are sent: a client of ours would tidy the path first."""
    answer = raw(web, f"GET /reviews/{path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
    assert answer.split(b" ")[1] in {b"400", b"404"}
    assert b"SECRET" not in answer
    assert b"Set-Cookie" not in answer


def test_nothing_can_be_put_there(web: Web, shelf: Path) -> None:
    for method in ("PUT", "POST", "DELETE"):
        assert ask(web, f"/reviews/{NAME}/{NAME}.json", method, body=b"x").status == 405
    assert (shelf / NAME / f"{NAME}.json").read_bytes() == FILES[f"{NAME}.json"]


def test_a_file_that_was_changed_is_not_handed_out_as_the_packs(tmp_path: Path) -> None:
    shelve(tmp_path)
    (tmp_path / NAME / f"{NAME}.json").write_bytes(b"other figures")
    with serving(parts(tmp_path)) as served:
        assert ask(served, f"/reviews/{NAME}/{NAME}.json").status == 404
        assert ask(served, f"/reviews/{NAME}/{NAME}.html").status == 200


def test_a_manifest_or_a_link_that_leads_elsewhere_leads_nowhere(tmp_path: Path) -> None:
    """Even with the digest that the file there has."""
    shelf, secret = tmp_path / "reviews", tmp_path / "secret.json"
    secret.write_bytes(b"SECRET")
    shelve(shelf)
    for name in ("../../secret.json", "linked.json", str(secret), ".hidden.json", "a/../../../secret.json"):
        digests = {name: sha256(b"SECRET").hexdigest()}
        manifest = {"format": "sla-monitor-review", "version": 1, "contract": "partnership", "files": digests}
        (shelf / NAME / MANIFEST).write_text(json.dumps(manifest))
        (shelf / NAME / "linked.json").unlink(missing_ok=True)
        (shelf / NAME / "linked.json").symlink_to(secret)
        (shelf / NAME / ".hidden.json").write_bytes(b"SECRET")
        with serving(parts(shelf)) as served:
            answer = ask(served, f"/reviews/{NAME}/{quote(name, safe='')}")
        assert answer.status == 404, name


def test_a_linked_folder_is_no_pack(tmp_path: Path) -> None:
    shelve(tmp_path / "elsewhere")
    (tmp_path / "reviews").mkdir()
    (tmp_path / "reviews" / NAME).symlink_to(tmp_path / "elsewhere" / NAME)
    with serving(parts(tmp_path / "reviews")) as served:
        assert ask(served, f"/reviews/{NAME}/{NAME}.json").status == 404


def test_what_a_manifest_says_is_shown_and_not_obeyed(tmp_path: Path) -> None:
    shelve(tmp_path, "x-2025-10", {"x-2025-10.json": b"{}"}, contract="<script>alert(1)</script>\u202e")
    with serving(parts(tmp_path)) as served:
        text = ask(served, "/").body
    assert "<script>alert(1)" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;\ufffd" in text


def test_packs_are_behind_the_same_password_as_the_page(shelf: Path, tmp_path: Path) -> None:
    config = tmp_path / "web-config.yml"
    config.write_text(f"basic_auth_users:\n  reader: {hashed('right')}\n")
    path = f"/reviews/{NAME}/{NAME}.json"
    with serving(parts(shelf), web_config=config) as served:
        assert ask(served, path).status == 401
        assert ask(served, path, headers=basic("reader", "wrong")).status == 401
        assert ask(served, path, headers=basic("reader", "right")).status == 200
        assert ask(served, path, headers={"Host": "evil.example"} | basic("reader", "right")).status == 403


def test_packs_are_found_and_read_in_a_browser_at_any_width(web: Web, tmp_path: Path) -> None:
    """A pack's page keeps its own style, though nothing else may run or load in it."""

    async def visit(browser: Tab) -> None:
        for width in (1280, 360):
            await browser.open(f"http://127.0.0.1:{web.port}/?open=all", width)
            await browser.value("document.querySelectorAll('details').forEach(e => { e.open = true })")
            assert await browser.value(WIDE_ENOUGH), width
            assert await browser.value(STICKS_OUT) == [], width
            await browser.value(AXE.read_text() + ";0")
            assert await browser.value(VIOLATIONS) == []
        await browser.open(f"http://127.0.0.1:{web.port}/reviews/{NAME}/{NAME}.html", 1280)
        assert await browser.value("getComputedStyle(document.querySelector('p')).color") == "rgb(1, 2, 3)"
        assert [text for text in browser.complaints() if "favicon" not in text] == []

    async def run() -> None:
        async with tab(tmp_path / "profile") as browser:
            await visit(browser)

    asyncio.run(run())
