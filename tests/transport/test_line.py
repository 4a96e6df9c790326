"""The line: who gets through to the server, what is told of those who do not, and that it comes up again."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from sla_monitor.errors import LineError
from sla_monitor.settings import Settings
from sla_monitor.transport import line as line_module
from sla_monitor.transport.line import FarConnection, FarLine
from tests.support.nats import Network, Server, serving, wait


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(line_module, "LONGEST_PAUSE_S", 0.3)
    monkeypatch.setattr(line_module, "PATIENCE_S", 0.6)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with serving(tmp_path / "server") as server:
        yield server


async def idle(connection: FarConnection) -> None:
    await asyncio.Event().wait()


@contextmanager
def connected(nats: dict[str, Any], serve: Any = idle, inbox: str = "_INBOX_north") -> Iterator[FarLine]:
    settings = Settings.model_validate({"sites": {"nats": nats}}).sites.nats
    assert settings is not None
    line = FarLine(settings, "line", inbox, serve)
    line.start()
    try:
        yield line
    finally:
        line.stop(10)
        assert not line.is_alive()


def test_an_expired_certificate_is_refused_until_there_is_a_good_one(server: Server) -> None:
    now = datetime.now(UTC)
    server.kill()
    server.certify(not_before=now - timedelta(days=2), not_after=now - timedelta(days=1))
    server.start()
    with connected(server.settings("north")) as line:
        wait(lambda: "expired" in line.trouble)
        assert not line.is_up
        server.kill()
        server.certify()
        server.start()
        wait(lambda: line.is_up)


def test_a_certificate_of_somebody_else_is_refused(server: Server, tmp_path: Path) -> None:
    with serving(tmp_path / "other") as other:
        trusts_other = {**server.settings("north"), "ca_file": str(other.folder / "ca.pem")}
        with connected(trusts_other) as line:
            wait(lambda: "certificate verify failed" in line.trouble)
    server.kill()
    stranger = server.authority.issue_cert("nats.example")
    stranger.private_key_and_cert_chain_pem.write_to_path(server.folder / "server.pem")
    server.start()
    with connected(server.settings("north")) as line:
        wait(lambda: "Hostname mismatch" in line.trouble)


def test_a_wrong_password_or_none_is_told_and_tried_again(server: Server) -> None:
    with connected(server.settings("north", password="wrong-password")) as line:
        wait(lambda: "uthorization" in line.trouble)
        assert not line.is_up
    missing = {**server.settings("north"), "password": "${env:NOT_SET_ANYWHERE}"}
    with connected(missing) as line:
        wait(lambda: "NOT_SET_ANYWHERE" in line.trouble)


def test_a_site_may_publish_and_hear_its_own_and_nothing_else(server: Server) -> None:
    told: dict[str, str] = {}
    heard: list[bytes] = []

    async def hear(subject: str, data: bytes) -> None:
        heard.append(data)

    async def collector(connection: FarConnection) -> None:
        await connection.make_stream(1)
        told["ready"] = ""
        await asyncio.Event().wait()

    async def north(connection: FarConnection) -> None:
        for subject in ("obs.south.parcel", "to.south"):
            with pytest.raises(LineError) as refused:
                await connection.put(subject, b"x")
            told[subject] = str(refused.value)
        while "obs.north.parcel" not in told:  # the server may be late
            with suppress(LineError):
                await connection.put("obs.north.parcel", b"x")
                told["obs.north.parcel"] = "taken"
        await connection.listen("to.south", hear)
        await connection.listen("obs.south.parcel", hear)
        await asyncio.sleep(0.2)
        told["done"] = ""
        await asyncio.Event().wait()

    async def south(connection: FarConnection) -> None:
        await connection.put("obs.south.parcel", b"not for north")
        told["south"] = ""
        await asyncio.Event().wait()

    with connected(server.settings("collector"), collector, "_INBOX_collector"):
        wait(lambda: "ready" in told)
        with connected(server.settings("north"), north):
            wait(lambda: "done" in told)
            with connected(server.settings("south"), south, "_INBOX_south"):
                wait(lambda: "south" in told)
    assert told["obs.north.parcel"] == "taken"
    assert "ermissions" in told["obs.south.parcel"]
    assert "ermissions" in told["to.south"]
    assert heard == []


def test_a_server_without_the_stream_says_so(server: Server) -> None:
    told: list[str] = []

    async def north(connection: FarConnection) -> None:
        try:
            await connection.put("obs.north.parcel", b"x")
        except LineError as error:
            told.append(str(error))
        await asyncio.Event().wait()

    with connected(server.settings("north"), north):
        wait(lambda: bool(told))
    assert told != [""]


def test_a_network_that_swallows_everything_is_noticed_and_the_line_comes_up_again(
    server: Server, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(line_module, "PING_S", 0.1)
    monkeypatch.setattr(line_module, "SILENT_S", 0.5)
    with closing(Network(server.port)) as network, connected(server.settings("north", network.port)) as line:
        wait(lambda: line.is_up)
        network.swallow = True
        wait(lambda: not line.is_up)
        network.swallow = False
        wait(lambda: line.is_up)
    # By our own asking: the client would end it half a minute later, and say so in other words.
    told = [vars(one)["error"] for one in caplog.records if one.msg == "the line is down"]
    assert told[0] == "the server does not answer"


def test_observations_and_terms_travel_no_network_in_the_clear() -> None:
    for server in ("nats://nats.example:4222", "http://localhost", "tls://a b"):
        with pytest.raises(ValueError, match="servers"):
            Settings.model_validate({"sites": {"nats": {"servers": [server]}}})


def test_a_monitor_without_sites_far_away_never_loads_the_client() -> None:
    program = "import sys, sla_monitor.daemon, sla_monitor.cli; sys.exit('nats' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
