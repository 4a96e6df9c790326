"""Names to addresses within a deadline, whatever our own name server or a supplier's does."""

from __future__ import annotations

import errno
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import pytest

from sla_monitor import probe
from sla_monitor.clock import SystemClock
from sla_monitor.probe import Finding, Stopwatch
from sla_monitor.probe.connections.channel import Address, LocalRefusal
from sla_monitor.probe.resolving import resolver as resolve
from sla_monitor.probe.resolving.resolver import MOST_ADDRESSES, Resolver, addresses_of
from sla_monitor.sla.observation import Outcome, Reason
from tests.probe.looking import LOOP, probed, surroundings, terms
from tests.probe.name_servers import (
    SILENT,
    Reply,
    framed,
    name_server,
    our_name_server,
    records,
    resolving,
    zone,
)
from tests.probe.servers import OK, Peer, answering, serving
from tests.support.ports import free_port
from tests.support.waiting import until


def found(host: str, family: str = "any", port: int = 80, timeout_ms: int = 5000) -> list[Address]:
    async def ask() -> list[Address]:
        watch = Stopwatch(LOOP, timeout_ms)
        try:
            return await addresses_of(watch, host, port, family)
        finally:
            watch.stop()

    return LOOP.run(ask())


def ips(host: str, family: str = "any", timeout_ms: int = 5000) -> list[str]:
    return [target[0] for _, target in found(host, family, timeout_ms=timeout_ms)]


def together(hosts: Sequence[str], **options: Any) -> list[Finding]:
    """One tcp probe of each, all at the same time."""
    made = [probe.build(terms("tcp", host=host, **options), surroundings()) for host in hosts]
    ended: list[Finding] = []

    def done(finding: Finding | None, error: BaseException | None) -> None:
        assert finding is not None, error
        ended.append(finding)

    for one in made:
        LOOP.spawn(probe.observe(one, LOOP, SystemClock()), done)
    for _ in until(lambda: len(ended) == len(made)):
        LOOP.turn(1.0)
    return ended


def test_the_hosts_file_comes_first() -> None:
    with our_name_server({}) as server:
        assert ips("localhost", "ipv4") == ["127.0.0.1"]
    assert server.asked == []


def test_a_name_has_the_addresses_of_both_families_ipv6_first() -> None:
    with our_name_server({"both.example": ["127.0.0.1", "::1"]}):
        assert found("both.example") == [
            (socket.AF_INET6, ("::1", 80, 0, 0)),
            (socket.AF_INET, ("127.0.0.1", 80)),
        ]
        assert ips("both.example", "ipv4") == ["127.0.0.1"]
        assert ips("both.example", "ipv6") == ["::1"]


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("127.0.0.1", (socket.AF_INET, ("127.0.0.1", 80))),
        ("2001:0DB8::1", (socket.AF_INET6, ("2001:0DB8::1", 80, 0, 0))),
        ("fe80::1%lo", (socket.AF_INET6, ("fe80::1", 80, 0, socket.if_nametoindex("lo")))),
        ("fe80::1%7", (socket.AF_INET6, ("fe80::1", 80, 0, 7))),
    ],
)
def test_a_literal_needs_no_resolver(host: str, address: Address) -> None:
    before, LOOP.resolver = LOOP.resolver, None
    assert found(host) == [address]
    assert LOOP.resolver is None
    LOOP.resolver = before


def test_a_literal_of_the_other_family_cannot_be_reached() -> None:
    for host, family in (("127.0.0.1", "ipv6"), ("::1", "ipv4")):
        with pytest.raises(socket.gaierror):
            found(host, family)


def test_an_interface_that_we_do_not_have_is_our_own_trouble() -> None:
    with pytest.raises(LocalRefusal) as refused:
        found("fe80::1%nothere")
    assert refused.value.errno == errno.ENETDOWN


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (dns.rcode.NXDOMAIN, "there is no such name"),
        (dns.rcode.SERVFAIL, "the name server answered SERVFAIL"),
        (dns.rcode.REFUSED, "the name server answered REFUSED"),
        ((), "the name has no address"),
    ],
    ids=["NXDOMAIN", "SERVFAIL", "REFUSED", "no data"],
)
def test_a_name_that_our_name_server_cannot_resolve_is_the_supplier_s(answer: Any, words: str) -> None:
    with our_name_server({"www.example": answer}):
        finding = probed("http", url="http://www.example/")
    assert (finding.outcome, finding.reason) == (Outcome.DOWN, Reason.DNS_FAILED)
    assert finding.detail == f"the name cannot be resolved: {words}"


def test_a_name_whose_server_is_silent_is_a_timeout() -> None:
    with our_name_server({"silent.example": SILENT}) as server:
        finding = probed("http", url="http://silent.example/")
    assert (finding.outcome, finding.reason) == (Outcome.DOWN, Reason.TIMEOUT)
    assert finding.detail == "the time was up while resolving the name"
    assert server.asked.count(".") == 1


