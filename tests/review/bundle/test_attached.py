"""Documents behind entries in a bundle: those of the month, of what both sides know in the supplier's copy, checked."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from sla_monitor.ledger import read_only
from sla_monitor.review.bundle.contents import attachment_problems
from tests.archive.support import Place
from tests.review.bundle.test_verifying import shelf, wrong
from tests.review.bundles import HIDDEN, changed, contents, reviewed, run

__all__ = ["shelf"]


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
    both = {
        copy: reviewed(place, tmp_path / copy, "--copy", copy, "--format", "json") for copy in ("authority", "supplier")
    }
    for copy, bundle in both.items():
        listed = json.loads(contents(bundle)["attachments/list.json"])
        names = [one["name"] for one in listed]
        assert names == (["notice.txt"] if copy == "supplier" else ["notice.txt", "advice.txt"])
        assert contents(bundle)[listed[0]["file"]] == b"notice.txt of ours"
    done = run("verify", both["authority"])
    assert (done.exit_code, wrong(done)) == (0, []), done.output
    assert "attachments holds" in done.output
    name = next(one for one in contents(both["supplier"]) if one.startswith("attachments/") and one.endswith(".txt"))
    other = changed(
        both["supplier"], tmp_path / "x.zip", lambda files: files.update({name: b"another"}), is_resealed=True
    )
    assert wrong(run("verify", other)) == ["attachments"]


@pytest.mark.parametrize("text", [b"", b"[1]", b"{}"])
def test_a_list_that_says_nothing_is_told(text: bytes) -> None:
    assert attachment_problems(text, {"attachments/1-a.txt": "0"}, set())
