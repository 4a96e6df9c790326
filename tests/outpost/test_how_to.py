"""The configurations of docs/how-to/run-a-site.md are what the programs take."""

from __future__ import annotations

import asyncio
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import trustme
import yaml

from sla_monitor.settings import Settings, load_settings
from sla_monitor.transport.line import FarConnection, FarLine
from tests.support.nats import OLDEST, PROGRAM, wait
from tests.support.ports import free_port

HOW_TO = Path(__file__).parents[2] / "docs/how-to"
PAGE, TLS_PAGE = ((HOW_TO / name).read_text(encoding="utf-8") for name in ("run-a-site.md", "tls-for-sites.md"))


def block(language: str, number: int = 0, page: str = PAGE) -> str:
    found: list[str] = re.findall(rf"```{language}\n(.*?)```", page, re.DOTALL)
    return found[number]


@pytest.mark.parametrize("program", [PROGRAM, OLDEST], ids=["newest", "oldest"])
def test_the_server_takes_its_configuration(tmp_path: Path, program: Path) -> None:
    issued = trustme.CA().issue_cert("localhost")
    issued.cert_chain_pems[0].write_to_path(tmp_path / "server.pem")
    issued.private_key_pem.write_to_path(tmp_path / "server.key")
    text = block("conf").replace("/etc/nats", str(tmp_path)).replace("/var/lib/nats", str(tmp_path))
    (tmp_path / "server.conf").write_text(text)
    command = [str(program), "-t", "-c", str(tmp_path / "server.conf")]
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


def run(script: str, folder: Path) -> str:
    """A block of the page, with this host as the server, and our Python as that of the package."""
    here = script.replace("nats.example", "localhost").replace("/opt/sla-monitor/bin/python", sys.executable)
    return subprocess.run(
        ["/bin/sh", "-eu", "-c", here], cwd=folder, check=True, capture_output=True, text=True
    ).stdout.strip()


def test_certificates_and_users_of_the_page_make_a_line_and_are_replaced(tmp_path: Path) -> None:
    """The server's certificate and the password, while it runs; Debian's server, the oldest one."""
    certificates, users = (block("sh", number, TLS_PAGE) for number in (0, 1))
    run(certificates, tmp_path)
    port, conf = free_port(), tmp_path / "server.conf"
    text = block("conf").replace("/etc/nats", str(tmp_path)).replace("/var/lib/nats", str(tmp_path))
    text = text.replace("0.0.0.0:4222", f"127.0.0.1:{port}")
    conf.write_text(text.replace("$2a$11$NORTH", run(users, tmp_path)))
    with subprocess.Popen([str(OLDEST), "-c", str(conf), "-l", str(tmp_path / "log")]) as server:
        try:
            wait(lambda: is_up(tmp_path, port))
            assert not is_up(tmp_path, port, password="another", seconds=1)
            run(certificates.split("\n", 2)[2], tmp_path)  # but for the CA
            conf.write_text(text.replace("$2a$11$NORTH", run(users, tmp_path)))
            server.send_signal(signal.SIGHUP)
            wait(lambda: is_up(tmp_path, port))
            assert "Reloaded: tls" in (tmp_path / "log").read_text()
        finally:
            server.kill()


def is_up(folder: Path, port: int, password: str = "", seconds: float = 3) -> bool:
    """Whether a site's line comes up with what is in the folder now."""
    (folder / "given").write_text(password or (folder / "nats-password").read_text().strip())
    nats = {
        "servers": [f"tls://localhost:{port}"],
        "ca_file": str(folder / "nats-ca.pem"),
        "user": "north",
        "password": f"${{file:{folder / 'given'}}}",
    }
    settings = Settings.model_validate({"sites": {"nats": nats}}).sites.nats
    assert settings is not None
    line = FarLine(settings, "line", "_INBOX_north", until_stopped)
    line.start()
    try:
        wait(lambda: line.is_up, seconds)
    except AssertionError:
        return False
    finally:
        line.stop(5)
    return True


async def until_stopped(_: FarConnection) -> None:
    await asyncio.Event().wait()
