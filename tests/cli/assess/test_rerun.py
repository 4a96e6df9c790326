"""A disputed month comes out the same from the ledger and from two files."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

from jsonschema import Draft202012Validator

from tests.cli.test_schema import printed
from tests.support.quarter import CONTRACT, run, run_export


def exported(contract: str, ledger: str, to: Path, *more: str) -> str:
    result = run_export(contract, "--ledger", ledger, "--until", "2025-03", "--output", str(to), *more)
    assert result.exit_code == 0, result.output
    return str(to)


def test_the_ledger_and_the_file_made_of_it_give_the_same_bytes(tmp_path: Path, contract: str, ledger: str) -> None:
    evidence = exported(contract, ledger, tmp_path / "march.json")
    for month in ("2025-01", "2025-02", "2025-03"):
        ours = run(contract, "--ledger", ledger, "--period", month, "--format", "json")
        theirs = run(contract, "--evidence", evidence, "--period", month, "--format", "json")
        assert ours.exit_code == 0, ours.output
        assert theirs.stdout_bytes == ours.stdout_bytes


def test_every_single_observation_in_the_file_changes_nothing(tmp_path: Path, contract: str, ledger: str) -> None:
    short = exported(contract, ledger, tmp_path / "short.json")
    long = exported(contract, ledger, tmp_path / "long.json", "--observations")
    assert Path(long).stat().st_size > Path(short).stat().st_size
    one, other = (run(contract, "--evidence", file, "--format", "json").stdout_bytes for file in (short, long))
    assert one == other


def test_without_a_period_a_file_is_assessed_for_its_last_whole_month(
    tmp_path: Path, contract: str, ledger: str
) -> None:
    told = json.loads(
        run(contract, "--evidence", exported(contract, ledger, tmp_path / "e.json"), "--format", "json").stdout
    )
    assert (told["period"]["name"], told["as_of"]) == ("2025-03", "2025-03-31T23:00:00Z")


def test_a_file_of_one_month_has_its_figures_and_bands(tmp_path: Path, contract: str, ledger: str) -> None:
    """Repeats and caps look back, and are only in the whole history."""
    evidence = exported(contract, ledger, tmp_path / "march.json", "--from", "2025-03")
    narrow, whole = (
        json.loads(run(contract, *source, "--period", "2025-03", "--format", "json").stdout)
        for source in (("--evidence", evidence), ("--ledger", ledger))
    )
    for one, other in zip(narrow["kpis"], whole["kpis"], strict=True):
        for view in ("gross", "claimed", "agreed"):
            for key in ("value", "band", "seconds"):
                assert one["views"][view][key] == other["views"][view][key]
    assert narrow["inputs"]["contract_sha256"] == whole["inputs"]["contract_sha256"]
    assert narrow["inputs"]["evidence_sha256"] != whole["inputs"]["evidence_sha256"]


def test_the_json_fits_its_schema(contract: str, ledger: str) -> None:
    told = json.loads(run(contract, "--ledger", ledger, "--period", "2025-03", "--format", "json").stdout)
    assert [e.message for e in Draft202012Validator(json.loads(printed("assessment"))).iter_errors(told)] == []
    running = json.loads(run(contract, "--ledger", ledger, "--period", "running", "--format", "json").stdout)
    assert running["status"] == "running"
    assert [e.message for e in Draft202012Validator(json.loads(printed("assessment"))).iter_errors(running)] == []


def test_an_export_never_replaces_a_file_and_leaves_nothing_half_done(
    tmp_path: Path, contract: str, ledger: str
) -> None:
    kept = tmp_path / "march.json"
    kept.write_text("mine")
    result = run_export(contract, "--ledger", ledger, "--output", str(kept))
    assert (result.exit_code, kept.read_text()) == (1, "mine")
    assert "already exists; choose another name" in result.output
    assert list(tmp_path.iterdir()) == [kept]


def test_an_export_without_a_file_goes_to_the_output(contract: str, ledger: str) -> None:
    told = json.loads(run_export(contract, "--ledger", ledger, "--from", "2025-03", "--until", "2025-03").stdout)
    assert told["seen"] == {"from": "2025-02-28T00:00:00Z", "until": "2025-04-01T23:00:00Z"}
    assert [one["endpoint"] for one in told["samples"]] == ["portal"]


def test_what_caps_look_back_on_comes_out_of_the_json_alone(tmp_path: Path, ledger: str) -> None:
    """A cap's base, and what earlier months have used of it: of the whole, and of one service."""
    file = tmp_path / "trailing.yaml"
    old = "  - {id: year, clause: Schedule 7.2, amount: 40000.00, over: contract_year}\n"
    rule = "percent: 2, base: trailing_12_months, over: trailing_12_months"
    caps = f"  - {{id: each, scope: service, {rule}}}\n  - {{id: all, {rule}}}\n"
    own = "credits:\n  - {id: own, method: fixed, service: custody, amounts: {KPI1: 700.00}}\n"
    file.write_text(CONTRACT.replace(old, caps).replace("credits:\n", own), encoding="utf-8")
    told = json.loads(run(str(file), "--ledger", ledger, "--period", "2025-03", "--format", "json").stdout)
    found = {cap["scope"]: (cap["limit"]["amount"], cap["used"]["amount"]) for cap in told["result"]["caps"]}
    assert set(found) == {"custody", ""}
    for scope, (limit, used) in found.items():
        base, before = (
            sum(
                Decimal(one["amount"]["amount"])
                for past in told["earlier"]
                for one in past[key]
                if not scope or one["service"] == scope
            )
            for key in ("charges", "by_service")
        )
        assert (base / 50, before) == (Decimal(limit), Decimal(used))
        assert before > 0


def test_an_export_reaches_as_far_as_slow_answers_are_confirmed(tmp_path: Path, ledger: str) -> None:
    """Ten probes in a row, once in three hours: twice as long is two and a half days on both sides."""
    slow = "target: 99.9\n    counting: {slow_as_down: {promised: 200ms, multiple: 2}}\n"
    file = tmp_path / "slow.yaml"
    text = CONTRACT.replace("target: 99.9\n", slow, 1).replace("every: 1h", "every: 3h")
    file.write_text(text + "accounting: {confirmation: 10}\n", encoding="utf-8")
    told = json.loads(run_export(str(file), "--ledger", ledger, "--from", "2025-02", "--until", "2025-02").stdout)
    assert told["seen"] == {"from": "2025-01-29T12:00:00Z", "until": "2025-03-03T12:00:00Z"}
    evidence = exported(str(file), ledger, tmp_path / "whole.json")
    for month in ("2025-01", "2025-02", "2025-03"):
        one, other = (
            run(str(file), *where, "--period", month, "--format", "json").stdout_bytes
            for where in (("--ledger", ledger), ("--evidence", evidence))
        )
        assert one == other
