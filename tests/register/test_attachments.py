"""Files that go with an entry: believed by what they hold, shown by a harmless name, handed out to be saved."""

from __future__ import annotations

import io
import zipfile

import pytest

from sla_monitor.errors import RegisterError
from sla_monitor.register.attachments import MEMBERS_LIMIT, TYPES, attached_file, inert_headers, shown_name

LIMIT = 10_000


def zipped(**members: str) -> bytes:
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w") as archive:
        for name, text in members.items():
            archive.writestr(name.replace("__", "/").replace("_xml", ".xml"), text)
    return whole.getvalue()


GOOD = {
    "a.pdf": b"%PDF-1.7\n%\xe2\xe3",
    "a.png": b"\x89PNG\r\n\x1a\n\x00\x00",
    "a.jpg": b"\xff\xd8\xff\xe0\x00\x10JFIF",
    "a.jpeg": b"\xff\xd8\xff\xe0\x00\x10JFIF",
    "a.txt": "A café,\r\n\tat 5 €.\n".encode(),
    "a.csv": b"a;b\n1;2\n",
    "a.eml": b"From: a@x.example\r\nDate: Mon, 5 Oct 2026 10:00:00 +0100\r\n\r\nHello\r\n",
    "a.docx": zipped(word__document_xml="<w/>"),
    "a.xlsx": zipped(xl__workbook_xml="<w/>"),
    "a.odt": zipped(mimetype="application/vnd.oasis.opendocument.text"),
}


def test_each_type_that_is_known_is_taken() -> None:
    assert {name.rpartition(".")[2] for name in GOOD} == set(TYPES)
    for name, content in GOOD.items():
        found = attached_file(name, content, LIMIT)
        assert (found.name, found.size, len(found.digest)) == (name, len(content), 64)


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("a.exe", b"MZ", "of a type that is not kept"),
        ("a", b"text", "of a type that is not kept"),
        ("a.html", b"<script>alert(1)</script>", "of a type that is not kept"),
        ("a.svg", b"<svg onload='x()'/>", "of a type that is not kept"),
        ("a.docm", GOOD["a.docx"], "of a type that is not kept"),
        ("a.pdf.exe", b"%PDF-1.7", "of a type that is not kept"),
        ("a.pdf", b"MZ\x90\x00", "save it in the format that its name says"),
        ("a.pdf", GOOD["a.png"], "it is a png: call it so"),
        ("a.txt", b"MZ\x90\x00\x03", "does not hold what its ending says"),
        ("a.txt", b"\xff\xfe\x00a", "does not hold what its ending says"),
        ("a.docx", GOOD["a.xlsx"], "it is a xlsx: call it so"),
        ("a.docx", b"PK\x03\x04 torn", "does not hold what its ending says"),
        ("a.odt", zipped(mimetype="application/x-evil"), "does not hold what its ending says"),
        ("a.eml", b"just words", "does not hold what its ending says"),
        ("a.txt", b"", "is empty"),
        ("a.txt", b"x" * (LIMIT + 1), "more than 10,000 (see attachments.file)"),
    ],
)
def test_what_is_not_what_it_says_is_refused(name: str, content: bytes, why: str) -> None:
    with pytest.raises(RegisterError) as refused:
        attached_file(name, content, LIMIT)
    assert why in f"{refused.value}"


def test_an_archive_of_many_files_is_no_document() -> None:
    whole = zipped(word__document_xml="", **{f"x{number}": "" for number in range(MEMBERS_LIMIT)})
    with pytest.raises(RegisterError):
        attached_file("a.docx", whole, len(whole))


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/passwd.txt", "passwd.txt"),
        ("C:\\Users\\ann\\report.pdf", "report.pdf"),
        ("/a/b\\c.txt", "c.txt"),
        ("..", "file"),
        (".htaccess.txt", "htaccess.txt"),
        ("a\u202etxt.pdf", "a txt.pdf"),
        ("a\r\nSet-Cookie: x.pdf", "a Set-Cookie: x.pdf"),
        ("x" * 500 + ".pdf", "x" * 116 + ".pdf"),
        ("", "file"),
    ],
)
def test_a_hostile_name_is_a_name_to_look_at_and_no_path(name: str, shown: str) -> None:
    assert shown_name(name) == shown


def test_a_browser_saves_it_and_does_nothing_else() -> None:
    headers = inert_headers(attached_file("a\";'<b>é.txt", b"<script>", LIMIT))
    assert headers["Content-Type"] == "application/octet-stream"
    assert headers["Content-Disposition"].startswith('attachment; filename="')
    assert headers["Content-Disposition"].endswith(".txt\"; filename*=UTF-8''a%22%3B%27%3Cb%3E%C3%A9.txt")
    assert headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert all(value.isascii() and value.isprintable() for value in headers.values())
