"""Days that are taken out of the ledger change nothing that is told; what is not in the archive is not taken out."""

from __future__ import annotations

import json
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result
from sqlite_utils import Database

from sla_monitor.archive.reading import Archived
from sla_monitor.assess import Cache, assess_month, history
from sla_monitor.cli import cli
from sla_monitor.cli.ledger.prune import _verified, _Work
from sla_monitor.cli.review.command import Bundling, Post, make
from sla_monitor.cli.review.pack_sources import Vouched
from sla_monitor.clock import SystemClock
from sla_monitor.document import Inputs, document, document_text
from sla_monitor.errors import LedgerDamaged, LedgerError
from sla_monitor.ledger import Ledger, Recorded, read_only
from sla_monitor.ledger.housekeeping.checking import check
from sla_monitor.ledger.housekeeping.pruning import plan, prune, take_out
from sla_monitor.ledger.housekeeping.rebuilding import rebuild_spans
from sla_monitor.ledger.migrations import MIGRATIONS
from sla_monitor.ledger.reading.reader import CachingReader
from sla_monitor.register.instant import parse_instant
from sla_monitor.review.first_failures import first_failures
from sla_monitor.review.gathering import PackSubject, gathered
from sla_monitor.review.rendering.files import PackRequest
from sla_monitor.signing import SigningKey
from sla_monitor.sla.observation import Finding, Observation, Outcome, Phases, Reason
from tests.archive.support import DAY_MS, HOUR_MS, Place
from tests.ledger.chaining.test_verifying import edit
from tests.support.quarter import BEGIN, CONTRACT, HOUR, recorded_in

