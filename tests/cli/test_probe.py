"""`sla-monitor probe`: one probe at a real estate, told in full, and nothing told that is secret."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from sla_monitor.cli.probe import probe
from sla_monitor.clock import SystemClock
from sla_monitor.demo.estate import Estate
from sla_monitor.demo.scenario import Behaviour
from sla_monitor.ledger import Ledger
from sla_monitor.sla.jobs import ReportKind
from tests.fakes.clock import FakeClock
from tests.support.running import calm_estate, demo_contract

SECRET = "open-sesame-4711"
PACE = {"every": "90s", "timeout": "5s"}


@pytest.fixture
def estate(tmp_path: Path) -> Iterator[Estate]:
    with calm_estate(tmp_path / "estate") as one:
        yield one


def configured(folder: Path, *endpoints: dict[str, Any]) -> Path:
    """Settings and a contract with these endpoints; JSON is YAML."""
    (folder / "contracts").mkdir()
    contract = demo_contract([PACE | endpoint for endpoint in endpoints])
    (folder / "contracts" / "demo.yaml").write_text(json.dumps(contract, indent=1))
    settings = folder / "sla-monitor.yaml"
    settings.write_text(json.dumps({"ledger": {"path": "ledger.db"}}))
    return settings


def probed(settings: Path, *arguments: str) -> Result:
    result = CliRunner().invoke(probe, ["--config", str(settings), *arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def lines(result: Result) -> dict[str, str]:
    """What stands behind each name."""
    return {line[:16].strip(): line[17:] for line in result.stdout.splitlines()}


def login(estate: Estate, **more: Any) -> dict[str, Any]:
    return {"id": "login", "kind": "http", "url": f"http://127.0.0.1:{estate.ports.http}/cad/login"} | more


def job() -> dict[str, Any]:
    return {"id": "job", "kind": "heartbeat", "token": "${env:JOB_TOKEN}", "period": "1h", "grace": "10m"}


def test_an_endpoint_that_is_up_is_told_with_what_was_expected_of_it(tmp_path: Path, estate: Estate) -> None:
    result = probed(configured(tmp_path, login(estate)), "login")
    told = lines(result)
    assert result.exit_code == 0
    assert told["endpoint"] == "demo/login"
    assert (told["every"], told["timeout"]) == ("90s", "5s")
    assert told["expect.status"] == "200-299", "a default decides the verdict too"
    assert (told["status"], told["verdict"]) == ("200", "UP")
    assert "evidence" not in told


def test_an_endpoint_that_is_down_is_told_with_its_evidence(tmp_path: Path, estate: Estate) -> None:
    estate.force("/cad/login", Behaviour("status", status=503))
    result = probed(configured(tmp_path, login(estate)), "demo/login")
    told = lines(result)
    assert result.exit_code == 2
    assert told["verdict"].startswith("DOWN (")
    assert told["status"] == "503"
    assert told["evidence"]


def test_every_expectation_is_told(tmp_path: Path, estate: Estate) -> None:
    conditions = [{"path": "$.status", "equals": "ok"}]
    told = lines(
        probed(configured(tmp_path, login(estate, expect={"status": [200, "301-302"], "json": conditions})), "login")
    )
    assert told["expect.status"] == "200, 301-302"
    assert told["expect.json"] == '{"path": "$.status", "equals": "ok"}'


def test_no_expectation_is_told_too(tmp_path: Path, estate: Estate) -> None:
    settings = configured(tmp_path, {"id": "ssh", "kind": "tcp", "host": "127.0.0.1", "port": estate.ports.ssh})
    assert lines(probed(settings, "ssh"))["expect"] == "any answer"


@pytest.mark.parametrize("style", ["text", "json"])
def test_a_secret_is_told_as_its_reference(
    tmp_path: Path, estate: Estate, monkeypatch: pytest.MonkeyPatch, style: str
) -> None:
    monkeypatch.setenv("CAD_PASSWORD", SECRET)
    auth = {"username": "monitor", "password": "${env:CAD_PASSWORD}"}
    headers = {"X-Api-Key": "${env:CAD_PASSWORD}", "Accept": "text/html"}
    settings = configured(tmp_path, login(estate, basic_auth=auth, headers=headers))
    result = probed(settings, "login", "--format", style)
    assert result.exit_code == 0
    assert result.output.count("${env:CAD_PASSWORD}") == 2
    assert "text/html" in result.output
    assert SECRET not in result.output


def test_a_secret_that_is_missing_makes_it_unknown(tmp_path: Path, estate: Estate) -> None:
    result = probed(configured(tmp_path, login(estate, bearer_token="${env:NO_SUCH_TOKEN}")), "login")
    assert result.exit_code == 3
    assert "NO_SUCH_TOKEN is not set" in lines(result)["verdict"]


def test_json_holds_the_same(tmp_path: Path, estate: Estate) -> None:
    result = probed(configured(tmp_path, login(estate, degraded_above="1500ms")), "login", "--format", "json")
    told = json.loads(result.stdout)
    assert (told["endpoint"], told["outcome"], told["reason"], told["status"]) == ("demo/login", "up", None, 200)
    assert told["terms"]["timeout"] == "5s"
    assert told["terms"]["degraded_above"] == "1500ms"
    assert told["terms"]["expect"] == {"status": ["200-299"]}
    assert told["heartbeats"] is None


def test_an_unknown_endpoint_is_a_mistake_and_not_an_endpoint_that_is_down(tmp_path: Path, estate: Estate) -> None:
    result = probed(configured(tmp_path, login(estate)), "logon")
    assert result.exit_code == 1
    assert result.stdout == ""
    assert "'logon' is no endpoint in force (write one of: demo/login)" in result.stderr


def test_a_heartbeat_without_a_ledger_is_unknown_and_says_who_hears(tmp_path: Path) -> None:
    result = probed(configured(tmp_path, job()), "job")
    told = lines(result)
    assert result.exit_code == 3
    assert told["heartbeats"].startswith("only the daemon hears heartbeats")
    assert told["ledger"].startswith("cannot be read:")
    assert (told["last success"], told["token"]) == ("none recorded", "${env:JOB_TOKEN}")
    assert not (tmp_path / "ledger.db").exists(), "a probe makes no ledger"


@pytest.mark.parametrize(("minutes_ago", "exit_status", "verdict"), [(5, 0, "UP"), (75, 3, "UNKNOWN (not_yet_seen")])
def test_a_heartbeat_is_judged_by_the_last_one_in_the_ledger(
    tmp_path: Path, minutes_ago: int, exit_status: int, verdict: str
) -> None:
    """Period and grace make 70 minutes; whether anybody listened through a longer silence only the daemon knows."""
    settings = configured(tmp_path, job())
    clock = FakeClock(SystemClock().now_ms() - minutes_ago * 60_000)
    with closing(Ledger.open(tmp_path / "ledger.db", clock)) as ledger:
        ledger.report("demo/job", ReportKind.START)
        clock.advance(1_500)
        assert ledger.report("demo/job", ReportKind.DONE, "42 records").result(20)
    result = probed(settings, "job")
    told = lines(result)
    assert result.exit_code == exit_status
    assert told["verdict"].startswith(verdict)
    assert told["last success"].endswith(" UTC, after 1.5 s: 42 records")
    as_json = json.loads(probed(settings, "job", "--format", "json").stdout)
    done = {"kind": "done", "at_ms": clock.now_ms(), "duration_ms": 1_500, "text": "42 records"}
    assert as_json["heartbeats"]["done"] == as_json["heartbeats"]["ended"] == done


def test_a_failure_and_a_run_that_is_under_way_are_told(tmp_path: Path) -> None:
    settings = configured(tmp_path, job())
    with closing(Ledger.open(tmp_path / "ledger.db", SystemClock())) as ledger:
        for kind, text in ((ReportKind.FAIL, "disk \x1b[31mfull"), (ReportKind.START, "")):
            assert ledger.report("demo/job", kind, text).result(20)
    result = probed(settings, "job")
    told = lines(result)
    assert told["last success"] == "none recorded"
    assert told["last failure"].endswith("UTC: disk \\x1b[31mfull")
    assert told["running since"].endswith(" UTC")
    assert told["verdict"].startswith("UNKNOWN (not_yet_seen"), "a later success may be on its way to the daemon"


def test_a_ledger_that_breaks_while_it_is_read_does_not_stop_the_probe(tmp_path: Path) -> None:
    """One page of it is garbage, which nobody notices before the heartbeats are read."""
    settings, path = configured(tmp_path, job()), tmp_path / "ledger.db"
    ledger = Ledger.open(path, SystemClock())
    ledger.report("demo/job", ReportKind.DONE)
    assert ledger.close()
    with closing(sqlite3.connect(path)) as database:
        page = "select rootpage, (select page_size from pragma_page_size) from sqlite_master where name = 'heartbeats'"
        number, size = database.execute(page).fetchone()
    with path.open("r+b") as file:
        file.seek((number - 1) * size)
        file.write(b"\xff" * size)
    result = probed(settings, "job")
    assert result.exit_code == 3
    told = lines(result)["ledger"]
    assert told.startswith("cannot be read:")
    assert "ledger check" in told


def test_a_damaged_ledger_does_not_stop_the_probe(tmp_path: Path) -> None:
    settings = configured(tmp_path, job())
    (tmp_path / "ledger.db").write_bytes(b"no database" * 1000)
    result = probed(settings, "job")
    assert result.exit_code == 3
    assert lines(result)["ledger"].startswith("cannot be read:")


def transaction(estate: Estate) -> dict[str, Any]:
    form = {"user": "monitor", "password": f"${{file:{estate.password_file}}}"}
    token = {"token": {"json": "$.token", "secret": True}}
    sign_in = {"id": "in", "name": "Sign in", "method": "POST", "url": "/sign-in", "form": form, "capture": token}
    search = {"id": "search", "url": "/search?name=doe", "headers": {"X-Token": "${token}"}}
    sign_out = {"id": "out", "method": "POST", "url": "/sign-out", "always": True}
    base = f"http://127.0.0.1:{estate.ports.http}/custody"
    return {"id": "transaction", "kind": "journey", "base": base, "steps": [sign_in, search, sign_out]}


def test_each_step_of_a_journey_is_told(tmp_path: Path, estate: Estate) -> None:
    settings = configured(tmp_path, transaction(estate))
    text, told = probed(settings, "transaction"), json.loads(probed(settings, "transaction", "--format", "json").stdout)
    assert text.exit_code == 0
    steps = [(step["step"], step["outcome"], step["status"], step["detail"]) for step in told["steps"]]
    assert steps == [("in", "up", 200, ""), ("search", "up", 200, ""), ("out", "up", 200, "")]
    assert set(told["steps"][0]["phases_us"]) == {"dns", "connect", "first_byte", "transfer"}
    assert set(told["steps"][1]["phases_us"]) == {"first_byte", "transfer"}
    assert told["terms"]["steps"][1]["headers"] == {"X-Token": "${token}"}
    parts = text.stdout.split("\nstep ")
    assert [part.splitlines()[0].split()[1:] for part in parts[1:]] == [["Sign", "in"], ["search"], ["out"]]
    assert "\n  url            /sign-in\n" in parts[1]
    assert f"\n  form.password  ${{file:{estate.password_file}}}\n" in parts[1]
    assert "\n  always         true\n" in parts[3]
    assert all("\n  came to        up, status 200, " in part for part in parts[1:])
    assert "\n  base " in parts[0]
    assert estate.password_file.read_text().strip() not in text.stdout


def test_the_step_at_which_a_journey_fails_is_told(tmp_path: Path, estate: Estate) -> None:
    estate.force("/custody/search", Behaviour("status", status=500))
    settings = configured(tmp_path, transaction(estate))
    text, told = probed(settings, "transaction"), json.loads(probed(settings, "transaction", "--format", "json").stdout)
    assert text.exit_code == 2
    assert [step["outcome"] for step in told["steps"]] == ["up", "down", "up"]
    assert told["steps"][1]["detail"] == "the status is 500, expected 200-299"
    assert "\n  detail         the status is 500, expected 200-299\nstep 3 " in text.stdout
    assert lines(text)["verdict"].startswith(
        "DOWN (status_unexpected: step 2 of 3, «search»: the status is 500, expect"
    )


def test_a_journey_that_lacks_a_secret_is_told_with_its_steps(tmp_path: Path, estate: Estate) -> None:
    estate.password_file.unlink()
    result = probed(configured(tmp_path, transaction(estate)), "transaction")
    assert result.exit_code == 3
    assert result.stdout.count("\n  came to        not asked\n") == 3
    assert str(estate.password_file) in lines(result)["verdict"]
