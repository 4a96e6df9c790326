"""Documents behind entries in a bundle: those of the month, of what both sides know in the supplier's copy, checked."""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path

import pytest

from sla_monitor.ledger import read_only
from sla_monitor.ledger.recording.month_results import MonthResult, record_months
from sla_monitor.review.bundle.contents import attachment_problems
from sla_monitor.review.recalculated import RecalculatedMonth, of_manifest
from tests.archive.support import Place
from tests.review.bundle.test_verifying import shelf, wrong
from tests.review.bundles import HIDDEN, changed, contents, reviewed, run

__all__ = ["shelf"]

MARCH_MS = 1_741_000_000_000
ROW = RecalculatedMonth("2025-02", "3 points, £1.00", "5 points, £2.00", "3 Mar 2025", "entry 4", signed=True)


def figures(points: str) -> str:
    return json.dumps({"measured": True, "points": points, "deducted": "1.00", "triggers": [], "kpis": {}})


def test_documents_go_with_the_months_entries_and_are_checked(shelf: Path, tmp_path: Path) -> None:
    shutil.copytree(shelf / "place", tmp_path / "place")
    place = Place(tmp_path / "place")
    with read_only(place.folder / "ledger.db") as reader:
        entries = reader.entries("partnership")
    claim = next(entry.number for entry in entries if entry.body.kind == "claim")
    for number, name in ((claim, "notice.txt"), (HIDDEN[2], "advice.txt")):
        (tmp_path / name).write_text(f"{name} of ours")
        words = ("register", "attach", "partnership", number, tmp_path / name, "--config", place.settings)
        done = run(*words, "--actor", "ann")
        assert done.exit_code == 0, done.output
    told = [
        MonthResult(MARCH_MS + day, "partnership", "2025-02", figures(points), "{}", "[]")
        for day, points in enumerate("35")
    ]
    record_months(place.folder / "ledger.db", told)
    both = {
        copy: reviewed(place, tmp_path / copy, "--copy", copy, "--format", "csv,json")
        for copy in ("authority", "supplier")
    }
    for copy, bundle in both.items():
        listed = json.loads(contents(bundle)["attachments/list.json"])
        names = [one["name"] for one in listed]
        assert names == (["notice.txt"] if copy == "supplier" else ["notice.txt", "advice.txt"])
        assert contents(bundle)[listed[0]["file"]] == b"notice.txt of ours"
        evidence = json.loads(contents(bundle)["evidence.json"])["attachments"]
        assert [(one["name"], one["sha256"]) for one in evidence] == [(one["name"], one["sha256"]) for one in listed]
        assert (evidence[0]["type"], evidence[0]["size"]) == ("text/plain", len(b"notice.txt of ours"))
        changes = contents(bundle)["csv/change-control.csv"].decode()
        assert "February 2025 was recalculated" in changes
        assert "3 points" in changes
    done = run("verify", both["authority"])
    assert (done.exit_code, wrong(done)) == (0, []), done.output
    assert "attachments holds" in done.output
    name = next(one for one in contents(both["supplier"]) if one.startswith("attachments/") and one.endswith(".txt"))
    other = changed(
        both["supplier"], tmp_path / "x.zip", lambda files: files.update({name: b"another"}), is_resealed=True
    )
    assert wrong(run("verify", other)) == ["attachments"]

    def put_under(files: dict[str, bytes]) -> None:
        """Another file in its place, in the bundle's list as well."""
        (one,) = json.loads(files["attachments/list.json"])
        del files[one["file"]]
        put = {**one, "file": "attachments/9-a.txt", "sha256": sha256(b"another").hexdigest()}
        files.update({put["file"]: b"another", "attachments/list.json": json.dumps([put]).encode()})

    done = run("verify", changed(both["supplier"], tmp_path / "y.zip", put_under, is_resealed=True))
    assert wrong(done) == ["attachments"]
    assert "attachments/9-a.txt is not in the list of evidence.json" in done.output
    assert "evidence.json lists 1 more file by SHA-256" in done.output


@pytest.mark.parametrize(
    "told",
    [
        {},
        [],
        [{}],
        [{**asdict(ROW), "month": "../.."}],
        [{**asdict(ROW), "why": "a\u202eb"}],
        [{**asdict(ROW), "why": 1}],
        [{**asdict(ROW), "signed": "yes"}],
        [{**asdict(ROW), "more": ""}],
        [asdict(ROW)] * 201,
    ],
)
def test_recalculations_of_a_hostile_manifest_are_refused(told: object) -> None:
    assert of_manifest(told) is None
    assert of_manifest([asdict(ROW)]) == (ROW,)
    assert of_manifest(None) == ()


@pytest.mark.parametrize("text", [b"", b"[1]", b"{}"])
def test_a_list_that_says_nothing_is_told(text: bytes) -> None:
    assert attachment_problems(text, {"attachments/1-a.txt": "0"}, set())
