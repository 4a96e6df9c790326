"""`sla-monitor stack` as a newcomer runs it: what it prints, what it leaves for Grafana, and how it ends."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import yaml

from sla_monitor.settings import load_settings
from tests.cli.generate.test_demo import REPOSITORY, moved_configuration, offset
from tests.support.ports import free_port

__all__ = ["offset"]  # a fixture


def test_it_says_how_to_look_at_the_dashboards_and_ends_at_ctrl_c(tmp_path: Path, offset: int) -> None:
    moved_configuration(tmp_path, offset)
    config = tmp_path / "config" / "stack.yaml"
    config.write_text(
        config.read_text()
        .replace("9093", str(free_port()))
        .replace("14222", str(free_port()))
        .replace("9811", str(free_port()))
    )
    prometheus = f"127.0.0.1:{free_port()}"
    options = ("--calm", f"--config={config}", f"--port-offset={offset}", f"--prometheus={prometheus}")
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", "sla_monitor", "stack", *options],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(REPOSITORY)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        process_group=0,
    )
    try:
        assert process.stdout is not None
        told = ""
        while "Ctrl-C stops everything" not in told:
            line = process.stdout.readline()
            assert line, told
            told += line
        os.killpg(process.pid, signal.SIGINT)
        rest, _ = process.communicate(timeout=60)
    finally:
        process.kill()
    assert (process.returncode, "Traceback" in rest) == (0, False), told + rest
    sites = tmp_path / "var/stack/sites"
    made = {"nats.conf", "collector.pub", "main.yaml", "north.yaml", "south.yaml"}
    assert {path.name for path in sites.iterdir()} == made
    one = load_settings(config, {})
    other = load_settings(tmp_path / "var/stack/standby/standby.yaml", {})
    assert one.collectors is not None
    assert other.collectors is not None
    assert (other.collectors.name, other.collectors.pair) == (one.collectors.other, one.collectors.pair)
    assert f"standby       http://{other.listen}/" in told
    for same in ("contracts", "witnesses", "vantage", "alertmanager", "assess_every_ms"):
        assert getattr(other, same) == getattr(one, same), same
    assert other.ledger.key == one.ledger.key.resolve()
    assert other.ledger.path != one.ledger.path
    assert "$SLA_STACK_NORTH" in (sites / "nats.conf").read_text(), "no password is written down"
    for site in ("north", "south"):
        load_settings(sites / f"{site}.yaml", {})
    provisioning = Path(re.findall(r"GF_PATHS_PROVISIONING=(\S+)", told)[0])
    (source,) = yaml.safe_load((provisioning / "datasources/sla-monitor.yaml").read_text())["datasources"]
    (provider,) = yaml.safe_load((provisioning / "dashboards/sla-monitor.yaml").read_text())["providers"]
    assert source["url"] == f"http://{prometheus}"
    found = {path.name for path in Path(provider["options"]["path"]).glob("*.json")}
    assert found == {"monitor-health.json", "operations.json", "scorecard.json", "service.json"}
