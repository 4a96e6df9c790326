"""Items for each row of a list: the contract is the one written out, and mistakes are at their places, with the row."""

from __future__ import annotations

from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from sla_monitor.contract.advice import advice
from sla_monitor.contract.reading.json_schema import contract_schema
from sla_monitor.contract.reading.nodes import plain
from sla_monitor.contract.reading.repeating import repeated
from sla_monitor.contract.reading.yaml_file import parse_document
from tests.contract.support import HEAD, loaded, problems

REPEATED = """\
lists:
  site:
    - {id: hq, name: Headquarters, host: hq.example, target: 99.95, charge: 1200.50}
    - {id: depot, name: Depot, host: depot.example, target: 99, charge: 400, from: 2026-10-01, ref: CCN-3}
services:
  - for_each: site
    id: wan-${site.id}
    name: ${site.name} for $$${site.charge}, $${site.id}, ${name}
    endpoints:
      - {id: "${site.id}", kind: heartbeat, token: "${file:/run/${site.id}}", period: 5m, grace: 5m}
      - {id: "${site.id}-tcp", kind: tcp, host: "${site.host}", port: 443, every: 10s}
kpis:
  - {for_each: site, id: "${site.id}-up", service: "wan-${site.id}", target: "${site.target}"}
charges:
  monthly:
    - {for_each: site, service: "wan-${site.id}", amount: "${site.charge}"}
    - {amount: 10}
"""

WRITTEN_OUT = """\
services:
  - id: wan-hq
    name: Headquarters for $$1200.50, $${site.id}, ${name}
    endpoints:
      - {id: hq, kind: heartbeat, token: "${file:/run/hq}", period: 5m, grace: 5m}
      - {id: hq-tcp, kind: tcp, host: hq.example, port: 443, every: 10s}
  - id: wan-depot
    name: Depot for $$400, $${site.id}, ${name}
    endpoints:
      - {id: depot, kind: heartbeat, token: "${file:/run/depot}", period: 5m, grace: 5m}
      - {id: depot-tcp, kind: tcp, host: depot.example, port: 443, every: 10s}
    from: 2026-10-01
    ref: CCN-3
kpis:
  - {id: hq-up, service: wan-hq, target: 99.95}
  - {id: depot-up, service: wan-depot, target: 99, from: 2026-10-01}
charges:
  monthly:
    - {service: wan-hq, amount: 1200.50}
    - {service: wan-depot, amount: 400, from: 2026-10-01}
    - {amount: 10}
"""


def test_the_contract_is_the_one_that_is_written_out(tmp_path: Path) -> None:
    versions = loaded(tmp_path, REPEATED).versions
    assert versions == loaded(tmp_path, WRITTEN_OUT).versions
    assert [version.reference for version in versions] == ["", "CCN-3"]


def test_an_editor_accepts_it() -> None:
    values = plain(parse_document((HEAD + REPEATED).encode(), "c.yaml").root)
    assert [error.message for error in Draft202012Validator(contract_schema()).iter_errors(values)] == []


def test_a_row_may_change_on_a_date(tmp_path: Path) -> None:
    text = REPEATED.replace("charge: 400,", "charge: 400, versions: [{from: 2027-04-01, charge: 450}],")
    amounts = [
        [float(one.amount) for one in version.terms.charges.monthly] for version in loaded(tmp_path, text).versions
    ]
    assert amounts == [[1200.5, 10], [1200.5, 400, 10], [1200.5, 450, 10]]


