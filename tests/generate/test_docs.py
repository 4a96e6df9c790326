"""Every alert has its section in the runbooks, and what the pages say to type and to probe at is there."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest
import yaml

from sla_monitor.cli import cli
from sla_monitor.generate.alertmanager.receivers import placeholders
from sla_monitor.names import ALL_ALERTS, ALL_METRICS, AlertName
from sla_monitor.settings import Alerting, Alertmanager, Links
from tests.generate.support import ROOT

RUNBOOKS = (ROOT / "docs/runbooks.md").read_text(encoding="utf-8")
HOW_TO = (ROOT / "docs/how-to/wire-prometheus-and-alertmanager.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^### (\w+)\n(.*?)(?=^##|\Z)", RUNBOOKS, re.MULTILINE | re.DOTALL))


def test_there_is_a_section_for_each_alert_and_for_no_other() -> None:
    assert list(SECTIONS) == [
        alert.name for area in ("supplier", "contract", "monitor") for alert in ALL_ALERTS if alert.area == area
    ]


@pytest.mark.parametrize("alert", ALL_ALERTS, ids=lambda alert: alert.name)
def test_a_section_says_what_to_look_at_whom_to_call_and_how_to_silence(alert: AlertName) -> None:
    section = SECTIONS[alert.name]
    assert re.findall(r"^(\d)\. ", section, re.MULTILINE) == ["1", "2", "3"]
    assert "- **Call:** " in section
    assert "- **Silence:** " in section


def test_the_links_of_the_committed_rules_lead_to_sections() -> None:
    text = "".join(path.read_text() for path in (ROOT / "config/prometheus/rules").glob("*.yaml"))
    anchors = set(re.findall(r"runbook_url: \S+#(\w+)", text))
    assert anchors <= {name.lower() for name in SECTIONS}
    assert "slaservicedown" in anchors


@pytest.mark.parametrize("page", [RUNBOOKS, HOW_TO], ids=["runbooks", "how-to"])
def test_metrics_and_commands_exist(page: str) -> None:
    samples = {metric.sample for metric in ALL_METRICS}
    assert set(re.findall(r"\bsla_(?!monitor\b)[a-z_]+", page)) - {"sla_monitor"} <= samples
    for words in re.findall(r"(?:`|^)sla-monitor ((?:[a-z][a-z-]* ?)+)", page, re.MULTILINE):
        command: click.Command | None = cli
        for word in words.split():
            if isinstance(command, click.Group):
                command = command.get_command(click.Context(command), word)
                assert command is not None, f"no such command: sla-monitor {words}"


def test_the_how_to_names_every_receiver() -> None:
    listed = {name.replace("<contract>", "c") for name in re.findall(r"^\| `([^`]+)` \|", HOW_TO, re.MULTILINE)}
    assert listed == {receiver["name"] for receiver in placeholders(["c"])}


def test_the_files_of_the_how_to_are_good_ones() -> None:
    settings, receivers = (yaml.safe_load(text) for text in re.findall(r"```yaml\n(.*?)```", HOW_TO, re.DOTALL))
    Links.model_validate(settings["links"])
    assert Alertmanager.model_validate(settings["alertmanager"]).silences
    assert receivers[0]["name"] in {receiver["name"] for receiver in placeholders(["police-strategic-it"])}


def test_the_shares_of_the_how_to_are_the_defaults() -> None:
    def told(name: str) -> list[tuple[int, int]]:
        return [(int(burn.share_percent), burn.long_ms // 3_600_000) for burn in getattr(Alerting(), name)]

    assert told("page") == [(2, 1), (5, 6)]
    assert told("ticket") == [(10, 24), (10, 72)]
    assert "2 in an hour, 5 in six; a ticket for 10 in a day or three" in " ".join(HOW_TO.split())


def test_every_template_of_the_how_to_is_there() -> None:
    template = Path(ROOT / "config/alertmanager/templates/sla.tmpl").read_text()
    assert {f'define "{name}"' for name in re.findall(r"`(sla\.\w+)`", HOW_TO)} <= set(
        re.findall(r'define "[^"]+"', template)
    )
