"""Kept connections: used again, given up when dead, and never the cause of a false failure."""

from __future__ import annotations

import ssl
import threading
from pathlib import Path

import pytest

from sla_monitor.probe.exchange import connection as line
from sla_monitor.sla.observation import Outcome, Reason
from tests.probe.looking import LOOP, prober, timed
from tests.probe.servers import OK, Peer, answering, page, serving


def test_a_connection_is_kept(server_tls: ssl.SSLContext, ca_file: Path) -> None:
    with serving(answering(OK), tls=server_tls) as server:
        url = f"https://127.0.0.1:{server.port}/"
        with prober("http", url=url, ca_file=ca_file, connection="reuse") as made:
            first, second, third = timed(made), timed(made), timed(made)
        assert server.connections == 1
    assert first.phases.connect_us is not None
    assert (second.phases.dns_us, second.phases.connect_us, second.phases.tls_us) == (None, None, None)
    assert second.phases.first_byte_us is not None
    assert (third.address, third.certificate_expires_at_s) == (first.address, first.certificate_expires_at_s)


def test_fresh_means_a_connection_for_each_probe() -> None:
    def ignores_our_wish_to_close(peer: Peer) -> None:
        while peer.request():
            peer.send(OK)

    with serving(ignores_our_wish_to_close) as server:
        with prober("http", url=f"http://127.0.0.1:{server.port}/") as made:
            assert [timed(made).outcome for _ in range(3)] == [Outcome.UP] * 3
        assert server.connections == 3


def test_a_connection_that_the_server_has_closed_is_opened_again_in_silence() -> None:
    def closes_after_one(peer: Peer) -> None:
        peer.request()
        peer.send(OK)

    with (
        serving(closes_after_one) as server,
        prober("http", url=f"http://127.0.0.1:{server.port}/", connection="reuse") as made,
    ):
        assert [timed(made).outcome for _ in range(4)] == [Outcome.UP] * 4


@pytest.mark.parametrize("broken_off", [Peer.reset, lambda _: None], ids=["reset", "end"])
def test_a_kept_connection_that_dies_when_asked_is_asked_once_more(broken_off: object) -> None:
    assert callable(broken_off)

    def dies_at_the_second_request(peer: Peer) -> None:
        peer.request()
        peer.send(OK)
        peer.request()
        broken_off(peer)

    with serving(dies_at_the_second_request) as server:
        with prober("http", url=f"http://127.0.0.1:{server.port}/", connection="reuse") as made:
            assert [timed(made).outcome for _ in range(4)] == [Outcome.UP] * 4
        assert server.connections == 4


def test_a_new_connection_that_dies_is_not_asked_again() -> None:
    def hears_and_hangs_up(peer: Peer) -> None:
        peer.request()

    with serving(hears_and_hangs_up) as server:
        with prober("http", url=f"http://127.0.0.1:{server.port}/", connection="reuse") as made:
            assert timed(made).reason is Reason.CONNECTION_RESET
        assert server.connections == 1


def test_a_kept_connection_that_dies_within_the_answer_is_a_failure() -> None:
    def breaks_off_the_second_answer(peer: Peer) -> None:
        peer.request()
        peer.send(OK)
        peer.request()
        peer.send(OK[:10])
        peer.reset()

    with (
        serving(breaks_off_the_second_answer) as server,
        prober("http", url=f"http://127.0.0.1:{server.port}/", connection="reuse") as made,
    ):
        assert timed(made).outcome is Outcome.UP
        assert timed(made).reason is Reason.CONNECTION_RESET
        assert server.connections == 1


def test_a_server_that_hangs_on_a_kept_connection_ends_by_the_deadline() -> None:
    def hangs_at_the_second_request(peer: Peer) -> None:
        peer.request()
        peer.send(OK)
        peer.wait()

    with (
        serving(hangs_at_the_second_request) as server,
        prober("http", url=f"http://127.0.0.1:{server.port}/", connection="reuse") as made,
    ):
        assert timed(made).outcome is Outcome.UP
        assert timed(made).reason is Reason.TIMEOUT


def test_what_comes_unasked_is_not_taken_for_the_next_answer() -> None:
    def adds_an_answer(peer: Peer) -> None:
        while peer.request():
            peer.send(OK + page(b"forged", "500 Forged"))

    with (
        serving(adds_an_answer) as server,
        prober("http", url=f"http://127.0.0.1:{server.port}/", connection="reuse") as made,
    ):
        assert [timed(made).status for _ in range(3)] == [200, 200, 200]


def test_a_farewell_to_an_idle_connection_is_not_taken_for_an_answer() -> None:
    """Many servers send 408 before they close a connection that was idle for too long."""
    said = threading.Event()

    def says_farewell(peer: Peer) -> None:
        peer.request()
        peer.send(OK)
        if peer.number == 1:
            heard.wait(5)
            peer.send(page(b"", "408 Request Timeout"))
            said.set()
        peer.wait()

    heard = threading.Event()
    with (
        serving(says_farewell) as server,
        prober("http", url=f"http://127.0.0.1:{server.port}/", connection="reuse") as made,
    ):
        assert timed(made).status == 200
        heard.set()
        assert said.wait(5)
        assert timed(made).status == 200
        assert server.connections == 2


def test_only_the_endpoint_s_own_connection_is_kept() -> None:
    """Where a redirect leads to another origin, nobody would ever use that connection again."""
    with serving(answering(OK)) as there:
        away = page(b"", "302 Found", f"Location: http://localhost:{there.port}/")
        rules = {"follow": 1, "other_hosts": ["localhost"]}
        with (
            serving(answering(away)) as server,
            prober("http", url=f"http://127.0.0.1:{server.port}/", connection="reuse", redirects=rules) as made,
        ):
            before = len(LOOP._watched)
            assert [timed(made).outcome for _ in range(3)] == [Outcome.UP] * 3
            assert len(LOOP._watched) <= before + 1
        assert there.connections == 3


def test_a_connection_is_not_kept_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    """Addresses and certificates change; a connection that lives for ever would never see it."""
    monkeypatch.setattr(line, "OLDEST_SECONDS", 0)
    with serving(answering(OK)) as server:
        with prober("http", url=f"http://127.0.0.1:{server.port}/", connection="reuse") as made:
            timed(made)
            timed(made)
        assert server.connections == 2
