"""The demo estate over real connections: every place when it is well, and every way in which it can be broken."""

from __future__ import annotations

import http.client
import re
import socket
import ssl
import stat
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import dns.exception
import dns.message
import dns.query
import dns.rcode
import pytest
from cryptography import x509

from sla_monitor.clock import SystemClock
from sla_monitor.demo.estate import ANY_PORTS, Estate, Ports
from sla_monitor.demo.scenario import (
    BATCH_JOB,
    CALM,
    HANG,
    REFUSE,
    RESET,
    SSH,
    Behaviour,
    Scenario,
    ScenarioStep,
    slow,
    status,
)
from sla_monitor.demo.site import PAGES
from sla_monitor.errors import ListenError

SOON = 1.0
"""Long enough for an answer on loopback to have come, short enough to wait for one that must not come."""


def get(estate: Estate, path: str, timeout: float = 10) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", estate.ports.http, timeout=timeout)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def tls(estate: Estate, port: int, address: str = "127.0.0.1", timeout: float = 10) -> ssl.SSLSocket:
    context = ssl.create_default_context(cafile=str(estate.ca_file))
    plain = socket.create_connection((address, port), timeout=timeout)
    try:
        return context.wrap_socket(plain, server_hostname="localhost")
    except BaseException:
        plain.close()
        raise


def ask(estate: Estate, name: str, timeout: float = 5, *, over_tcp: bool = False) -> dns.message.Message:
    query = dns.message.make_query(name, "A")
    send = dns.query.tcp if over_tcp else dns.query.udp
    return send(query, "127.0.0.1", timeout=timeout, port=estate.ports.dns)


@pytest.mark.parametrize("path", sorted(PAGES))
def test_every_page_is_well(estate: Estate, path: str) -> None:
    assert get(estate, path) == (200, PAGES[path][1])


def test_a_query_does_not_change_the_page_and_an_unknown_path_is_404(estate: Estate) -> None:
    assert get(estate, "/portal/?from=monitor")[0] == 200
    assert get(estate, "/nowhere")[0] == 404


