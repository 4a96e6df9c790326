"""Files of entries for other programs: who attaches them, what is kept, and that nothing is done with them."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from urllib.parse import quote

import pytest

from sla_monitor.settings.settings import AttachmentSettings
from tests.web.desk.house import House, furnished
from tests.web.serving.test_register_routes import BOOKING, CLAIM, call, entered, token, tokens, told

PDF = b"%PDF-1.7\n" + b"x" * 100_000
MINE = {"kind": "acknowledgement", "service": "custody"}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with furnished(
        tmp_path_factory.mktemp("desk"), tokens=tokens(), attachments=AttachmentSettings(file=200_000)
    ) as found:
        yield found


def send(
    house: House, who: str, url: str, name: str, content: bytes, kind: str = "application/octet-stream"
) -> tuple[int, str]:
    headers = {"Authorization": f"Bearer {token(who)}", "Content-Type": kind}
    connection = http.client.HTTPConnection("127.0.0.1", house.web.port, timeout=20)
    try:
        connection.request("POST", f"{url}/attachments?name={quote(name)}", content, headers)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def fetch(house: House, who: str, url: str) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", house.web.port, timeout=20)
    try:
        connection.request("GET", url, headers={"Authorization": f"Bearer {token(who)}"})
        answer = connection.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
    finally:
        connection.close()


def test_a_file_is_attached_once_and_handed_out_to_be_saved(house: House) -> None:
    claim = entered(house, "sue", {**CLAIM, "start": "2039-06-01 09:00", "end": "2039-06-01 10:30"})
    for _ in range(2):
        status, text = send(house, "sue", claim["url"], "../../proof <b>.pdf", PDF)
        assert status == 201, text
    (one,) = told(call(house, "anna", f"{claim['url']}/attachments"), 200, "AttachmentsJson")["attachments"]
    assert (one["name"], one["media_type"], one["sha256"]) == (
        "proof <b>.pdf", "application/pdf", sha256(PDF).hexdigest()
    )  # fmt: skip
    assert (one["actor"], one["size"]) == ("sue-script", len(PDF))
    status, headers, content = fetch(house, "anna", one["url"])
    assert (status, content) == (200, PDF)
    assert headers["content-disposition"].startswith('attachment; filename="')
    assert headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert headers["x-content-type-options"] == "nosniff"
    assert fetch(house, "strange", one["url"])[0] == 403


@pytest.mark.parametrize(
    ("name", "content", "kind", "status"),
    [
        ("page.html", b"<script>", "application/octet-stream", 422),
        ("page.pdf", b"<script>", "application/octet-stream", 422),
        ("empty.txt", b"", "application/octet-stream", 422),
        ("", b"text", "application/octet-stream", 400),
        ("a.txt", b"text", "multipart/form-data", 415),
    ],
)
def test_what_is_not_kept_is_refused(house: House, name: str, content: bytes, kind: str, status: int) -> None:
    entry = entered(house, "sue", MINE, note="Mine.")
    found, text = send(house, "sue", entry["url"], name, content, kind)
    assert (found, json.loads(text)["status"]) == (status, status)


def test_there_is_room_for_so_much(tmp_path: Path) -> None:
    with furnished(tmp_path, tokens=tokens(), attachments=AttachmentSettings(file=20, total=30)) as small:
        entry = entered(small, "sue", MINE, note="Mine.")
        several = [b"%PDF-" + bytes([number]) * 10 for number in range(65, 68)]
        assert [send(small, "sue", entry["url"], "a.pdf", one)[0] for one in several] == [201, 201, 422]


def test_who_attaches_and_reads(house: House) -> None:
    ours = entered(house, "olga", MINE, note="Ours.")
    booked = entered(house, "olga", {**BOOKING, "start": "2039-09-01 01:00", "end": "2039-09-01 02:00"})
    for who, url, status in (
        ("vera", ours["url"], 403),
        ("sue", ours["url"], 403),
        ("sue", booked["url"], 403),
        ("olga", booked["url"], 201),
        ("olga", ours["url"], 201),
        ("strange", booked["url"], 403),
        ("olga", f"{booked['url']}9999", 404),
    ):
        assert send(house, who, url, "note.txt", b"A note.")[0] == status, (who, url)
    digest = sha256(b"A note.").hexdigest()
    assert fetch(house, "sue", f"{booked['url']}/attachments/{digest}")[0] == 200
    assert fetch(house, "sue", f"{ours['url']}/attachments/{digest}")[0] == 403
    assert fetch(house, "sue", f"{ours['url']}/attachments")[0] == 403
    assert fetch(house, "vera", f"{ours['url']}/attachments/{digest}")[0] == 200
    assert fetch(house, "vera", f"{booked['url']}/attachments/{'0' * 64}")[0] == 404
