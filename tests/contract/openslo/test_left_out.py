"""What cannot be taken is told, each item with its place and why; nothing is guessed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sla_monitor.contract.openslo import read_openslo, written
from sla_monitor.errors import ConfigError
from tests.contract.openslo.importing import SLO, Imported, changed, imported, metric, run

RATIO = "spec.indicator.spec.ratioMetric"
WINDOW = "spec.timeWindow.0.duration"
V1 = {"apiVersion": "openslo/v1"}
THRESHOLD = {"spec.indicator.spec": {"thresholdMetric": metric("latency")}}

STRANGE = {"spec.objectives.0": {"op": "eq", "value": 1, "target": 0.9}}
LIMIT_OF_WORDS = {"spec.objectives.0": {"op": "lt", "value": "1", "target": 0.9}}

REFUSED: dict[str, tuple[dict[str, Any], str, str]] = {
    "an older version": ({"apiVersion": "openslo/v1alpha"}, "apiVersion", "'openslo/v1alpha' is not read"),
    "a newer version": ({"apiVersion": "openslo.com/v2alpha"}, "apiVersion", "'openslo.com/v2alpha' is not read"),
    "no version": ({"apiVersion": None}, "", "apiVersion is missing"),
    "another kind": ({"kind": "Sla"}, "", "kind 'Sla' is not a kind of OpenSLO v1"),
    "no name": ({"metadata": {}}, "", "name is missing"),
    "a name of a number": ({"metadata.name": 5}, "", "must be text"),
    "time slices": ({"spec.budgetingMethod": "Timeslices"}, "spec.budgetingMethod", "Timeslices is not read"),
    "ratios of slices": ({"spec.budgetingMethod": "RatioTimeslices"}, "spec.budgetingMethod", "is not read"),
    "no method": ({"spec.budgetingMethod": None}, "spec", "budgetingMethod is missing"),
    "a rolling window": ({"spec.timeWindow.0.isRolling": True}, "isRolling", "a rolling window is no"),
    "thirty days": ({WINDOW: "30d"}, "duration", "30 days are not 1, 3, 6 or 12 calendar months"),
    "four weeks": ({WINDOW: "4w"}, "duration", "4 weeks are not"),
    "a minute": ({WINDOW: "1m"}, "duration", "1m means 1 minutes, for months are a capital M"),
    "two months": ({WINDOW: "2M"}, "duration", "2 months are not"),
    "no duration": ({WINDOW: "soon"}, "duration", "is no duration"),
    "a window of neither kind": ({"spec.timeWindow.0.isRolling": None}, "timeWindow.0", "does not say"),
    "no window": ({"spec.timeWindow": None}, "spec", "timeWindow is missing"),
    "two windows": ({"spec.timeWindow": [{}, {}]}, "timeWindow", "exactly one item"),
    "another source": ({f"{RATIO}.good": metric("x", type="Datadog")}, "good.metricSource", "'Datadog' is not read"),
    "an unknown source": ({f"{RATIO}.good": metric("x", metricSourceRef="z")}, "metricSourceRef", "no such DataSource"),
    "no query": ({f"{RATIO}.good": {"metricSource": {"type": "Prometheus", "spec": {}}}}, "spec", "query is missing"),
    "a placeholder": ({f"{RATIO}.good": metric("x[{{.other}}]")}, "query", "placeholder of another tool"),
    "a variable": ({f"{RATIO}.good": metric("rate(x[$__interval])")}, "query", "placeholder of another tool"),
    "nothing but a comment": ({f"{RATIO}.good": metric("# none")}, "query", "placeholder"),
    "a sum by label": ({f"{RATIO}.good": metric("sum by (a) (x)")}, "good", "is said to be a counter"),
    "a rate": ({f"{RATIO}.good": metric("sum(rate(x[5m]))")}, "good", "is said to be a counter"),
    "no counter": ({f"{RATIO}.counter": None}, "good", "counter is missing"),
    "a strange counter": ({f"{RATIO}.counter": "yes"}, "ratioMetric", "counter must be true or false"),
    "no total": ({f"{RATIO}.total": None}, "ratioMetric", "total is missing"),
    "good and bad": ({f"{RATIO}.bad": metric("x")}, "ratioMetric", "has both good and bad"),
    "a raw ratio beside counts": ({f"{RATIO}.raw": metric("x"), f"{RATIO}.rawType": "success"}, "", "has raw beside"),
    "a raw ratio of no kind": ({RATIO: {"raw": metric("x")}}, "ratioMetric", "rawType is missing"),
    "no metric": ({"spec.indicator.spec": {}}, "indicator.spec", "one of ratioMetric and thresholdMetric"),
    "no indicator": ({"spec.indicator": None}, "spec", "one of indicator and indicatorRef"),
    "an unknown indicator": ({"spec.indicator": None, "spec.indicatorRef": "z"}, "indicatorRef", "no such SLI"),
    "a threshold of nothing": (THRESHOLD, "objectives.0", "op is missing"),
    "a strange operator": (THRESHOLD | STRANGE, "op", "lte, gte"),
    "a limit of words": (THRESHOLD | LIMIT_OF_WORDS, "value", "number"),
    "no objectives": ({"spec.objectives": []}, "objectives", "has no item"),
    "no target": ({"spec.objectives": [{}]}, "objectives.0", "one of target and targetPercent"),
    "two targets": ({"spec.objectives": [{"target": 0.9, "targetPercent": 90}]}, "objectives.0", "one of target"),
    "a target over all": ({"spec.objectives": [{"target": 1}]}, "target", "below 1"),
    "a target of words": ({"spec.objectives": [{"target": "0.9"}]}, "target", "must be a number"),
    "too many digits": ({"spec.objectives": [{"target": 0.123456789012345}]}, "objectives.0", "at most 12 digits"),
    "a composite": ({"spec.objectives.0.indicatorRef": "x"}, "objectives.0", "a composite is not read"),
    "a name that is no id": ({"metadata.name": "a/b|c"}, "objectives.0", "is not an identifier"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_taken_is_told_and_nothing_is_printed(tmp_path: Path, name: str) -> None:
    changes, place, why = REFUSED[name]
    said = imported(tmp_path, changed(changes))
    assert (said.code, said.out) == (1, "")
    matching = [line for line in said.told if why in line]
    assert matching, said.told
    assert matching[0].startswith("slo.yaml:")
    assert matching[0].split(": ")[1].endswith(place)
    assert said.told[-1].startswith("0 KPIs taken")


REMARKS: dict[str, tuple[dict[str, Any], str]] = {
    "alerts of the SLO": ({"spec.alertPolicies": [{"alertPolicyRef": "x"}]}, "`sla-monitor generate` makes them"),
    "labels": ({"metadata.labels": {"team": "a"}}, "metadata.labels: is not taken"),
    "a slice's target": ({"spec.objectives.0.timeSliceTarget": 0.9}, "timeSliceTarget: is not taken"),
    "a calendar of its own": (
        {"spec.timeWindow.0.calendar": {"startTime": "2026-01-21 12:30:00"}}, "startTime: is not taken",
    ),
    "a service that is no id": ({"spec.service": "a b"}, "is not an identifier"),
    "a key of another version": ({"spec.project": "x"}, "it is not in OpenSLO v1"),
}  # fmt: skip


@pytest.mark.parametrize("name", REMARKS)
def test_what_was_left_out_of_an_slo_that_was_taken_is_told(tmp_path: Path, name: str) -> None:
    changes, why = REMARKS[name]
    said = imported(tmp_path, changed(changes))
    assert said.code == 0
    assert any(why in line for line in said.told)
    assert len(said.contract(tmp_path).versions[0].terms.kpis) == 1


def other(kind: str, **spec: Any) -> dict[str, Any]:
    return {**V1, "kind": kind, "metadata": {"name": "n"}, "spec": spec}


@pytest.mark.parametrize("kind", ["AlertPolicy", "AlertCondition", "AlertNotificationTarget"])
def test_objects_about_alerts_are_told(tmp_path: Path, kind: str) -> None:
    said = imported(tmp_path, SLO, other(kind))
    assert (said.code, len(said.told)) == (0, 2)
    assert f"{kind} n: alerts are not taken" in said.told[0]


def test_of_two_objects_of_one_name_the_first_is_read_and_an_unused_indicator_is_told(tmp_path: Path) -> None:
    said = imported(tmp_path, SLO, SLO, other("SLI"), other("SLI"))
    assert said.code == 0
    assert sum("the id calls is taken already" in line for line in said.told) == 1
    assert sum("is given twice" in line for line in said.told) == 1
    assert sum("is used by no SLO" in line for line in said.told) == 1


def test_good_and_total_in_two_places_are_refused(tmp_path: Path) -> None:
    source = other("DataSource", type="Prometheus", connectionDetails={"url": "http://a.example"})
    slo = changed({f"{RATIO}.good.metricSource": {"metricSourceRef": "n", "spec": {"promql": "x"}}})
    assert "are kept in different places" in imported(tmp_path, slo, source).told[0]


def test_every_reason_of_one_slo_is_told_at_once(tmp_path: Path) -> None:
    changes = {"spec.budgetingMethod": "Timeslices", WINDOW: "28d"}
    assert len(imported(tmp_path, changed(changes)).told) == 3


def text_file(folder: Path, text: str | bytes) -> Imported:
    file = folder / "slo.yaml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return run(file)


@pytest.mark.parametrize(
    "text", ["", "---\n---\n", "just words", "- 1\n- [2]\n", "apiVersion: {a: b}\nkind: []\nmetadata: 3\n", "5", "{}"]
)
def test_a_file_of_something_else_gives_nothing_and_no_traceback(tmp_path: Path, text: str) -> None:
    said = text_file(tmp_path, text)
    assert (said.code, said.out) == (1, "")
    assert said.told[-1].startswith("0 KPIs taken")


@pytest.mark.parametrize("text", [b"\xff\xfe", b"a: [", b"a: *b", b"a: !x 1", b"a: 1\na: 2"])
def test_a_file_that_is_no_yaml_is_told_at_its_place(tmp_path: Path, text: bytes) -> None:
    said = text_file(tmp_path, text)
    assert (said.code, said.out) == (1, "")
    assert ":1:" in said.told[0] or ":2:" in said.told[0]


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    assert "No such file" in run(tmp_path / "none.yaml").told[0]


JUNK = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-9, 9**9)
    | st.text(max_size=12)
    | st.sampled_from(["1M", "0.9", "x", "lte"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)
PLACES = [
    "metadata.name", "metadata.displayName", "spec.service", "spec.budgetingMethod", "spec.timeWindow", WINDOW,
    "spec.indicator.spec", RATIO, f"{RATIO}.counter", f"{RATIO}.good", f"{RATIO}.total.metricSource",
    f"{RATIO}.total.metricSource.spec.query", "spec.objectives", "spec.objectives.0", "spec.objectives.0.target",
    "spec.objectives.0.displayName", "spec.alertPolicies",
]  # fmt: skip


@settings(max_examples=120)
@given(place=st.sampled_from(PLACES), junk=JUNK)
def test_junk_anywhere_gives_good_terms_or_a_reason(
    tmp_path_factory: pytest.TempPathFactory, place: str, junk: Any
) -> None:
    folder = tmp_path_factory.getbasetemp()
    file = folder / "junk.yaml"
    file.write_text(json.dumps(changed({place: junk} if junk is not None else {})))
    try:
        found = read_openslo(file, "http://127.0.0.1:9090")
    except ConfigError:  # what JSON may hold and YAML may not
        return
    assert found.kpis or found.left_out
    if found.kpis:
        text = written(found, "junk.yaml")
        terms = Imported(0, text, []).contract(folder).versions[0].terms
        assert [kpi.id for kpi in terms.kpis] == [kpi.words["id"] for kpi in found.kpis]
        assert [kpi.title for kpi in terms.kpis] == [kpi.words["title"] for kpi in found.kpis]
