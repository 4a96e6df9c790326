"""The configurations of docs/how-to/standby.md are what the programs take."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import trustme

from sla_monitor.daemon.lease import LEASE_S, MARGIN_S, TURN_S
from sla_monitor.generate.pair import HELD_FOR
from sla_monitor.names import ALL_ALERTS
from sla_monitor.review.posting import IN_DOUBT_S
from sla_monitor.settings import load_settings
from tests.support.nats import PROGRAM

PAGE = (Path(__file__).parents[2] / "docs/how-to/standby.md").read_text(encoding="utf-8")


def block(language: str) -> str:
    found: list[str] = re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    return found[0]


def test_the_server_takes_its_configuration(tmp_path: Path) -> None:
    issued = trustme.CA().issue_cert("localhost")
    issued.cert_chain_pems[0].write_to_path(tmp_path / "server.pem")
    issued.private_key_pem.write_to_path(tmp_path / "server.key")
    text = block("conf").replace("/etc/nats", str(tmp_path)).replace("/var/lib/nats", str(tmp_path))
    (tmp_path / "server.conf").write_text(text)
    command = [str(PROGRAM), "-t", "-c", str(tmp_path / "server.conf")]
    checked = subprocess.run(command, check=False, capture_output=True, text=True)
    assert checked.returncode == 0, checked.stderr


def test_the_collectors_take_their_settings(tmp_path: Path) -> None:
    path = tmp_path / "sla-monitor.yaml"
    for name in ("east", "west"):
        path.write_text(block("yaml").replace("name: east", f"name: {name}").replace("user: east", f"user: {name}"))
        pair = load_settings(path, {}).collectors
        assert pair is not None
        assert (pair.name, pair.pair, len(pair.scraped)) == (name, ("east", "west"), 2)


def test_its_numbers_and_alerts_are_those_of_the_code() -> None:
    text = " ".join(PAGE.split())
    assert f"renews every {TURN_S:g} s. Whoever cannot renew it for {LEASE_S - MARGIN_S:g} s is silent" in text
    assert f"takes it after {LEASE_S:g} s without a renewal" in text
    assert f"leaves a free lease to the other for {LEASE_S:g} s more" in text
    assert IN_DOUBT_S == 600
    assert "sent again after ten minutes" in text
    assert HELD_FOR == "5m"
    assert set(re.findall(r"\*(Sla\w+)\*", PAGE)) <= {alert.name for alert in ALL_ALERTS}
