"""Where it listens, and what it says when it cannot."""

from __future__ import annotations

import socket

import pytest

from sla_monitor.errors import ListenError
from sla_monitor.web import Web
from tests.web.running import Parts, ask, serving, web_of


def test_port_0_takes_a_free_port_and_tells_it() -> None:
    with serving(Parts()) as one, serving(Parts()) as other:
        assert one.port != other.port
        assert ask(one, "/-/healthy").status == ask(other, "/-/healthy").status == 200


def test_ipv6_loopback_works_too() -> None:
    with serving(Parts(), listen="[::1]:0") as web, socket.create_connection(("::1", web.port), 20) as sock:
        sock.sendall(b"GET /-/healthy HTTP/1.1\r\nHost: [::1]:9810\r\nConnection: close\r\n\r\n")
        assert sock.recv(4096).startswith(b"HTTP/1.1 200 OK")


@pytest.mark.parametrize(
    ("listen", "remedy"),
    [
        ("192.0.2.1:0", "no address of this machine"),
        ("no-such-host.invalid:9810", "no such host"),
        ("127.0.0.1", "write 127.0.0.1:9810"),
        ("127.0.0.1:99999", "write 127.0.0.1:9810"),
    ],
)
def test_a_bad_address_is_refused_with_the_remedy(listen: str, remedy: str) -> None:
    with pytest.raises(ListenError, match=remedy), serving(Parts(), listen=listen):
        pytest.fail("it started")


def test_a_taken_port_is_refused_with_the_remedy() -> None:
    with serving(Parts()) as web, pytest.raises(ListenError, match="it is taken"):
        rival(web).start()


def rival(other: Web) -> Web:
    """A second one that wants the first one's port."""
    return web_of(Parts(), listen=f"127.0.0.1:{other.port}")


def test_a_port_can_be_taken_again_right_after_a_stop() -> None:
    with serving(Parts()) as web:
        assert ask(web, "/-/healthy").status == 200
        second = rival(web)
    second.start()
    assert ask(second, "/-/healthy").status == 200
    second.stop(5)
    assert not second.is_alive


def test_stopping_twice_or_before_starting_is_harmless() -> None:
    with serving(Parts()) as web:
        rival(web).stop(1)
        web.stop(5)
        web.stop(5)
        assert not web.is_alive


def test_listening_to_everybody_without_a_lock_is_said_once(caplog: pytest.LogCaptureFixture) -> None:
    with serving(Parts(), listen="0.0.0.0:0") as web:
        # Whoever listens to everybody is called by many names: the Host header says nothing there.
        assert ask(web, "/-/healthy", headers={"Host": "monitor.example"}).status == 200
    assert caplog.text.count("without TLS and a password") == 1


def test_loopback_needs_no_lock(caplog: pytest.LogCaptureFixture) -> None:
    with serving(Parts()) as web:
        assert ask(web, "/-/healthy").status == 200
    assert "without TLS" not in caplog.text
