"""Commands that enter something, on the host of a collector of a pair."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result

from sla_monitor.cli import cli
from sla_monitor.errors import LineError
from sla_monitor.ledger.recording.register_entries import Register
from tests.backfill.support import at
from tests.evidence.support import CONTRACT, evidence
from tests.pair.support import are_the_same, paired
from tests.support.nats import PAIR, Collector, Server, serving, wait

MINUTE = "add", "minute", "small", "--month", "2026-10", "--note", "Seen", "--yes"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with serving(tmp_path / "server") as server:
        yield server


def settings_of(one: Collector, server: Server) -> Path:
    folder = one.path.parent
    (folder / "contracts").mkdir()
    (folder / "contracts/small.yaml").write_text(CONTRACT)
    path = folder / "sla-monitor.yaml"
    content = {
        "ledger": {"path": "ledger.db", "key": "../ledger.key"},
        "collectors": {"name": one.name, "pair": list(PAIR)},
        "sites": {"nats": server.settings("collector")},
    }
    path.write_text(yaml.safe_dump(content))
    return path


def run(config: Path, *words: str) -> Result:
    return CliRunner().invoke(cli, [words[0], *words[1:], "--config", str(config)])


def test_what_a_command_enters_is_in_both_and_a_command_without_a_server_enters_nothing(
    tmp_path: Path, server: Server
) -> None:
    with paired(tmp_path, server) as (east, west):
        config = settings_of(east, server), settings_of(west, server)
        for place, actor in enumerate(("ann", "bo")):
            done = run(config[place], "register", *MINUTE, "--actor", actor)
            assert done.exit_code == 0, (done.output, done.exception)
            assert f"entry {place + 1}" in done.output
        wait(lambda: are_the_same(east, west))
        assert [entry.actor for entry in Register(west.path).entries("small")] == ["ann", "bo"]
        file = tmp_path / "october.json"
        down = [{"kind": "outages", "service": "custody", "outages": [{"start": at(0), "end": at(30)}]}]
        file.write_text(json.dumps(evidence(at="2026-11-09T10:00:00Z", observed=down)))
        refused = run(config[0], "ledger", "import", str(file), "--actor", "ann", "--yes")
        assert refused.exit_code == 1
        assert "does not travel to the other collector" in refused.output
        alone = config[0].with_name("alone.yaml")
        alone.write_text(yaml.safe_dump({"ledger": {"path": "ledger.db"}}))
        west.stop()
        brought = run(alone, "ledger", "import", str(file), "--actor", "ann", "--yes")
        assert brought.exit_code == 0, (brought.output, brought.exception)
        west.start()
        server.kill()
        lost = run(config[0], "register", *MINUTE, "--actor", "ann")
        assert isinstance(lost.exception, LineError)  # which `main` tells in one line, with exit status 1
        assert str(lost.exception).startswith("nothing was entered: ")
        assert "see that it runs" in str(lost.exception)
        assert len(Register(east.path).entries("small")) == 2


def test_a_ledger_that_is_named_is_entered_into_by_itself(tmp_path: Path, server: Server) -> None:
    with paired(tmp_path, server) as (east, _):
        config = settings_of(east, server)
        done = run(config, "ledger", "init", "--ledger", str(tmp_path / "copy.db"))
        assert done.exit_code == 0, done.output
        done = run(config, "register", *MINUTE, "--actor", "ann", "--ledger", str(tmp_path / "copy.db"))
        assert done.exit_code == 0, (done.output, done.exception)
        assert Register(east.path).entries("small") == ()
