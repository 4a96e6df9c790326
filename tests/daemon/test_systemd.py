"""What the daemon tells systemd, read from a real datagram socket."""

from __future__ import annotations

import secrets
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from sla_monitor.daemon import systemd


@pytest.fixture(params=["file", "abstract"])
def manager(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """A bound socket in the service manager's place, and $NOTIFY_SOCKET that names it."""
    name = str(tmp_path / "notify") if request.param == "file" else f"@sla-monitor-{secrets.token_hex(8)}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as bound:
        bound.bind(name.replace("@", "\0", 1) if name.startswith("@") else name)
        bound.settimeout(5)
        monkeypatch.setenv("NOTIFY_SOCKET", name)
        yield bound


def heard(manager: socket.socket) -> list[str]:
    return manager.recv(4096).decode().split("\n")


def test_ready_with_a_status_is_one_message(manager: socket.socket) -> None:
    assert systemd.ready("watching 12 endpoints")
    assert heard(manager) == ["READY=1", "STATUS=watching 12 endpoints"]


def test_ready_without_a_status_leaves_the_old_one_standing(manager: socket.socket) -> None:
    assert systemd.ready()
    assert heard(manager) == ["READY=1"]


def test_ping_and_stopping_say_what_they_mean(manager: socket.socket) -> None:
    for send, expected in (
        (systemd.ping, "WATCHDOG=1"),
        (systemd.stopping, "STOPPING=1"),
    ):
        assert send()
        assert heard(manager) == [expected]


def test_a_reload_is_announced_with_the_monotonic_clock(manager: socket.socket) -> None:
    assert systemd.reloading()
    first, second = heard(manager)
    assert first == "RELOADING=1"
    assert second.removeprefix("MONOTONIC_USEC=").isdecimal()


@pytest.mark.parametrize("line_break", ["\n", "\r\n", "\x0b", "\u2028", "\x85"])
def test_a_suppliers_words_in_the_status_cannot_become_an_assignment(manager: socket.socket, line_break: str) -> None:
    assert systemd.ready(f"down: oops{line_break}MAINPID=1")
    assert heard(manager) == ["READY=1", "STATUS=down: oops MAINPID=1"]


def test_nothing_is_sent_without_systemd(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    assert not systemd.ready()


def test_a_service_manager_that_has_gone_is_logged_and_not_raised(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "gone"))
    assert not systemd.ping()
    assert "cannot notify systemd" in caplog.text
