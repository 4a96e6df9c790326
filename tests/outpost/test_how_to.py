"""The configurations of docs/how-to/run-a-site.md are what the programs take."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import trustme
import yaml

from sla_monitor.settings import load_settings
from tests.support.nats import PROGRAM

PAGE = (Path(__file__).parents[2] / "docs/how-to/run-a-site.md").read_text(encoding="utf-8")


def block(language: str, number: int = 0) -> str:
    found: list[str] = re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    return found[number]


def test_the_server_takes_its_configuration(tmp_path: Path) -> None:
    issued = trustme.CA().issue_cert("localhost")
    issued.cert_chain_pems[0].write_to_path(tmp_path / "server.pem")
    issued.private_key_pem.write_to_path(tmp_path / "server.key")
    text = block("conf").replace("/etc/nats", str(tmp_path)).replace("/var/lib/nats", str(tmp_path))
    (tmp_path / "server.conf").write_text(text)
    command = [str(PROGRAM), "-t", "-c", str(tmp_path / "server.conf")]
    checked = subprocess.run(command, check=False, capture_output=True, text=True)
    assert checked.returncode == 0, checked.stderr


def test_the_collector_and_the_site_take_their_settings(tmp_path: Path) -> None:
    path = tmp_path / "sla-monitor.yaml"
    path.write_text(block("yaml", 0))
    collector = load_settings(path, {})
    assert [site.id for site in collector.sites.known] == ["north"]
    path.write_text(block("yaml", 1))
    site = load_settings(path, {})
    assert site.sites.outpost.outbox == Path("/var/lib/sla-monitor/outbox.db")
    assert len(site.witnesses) == 1
    assert yaml.safe_load(block("yaml", 1))["sites"]["nats"]["servers"] == list(collector.sites.nats.servers)  # type: ignore[union-attr]
