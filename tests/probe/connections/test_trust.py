"""Client certificates, trust, and certificates that will expire."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest
import trustme

from sla_monitor.sla.observation import Outcome, Reason
from tests.probe.conftest import server_context
from tests.probe.looking import probed, prober, timed
from tests.probe.servers import OK, Peer, answering, page, serving
from tests.support.ports import free_port


def test_our_client_certificate_is_shown(authority: trustme.CA, ca_file: Path, tmp_path: Path) -> None:
    ours = authority.issue_cert("monitor@example.com")
    both, certificate, key = (tmp_path / name for name in ("both.pem", "certificate.pem", "key.pem"))
    ours.private_key_and_cert_chain_pem.write_to_path(str(both))
    ours.cert_chain_pems[0].write_to_path(str(certificate))
    ours.private_key_pem.write_to_path(str(key))
    context = server_context(authority.issue_cert("127.0.0.1"))
    context.verify_mode = ssl.CERT_REQUIRED
    authority.configure_trust(context)
    with serving(answering(OK), tls=context) as server:
        url = f"https://127.0.0.1:{server.port}/"
        assert probed("http", url=url, ca_file=ca_file, client_certificate=both).outcome is Outcome.UP
        apart = probed("http", url=url, ca_file=ca_file, client_certificate=certificate, client_key=key)
    assert apart.outcome is Outcome.UP


def test_our_client_certificate_does_not_leave_its_origin(authority: trustme.CA, ca_file: Path, tmp_path: Path) -> None:
    both = tmp_path / "both.pem"
    authority.issue_cert("monitor@example.com").private_key_and_cert_chain_pem.write_to_path(str(both))
    context = server_context(authority.issue_cert("127.0.0.1", "localhost"))
    context.verify_mode = ssl.CERT_OPTIONAL
    authority.configure_trust(context)
    shown: list[bool] = []

    def conduct(peer: Peer) -> None:
        peer.request()
        assert isinstance(peer.sock, ssl.SSLSocket)
        shown.append(bool(peer.sock.getpeercert()))
        peer.send(OK)

    with serving(conduct, tls=context) as there:
        url = f"https://localhost:{there.port}/"
        location = answering(page(b"", "302 Found", f"Location: {url}"))
        with serving(location, tls=context) as first:
            found = probed(
                "http",
                url=f"https://127.0.0.1:{first.port}/",
                ca_file=ca_file,
                client_certificate=both,
                redirects={"follow": 1, "other_hosts": ["localhost"]},
            )
        probed("http", url=url, ca_file=ca_file, client_certificate=both)
    assert found.outcome is Outcome.UP
    assert shown == [False, True]


def test_a_certificate_file_that_is_missing_or_none_is_unknown_and_named(tmp_path: Path) -> None:
    (tmp_path / "empty.pem").write_text("nothing\n")
    for name, words in (("absent.pem", "absent.pem"), ("empty.pem", "no certificate or crl found")):
        found = probed("http", url=f"https://127.0.0.1:{free_port()}/", ca_file=tmp_path / name)
        assert (found.outcome, found.reason) == (Outcome.UNKNOWN, Reason.MONITOR_MISCONFIGURED)
        assert words in found.detail


@pytest.mark.parametrize("connection", ["fresh", "reuse"])
def test_a_certificate_that_will_expire_is_degraded(connection: str, server_tls: ssl.SSLContext, ca_file: Path) -> None:
    options = {"ca_file": ca_file, "connection": connection}
    with serving(answering(OK), tls=server_tls) as server:
        url = f"https://127.0.0.1:{server.port}/"
        assert probed("http", url=url, certificate_days_left=14, **options).outcome is Outcome.UP
        with prober("http", url=url, certificate_days_left=999_999, **options) as made:
            found = [timed(made), timed(made)]
        assert server.connections == 3  # a renewed certificate would be seen at once
    assert {(one.outcome, one.reason) for one in found} == {(Outcome.DEGRADED, Reason.CERTIFICATE_EXPIRING)}
    assert "999999 days" in found[0].detail