@pytest.mark.parametrize("kind", ["tcp", "tls", "dns", "http"])
def test_a_name_server_of_ours_that_answers_nothing_is_our_own_trouble(kind: str) -> None:
    where = {"http": {"url": "http://www.example/"}, "dns": {"server": "www.example", "ask": "x"}}
    options = where.get(kind, {"host": "www.example", "port": 1})
    with our_name_server({"www.example": SILENT, ".": SILENT}):
        silent = probed(kind, **options)
    with resolving(free_port()):
        refused = probed(kind, **options)
    for finding in (silent, refused):
        assert (finding.outcome, finding.reason) == (Outcome.UNKNOWN, Reason.MONITOR_OFFLINE)
        assert finding.detail == "our own name server does not answer (asked for www.example)"


def test_one_of_our_name_servers_is_enough() -> None:
    with name_server(zone({"www.example": ["127.0.0.1"]})) as good:
        for other in (lambda _: None, records(rcode=dns.rcode.SERVFAIL)):
            with name_server(other) as bad, resolving(bad.port, good.port):
                assert ips("www.example") == ["127.0.0.1"]
        with resolving(free_port(), good.port):
            assert ips("www.example") == ["127.0.0.1"]


@pytest.mark.parametrize("answer", [(), dns.rcode.SERVFAIL, dns.rcode.REFUSED, dns.rcode.NXDOMAIN, dns.rcode.FORMERR])
def test_any_answer_proves_that_a_name_server_is_there(answer: Any) -> None:
    with our_name_server({".": answer}):
        assert LOOP.run(resolver().is_answering())