def test_head_has_no_body_and_a_connection_serves_several_requests(estate: Estate) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", estate.ports.http, timeout=60)
    for method, length in (("HEAD", 0), ("GET", 16), ("POST", 16)):
        connection.request(method, "/cad/login", body=b"x=1" if method == "POST" else None)
        response = connection.getresponse()
        assert (response.status, len(response.read())) == (200, length)
    connection.close()


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
def test_https_is_trusted_through_the_ca_file_on_both_families(estate: Estate, address: str) -> None:
    with tls(estate, estate.ports.https, address) as connection:
        connection.sendall(b"GET /custody/records HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        assert connection.recv(4096).startswith(b"HTTP/1.1 200 OK\r\n")


@pytest.mark.parametrize(("server", "days"), [("https", 90), ("expiring", 5)])
def test_certificates_expire_when_they_should(estate: Estate, server: str, days: int) -> None:
    with tls(estate, getattr(estate.ports, server)) as connection:
        der = connection.getpeercert(binary_form=True)
    assert der is not None
    left = x509.load_der_x509_certificate(der).not_valid_after_utc - datetime.now(UTC)
    assert timedelta(days=days, minutes=-10) < left <= timedelta(days=days)


def test_ssh_says_its_banner_and_the_witness_echoes(estate: Estate) -> None:
    with socket.create_connection(("127.0.0.1", estate.ports.ssh), timeout=60) as ssh:
        assert ssh.recv(100) == b"SSH-2.0-demo\r\n"
    with socket.create_connection(("127.0.0.1", estate.ports.witness), timeout=60) as witness:
        witness.sendall(b"hello")
        assert witness.recv(100) == b"hello"


@pytest.mark.parametrize("over_tcp", [False, True])
def test_the_name_server_knows_one_name_over_both_transports(estate: Estate, over_tcp: bool) -> None:
    response = ask(estate, "cad.demo.invalid", over_tcp=over_tcp)
    assert [str(record) for record in response.answer[0]] == ["192.0.2.10"]
    assert ask(estate, "other.invalid", over_tcp=over_tcp).rcode() == dns.rcode.NXDOMAIN


def test_the_name_server_survives_nonsense(estate: Estate) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as junk:
        junk.sendto(b"\xff" * 40, ("127.0.0.1", estate.ports.dns))
    with socket.create_connection(("127.0.0.1", estate.ports.dns), timeout=60) as junk:
        junk.sendall(b"\x00\x05junk!")
        assert junk.recv(10) == b""
    assert ask(estate, "cad.demo.invalid").answer


def test_a_forced_status_hits_its_path_alone_until_it_is_cleared(estate: Estate) -> None:
    estate.force("/portal/", status(503))
    assert get(estate, "/portal/")[0] == 503
    assert get(estate, "/cad/login")[0] == 200
    estate.clear()
    assert get(estate, "/portal/")[0] == 200


def test_a_slow_path_answers_well_but_late(estate: Estate) -> None:
    estate.force("/cad/incidents", slow(0.5))
    began = time.monotonic()
    assert get(estate, "/cad/incidents")[0] == 200
    assert time.monotonic() - began >= 0.5


def test_a_hanging_path_never_answers_and_holds_nobody_else_up(estate: Estate) -> None:
    estate.force("/records/export", HANG)
    with pytest.raises(TimeoutError):
        get(estate, "/records/export", timeout=SOON)
    assert get(estate, "/cad/login")[0] == 200


def test_a_reset_path_ends_in_a_reset(estate: Estate) -> None:
    estate.force("/mobile/gateway", RESET)
    with pytest.raises(ConnectionResetError):
        get(estate, "/mobile/gateway")


@pytest.mark.parametrize("server", ["http", "https", "expiring", SSH, "witness"])
def test_a_server_that_refuses_keeps_its_port_and_comes_back_on_it(estate: Estate, server: str) -> None:
    address = ("127.0.0.1", getattr(estate.ports, server))
    for _ in range(2):
        estate.force(server, REFUSE)
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(address, timeout=60)
        estate.clear()
        socket.create_connection(address, timeout=60).close()


def test_a_server_that_hangs_stalls_in_the_tls_handshake(estate: Estate) -> None:
    estate.force("https", HANG)
    with pytest.raises(TimeoutError):
        tls(estate, estate.ports.https, timeout=SOON)


@pytest.mark.parametrize(
    ("behaviour", "rcode"), [(REFUSE, dns.rcode.REFUSED), (status(503), dns.rcode.SERVFAIL), (slow(0.1), 0)]
)
@pytest.mark.parametrize("over_tcp", [False, True])
def test_a_name_server_that_fails_says_so(estate: Estate, behaviour: Behaviour, rcode: int, over_tcp: bool) -> None:
    estate.force("dns", behaviour)
    assert ask(estate, "cad.demo.invalid", over_tcp=over_tcp).rcode() == rcode


def test_a_name_server_that_hangs_is_silent(estate: Estate) -> None:
    estate.force("dns", HANG)
    with pytest.raises(dns.exception.Timeout):
        ask(estate, "cad.demo.invalid", timeout=SOON)


@pytest.mark.parametrize(
    ("place", "behaviour"), [("/nowhere", HANG), ("/portal/", REFUSE), ("/custody/search", REFUSE), (SSH, status(503))]
)
def test_what_cannot_be_forced_is_refused(estate: Estate, place: str, behaviour: Behaviour) -> None:
    with pytest.raises(ValueError, match=re.escape(place)):
        estate.force(place, behaviour)


def test_two_hundred_clients_at_once_are_all_served(estate: Estate) -> None:
    estate.force("/cad/incidents", slow(0.3))
    with ThreadPoolExecutor(200) as clients:
        answers = list(clients.map(lambda _: get(estate, "/cad/incidents", timeout=30)[0], range(200)))
    assert answers == [200] * 200


def test_stopping_ends_hanging_conversations_and_leaves_no_thread(tmp_path: Path) -> None:
    before = set(threading.enumerate())
    estate = Estate(tmp_path, ports=ANY_PORTS, scenario=CALM, monitor_url="http://127.0.0.1:1")
    estate.start()
    estate.force("/records/export", HANG)
    estate.force("https", HANG)
    plain = socket.create_connection(("127.0.0.1", estate.ports.http), timeout=60)
    plain.sendall(b"GET /records/export HTTP/1.1\r\n\r\n")
    stalled = socket.create_connection(("127.0.0.1", estate.ports.https), timeout=60)
    estate.stop()
    for connection in (plain, stalled):
        with connection, suppress(ConnectionResetError):  # a reset if the request had not been read yet
            assert connection.recv(10) == b""
    assert set(threading.enumerate()) <= before


def test_a_taken_port_is_named_with_the_remedy_and_nothing_stays_open(estate: Estate, tmp_path: Path) -> None:
    ports = Ports(http=0, https=0, expiring=0, ssh=0, witness=estate.ports.witness, dns=0)
    before = set(threading.enumerate())
    with pytest.raises(ListenError, match=rf"127\.0\.0\.1:{estate.ports.witness}: .*stop the other demo.*ss -lntup"):
        Estate(tmp_path / "second", ports=ports).start()
    assert set(threading.enumerate()) <= before


def test_the_token_and_the_private_keys_are_for_their_owner_only(estate: Estate) -> None:
    for name in ("heartbeat-token", "custody-password", "server.pem", "expiring.pem"):
        assert stat.S_IMODE((estate.folder / name).stat().st_mode) == 0o600
    assert b"PRIVATE" not in estate.ca_file.read_bytes()


def test_secrets_and_certificates_are_new_at_every_start(tmp_path: Path) -> None:
    seen = []
    for _ in range(2):
        estate = Estate(tmp_path, ports=ANY_PORTS, scenario=CALM, monitor_url="http://127.0.0.1:1")
        estate.start()
        seen.append(tuple(file.read_text() for file in (estate.token_file, estate.password_file, estate.ca_file)))
        estate.stop()
    assert all(first != second for first, second in zip(*seen, strict=True))


class Monitor(ThreadingHTTPServer):
    """Stands in the monitor's place and notes each heartbeat; turns the first one away, as a starting monitor does."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Receiver)
        self.beats: list[tuple[str, str | None]] = []
        self.accepted = threading.Event()


class _Receiver(BaseHTTPRequestHandler):
    server: Monitor

    def do_POST(self) -> None:
        self.server.beats.append((self.path, self.headers["Authorization"]))
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(503 if len(self.server.beats) == 1 else 204)
        self.end_headers()
        if len(self.server.beats) > 2:
            self.server.accepted.set()

    def log_message(self, *args: object) -> None:
        """Quiet."""


def test_the_batch_job_posts_its_token_and_tries_again_soon_when_turned_away(tmp_path: Path) -> None:
    with Monitor() as monitor:
        threading.Thread(target=monitor.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        url = f"http://127.0.0.1:{monitor.server_port}"
        estate = Estate(tmp_path, ports=ANY_PORTS, scenario=CALM, monitor_url=url)
        estate.start()
        assert monitor.accepted.wait(60)
        estate.stop()
        monitor.shutdown()
    token = estate.token_file.read_text().strip()
    path = "/heartbeat/police-strategic-it/records-nightly-batch"
    assert monitor.beats[:3] == [(each, f"Bearer {token}") for each in (f"{path}/start", f"{path}/start", path)]


def test_a_batch_job_that_fails_says_so(tmp_path: Path) -> None:
    failing = Scenario((ScenarioStep("job fails", BATCH_JOB, status(500), 0, 60),), 60)
    with Monitor() as monitor:
        threading.Thread(target=monitor.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        url = f"http://127.0.0.1:{monitor.server_port}"
        estate = Estate(tmp_path, ports=ANY_PORTS, scenario=failing, monitor_url=url)
        estate.start()
        assert monitor.accepted.wait(60)
        estate.stop()
        monitor.shutdown()
    assert [path.rpartition("/")[2] for path, _ in monitor.beats[1:3]] == ["start", "fail"]


def test_a_stopped_batch_job_posts_nothing(tmp_path: Path) -> None:
    stopped = Scenario((ScenarioStep("job stops", BATCH_JOB, HANG, 0, 60),), 60)
    with Monitor() as monitor:
        threading.Thread(target=monitor.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        url = f"http://127.0.0.1:{monitor.server_port}"
        estate = Estate(tmp_path, ports=ANY_PORTS, scenario=stopped, monitor_url=url)
        estate.start()
        time.sleep(SOON)
        estate.stop()
        monitor.shutdown()
    assert monitor.beats == []


class FastClock(SystemClock):
    """A hundred times as fast, so that a script is over in no time."""

    def monotonic(self) -> float:
        return super().monotonic() * 100


def test_the_script_is_acted_out_and_told(tmp_path: Path) -> None:
    """A server refuses and comes back by the script alone, and each step is told when it begins and when it ends."""
    lines: list[str] = []
    script = Scenario((ScenarioStep("network device refuses", SSH, REFUSE, 50, 150),), 10_000)
    estate = Estate(tmp_path, ports=ANY_PORTS, scenario=script, clock=FastClock(), tell=lines.append)
    estate.start()
    deadline = time.monotonic() + 60
    while len(lines) < 2 and time.monotonic() < deadline:
        time.sleep(0.05)
    socket.create_connection(("127.0.0.1", estate.ports.ssh), timeout=60).close()
    estate.stop()
    assert re.fullmatch(r"\d\d:\d\d:\d\d network device refuses \(until \d\d:\d\d:\d\d\)", lines[0])
    assert re.fullmatch(r"\d\d:\d\d:\d\d over: network device refuses", lines[1])