@pytest.mark.parametrize(
    ("right", "wrong", "line"),
    [
        (
            "host: hq.example",
            'host: "h q"',
            (
                "9:42: services.wan-hq.endpoints.hq-tcp.host: 'h q' is not a host name or an IP address"
                " (write for example www.example.org) [site hq]"
            ),
        ),
        ("charge: 1200.50", "charge: -1", "9:77: charges.monthly.0.amount: must be at least 0 [site hq]"),
        (
            "every: 10s",
            "evry: 10s",
            "16:76: services.wan-hq.endpoints.hq-tcp.evry: unknown key (did you mean every?) [site hq]",
        ),
        (
            "${site.target}",
            "${site.targt}",
            "18:78: kpis.0.target: ${site.targt} is not in the row (did you mean target?) [site hq]",
        ),
        (
            "${site.target}",
            "${sit.target}",
            "18:78: kpis.0.target: ${sit.target} is of no list here (write ${site.target}) [site hq]",
        ),
        (
            "for_each: site, service",
            "for_each: sit, service",
            "21:18: charges.monthly.0.for_each: no such list (did you mean site?)",
        ),
        (
            "{amount: 10}",
            '{amount: "${site.charge}"}',
            "22:16: charges.monthly.1.amount: ${site.charge} has no row here (write for_each: site at the item)",
        ),
        (
            "{id: hq, ",
            "{id: 7, ",
            "9:7: lists.site.0: must be a mapping with an id (write - {id: hq}, and quote an id of digits)",
        ),
        ("name: Headquarters", "name: [a]", "9:22: lists.site.hq.name: must be one plain value (rows are a table)"),
        (
            "name: Headquarters",
            "name: true",
            (
                "9:22: services.0.name: is neither text nor a number, and ${site.name} stands in a text (quote it)"
                " [site hq]"
            ),
        ),
        (
            "port: 443",
            "port: 443, headers: [{for_each: site}]",
            "16:97: services.0.endpoints.1.headers.0.for_each: cannot stand inside an item that is repeated [site hq]",
        ),
    ],
)
def test_a_mistake_is_at_its_place_with_its_row(tmp_path: Path, right: str, wrong: str, line: str) -> None:
    one_row = "".join(text for text in REPEATED.splitlines(keepends=True) if "CCN-3" not in text)
    assert problems(tmp_path, one_row.replace(right, wrong)) == [f"c.yaml:{line}"]


def test_a_mistake_of_many_rows_is_there_once(tmp_path: Path) -> None:
    rows = "".join(f"    - {{id: s{n}}}\n" for n in range(250))
    text = f"lists:\n  site:\n{rows}services:\n  - {{for_each: site, id: '${{site.id}}', nam: x, clas: y}}\n"
    assert problems(tmp_path, text) == [
        "c.yaml:260:40: services.s0.nam: unknown key (did you mean name?) [site s0 and 249 more]",
        (
            "c.yaml:260:48: services.s0.clas: unknown key (known here: available_when, contacts, criticality,"
            " endpoints, id, impact_cost_per_hour, maintenance, name, participants, runbook_url, service_hours)"
            " [site s0 and 249 more]"
        ),
    ]


def test_a_row_that_joins_later_does_not_repeat_a_mistake_of_the_item(tmp_path: Path) -> None:
    (line,) = problems(tmp_path, REPEATED.replace("every: 10s", "evry: 10s"))
    assert line.endswith("unknown key (did you mean every?) [site hq]")


def test_the_same_row_twice_is_a_mistake(tmp_path: Path) -> None:
    text = "lists: {site: [{id: a}, {id: a}]}\nservices: [{for_each: site, id: '${site.id}'}]\n"
    assert problems(tmp_path, text) == ["c.yaml:7:30: lists.site.a.id: 'a' is there twice (keep one)"]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("services: [{for_each: site, id: x}]", "7:23: services.x.for_each: no such list (write its rows under lists)"),
        ("lists: [a]\nservices: [{id: x}]", "7:8: lists: must be a mapping (write site: and below it the rows)"),
        (
            "lists: {s: 1}\nservices: [{id: x}]",
            "7:12: lists.s: must be a list of rows (write - {id: hq, name: Headquarters})",
        ),
    ],
)
def test_lists_are_mappings_of_rows(tmp_path: Path, text: str, line: str) -> None:
    assert problems(tmp_path, text) == [f"c.yaml:{line}"]


@pytest.mark.parametrize(
    "item", ["{for_each: r, id: '" + "${r.t}" * 2_000 + "'}", "{for_each: r, l: [" + "0, " * 500 + "]}"]
)
def test_what_is_written_out_is_bounded(item: str) -> None:
    rows = ", ".join(f"{{id: r{n}, t: {'x' * 1000}}}" for n in range(1_000))
    document = parse_document(f"lists: {{r: [{rows}]}}\nservices: [{item}]\n".encode(), "f")
    repeated(document, document.root)
    assert [problem.message for problem in document.problems] == [
        "become too much when written out (use fewer rows, or split the contract)"
    ]


def test_advice_names_the_row_and_is_there_once(tmp_path: Path) -> None:
    text = REPEATED.replace("every: 10s", "every: 10m").replace(", from: 2026-10-01, ref: CCN-3", "")
    lines = advice(loaded(tmp_path, text), 0)
    assert lines
    assert all(line.endswith(("[site hq]", "[site depot]", "more]")) for line in lines)