def test_silence_and_a_closed_port_prove_that_none_is(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(resolve, "PATIENCE_S", 0.1)
    monkeypatch.setattr(resolve, "SILENCE_HOLDS_S", 0.0)
    with our_name_server({".": SILENT}):
        assert not LOOP.run(resolver().is_answering())
        assert not LOOP.run(resolver().is_answering())
    assert caplog.messages == ["our own name server does not answer"]
    with resolving(free_port()):
        assert not LOOP.run(resolver().is_answering())


def resolver() -> Resolver:
    return resolve.resolver_of(LOOP)


def test_whoever_doubts_our_name_server_at_the_same_time_shares_one_question() -> None:
    with our_name_server({f"s{i}.example": SILENT for i in range(20)}) as server:
        ended = together([f"s{i}.example" for i in range(20)], port=1)
    assert {finding.reason for finding in ended} == {Reason.TIMEOUT}
    assert server.asked.count(".") == 1


def test_a_silence_that_a_supplier_timed_is_not_taken_for_ours() -> None:
    """It answers in the last moment, and sends us to a name: our name server has had no time to answer."""

    def late(peer: Peer) -> None:
        peer.request()
        time.sleep(0.62)
        peer.send(b"HTTP/1.1 302 Found\r\nLocation: http://www.example/\r\nContent-Length: 0\r\n\r\n")
        peer.wait()

    rules = {"follow": 1, "other_hosts": ["www.example"]}
    with serving(late) as server, our_name_server({"www.example": SILENT, ".": SILENT}):
        finding = probed("http", url=f"http://127.0.0.1:{server.port}/", redirects=rules)
    assert (finding.outcome, finding.reason) == (Outcome.DOWN, Reason.TIMEOUT)


def test_fifty_silent_names_cost_an_innocent_one_nothing() -> None:
    names: dict[str, Any] = {f"s{i}.example": SILENT for i in range(50)} | {"good.example": ["127.0.0.1"]}
    threads = threading.active_count()
    with serving(Peer.wait) as server, our_name_server(names):
        hosts = [f"s{i}.example" for i in range(50)] + ["good.example"] * 10
        ended = together(hosts, port=server.port)
    good = [finding for finding in ended if finding.outcome is Outcome.UP]
    assert len(good) == 10
    assert max(finding.duration_us or 0 for finding in good) < 500_000  # and no question of theirs was asked twice
    assert threading.active_count() <= threads


def test_a_server_that_is_silent_on_ipv6_addresses_holds_up_no_ipv4_one() -> None:
    def reply(question: dns.message.Message) -> bytes | None:
        return records("127.0.0.1")(question) if question.question[0].rdtype == dns.rdatatype.A else zone({})(question)

    with serving(Peer.wait) as server, name_server(_without_ipv6(reply)) as names, resolving(names.port):
        assert probed("tcp", host="www.example", port=server.port).outcome is Outcome.UP


def _without_ipv6(reply: Reply) -> Reply:
    return lambda question: None if question.question[0].rdtype == dns.rdatatype.AAAA else reply(question)


def test_probes_that_want_the_same_name_share_one_question() -> None:
    with serving(Peer.wait) as server, our_name_server({"www.example": ["127.0.0.1"]}) as names:
        assert {f.outcome for f in together(["www.example"] * 5, port=server.port)} == {Outcome.UP}
    assert names.asked == ["www.example"]


def test_a_name_is_asked_for_again_after_its_answer() -> None:
    """No cache, be the answer good for an hour: a probe sees what a user would meet now."""
    names: dict[str, Any] = {"www.example": ["127.0.0.1"]}
    with our_name_server(names) as server:
        assert ips("www.example") == ["127.0.0.1"]
        names["www.example"] = ["127.0.0.2"]
        assert ips("WWW.Example.") == ["127.0.0.2"]
        names["www.example"] = dns.rcode.NXDOMAIN
        with pytest.raises(socket.gaierror):
            ips("www.example")
        names["www.example"] = ["127.0.0.3"]
        assert ips("www.example") == ["127.0.0.3"]
    assert server.asked == ["www.example"] * 4


def test_a_question_that_nobody_waits_for_is_given_up() -> None:
    with our_name_server({"silent.example": SILENT}) as server:
        probed("tcp", host="silent.example", port=1)
        asked = len(server.asked)
        ended = time.monotonic() + 1.0
        while time.monotonic() < ended:
            LOOP.turn(0.1)
    assert len(server.asked) == asked


def test_a_name_that_was_silent_is_asked_for_anew() -> None:
    """And not with a question of an earlier probe, whose next try is far off."""
    names: dict[str, Any] = {"www.example": SILENT}
    with our_name_server(names):
        with pytest.raises(TimeoutError):
            ips("www.example", timeout_ms=300)
        names["www.example"] = ["127.0.0.1"]
        assert ips("www.example", timeout_ms=300) == ["127.0.0.1"]


def test_a_name_with_very_many_addresses_is_cut_short_to_some_of_each_family() -> None:
    many = [f"192.0.2.{i}" for i in range(1, 30)]
    six = [f"2001:db8::{i:x}" for i in range(1, 30)]
    with our_name_server({"many.example": many + six, "one.example": [*many, "::1"]}):
        both = ips("many.example")
        assert len(both) == MOST_ADDRESSES
        assert sum(":" in ip for ip in both) == MOST_ADDRESSES // 2
        one = ips("one.example")
        assert len(one) == MOST_ADDRESSES
        assert "::1" in one


def test_addresses_that_fit_into_no_datagram_are_asked_for_over_tcp() -> None:
    """Some resolvers send an empty answer then, and the word that there is more."""
    wide = zone({"wide.example": [f"127.0.1.{i}" for i in range(1, 200)]})

    empty = records(flags=dns.flags.TC)

    def over_tcp(peer: Peer) -> None:
        size = int.from_bytes(peer.sock.recv(2, socket.MSG_WAITALL), "big")
        answer = wide(dns.message.from_wire(peer.sock.recv(size, socket.MSG_WAITALL)))
        assert answer is not None
        peer.send(framed(answer))

    with serving(over_tcp) as server, name_server(empty, port=server.port), resolving(server.port):
        assert len(ips("wide.example")) == MOST_ADDRESSES


@pytest.mark.parametrize(
    "host", ["a..b", ".", "", "a" * 64 + ".example", "nul\0.example", "a b.example", "ü\0.example"]
)
def test_what_is_no_name_is_not_asked_for(host: str) -> None:
    with our_name_server({"nul": ["127.0.0.1"], "": ["127.0.0.1"]}) as server, pytest.raises(socket.gaierror):
        ips(host)
    assert [name for name in server.asked if name != "."] == []


def test_an_international_name_goes_out_in_ascii() -> None:
    with our_name_server({"xn--bcher-kva.example": ["127.0.0.1"]}):
        assert ips("Bücher.example") == ["127.0.0.1"]
        with serving(answering(OK)) as server:
            assert probed("tcp", host="bücher.example", port=server.port).outcome is Outcome.UP


def test_a_change_of_resolv_conf_is_seen(tmp_path: Path) -> None:
    """In a file system of its own, where the file may be changed."""
    script = tmp_path / "script.py"
    script.write_text(
        "import sys\n"
        "from pathlib import Path\n"
        "from tests.probe.name_servers import name_server, zone\n"
        "from tests.probe.resolving.test_resolver import ips\n"
        "settings = Path('/etc/resolv.conf')\n"
        "for ip in ('127.0.0.5', '127.0.0.6'):\n"
        "    with name_server(zone({'www.example': [ip]})) as server:\n"
        "        settings.write_text(f'nameserver [127.0.0.1]:{server.port}\\n')\n"
        "        print(*ips('www.example'))\n"
    )
    (tmp_path / "resolv.conf").touch()
    mount = f"mount --bind {tmp_path}/resolv.conf /etc/resolv.conf && exec {sys.executable} {script}"
    here = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])}
    run = subprocess.run(["unshare", "-m", "sh", "-c", mount], capture_output=True, text=True, check=False, env=here)
    assert (run.stdout, run.stderr) == ("127.0.0.5\n127.0.0.6\n", "")


def open_files() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def test_a_loop_that_ends_lets_its_resolver_go() -> None:
    before = open_files()
    loop = probe.Loop()
    with name_server(zone({"silent.example": SILENT})) as server:
        loop.resolver = Resolver(loop, [f"127.0.0.1:{server.port}"])

        async def ask() -> None:
            await addresses_of(Stopwatch(loop, 5000), "silent.example", 1, "any")

        loop.spawn(ask(), lambda *_: None)
        assert open_files() > before + 2
        loop.close()
    assert open_files() == before
