"""Days are sealed with all that the ledger has of them, once, whole, and whatever comes late in the day after."""

from __future__ import annotations

import json
import random
import signal
import stat
import subprocess
import sys
import time
from base64 import b64decode
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymerkle import InmemoryTree

from sla_monitor.archive import table
from sla_monitor.archive.checkpoint import Checkpoint
from sla_monitor.archive.merkle import Tree
from sla_monitor.archive.sealed import unfinished
from sla_monitor.errors import ArchiveError, SigningKeyError
from sla_monitor.signing import SigningKey
from sla_monitor.sla.observation import Observation
from tests.archive.support import (
    DAY_MS,
    FIRST,
    HOUR_MS,
    SCRIPT,
    T0,
    Place,
    checked,
    furnished,
    observations,
    script,
    seen,
)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    return furnished(tmp_path_factory.mktemp("place"))


@given(st.lists(st.binary(max_size=40), max_size=70))
def test_the_root_is_that_of_another_program(leaves: list[bytes]) -> None:
    tree, theirs = Tree(), InmemoryTree(algorithm="sha256")
    for leaf in leaves:
        tree.append(leaf)
        theirs.append_entry(leaf)
        assert tree.root == theirs.get_root()
    assert tree.size == len(leaves)


def test_every_day_is_there_with_its_files_and_holds(place: Place) -> None:
    assert [day.folder.name for day in place.days()] == ["2026-01-01", "2026-01-02", "2026-01-03", "2026-01-04"]
    assert _names(place.days()[0].folder) == [
        "SHA256SUMS", "calendar-days.yaml", "checkpoint", "clock_steps.jsonl", "day.json", "evidence.jsonl",
        "heartbeats.parquet", "imports.jsonl", "observations.parquet", "register.jsonl", "terms.yaml",
    ]  # fmt: skip
    assert checked(place.sealed, place.key).problems == []
    for sh in ("dash", "bash"):
        run = script(place.sealed, "-k", place.folder / "key.pem", sh=sh)
        assert (run.returncode, run.stderr) == (0, "")
        assert run.stdout.startswith("good: force.example/sla/custody, 4 days, 2026-01-01 to 2026-01-04, root ")
    assert (place.sealed / "verify.sh").read_bytes() == SCRIPT.read_bytes()


def test_nothing_is_open_to_others(place: Place) -> None:
    modes = {path: stat.S_IMODE(path.stat().st_mode) for path in (place.folder / "archive").rglob("*")}
    assert not [path for path, mode in modes.items() if mode & 0o027]
    assert stat.S_IMODE((place.folder / "ledger.key").stat().st_mode) == 0o600


