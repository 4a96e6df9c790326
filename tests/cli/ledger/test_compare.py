"""`sla-monitor ledger compare` on two real ledgers."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner, Result

from sla_monitor.cli.ledger.command import ledger_group as command
from tests.pair.test_day_roots import KEYS, ledger, seen
from tests.register.saying import T0


def run(*arguments: str) -> Result:
    return CliRunner().invoke(command, ["compare", *arguments], catch_exceptions=False)


def test_two_ledgers_are_compared_day_by_day(tmp_path: Path) -> None:
    one, same, other = (tmp_path / f"{name}.db" for name in ("one", "same", "other"))
    ledger(one, seen()).close()
    ledger(same, sorted(seen(), key=lambda each: each.endpoint, reverse=True)).close()
    ledger(other, seen()[:-1]).close()
    nowhere = "--config", str(tmp_path / "none.yaml")
    told = run(str(one), str(same), "--day", "2026-01-01", *nowhere)
    assert (told.exit_code, told.output) == (0, "2026-01-01: equal, 200 observations\n1 days are equal\n")
    told = run(str(one), str(other), *nowhere)
    assert told.exit_code == 1
    assert (
        f"2026-01-01: differs: {KEYS[-1]} at 2026-01-01T00:49:00Z: {one} has down (timeout), {other} has nothing"
        in told.output
    )
    assert told.output.endswith("days differ\n")
    document = json.loads(run(str(one), str(other), "--day", "2026-01-01", "--format", "json", *nowhere).output)
    (day,) = document["days"]
    assert (day["is_equal"], day["difference"]["key"], day["difference"]["other"]) == (False, KEYS[-1], None)
    assert day["difference"]["at_ms"] == T0 + 49 * 60_000
