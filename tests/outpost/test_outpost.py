"""`sla-monitor site` as people run it: real probes, signed terms, cut off, killed, started again."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner

from sla_monitor.cli import cli
from sla_monitor.clock import SystemClock
from sla_monitor.errors import ConfigError, SigningKeyError
from sla_monitor.outpost import Outpost
from sla_monitor.settings import load_settings
from sla_monitor.signing import SigningKey
from sla_monitor.transport import (
    PURPOSE,
    Answer,
    Assigned,
    MessageError,
    Signed,
    SiteTerms,
    decode_signed,
    decode_to_site,
    encode,
)
from tests.probe.servers import serving as answering
from tests.support.nats import KEY, Server, collecting, serving, terms, wait


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("nats") / "server") as server:
        yield server


@pytest.fixture
def server(started: Server) -> Server:
    return started.emptied()


def written(folder: Path, server: Server, key: Path) -> Path:
    """The settings of a site."""
    nats = "\n".join(f"    {name}: {value}" for name, value in server.settings("north").items())
    folder.mkdir(exist_ok=True)
    path = folder / "sla-monitor.yaml"
    path.write_text(f"sites:\n  nats:\n{nats}\n  outpost:\n    outbox: {folder}/outbox.db\n    collector_key: {key}\n")
    return path


@contextmanager
def site(config: Path, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("ab") as file:
        command = [sys.executable, "-m", "sla_monitor", "site", "--id", "north", "--config", str(config)]
        process = subprocess.Popen(command, stderr=file)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        process.wait(20)


def test_a_site_probes_what_the_collector_says_also_while_it_cannot_be_reached(tmp_path: Path, server: Server) -> None:
    """What it is to probe comes signed and is kept; what it saw while the collector was away comes later."""
    with answering(lambda peer: peer.wait()) as up:
        endpoints = {KEY: terms(port=up.port, every="1s")}
        with collecting(tmp_path / "c", server.settings("collector"), endpoints) as collector:
            config, log = written(tmp_path / "site", server, tmp_path / "c" / "ledger.pub"), tmp_path / "log"
            with site(config, log) as process:
                wait(lambda: len(collector.times()) >= 2)
                process.kill()
            collector.stop()
            with site(config, log) as process:
                wait(lambda: log.read_text().count("terms taken up") == 2)
                process.send_signal(signal.SIGSTOP)
                process.send_signal(signal.SIGCONT)
                collector.start()
                before = len(collector.times())
                wait(lambda: len(collector.times()) >= before + 2)
            assert process.returncode == 0
            wait(lambda: collector.far.sites["north"].pulse is not None)
            assert collector.outcomes().keys() == {"up"}
            recorded = collector.times()
            assert recorded == sorted(set(recorded))
            assert collector.refused() == {}
    assert "Traceback" not in log.read_text()


def outpost(tmp_path: Path, server: Server) -> tuple[Outpost, SigningKey]:
    key = SigningKey.make(tmp_path / "ledger.key")
    (tmp_path / "ledger.pub").write_text(key.public.pem)
    config = written(tmp_path / "site", server, tmp_path / "ledger.pub")
    return Outpost(config, "north", load_settings(config, {}), SystemClock()), key


def test_terms_that_the_collector_has_not_signed_or_that_are_old_or_of_others_are_not_taken_up(
    tmp_path: Path, server: Server
) -> None:
    one, key = outpost(tmp_path, server)
    other = SigningKey.make(tmp_path / "other.key")

    def signed(by: SigningKey, revision: int, name: str = "north", purpose: bytes = PURPOSE) -> bytes:
        spelled = {"id": "login", "kind": "tcp", "host": "127.0.0.1", "port": 9, "every": "10s", "timeout": "1s"}
        body = encode(SiteTerms(name, revision, (Assigned.of(1, KEY, spelled),)))
        return encode(Signed(body, by.sign(purpose + body)))

    told = encode(Answer({"a": 1 << 50}, 0, 0))
    try:
        for wrong in (
            signed(other, 5),
            signed(key, 5, "south"),
            signed(key, 5, purpose=b""),
            encode(Signed(told, other.sign(PURPOSE + told))),
            told,
            b"",
        ):
            with pytest.raises(MessageError):
                one.understand(wrong)
        assert one.sites._given == {}
        assert one.understand(encode(Signed(told, key.sign(PURPOSE + told)))) is not None
        one.understand(signed(key, 5))
        assert list(one.sites._given) == [KEY]
        one.understand(signed(key, 4))
        assert one.outbox.kept("terms") == signed(key, 5)
    finally:
        one.sites.host.close()
        one.sites._selector.close()
        one.sites._waker.close()
        one.sites._wakes.close()
        one.outbox.close(5)


def test_terms_of_20000_endpoints_are_taken_up_whole_and_kept(tmp_path: Path, server: Server) -> None:
    """They exceed what a server takes in a message (1 MB), and what fits into two."""
    endpoints = {
        f"custody/endpoint-{number}": terms(f"endpoint-{number}", host=f"host-{number}.a-long-name.example")
        for number in range(20_000)
    }
    with collecting(tmp_path / "c", server.settings("collector"), endpoints) as collector:
        config = written(tmp_path / "site", server, tmp_path / "c" / "ledger.pub")
        with probing_nothing(config) as one:
            told = collector.far.sites["north"].signed
            assert sum(map(len, told)) > 2 << 20
            assert max(map(len, told)) < 1_000_000
            one.line.start()
            wait(lambda: len(one.sites._given) == 20_000)
            assert all(one.sites._given[key].terms == endpoints[key] for key in list(endpoints)[::100])
            kept = one.outbox.kept("terms")
            wait(lambda: (pulse := collector.far.sites["north"].pulse) is not None and pulse.revision > 0)
    assert kept is not None
    said = decode_to_site(decode_signed(kept).body)
    assert isinstance(said, SiteTerms)
    assert len(said.endpoints) == 20_000


@contextmanager
def probing_nothing(config: Path) -> Iterator[Outpost]:
    """A site whose processes are not started."""
    one = Outpost(config, "north", load_settings(config, {}), SystemClock())
    try:
        yield one
    finally:
        one.line.stop(5)
        one.sites.host.close()
        one.sites._selector.close()
        one.sites._waker.close()
        one.sites._wakes.close()
        one.outbox.close(5)


def test_a_site_says_what_its_settings_lack(tmp_path: Path) -> None:
    path = tmp_path / "sla-monitor.yaml"
    path.write_text("sites: {}\n")
    with pytest.raises(ConfigError, match=r"sites\.nats: is missing"):
        Outpost(path, "north", load_settings(path, {}), SystemClock())
    path.write_text("sites: {nats: {servers: ['nats://localhost:4222']}}\n")
    with pytest.raises(SigningKeyError, match="collector_key: is missing"):
        Outpost(path, "north", load_settings(path, {}), SystemClock())
    result = CliRunner().invoke(cli, ["site", "--id", "a.b", "--config", str(path)])
    assert result.exit_code == 2
    assert "no site's name" in result.output
