"""What terms are made of, and the digest by which they are known."""

from __future__ import annotations

import hashlib
import subprocess
from pathlib import Path

import pytest

from sla_monitor.contract.load import load_contract, load_kept
from sla_monitor.contract.terms_files import CONTRACT, KeptTerms, TermsPart, digest_of_parts
from tests.support.approvals import HOLIDAYS, TermsOffice


def digest(path: Path) -> str:
    return load_contract(path).read_files.digest


def test_the_digest_is_what_sha256sum_says_of_the_files(tmp_path: Path) -> None:
    """An auditor has no need of this program."""
    office = TermsOffice.furnished(tmp_path)
    files = load_contract(office.file).read_files
    sums = subprocess.run(
        ["sha256sum", office.file, tmp_path / "calendars/gb.yaml"], capture_output=True, text=True, check=True
    ).stdout
    lines = sums.replace(f"{office.file}", CONTRACT).replace(f"{tmp_path}/calendars/", "")
    assert files.digest == hashlib.sha256(lines.encode()).hexdigest()
    assert [part.name for part in files.parts] == [CONTRACT, "gb.yaml"]


def test_it_is_another_one_when_any_of_the_files_is_and_the_same_in_another_folder(tmp_path: Path) -> None:
    office = TermsOffice.furnished(tmp_path)
    before = digest(office.file)
    draft = office.write()
    assert digest(draft) == before, "the name of the file and its folder are no terms"
    (tmp_path / "calendars/gb.yaml").write_text(HOLIDAYS + "# a comment\n")
    assert digest(office.file) != before, "a calendar belongs to the terms"
    (tmp_path / "calendars/gb.yaml").write_text(HOLIDAYS)
    draft.write_text(office.file.read_text() + "\n")
    assert digest(draft) != before, "no byte can be exchanged for another"


def test_files_of_one_name_are_told_apart(tmp_path: Path) -> None:
    """Or else their contents could change places unseen."""
    office = TermsOffice.furnished(tmp_path)
    for name, more in (("a", ""), ("b", "# b\n")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "gb.yaml").write_text(HOLIDAYS + more)
    calendars = {n: {"hours": {"mon": "09:00-17:00"}, "bank_holidays": f"../{n}/gb.yaml"} for n in "ab"}
    office.write("contracts", calendars=calendars)
    before = load_contract(office.file).read_files
    assert [part.name for part in before.parts] == [CONTRACT, "../a/gb.yaml", "../b/gb.yaml"]
    texts = [(tmp_path / name / "gb.yaml").read_text() for name in "ab"]
    for name, text in zip("ba", texts, strict=True):
        (tmp_path / name / "gb.yaml").write_text(text)
    assert digest(office.file) != before.digest


@pytest.mark.parametrize("gone", ["contracts/small.yaml", "calendars/gb.yaml"])
def test_kept_files_make_the_contract_whatever_lies_in_their_place(tmp_path: Path, gone: str) -> None:
    office = TermsOffice.furnished(tmp_path)
    before = load_contract(office.file)
    files = before.read_files
    named = {CONTRACT: files.contract, **{name: files.contents[path] for name, path in files.names.items()}}
    (tmp_path / gone).write_text("nonsense: [")
    again = load_kept(KeptTerms(office.file, named))
    assert again == before
    assert again.read_files.digest == files.digest
    assert again.versions[0].terms.calendars["office"].holiday_years == (2026, 2040)


def test_the_digest_is_of_the_bytes_that_were_read(tmp_path: Path) -> None:
    """Whoever changes the file between its reading and its digest gains nothing."""
    office = TermsOffice.furnished(tmp_path)
    contract = load_contract(office.file)
    office.write("contracts", "50")
    (tmp_path / "calendars/gb.yaml").unlink()
    assert contract.read_files.digest == digest_of_parts(
        (
            TermsPart(CONTRACT, hashlib.sha256(contract.read_files.contract).hexdigest()),
            TermsPart("gb.yaml", hashlib.sha256(HOLIDAYS.encode()).hexdigest()),
        )
    )