def test_observations_come_back_exactly(place: Place) -> None:
    stored = [row for day in place.days() for row in table.read(day.path("observations.parquet"), table.SHAPES["us"])]
    columns = table.SHAPES["us"].columns
    found = [dict(zip(columns, row, strict=True)) for row in stored]
    evidence = {
        line["number"]: line
        for day in place.days()
        for line in map(json.loads, day.path("evidence.jsonl").read_text().splitlines())
    }
    wanted = sorted(observations(4), key=lambda one: (one.at_ms // DAY_MS, one.endpoint, one.at_ms))
    assert [(row["endpoint"], row["at_ms"]) for row in found] == [(one.endpoint, one.at_ms) for one in wanted]
    for row, one in zip(found, wanted, strict=True):
        finding, phases = one.finding, one.finding.phases
        times = [row[f"{name}_us"] for name in ("dns", "connect", "tls", "first_byte", "transfer")]
        assert times == [getattr(phases, f"{name}_us") for name in ("dns", "connect", "tls", "first_byte", "transfer")]
        assert row["rest_us"] + sum(filter(None, times)) == finding.duration_us
        assert (row["outcome"], row["reason"], row["every_ms"]) == (finding.outcome, finding.reason, 10_000)
        assert (row["address"], row["status"], row["body_bytes"]) == (
            finding.address, finding.status, finding.body_bytes,
        )  # fmt: skip
        kept = evidence.get(row["evidence"], {"detail": "", "body": ""})
        assert (kept["detail"], b64decode(kept["body"])) == (finding.detail, finding.evidence)


def test_what_jobs_reported_comes_back_exactly(place: Place) -> None:
    stored = [row for day in place.days() for row in table.read(day.path("heartbeats.parquet"), table.HEARTBEATS)]
    assert stored == [
        ("custody/batch", T0, "start", None, ""),
        ("custody/batch", T0 + 7 * HOUR_MS, "done", 7 * HOUR_MS, "42 records"),
        ("custody/batch", T0 + 14 * HOUR_MS, "fail", None, "full"),
    ]


def test_the_register_and_its_chain_are_told_on_the_day_on_which_it_was_said(place: Place) -> None:
    told = [day.path("register.jsonl").read_text().splitlines() for day in place.days()]
    assert list(map(len, told)) == [1, 1, 0, 0]
    first, second = (json.loads(lines[0]) for lines in told[:2])
    assert (first["before"], second["before"]) == ("", first["digest"])
    assert json.loads(first["body"])["month"] == "2026-01"


def test_a_second_run_changes_nothing(place: Place) -> None:
    before = {path: path.stat().st_mtime_ns for path in place.sealed.rglob("*")}
    assert place.seal(FIRST + timedelta(days=4)) == []
    assert {path: path.stat().st_mtime_ns for path in place.sealed.rglob("*")} == before


def test_the_same_day_is_sealed_in_the_same_bytes(tmp_path: Path, place: Place) -> None:
    """But for the key, whoever seals a ledger's day seals the same."""
    again = furnished(tmp_path / "again")
    assert [day.sums for day in again.days()] == [day.sums for day in place.days()]


def test_what_comes_late_goes_into_the_next_day(tmp_path: Path) -> None:
    place = Place.furnished(tmp_path / "place")
    place.record(observations(1))
    place.seal(FIRST + timedelta(days=1))
    late = Observation("custody/web", T0 + 5 * HOUR_MS + 1, seen(5))
    place.record([late, Observation("custody/web", T0 + DAY_MS + HOUR_MS, seen(6))])
    place.seal(FIRST + timedelta(days=3))
    rows = [list(table.read(day.path("observations.parquet"), table.SHAPES["us"])) for day in place.days()]
    assert [(len(several), several[0][1] if several else None) for several in rows[1:]] == [(2, late.at_ms), (0, None)]
    assert checked(place.sealed, place.key).problems == []


@pytest.mark.parametrize(("phases", "name"), [("ms", "rest_ms"), ("none", None)])
def test_less_is_kept_where_the_contract_says_so(tmp_path: Path, phases: str, name: str | None) -> None:
    place = furnished(tmp_path / "place", 1, archive={"phases": phases})
    path = place.days()[0].path("observations.parquet")
    shape = table.SHAPES[place.days()[0].about["phases"]]
    rows = [dict(zip(shape.columns, row, strict=True)) for row in table.read(path, shape)]
    up = next(row for row in rows if row["outcome"] == "up")
    down = next(row for row in rows if row["outcome"] == "down")
    assert (down["body_bytes"], down["evidence"] is None) == (40, False)
    assert [key for key in up if key.startswith("rest")] == ([name] if name else [])
    assert script(place.sealed, "-k", place.folder / "key.pem").returncode == 0


def test_nothing_is_built_on_days_that_do_not_hold(tmp_path: Path) -> None:
    place = furnished(tmp_path / "place", 2)
    sums = place.days()[0].folder / "SHA256SUMS"
    sums.write_bytes(sums.read_bytes().replace(b"a", b"b", 1))
    with pytest.raises(ArchiveError, match="not that of the days up to it"):
        place.seal(FIRST + timedelta(days=3))


def test_a_changed_key_is_told_and_may_be_named(tmp_path: Path) -> None:
    place = furnished(tmp_path / "place", 2)
    (place.folder / "ledger.key").unlink()
    new = SigningKey.make(place.folder / "ledger.key")
    with pytest.raises(ArchiveError, match="signed with another key"):
        place.seal(FIRST + timedelta(days=3))
    settings = place.settings.read_text().replace("archive:\n", "archive:\n  former: [key.pem]\n")
    place.settings.write_text(settings)
    place = Place(place.folder)
    place.seal(FIRST + timedelta(days=3))
    assert checked(place.sealed, place.key, new.public).problems == []
    assert checked(place.sealed, new.public).problems != []
    (place.folder / "new.pem").write_text(new.public.pem)
    both = script(place.sealed, "-k", place.folder / "new.pem", "-k", place.folder / "key.pem")
    assert (both.returncode, script(place.sealed, "-k", place.folder / "new.pem").returncode) == (0, 1)


def test_two_do_not_seal_at_once(tmp_path: Path) -> None:
    from sla_monitor.cli.ledger.seal import sealer_of

    place = furnished(tmp_path / "place", 1)
    contract, settings = place.configuration.contracts[0], place.configuration.settings
    with sealer_of(contract, settings), pytest.raises(ArchiveError, match="another process"):
        place.seal(FIRST + timedelta(days=2))


def test_a_key_that_others_may_read_is_refused(tmp_path: Path) -> None:
    SigningKey.make(tmp_path / "key")
    (tmp_path / "key").chmod(0o640)
    with pytest.raises(SigningKeyError, match="others may read"):
        SigningKey.read(tmp_path / "key")
    with pytest.raises(SigningKeyError, match="never replaced"):
        SigningKey.make(tmp_path / "key")


def test_an_error_while_rows_are_read_leaves_nothing(tmp_path: Path) -> None:
    def rows() -> object:
        yield from ()
        raise RuntimeError("the record went away")

    with pytest.raises(RuntimeError, match="went away"):
        table.write(tmp_path / "x.parquet", table.HEARTBEATS, rows())  # type: ignore[arg-type]


def test_killed_at_any_instant_a_day_is_sealed_or_is_not(tmp_path: Path) -> None:
    """Kills at random instants; what is left always holds, and in the end all days are there."""
    place = Place.furnished(tmp_path / "place")
    place.record(observations(16))
    command = [sys.executable, "-m", "sla_monitor", "ledger", "archive", "--config", str(place.settings)]
    chance = random.Random(11)
    sealed = 0
    for _ in range(6):
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 120
        while (
            not (place.sealed / f"{FIRST + timedelta(days=sealed)}").exists()
            and process.poll() is None
            and time.monotonic() < deadline
        ):
            time.sleep(0.002)
        time.sleep(chance.random() * 0.03)
        process.send_signal(signal.SIGKILL)
        process.wait()
        report = checked(place.sealed, place.key)
        assert report.problems == []
        sealed = len(report.days)
    assert sealed > 2
    place.seal(FIRST + timedelta(days=16))
    assert list(unfinished(place.sealed)) == []
    whole = furnished(tmp_path / "whole", 16)
    assert [day.files["observations.parquet"] for day in place.days()] == [
        day.files["observations.parquet"] for day in whole.days()
    ]


def test_a_checkpoint_is_read_as_it_is_written_and_not_otherwise(place: Place) -> None:
    content = place.days()[-1].checkpoint.content
    assert Checkpoint.read(content).content == content
    for broken in (b"", content + b"x", content.replace(b"\n4\n", b"\n04\n"), content[:-1], content * 2):
        with pytest.raises(ArchiveError):
            Checkpoint.read(broken)


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())
