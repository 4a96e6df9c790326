"""The pieces of an alert's text, as Prometheus writes them: the words of `wording/`, and nothing that people wrote is
read as a template."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import hypothesis.strategies as st
import yaml
from hypothesis import HealthCheck, given, settings

from sla_monitor.generate.alerts.annotations import (
    DURATION,
    LONGEST_NAME,
    PERCENT,
    REASON,
    SHORT_DURATION,
    Ask,
    By,
    Instant,
    Text,
    Value,
    literal,
    money_pipeline,
    name_of_something,
    text,
)
from sla_monitor.generate.alerts.subject import clock_of
from sla_monitor.metrics.local_time import HOUR_MS, stretches
from sla_monitor.names import UTC_OFFSET, UTC_OFFSET_START
from sla_monitor.sla.observation import Reason
from sla_monitor.wording.durations import format_duration, format_short_duration
from sla_monitor.wording.instants import format_instant
from sla_monitor.wording.numbers import format_money, format_ratio
from sla_monitor.wording.vocabulary import describe_reason
from tests.generate.support import promtool

LONDON = ZoneInfo("Europe/London")
HOSTILE = (
    "{", "}}", "{{", "{{{", "a {{ $labels.n }}", '{{ query "up" }}', "{{- /* */ -}}", "%s %d %[1]s", '"', "\\", "`",
    "line\nbreak", "<html>&amp;", "🚓 é \u202e", "'", "# yaml: [", "{%", "$labels", "a {", "{ b",
)  # fmt: skip


def says(
    folder: Path, wanted: dict[str, str], said: Text, series: dict[str, str] | None = None, query: str = "v"
) -> None:
    """That an alert on each series of a query has exactly this annotation; by the label `n` of the series."""
    rule = {"alert": "A", "expr": query, "annotations": {"said": said.template()}}
    firing = [{"exp_labels": {"n": n}, "exp_annotations": {"said": words}} for n, words in wanted.items()]
    test: dict[str, Any] = {
        "interval": "1m",
        "input_series": [{"series": name, "values": value} for name, value in (series or {}).items()],
        "alert_rule_test": [{"eval_time": "1m", "alertname": "A", "exp_alerts": firing}],
    }
    (folder / "rules.yaml").write_text(yaml.safe_dump({"groups": [{"name": "a", "rules": [rule]}]}, allow_unicode=True))
    (folder / "test.yaml").write_text(
        yaml.safe_dump({"rule_files": ["rules.yaml"], "evaluation_interval": "1m", "tests": [test]}, allow_unicode=True)
    )
    made = promtool("test", "rules", folder / "test.yaml")
    assert made.returncode == 0, made.stdout + made.stderr


def each(values: list[Any]) -> dict[str, str]:
    return {f'v{{n="{n}"}}': f"{value}x2" for n, value in enumerate(values)}


def test_durations_are_those_of_every_other_screen(tmp_path: Path) -> None:
    values = [0, 1, 59, 60, 61, 600, 3599, 3600, 3601, 3660, 36_000, 86_399, 86_400, 90_061, 1_000_000, 59.4, 3723.9]
    ask = Ask("d", "v{n='%[1]s'}", ("n",), f"{{{{ {DURATION} }}}}")
    wanted = [f"{format_duration(int(v * 1000))}, {format_short_duration(int(v * 1000))}" for v in values]
    said = text(ask, ", ", Value(SHORT_DURATION))
    # Commas at thousands of hours are the only thing that differs; no allowance is so long.
    says(tmp_path, {str(n): words for n, words in enumerate(wanted)}, said, each(values))


def test_money_and_per_cents_are_those_of_every_other_screen(tmp_path: Path) -> None:
    amounts = ["0", "0.5", "999.99", "1000", "51000", "1234567.5", "12345678901.25"]
    for currency in ("GBP", "CHF", "JPY"):
        wanted = {str(n): format_money(Decimal(amount), currency) for n, amount in enumerate(amounts)}
        if currency == "JPY":
            wanted = {n: words for n, words in wanted.items() if "." not in amounts[int(n)]}
        series = {name: value for name, value in each(amounts).items() if any(f'n="{n}"' in name for n in wanted)}
        says(tmp_path, wanted, text(Value(money_pipeline(currency))), series)
    shares = ["0", "100", "99.996", "99.994", "85", "33.333333"]
    wanted = {str(n): format_ratio(Fraction(share) / 100) for n, share in enumerate(shares)}
    says(tmp_path, wanted, text(Value(PERCENT)), each(shares))


def test_every_reason_is_in_the_words_of_every_other_screen(tmp_path: Path) -> None:
    wanted = {str(n): describe_reason(reason) for n, reason in enumerate(Reason)}
    series = {f'r{{n="{n}",reason="{reason.value}"}}': "1x2" for n, reason in enumerate(Reason)}
    said = text(Ask("r", "r{n='%[1]s'}", ("n",), REASON))
    says(tmp_path, wanted, said, series, "sum by (n) (r)")


def test_instants_are_local_by_the_offset_that_held_then(tmp_path: Path) -> None:
    """Seen in November: an outage that began in summer time, the two hours of the change, and a day in spring."""
    now_ms = 1_793_620_800_000
    instants = [1_792_000_000, 1_792_887_300, 1_792_890_900, 1_792_894_500, 1_793_600_000, 1_806_000_000, 1_792_796_460]
    series = {f'v{{n="{n}",contract="c",instance="i"}}': f"{at}x2" for n, at in enumerate(instants)}
    for one in stretches("Europe/London", now_ms // HOUR_MS):
        labels = f'contract="c",instance="i",stretch="{one.name}",zone="{one.zone}"'
        series[f"{UTC_OFFSET.name}{{{labels}}}"] = f"{one.offset_s}x2"
        series[f"{UTC_OFFSET_START.name}{{{labels}}}"] = f"{one.start_s}x2"
    wanted = {}
    for n, at in enumerate(instants):
        local, utc = format_instant(at * 1000, LONDON), format_instant(at * 1000, ZoneInfo("UTC"))
        same = local.split()[:3] == utc.split()[:3]
        wanted[str(n)] = f"{local} ({utc.split(maxsplit=3)[3] if same else utc})"
    says(tmp_path, wanted, text(Instant("at", "v{n='%[1]s'}", ("n",))), series, "sum by (n) (v)")


def test_without_local_time_an_instant_is_in_utc_and_without_any_it_is_not_known(tmp_path: Path) -> None:
    series = {'v{n="0",contract="c",instance="i"}': "1792000000x2", 'w{n="1"}': "1x2"}
    said = text(Instant("at", "v{n='%[1]s'}", ("n",)))
    wanted = {"0": format_instant(1_792_000_000_000, ZoneInfo("UTC")), "1": "not known"}
    says(tmp_path, wanted, said, series, "sum by (n) (v) or w")


def test_local_time_is_known_for_a_day_after_the_monitor_has_gone(tmp_path: Path) -> None:
    """The message that it is down has a time, too."""
    labels = 'contract="c",instance="i",stretch="now",zone="BST"'
    series = {f"{UTC_OFFSET.name}{{{labels}}}": "3600 stale", f"{UTC_OFFSET_START.name}{{{labels}}}": "0 stale"}
    for kept, known in (("1d", "3600 BST"), ("", "not known")):
        says(tmp_path, {"0": known}, clock_of("c", kept=kept), {'v{n="0"}': "1x2", **series})


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.text(max_size=150), min_size=40, max_size=40))
def test_no_name_is_read_as_a_template(tmp_path: Path, drawn: list[str]) -> None:
    """Between pieces of ours, at the ends, and one after another; as it stands in a file of rules."""
    names = {str(n): name_of_something(name, "none") for n, name in enumerate((*HOSTILE, *drawn))}
    said = text(By("n", names), By("n", names), "{", By("n", {}), "} ", By("n", names, "other"))
    wanted = {n: f"{name}{name}{{{n}}} {name}" for n, name in names.items()}
    says(tmp_path, wanted, said, each([1] * len(names)))


@given(st.text(max_size=300))
def test_a_name_is_one_line_that_a_screen_bears(name: str) -> None:
    said = name_of_something(name, "its-id")
    assert said
    assert said.isprintable()
    assert len(said) <= LONGEST_NAME


def test_a_brace_stays_a_brace() -> None:
    assert literal("a{b}}") == 'a{{ "{" }}b}}'
