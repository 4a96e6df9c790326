"""`sla-monitor review` as a contract manager types it."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from sla_monitor.cli.review.command import review
from sla_monitor.errors import ReviewError
from sla_monitor.review import pack_store
from tests.review.months import BAD, CLAIM, CONTRACT, TICKETS, evidence

NAME = "force-ict-2026-09"


def run(*arguments: object) -> Result:
    return CliRunner().invoke(review, [str(one) for one in arguments])


@pytest.fixture
def bad(tmp_path: Path) -> Path:
    return evidence(tmp_path, BAD, TICKETS)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pack of a bad month, in all formats."""
    folder = tmp_path_factory.mktemp("packs")
    made = run(CONTRACT, "--evidence", evidence(folder, BAD, TICKETS), "--output", folder / "packs")
    assert made.exit_code == 0, made.output
    return folder / "packs" / NAME


def test_a_pack_is_a_folder_with_all_renderings_and_a_manifest(whole: Path) -> None:
    """The month is the last one of which everything was seen."""
    names = {path.name for path in whole.iterdir()}
    renderings = {f"{NAME}.{kind}" for kind in ("html", "pdf", "xlsx", "json")}
    assert names == renderings | {f"{NAME}-outages.json", f"{NAME}-notice.json", "csv", "manifest.json"}
    manifest = json.loads((whole / "manifest.json").read_bytes())
    assert (manifest["contract"], manifest["month"], manifest["status"]) == ("force-ict", "2026-09", "provisional")
    assert "csv/kpis.csv" in manifest["files"]
    for name, digest in manifest["files"].items():
        assert sha256((whole / name).read_bytes()).hexdigest() == digest
    assert manifest["assessment_sha256"] == manifest["files"][f"{NAME}.json"]
    assert manifest["assessment_sha256"] in (whole / f"{NAME}.html").read_text()


def test_the_same_evidence_gives_the_same_bytes(whole: Path, tmp_path: Path) -> None:
    made = run(CONTRACT, "--evidence", evidence(tmp_path, BAD, TICKETS), "--output", tmp_path)
    assert made.exit_code == 0, made.output
    assert (tmp_path / NAME / "manifest.json").read_bytes() == (whole / "manifest.json").read_bytes()


def test_a_pack_takes_the_place_of_an_earlier_one_as_a_whole(bad: Path, tmp_path: Path) -> None:
    run(CONTRACT, "--evidence", bad, "--output", tmp_path, "--format", "html,json")
    again = run(CONTRACT, "--evidence", bad, "--output", tmp_path, "--format", "csv")
    assert again.exit_code == 0, again.output
    assert {path.name for path in (tmp_path / NAME).iterdir()} == {"csv", "manifest.json"}
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


def test_a_folder_with_somebody_elses_files_is_left_alone(bad: Path, tmp_path: Path) -> None:
    notes = tmp_path / NAME / "my notes.txt"
    notes.parent.mkdir()
    notes.write_text("Ask about the link")
    refused = run(CONTRACT, "--evidence", bad, "--output", tmp_path, "--format", "json")
    assert isinstance(refused.exception, ReviewError)
    assert "my notes.txt" in str(refused.exception)
    assert notes.read_text() == "Ask about the link"


def test_a_folder_that_cannot_be_written_is_said_in_a_line(bad: Path, tmp_path: Path) -> None:
    (tmp_path / "packs").write_text("a file")
    refused = run(CONTRACT, "--evidence", bad, "--output", tmp_path / "packs" / "deeper", "--format", "json")
    assert isinstance(refused.exception, ReviewError)
    assert "cannot be written" in str(refused.exception)


def test_the_list_says_which_packs_there_are_and_whether_they_are_whole(bad: Path, tmp_path: Path) -> None:
    assert "no packs" in run("--list", "--output", tmp_path / "none").output
    for month in ("2026-08", "2026-09"):
        run(CONTRACT, "--evidence", bad, "--output", tmp_path, "--format", "json", "--period", month)
    assert run("--list", "--output", tmp_path).output.count("whole") == 2
    (tmp_path / NAME / f"{NAME}.json").write_text("{}")
    listed = run("--list", "--output", tmp_path).output
    assert f"changed: {NAME}.json" in listed
    assert "force-ict" in listed


def test_the_suppliers_copy_has_the_same_figures_without_the_authoritys_notes(tmp_path: Path) -> None:
    said = (*TICKETS, CLAIM, {"kind": "waiver", "month": "2026-09", "kpis": ["KPI4"], "what": "money"})
    file = evidence(tmp_path, BAD, said)
    for copy in ("authority", "supplier"):
        made = run(CONTRACT, "--evidence", file, "--output", tmp_path, "--format", "html,csv,json", "--copy", copy)
        assert made.exit_code == 0, made.output
    ours, theirs = tmp_path / NAME, tmp_path / f"{NAME}-supplier"
    assert "About waiver" in (ours / f"{NAME}.html").read_text()
    for path in theirs.rglob("*.*"):
        assert "About waiver" not in path.read_text(), path
    assert "About claim" in (theirs / f"{NAME}-supplier.html").read_text()
    for name in ("kpis.csv", "credit-lines.csv", "rolling.csv"):
        assert (ours / "csv" / name).read_bytes() == (theirs / "csv" / name).read_bytes()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ((), "the contract is missing"),
        ((CONTRACT, "--format", "docx"), "'docx' is not one of html,pdf,xlsx,csv,json"),
        ((CONTRACT, "--period", "2026-13"), "is no month"),
        ((CONTRACT, "--period", "2025-01"), "is not in the term"),
        ((CONTRACT, "--period", "2026-11"), "has not begun"),
    ],
)
def test_what_cannot_be_asked_is_said_in_a_line(bad: Path, arguments: tuple[object, ...], told: str) -> None:
    refused = run(*arguments, "--evidence", bad)
    assert refused.exit_code == 2
    assert told in refused.output


def test_a_manifest_that_is_none_of_ours_is_no_pack(tmp_path: Path) -> None:
    for name, text in (("a", "{"), ("b", "[]"), ("c", '{"format": "sla-monitor-review", "version": 2}')):
        (tmp_path / name).mkdir()
        (tmp_path / name / "manifest.json").write_text(text)
    assert list(pack_store.shelved(tmp_path)) == []