MONTHS = "2025-01", "2025-02", "2025-03"
NOW_MS = parse_instant("2025-08-01T00:00Z")
BEFORE = "2025-03-20"
KPIS = """\
  - {id: KPI5, title: Mean, service: desk, indicator: response_time, statistic: mean, target: 500ms}
  - {id: KPI6, title: First byte, service: custody, indicator: response_time, statistic: percentile, percentile: 90,
     phase: first_byte, target: 300ms}
  - {id: KPI7, title: Errors, service: custody, indicator: error_rate, target: 99, slot: 2h}
  - {id: KPI8, title: Slow is down, service: desk, target: 99, counting: {slow_as_down: {promised: 400ms}}}
  - {id: PI9, kind: PI, title: A quarter, service: desk, indicator: response_time, statistic: percentile,
     percentile: 99, target: 1s, measurement_months: 3}
"""
INPUTS = Inputs(contract_sha256="c" * 64, holidays_sha256=[], evidence_sha256="e" * 64)


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """A quarter, sealed; with an observation that came in late, in a day that was sealed by then."""
    folder = tmp_path_factory.mktemp("quarter") / "place"
    (folder / "contracts").mkdir(parents=True)
    text = CONTRACT.replace("charges: {", KPIS + "charges: {").replace("end: 2044-12-31", "end: 2025-06-30")
    (folder / "contracts/partnership.yaml").write_text(text)
    settings = {"ledger": {"path": "ledger.db", "key": "ledger.key"}, "archive": {"folder": "archive"}}
    (folder / "sla-monitor.yaml").write_text(yaml.safe_dump(settings))
    SigningKey.make(folder / "ledger.key")
    recorded_in(folder / "ledger.db")
    place = Place(folder)
    place.seal(date(2025, 3, 25))
    with Ledger.open(place.ledger, SystemClock()) as ledger:
        late = Finding(Outcome.DOWN, Reason.TIMEOUT, "late", 777_000, Phases(first_byte_us=700_000), evidence=b"late")
        ledger.record(Observation("partnership/portal", BEGIN + 10 * DAY_MS + HOUR // 2, late), HOUR)
    place.seal(date(2025, 7, 2))
    return place


@pytest.fixture
def place(kept: Place, tmp_path: Path) -> Place:
    shutil.copytree(kept.folder, tmp_path / "place")
    return Place(tmp_path / "place")


@pytest.fixture(scope="module")
def taken_out(kept: Place, tmp_path_factory: pytest.TempPathFactory) -> Place:
    """The same without the observations of its first weeks."""
    folder = tmp_path_factory.mktemp("pruned") / "place"
    shutil.copytree(kept.folder, folder)
    assert run(Place(folder), "--before", BEFORE).exit_code == 0
    return Place(folder)


@pytest.fixture
def pruned(taken_out: Place, tmp_path: Path) -> Place:
    shutil.copytree(taken_out.folder, tmp_path / "pruned")
    return Place(tmp_path / "pruned")


def run(place: Place, *words: str) -> Result:
    return CliRunner().invoke(cli, ["ledger", "prune", "--config", str(place.settings), *words])


def told(place: Place) -> dict[str, str]:
    """Every month in JSON, as somebody finds it who asks anew."""
    contract = place.configuration.contracts[0]
    with read_only(place.ledger, archive(place)) as reader:
        return {
            month: document_text(document(assess_month(contract, reader, month, NOW_MS), INPUTS)) for month in MONTHS
        }


def packs(place: Place, output: Path) -> dict[str, bytes]:
    """Packs of every month in all formats, and claims, as files, with their bundles."""
    contract = place.configuration.contracts[0]
    with read_only(place.ledger, archive(place)) as reader:
        for month in MONTHS:
            about = PackSubject(contract, reader, month, NOW_MS)
            one = gathered(about, first_failures=lambda found: first_failures(found, reader.first_failed))
            for claim in (None, *(kpi.kpi for kpi in one.case.failed())):
                formats = ["html", "csv", "json", "xlsx", "pdf"] if month == "2025-03" else ["html", "json"]
                bundling = Bundling(is_wanted=True, replaces=False)
                make(Vouched(one), PackRequest(formats, 1, claim), output, Post(None, is_dry=False), bundling)
    return {str(path.relative_to(output)): path.read_bytes() for path in output.rglob("*") if path.is_file()}


def archive(place: Place) -> Archived:
    return Archived(place.configuration.settings.archive.folder)


def problems(place: Place) -> tuple[str, ...]:
    return check(place.ledger, lambda *_: None).problems


def counted(place: Place) -> int:
    with closing(sqlite3.connect(place.ledger)) as database:
        return int(database.execute("select count(*) from observations").fetchone()[0])


@pytest.fixture(scope="module")
def before(kept: Place) -> dict[str, str]:
    return told(kept)


def test_figures_packs_and_claims_are_the_same_to_the_last_byte(
    place: Place, before: dict[str, str], tmp_path: Path
) -> None:
    made, rows = packs(place, tmp_path / "before"), counted(place)
    done = run(place, "--before", BEFORE)
    assert (done.exit_code, done.stderr) == (0, "")
    assert "78 days, 2025-01-01 to 2025-03-19" in done.stdout
    assert counted(place) == rows - 3 * 24 * 78
    assert problems(place) == ()
    assert told(place) == before
    assert packs(place, tmp_path / "after") == made
    assert len(made) > 20


def test_the_chain_goes_on_over_what_was_taken_out_and_the_check_says_so(pruned: Place) -> None:
    report = check(pruned.ledger, lambda *_: None)
    assert report.problems == ()
    assert any("78 sealed days were taken out" in note for note in report.notes)


@pytest.mark.parametrize(
    "statement",
    [
        "delete from observations where id = (select max(id) from observations where at_ms >= 1743500000000)",
        "delete from observations where id = (select min(id) from observations)",
        "update observations set duration_us = duration_us + 1 where id = (select min(id) from observations)",
        "delete from pruned_endpoints where id = 1",
        "update pruned_endpoints set until_ms = until_ms + 86400000 where id = 1",
        "update evidence set detail = detail || '.' where id = (select max(id) from evidence)",
    ],
)
def test_what_was_altered_beside_what_was_taken_out_is_found(pruned: Place, statement: str) -> None:
    with closing(sqlite3.connect(pruned.ledger)) as database:
        triggers = database.execute("select name, sql from sqlite_master where type = 'trigger'").fetchall()
        for name, _ in triggers:
            database.execute(f"drop trigger {name}")
        assert database.execute(statement).rowcount == 1
        for _, trigger in triggers:
            database.execute(trigger)
        database.commit()
    assert [problem for problem in problems(pruned) if "spans disagree" not in problem]


def test_a_dry_run_checks_and_changes_nothing(place: Place) -> None:
    content = place.ledger.read_bytes()
    dry = run(place, "--before", BEFORE, "--dry-run")
    assert dry.stdout == "partnership: 78 days, 2025-01-01 to 2025-03-19, 5,616 observations would be removed\n"
    assert place.ledger.read_bytes() == content
    assert "no sealed day" in run(place, "--before", "2025-01-01", "--dry-run").stdout


def test_it_goes_on_where_it_was(place: Place, before: dict[str, str]) -> None:
    assert run(place, "--before", "2025-02-01").exit_code == 0
    assert run(place, "--before", "2025-02-01").exit_code == 0
    assert "47 days, 2025-02-01 to 2025-03-19" in run(place, "--before", BEFORE).stdout
    assert (told(place), problems(place)) == (before, ())
    rebuild_spans(place.ledger, lambda *_: None)
    assert (told(place), problems(place)) == (before, ())


def test_the_daemons_own_assessments_are_the_same(place: Place, before: dict[str, str]) -> None:
    """It packs hours and keeps answers; none of them may speak of hours that are gone."""
    contract = place.configuration.contracts[0]
    assert run(place, "--before", BEFORE).exit_code == 0
    with Ledger.open(place.ledger, SystemClock(), older=archive(place)) as ledger:
        recorded, cache = Recorded(ledger), Cache()
        for month in MONTHS * 2:
            found = assess_month(contract, recorded, month, NOW_MS, None, cache)
            assert document_text(document(found, INPUTS)) == before[month]
        ledger.keep_samples(["partnership/portal"], BEGIN, BEGIN + 85 * DAY_MS)
    assert problems(place) == ()
    assert told(place) == before


def test_what_closed_months_came_to_outlives_their_observations(place: Place) -> None:
    """It is found again with no archive at hand, and comes out the same where it was thrown away."""
    contract = place.configuration.contracts[0]

    def kept() -> set[tuple[str, str]]:
        with closing(sqlite3.connect(place.ledger)) as database:
            return set(database.execute("select digest, body from worked_out"))

    with CachingReader(place.ledger, archive(place)) as reader:
        before = history(contract, reader, "2025-08", NOW_MS)
    answers = kept()
    assert len(answers) > len(MONTHS)
    assert run(place, "--before", BEFORE).exit_code == 0
    assert kept() == answers
    with read_only(place.ledger) as alone:
        assert history(contract, alone, "2025-08", NOW_MS) == before
    with closing(sqlite3.connect(place.ledger)) as database:
        database.execute("delete from worked_out")
        database.commit()
    with CachingReader(place.ledger, archive(place)) as reader:
        assert history(contract, reader, "2025-08", NOW_MS) == before
    assert kept() == answers


def test_what_an_entry_changes_in_a_pruned_month_is_shown_as_before(kept: Place, tmp_path: Path) -> None:
    words = "register", "decide", "partnership", "2", "--grant", "--actor", "b.chief", "--why", "agreed", "--yes"

    def changed(name: str, *, prune_first: bool) -> object:
        place = Place(shutil.copytree(kept.folder, tmp_path / name))
        assert not prune_first or run(place, "--before", BEFORE).exit_code == 0
        said = CliRunner().invoke(cli, [*words, "--config", str(place.settings), "--format", "json"])
        assert said.exit_code == 0, said.output
        return json.loads(said.stdout)["changed"]

    before = changed("whole", prune_first=False)
    assert before
    assert changed("pruned", prune_first=True) == before


def test_what_failed_is_told_from_the_archive(place: Place) -> None:
    key, start_ms, end_ms = "partnership/health", parse_instant("2025-02-03T10:00Z"), NOW_MS
    with read_only(place.ledger, archive(place)) as reader:
        first = reader.first_failed(key, start_ms, end_ms)
        several = list(reader.observations("partnership/portal", BEGIN, NOW_MS))
    assert run(place, "--before", BEFORE).exit_code == 0
    with read_only(place.ledger, archive(place)) as reader:
        assert reader.first_failed(key, start_ms, end_ms) == first
        assert list(reader.observations("partnership/portal", BEGIN, NOW_MS)) == several
        assert [one.finding.evidence for one in several].count(b"late") == 1


def test_nothing_is_told_without_the_archive_or_from_another(place: Place) -> None:
    contract = place.configuration.contracts[0]
    assert run(place, "--before", BEFORE).exit_code == 0
    with read_only(place.ledger) as reader, pytest.raises(LedgerError, match="are in the archive"):
        assess_month(contract, reader, "2025-02", NOW_MS)
    day = place.folder / "archive/partnership/2025-02-07"
    good = (day / "observations.parquet").read_bytes()
    for path, content in (
        (day / "observations.parquet", good[:-1]),
        (day / "observations.parquet", (day.parent / "2025-02-08/observations.parquet").read_bytes()),
        (day / "SHA256SUMS", (day.parent / "2025-02-08/SHA256SUMS").read_bytes()),
    ):
        was = path.read_bytes()
        path.write_bytes(content)
        with read_only(place.ledger, archive(place)) as reader, pytest.raises(LedgerError):
            assess_month(contract, reader, "2025-02", NOW_MS)
        path.write_bytes(was)
    shutil.rmtree(day)
    with read_only(place.ledger, archive(place)) as reader, pytest.raises(LedgerError):
        assess_month(contract, reader, "2025-02", NOW_MS)


def altered(place: Place, statement: str) -> None:
    """By somebody who drops what stands in his way."""
    with closing(sqlite3.connect(place.ledger)) as database:
        database.execute("drop trigger observations_no_update")
        database.execute("drop trigger observations_no_delete")
        database.execute(statement)
        database.commit()


@pytest.mark.parametrize(
    "statement",
    [
        "update observations set outcome = 2 where id = 500",
        "update observations set duration_us = duration_us + 1 where id = 700",
        "update observations set evidence_id = null where evidence_id is not null",
        "delete from observations where id = 900",
    ],
)
def test_a_day_that_differs_from_the_ledger_stays(place: Place, statement: str) -> None:
    altered(place, statement)
    rows = counted(place)
    refused = run(place, "--before", BEFORE)
    assert (refused.exit_code, "does not hold what the ledger holds" in refused.stderr) == (1, True)
    assert counted(place) == rows


def test_days_that_do_not_hold_are_not_believed(place: Place) -> None:
    rows = counted(place)
    (place.folder / "archive/partnership/2025-04-02/terms.yaml").write_text("")
    refused = run(place, "--before", BEFORE)
    assert (refused.exit_code, "was changed after the day was sealed" in refused.stderr) == (1, True)
    assert counted(place) == rows


def test_recent_days_always_stay(place: Place) -> None:
    today = datetime.fromtimestamp(SystemClock().now_ms() / 1000, UTC).date()
    refused = run(place, "--before", f"{today - timedelta(days=60)}")
    assert (refused.exit_code, "or earlier" in refused.stderr) == (2, True)


def test_spans_that_do_not_agree_are_not_carried_on(place: Place) -> None:
    altered(place, "update ended_spans set looks = looks + 1")
    refused = run(place, "--before", BEFORE)
    assert (refused.exit_code, "spans disagree with the observations" in refused.stderr) == (1, True)


def test_nothing_else_may_be_deleted(place: Place) -> None:
    assert run(place, "--before", BEFORE).exit_code == 0
    with closing(sqlite3.connect(place.ledger)) as database:
        for statement in (
            "delete from observations where at_ms >= 1742428800000",
            "delete from evidence",
            "delete from pruned_days",
            "update pruned_endpoints set until_ms = 0",
        ):
            with pytest.raises(sqlite3.IntegrityError, match="is append-only"):
                database.execute(statement)


FORGED_DAY = (
    "insert into pruned_days select (select max(id) + 1 from pruned_days), contract, '2025-03-20', until_ms,"
    " until_ms + 86400000, sums, last_observation, (select count(*) from observations where at_ms >= until_ms"
    " and at_ms < until_ms + 86400000) from pruned_days order by from_ms desc limit 1;"
)
TAKEN_OUT = "delete from observations where at_ms >= 1742428800000 and at_ms < 1742515200000;"
"""2025-03-20."""

FORGED = {
    "a forged day explains what was deleted": FORGED_DAY + TAKEN_OUT,
    "a forged day alone": FORGED_DAY,
    "a day removed": "delete from pruned_days where day = '2025-02-03'",
    "the last day removed": "delete from pruned_days where day = '2025-03-19'",
    "all days removed": "delete from pruned_days",
    "another archive": "update pruned_days set sums = replace(sums, 'a', 'b')",
    "a longer day": (
        "update pruned_days set until_ms = until_ms + 86400000, observations = observations + 72"
        f" where day = '2025-03-19'; {TAKEN_OUT}"
    ),
    "a higher last observation": "update pruned_days set last_observation = 1000000 where day = '2025-03-19'",
    "more observations": f"update pruned_days set observations = observations + 72 where id = 1; {TAKEN_OUT}",
    "an earlier day": "update pruned_days set from_ms = from_ms - 1 where id = 1",
    "another contract": "update pruned_days set contract = 'other' where id = 5",
    "another instant of an endpoint": "update pruned_endpoints set until_ms = until_ms + 86400000",
}


@pytest.mark.parametrize("script", FORGED.values(), ids=FORGED.keys())
def test_what_was_taken_out_is_chained_itself(pruned: Place, script: str) -> None:
    edit(pruned.ledger, script)
    assert any("pruned_" in problem for problem in problems(pruned)), problems(pruned)


PRUNED_SPANS = {
    "an outage made up time": "update ended_spans set outcome = 1, reason = null where outcome = 3",
    "an outage taken out": "delete from ended_spans where outcome = 3",
    "a shorter outage": "update ended_spans set end_ms = end_ms - 3600000 where outcome = 3",
    "the first spans": "delete from ended_spans where start_ms = (select min(start_ms) from ended_spans)",
}


@pytest.mark.parametrize("script", PRUNED_SPANS.values(), ids=PRUNED_SPANS.keys())
def test_spans_without_observations_are_proved_by_what_was_told_of_them(
    pruned: Place, before: dict[str, str], script: str
) -> None:
    """Nothing else is left that they could be worked out from."""
    edit(pruned.ledger, script)
    assert problems(pruned)
    with pytest.raises(LedgerDamaged, match="are not what the observations gave"):
        told(pruned)
    rebuild_spans(pruned.ledger, lambda *_: None)
    assert problems(pruned) == ()
    assert told(pruned) == before


@pytest.mark.parametrize("script", FORGED.values(), ids=FORGED.keys())
def test_no_figure_rests_on_a_forged_day(pruned: Place, before: dict[str, str], script: str) -> None:
    edit(pruned.ledger, script)
    try:
        assert told(pruned) == before
    except LedgerError:
        return


def test_days_that_an_earlier_version_took_out_are_chained_as_they_are_found(tmp_path: Path) -> None:
    with closing(Database(tmp_path / "ledger.db")) as database:
        MIGRATIONS.apply(database, stop_before="m0009_pruned_days_chained")
        days = [
            ("b", "2025-01-02", 5, 6, "s", 9, 4),
            ("a", "2025-01-02", 5, 6, "s", 9, 4),
            ("a", "2025-01-01", 4, 5, "t", 9, 1),
        ]
        database.conn.executemany("insert into pruned_days values (?, ?, ?, ?, ?, ?, ?)", days)
        MIGRATIONS.apply(database)
        chained = database.execute("select contract, day, id from pruned_days order by id").fetchall()
        assert chained == [("a", "2025-01-01", 1), ("a", "2025-01-02", 2), ("b", "2025-01-02", 3)]
        (covers,) = database.execute("select covers from chain order by number desc").fetchone()
        assert json.loads(covers)["pruned_days"][:3] == [1, 3, 3]
        database.close()


def test_evidence_goes_with_the_last_observation_that_refers_to_it(place: Place) -> None:
    """The daemon remembers where it has stored a text; that memory must not outlive the row."""
    finding = Finding(Outcome.DOWN, Reason.STATUS_UNEXPECTED, "503 \x1b[2J")
    with Ledger.open(place.ledger, SystemClock(), older=archive(place)) as ledger:
        at_ms = SystemClock().now_ms()
        ledger.record(Observation("partnership/portal", at_ms, Finding(Outcome.UP)), HOUR)
        assert ledger.flush(30)
        with closing(sqlite3.connect(place.ledger)) as database:
            (known,) = database.execute("select id from evidence where detail like '503%'").fetchone()
        assert run(place, "--before", "2025-07-01").exit_code == 0
        with closing(sqlite3.connect(place.ledger)) as database:
            assert database.execute("select count(*) from evidence where id = ?", (known,)).fetchone() == (0,)
        ledger.record(Observation("partnership/portal", at_ms + HOUR, finding), HOUR)
        assert ledger.flush(30)
    assert problems(place) == ()


def test_numbers_are_never_given_again(place: Place) -> None:
    """All observations are taken out but the late one; the next has a higher number than any that was."""
    with closing(sqlite3.connect(place.ledger)) as database:
        (last,) = database.execute("select max(id) from observations").fetchone()
    assert run(place, "--before", "2025-07-01").exit_code == 0
    assert counted(place) == 1
    with Ledger.open(place.ledger, SystemClock()) as ledger:
        ledger.record(Observation("partnership/portal", SystemClock().now_ms(), Finding(Outcome.UP)), HOUR)
    with closing(sqlite3.connect(place.ledger)) as database:
        assert database.execute("select max(id) from observations").fetchone() == (last + 1,)
    assert problems(place) == ()


def test_what_has_just_come_in_is_not_passed_over(place: Place) -> None:
    """Between the plan and the deed, an observation of that time arrives."""
    contract = place.configuration.contracts[0]
    work = _Work(contract, place.configuration.settings, place.ledger, date(2025, 3, 20))
    planned = plan(place.ledger, contract.id, list(_verified(work)), lambda *_: None)
    with Ledger.open(place.ledger, SystemClock()) as ledger:
        ledger.record(Observation("partnership/portal", BEGIN + HOUR // 3, Finding(Outcome.UP)), HOUR)
    with pytest.raises(LedgerError, match="have just come in"):
        prune(place.ledger, planned)


def test_killed_at_any_instant_nothing_is_told_otherwise(place: Place, before: dict[str, str]) -> None:
    """Figures are the same and the ledger is whole after each kill, and in the end all of it is gone."""
    command = [sys.executable, "-m", "sla_monitor", "ledger", "prune", "--config", str(place.settings)]
    rows = counted(place)
    for _ in range(4):
        at = counted(place)
        process = subprocess.Popen([*command, "--before", BEFORE], stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + 120
        while counted(place) == at and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.004)
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert problems(place) == ()
        assert told(place) == before
    assert run(place, "--before", BEFORE).exit_code == 0
    assert counted(place) == rows - 3 * 24 * 78
    assert (told(place), problems(place)) == (before, ())


def test_a_daemon_records_meanwhile(place: Place) -> None:
    with Ledger.open(place.ledger, SystemClock(), older=archive(place)) as ledger:
        now_ms = SystemClock().now_ms()
        several = [Observation("partnership/portal", now_ms + i, Finding(Outcome.UP)) for i in range(500)]
        process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "sla_monitor",
                "ledger",
                "prune",
                "--config",
                str(place.settings),
                "--before",
                BEFORE,
            ]
        )
        for one in several:
            ledger.record(one, HOUR)
            time.sleep(0.002)
        assert process.wait(60) == 0
        assert ledger.flush(30)
        assert ledger.stats().dropped == 0
    assert problems(place) == ()
    assert take_out(place.ledger, "partnership", lambda *_: None, lambda: None) == 0


def test_a_contract_that_keeps_less_is_told_of_its_failures_all_the_same(tmp_path: Path) -> None:
    """Without times there is no KPI that needs them, and a pack tells of a failure what it always told."""
    place = Place.furnished(tmp_path / "place", archive={"phases": "none"})
    down = Finding(
        Outcome.DOWN, Reason.STATUS_UNEXPECTED, "503", 5_000, Phases(1, 2), status=503, body_bytes=9, evidence=b"<html>"
    )
    start_ms = parse_instant("2026-01-02T00:00Z")
    place.record(
        Observation(
            "custody/web", start_ms + i * HOUR_MS, down if i in {30, 31} else Finding(Outcome.UP, duration_us=9)
        )
        for i in range(60)
    )
    place.seal(date(2026, 1, 9))

    def first() -> Observation | None:
        with read_only(place.ledger, archive(place)) as reader:
            return reader.first_failed("custody/web", start_ms, start_ms + 60 * HOUR_MS)

    whole = first()
    assert run(place, "--before", "2026-01-05").exit_code == 0
    reduced = first()
    assert whole is not None
    assert reduced is not None
    for name in ("reason", "status", "detail", "evidence", "body_bytes"):
        assert getattr(reduced.finding, name) == getattr(whole.finding, name)
    with read_only(place.ledger, archive(place)) as reader, pytest.raises(LedgerError, match="has no exact times"):
        list(reader.observations("custody/web", start_ms, start_ms + HOUR_MS))
    assert problems(place) == ()


def test_what_a_command_keeps_is_chained(place: Place) -> None:
    with CachingReader(place.ledger, archive(place)) as reader:
        reader.keep("digest", "{}")
        assert reader.worked_out("digest") == "{}"
    assert problems(place) == ()
