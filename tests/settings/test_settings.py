"""The daemon's own settings."""

from __future__ import annotations

from pathlib import Path

import pytest

from sla_monitor.errors import ConfigError
from sla_monitor.settings import Settings, load_settings


def loaded(folder: Path, text: str) -> Settings:
    path = folder / "sla-monitor.yaml"
    path.write_text(text, encoding="utf-8")
    return load_settings(path, {})


def test_defaults_are_relative_to_the_file(tmp_path: Path) -> None:
    settings = loaded(tmp_path, "listen: '[::1]:9810'\n")
    assert settings.contracts == tmp_path / "contracts"
    assert settings.ledger.path == tmp_path.parent / "var/ledger.db"
    assert settings.web_config is None


def test_paths_are_relative_to_the_file(tmp_path: Path) -> None:
    text = "web_config: web.yml\ncontracts: /etc/contracts\nledger: {path: a/../b.db}\n"
    settings = loaded(tmp_path, text)
    assert settings.web_config == tmp_path / "web.yml"
    assert settings.contracts == Path("/etc/contracts")
    assert settings.ledger.path == tmp_path / "b.db"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("listen: 9810", "1:9: listen: must be text (quote a number, or a word such as true)"),
        ("listen: host:99999", "1:9: listen: must be a host and a port (write 127.0.0.1:9810 or [::1]:9810)"),
        ("log: {level: loud}", "1:14: log.level: must be 'debug', 'info', 'warning' or 'error'"),
        ("ledger: {buffer: 5}", "1:18: ledger.buffer: must be at least 100"),
        ("ledger: {paht: x}", "1:10: ledger.paht: unknown key (did you mean path?)"),
        ("ledger: none", "1:9: ledger: must be a mapping (lines of key: value, indented below)"),
        ("assess_every: 15", "1:15: assess_every: 15 is not a duration (write 500ms, 30s, 5m, 1h30m or 2d)"),
        ("contracts: [a]", "1:12: contracts: must be a path (write for example ../var/ca.pem)"),
        ('contracts: "a\\0"', "1:12: contracts: is not a path (write for example ../var/ca.pem)"),
        (
            "witnesses: [{id: w, kind: heartbeat}]",
            "1:27: witnesses.w.kind: no such kind (known here: dns, http, tcp, tls)",
        ),
        (
            "witnesses: [{id: w, kind: tcp, host: h, port: 1, versions: []}]",
            (
                "1:50: witnesses.w.versions: unknown key (known here: degraded_above, down_above, every, expect,"
                " family, host, id, kind, name, places, port, runbook_url, …)"
            ),
        ),
        ("collectors: {name: a, pair: [a]}", "1:29: collectors.pair: must have 2 items or more (has 1)"),
        ("collectors: {name: a, pair: [a, a]}", "1:33: collectors.pair.1: 'a' is there twice (name two collectors)"),
        ("collectors: {name: c, pair: [a, b]}", "1:20: collectors.name: must be one of the pair (a or b)"),
        (
            "collectors: {name: a, pair: [a, b], scraped: ['a:1']}",
            "1:46: collectors.scraped: names an address for each of the pair (add the other one)",
        ),
        ("collectors: {name: a, pair: [a, b]}", "1:13: collectors: both meet at a server (add sites.nats)"),
        ("- a", "1:1: file: must be a mapping (lines of key: value, indented below)"),
        ("", "1:1: file: must be a mapping (lines of key: value, indented below)"),
    ],
)
def test_a_mistake_in_the_settings_has_its_line(tmp_path: Path, text: str, expected: str) -> None:
    with pytest.raises(ConfigError) as caught:
        loaded(tmp_path, text)
    assert caught.value.problems == [f"{tmp_path}/sla-monitor.yaml:{expected}"]


def test_settings_that_are_not_there_are_told(tmp_path: Path) -> None:
    with pytest.raises(
        ConfigError, match=r"sla-monitor\.yaml:1:1: file: there is no such file \(name .*`sla-monitor init`"
    ):
        load_settings(tmp_path / "sla-monitor.yaml", {})
