"""A supplier's invoice at the desk: compared, kept once, taken back whole; and what is no invoice."""

from __future__ import annotations

import gzip
from collections.abc import Iterator, Mapping

import pytest

from tests.web.desk.house import Browser, House, Page
from tests.web.desk.side_house import FORMULA, side_house

INVOICE = "/desk/contracts/small/credits/invoice"
LINES = f"""Doc no,Line no,Invoice date,Service period,Net,Text
INV-9,1,2026-10-30,,900.00,{FORMULA.replace('"', "'")}
INV-9,2,2026-11-15,2026-08,-19.00,Credit
INV-9,3,2026-10-30,2020-01,-1.00,<script>alert(1)</script>
"""


@pytest.fixture
def house(tmp_path) -> Iterator[House]:  # type: ignore[no-untyped-def] # a folder
    with side_house(tmp_path) as found:
        yield found


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with side_house(tmp_path_factory.mktemp("desk")) as found:
        yield found


def upload(browser: Browser, content: bytes, fields: Mapping[str, str] | None = None) -> Page:
    """Send a file with the form that the page has."""
    page = browser.get(INVOICE)
    whole = {**page.hidden, "column_invoice": "Doc no", **(fields or {})}
    return browser.upload(INVOICE, whole, {"file": ("i.csv", content)})


def test_lines_are_compared_kept_once_and_taken_back_together(house: House) -> None:
    finance = house.browser("fred")
    seen = upload(finance, LINES.encode())
    verdicts = ("Matched", "Unknown, or nothing due", "Missing on the invoice", "1 row left out: charges")
    assert [words for words in verdicts if words not in seen.text] == []
    assert "<script>alert" not in seen.text
    assert len(house.entries()) == 5, "nothing is entered yet"
    first, again = (finance.fill_in(seen, INVOICE, keep="matched") for _ in range(2))
    assert first.status == again.status == 303
    assert first.location == again.location
    entry = house.entries()[-1]
    assert f'/entries/{entry.number}">entry {entry.number}</a>' in upload(finance, LINES.encode()).text
    assert (len(house.entries()), entry.actor, entry.note) == (6, "fred", "")
    assert entry.evidence.startswith("i.csv, SHA-256 ")
    told = finance.get(first.location).text
    assert [words for words in ("Credit of August 2026", "£19.00", "INV-9") if words not in told] == []
    manager, back = house.browser("carl"), first.location.replace("/file", "/undo-file")
    page = manager.get(back)
    assert manager.fill_in(page, back, why="").status == 422
    assert manager.fill_in(page, back, why="Another invoice.").status == 303
    assert finance.get(first.location).status == 404
    assert manager.get(back).status == 404


def test_a_wrong_amount_is_kept_with_a_reason_alone(house: House) -> None:
    finance = house.browser("fred")
    seen = upload(finance, LINES.replace("-19.00", "-18.00").encode())
    assert "Wrong amount" in seen.text
    refused = finance.fill_in(seen, INVOICE, keep="all")
    assert (refused.status, "say why" in refused.text) == (422, True)
    kept = finance.fill_in(refused, INVOICE, keep="all", note="A pound is in dispute.")
    assert (kept.status, house.entries()[-1].note) == (303, "A pound is in dispute.")


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "is missing (choose a CSV file)"),
        (gzip.compress(b"\0" * 5_000_000), "is not UTF-8 text"),
        (b"%PDF-1.7\nGIF89a,<html><script>alert(1)</script>\n", "has no column"),
        (b"invoice,amount\n" + b"a" * 1_000_000 + b",-1\n", "is larger than 1,000,000 bytes"),
        (b'invoice,amount,date\n"a,-1,2026-10-30\n', "cannot be read"),
    ],
)
def test_what_is_no_invoice_is_refused_and_nothing_entered(shared: House, content: bytes, why: str) -> None:
    refused = upload(shared.browser("fred"), content, {"column_invoice": ""})
    assert (refused.status, why in refused.text) == (422, True), refused.text
    assert "<script>alert" not in refused.text
    assert len(shared.entries()) == 5


def test_a_body_beyond_all_bounds_is_not_read(shared: House) -> None:
    finance = shared.browser("fred")
    try:
        status = upload(finance, b"x" * 2_100_000).status
    except ConnectionError:  # it hangs up while we are still sending
        status = 413
    assert status in {400, 413}
    assert finance.get(INVOICE).status == 200
