"""Small bad contracts, each with its exact lines."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.contract.support import HEAD, SERVICES, endpoint, problems

TCP = "id: e\nkind: tcp\nhost: h\nport: 1\n"
HTTP = "id: e\nkind: http\nurl: http://h/\n"
REFERENCE = "secrets are never written here (write ${env:NAME}, ${file:/path} or ${credential:name})"
IS_TEXT = "must be text (quote a number, or a word such as true)"


def without(key: str) -> str:
    return "".join(line for line in (HEAD + SERVICES).splitlines(keepends=True) if not line.startswith(f"{key}:"))


TOP = [
    ("", ["c.yaml:1:1: services: is missing (write for example services: and below it - id: custody)"]),
    ("services: []", ["c.yaml:7:11: services: must not be empty (write 1 item or more)"]),
    ("services:", ["c.yaml:7:10: services: must be a list (one item a line, each after '- ')"]),
    (SERVICES + "kpi: []", ["c.yaml:11:1: kpi: unknown key (did you mean kpis?)"]),
    (SERVICES + "title: 5", [f"c.yaml:11:8: title: {IS_TEXT}"]),
    (SERVICES + "total_value: much", ["c.yaml:11:14: total_value: must be a number (write for example 99.9)"]),
    (SERVICES + "total_value: -1", ["c.yaml:11:14: total_value: must be at least 0"]),
    (SERVICES + "total_value: 1.234", ["c.yaml:11:14: total_value: must have at most 2 digits after the point"]),
    (
        SERVICES + "accounting: {confirmation: true, unknown: counted}",
        [
            "c.yaml:11:28: accounting.confirmation: must be a whole number",
            "c.yaml:11:34: accounting.unknown: unknown key (known here: confirmation, coverage_floor, quarters)",
        ],
    ),
    (
        SERVICES + "kpis:\n  - {id: K, service: custdy, target: 101}\n  - {id: K, service: x}",
        [
            "c.yaml:12:22: kpis.K.service: no such service (did you mean custody?)",
            "c.yaml:12:38: kpis.K.target: must be at most 100",
            "c.yaml:13:5: kpis.K.target: is missing (write for example target: 99.9)",
            "c.yaml:13:10: kpis.K.id: KPI 'K' is given twice (choose another id)",
            "c.yaml:13:22: kpis.K.service: no such service (known here: custody)",
        ],
    ),
    (
        SERVICES + "calendars:\n  office: {hours: {mon-fri: 9-17, fri-mon: '09:00-17:00'}}\n  always: {}",
        [
            "c.yaml:12:29: calendars.office.hours.mon-fri: '9-17' is not a span of hours (write 08:00-18:00)",
            (
                "c.yaml:12:44: calendars.office.hours.fri-mon: 'fri-mon' is not a day or a run of days"
                " (write mon, or mon-fri)"
            ),
            "c.yaml:13:3: calendars.always.hours: is missing (write for example hours: {mon-fri: 08:00-18:00})",
            "c.yaml:13:11: calendars.always: the calendar 'always' is built in (choose another name)",
        ],
    ),
    (
        SERVICES + "calendars:\n  bad name: {hours: {mon: '09:00-17:00'}}",
        [
            (
                "c.yaml:12:3: calendars.bad name: 'bad name' is not an identifier"
                " (letters, digits, '.', '_' and '-', at most 63, letter or digit first)"
            )
        ],
    ),
]


@pytest.mark.parametrize(("text", "expected"), TOP)
def test_a_mistake_in_a_contract_has_its_line(tmp_path: Path, text: str, expected: list[str]) -> None:
    assert problems(tmp_path, HEAD + text) == expected


@pytest.mark.parametrize(
    ("key", "sample"),
    [
        ("authority", "authority: Westshire Council"),
        ("supplier", "supplier: Northgate IT"),
        ("time_zone", "time_zone: Europe/London"),
        ("currency", "currency: GBP"),
        ("term", "term: {start: 2025-04-01, end: 2035-03-31}"),
    ],
)
def test_a_missing_key_is_told_with_what_to_write(tmp_path: Path, key: str, sample: str) -> None:
    assert problems(tmp_path, without(key)) == [f"c.yaml:1:1: {key}: is missing (write for example {sample})"]


@pytest.mark.parametrize(
    ("right", "mistake", "expected"),
    [
        (
            "id: small",
            "id: a b",
            (
                "1:5: id: 'a b' is not an identifier (letters, digits, '.', '_' and '-', at most 63,"
                " letter or digit first)"
            ),
        ),
        ("The Authority", "' '", "2:12: authority: must not be empty"),
        ("2035-03-31", "2025-03-31", "4:32: term.end: must not be before start (write the last day of the contract)"),
        ("2035-03-31", "2025-02-30", "4:32: term.end: must be a date (write for example 2026-04-01)"),
        ("2035-03-31", "2026-W14-1", "4:32: term.end: must be a date (write for example 2026-04-01)"),
        ("2035-03-31", "86400", "4:32: term.end: must be a date (write for example 2026-04-01)"),
        (
            "Europe/London",
            "Europe/Londn",
            ("5:12: time_zone: 'Europe/Londn' is not a time zone (did you mean Europe/London?)"),
        ),
        ("GBP", "gbp", "6:11: currency: must be a currency's three capital letters (write for example GBP)"),
    ],
)
def test_a_wrong_value_is_told_with_what_is_right(tmp_path: Path, right: str, mistake: str, expected: str) -> None:
    text = (HEAD + SERVICES).replace(right, mistake, 1)
    assert problems(tmp_path, text) == [f"c.yaml:{expected}"]


ENDPOINTS = [
    (TCP + "evry: 5s", "14:9: services.custody.endpoints.e.evry: unknown key (did you mean every?)"),
    (
        TCP + "every: 90",
        ("14:16: services.custody.endpoints.e.every: 90 is not a duration (write 500ms, 30s, 5m, 1h30m or 2d)"),
    ),
    (
        TCP + "every: 0s",
        "14:16: services.custody.endpoints.e.every: must be longer than zero (write for example 30s)",
    ),
    (
        TCP + "every: 10500ms",
        "14:16: services.custody.endpoints.e.every: must be whole seconds (write for example 30s)",
    ),
    (
        TCP + "every: 5s",
        (
            "10:9: services.custody.endpoints.e.timeout: is 10s, and every is 5s: probes would overlap"
            " (write a shorter timeout, by default 10s, or a longer every)"
        ),
    ),
    (
        TCP + "down_above: 10s",
        (
            "14:21: services.custody.endpoints.e.down_above: is 10s, and timeout is 10s: a probe never"
            " takes so long without being DOWN already (write less, or a longer timeout)"
        ),
    ),
    (
        TCP + "degraded_above: 9s\ndown_above: 8s",
        (
            "14:25: services.custody.endpoints.e.degraded_above: is 9s, and down_above is 8s: a probe"
            " never takes so long without being DOWN already (write less, or a longer down_above)"
        ),
    ),
    (TCP.replace("1", "70000"), "13:15: services.custody.endpoints.e.port: must be at most 65535"),
    (TCP.replace("1", "'80'"), "13:15: services.custody.endpoints.e.port: must be a whole number"),
    (
        TCP.replace("host: h", "host: a/b"),
        (
            "12:15: services.custody.endpoints.e.host: 'a/b' is not a host name or an IP address"
            " (write for example www.example.org)"
        ),
    ),
    (TCP.replace("tcp", "tpc"), "11:15: services.custody.endpoints.e.kind: no such kind (did you mean tcp?)"),
    ("id: e\nhost: h", "10:9: services.custody.endpoints.e.kind: is missing (write for example kind: http)"),
    ("5", "10:9: services.custody.endpoints.0: must be a mapping (lines of key: value, indented below)"),
    (
        TCP + "tcp: 1",
        (
            "14:9: services.custody.endpoints.e.tcp: unknown key (known here: degraded_above, down_above,"
            " every, expect, family, host, id, kind, name, port, runbook_url, send, …)"
        ),
    ),
    (
        TCP + "expect: '('",
        "14:17: services.custody.endpoints.e.expect: '(' is not a regular expression: unclosed group",
    ),
    (
        HTTP + "expect: {status: [99]}",
        ("13:27: services.custody.endpoints.e.expect.status.0: 99 is not a status (write 200 or 200-299)"),
    ),
    (
        HTTP + "expect: {status: [299-200]}",
        ("13:27: services.custody.endpoints.e.expect.status.0: '299-200' runs backwards (write 200-299)"),
    ),
    (
        HTTP + "expect: {json: [{path: $.a}]}",
        (
            "13:25: services.custody.endpoints.e.expect.json.0: must say exactly one of"
            " equals, matches, at_least, at_most, exists"
        ),
    ),
    (
        HTTP + "expect: {json: [{path: $.a, equals: []}]}",
        ("13:45: services.custody.endpoints.e.expect.json.0.equals: must be text, or a whole number, or true or false"),
    ),
    (
        HTTP + "expect: {json: [{path: $.a, equals: 1, exists: true}]}",
        (
            "13:25: services.custody.endpoints.e.expect.json.0: must say exactly one of"
            " equals, matches, at_least, at_most, exists (these are given: equals, exists)"
        ),
    ),
    (
        HTTP + "expect: {json: [{path: '$.a[', equals: 1}]}",
        (
            "13:32: services.custody.endpoints.e.expect.json.0.path: '$.a[' is not a JSON path: unbalanced brackets,"
            " at character 5 (write for example $.status)"
        ),
    ),
    (
        HTTP + "expect: {json: [{path: status, equals: 1}]}",
        (
            "13:32: services.custody.endpoints.e.expect.json.0.path: 'status' is not a JSON path: expected '$',"
            " found 's', at character 1 (write for example $.status)"
        ),
    ),
    (
        HTTP + "expect: {json: [{path: '', equals: 1}]}",
        (
            "13:32: services.custody.endpoints.e.expect.json.0.path: '' is not a JSON path: expected '$', found '',"
            " at character 1 (write for example $.status)"
        ),
    ),
    (
        HTTP + "expect: {json: [{path: $.a-b, equals: 1}]}",
        (
            "13:32: services.custody.endpoints.e.expect.json.0.path: '$.a-b' is not a JSON path: expected '.', '..' or"
            " a bracketed selection, found '-', at character 4 (write for example $.status)"
        ),
    ),
    (
        HTTP + f"expect: {{json: [{{path: '${'.a' * 51}', equals: 1}}]}}",
        (
            f"13:32: services.custody.endpoints.e.expect.json.0.path: '${'.a' * 19}.'… has more steps than a JSON path"
            " may have here (at most 50)"
        ),
    ),
    (
        HTTP + f"expect: {{json: [{{path: '$[?{'(' * 2000}@.a{')' * 2000}]', equals: 1}}]}}",
        (
            f"13:32: services.custody.endpoints.e.expect.json.0.path: '$[?{'(' * 37}'…"
            " is nested too deeply for a JSON path"
        ),
    ),
    (
        HTTP + "expect: {headers: {Content-Type: a, content-type: b}}",
        (
            "13:59: services.custody.endpoints.e.expect.headers.content-type: is Content-Type again"
            " (headers do not differ by case: write one of them)"
        ),
    ),
    (
        HTTP + "redirects: {to_https: yes}",
        "13:31: services.custody.endpoints.e.redirects.to_https: must be true or false",
    ),
    (
        HTTP + "headers: {a b: x}",
        ("13:19: services.custody.endpoints.e.headers.a b: is not the name of a header (write for example Accept)"),
    ),
    (
        HTTP + "headers: {A: 5}",
        ("13:22: services.custody.endpoints.e.headers.A: must be one line of text (quote a number)"),
    ),
    (HTTP + "headers: {A: 'Bearer ${env:X}'}", f"13:22: services.custody.endpoints.e.headers.A: {REFERENCE}"),
    (HTTP + "headers: {X-Api-Key: hunter2}", f"13:30: services.custody.endpoints.e.headers.X-Api-Key: {REFERENCE}"),
    (
        HTTP + "headers: {Accept: a, ACCEPT: b}",
        (
            "13:38: services.custody.endpoints.e.headers.ACCEPT: is Accept again"
            " (headers do not differ by case: write one of them)"
        ),
    ),
    (
        HTTP + "basic_auth: {username: u, password: '${env:X}'}\nbearer_token: ${env:X}",
        (
            "14:23: services.custody.endpoints.e.bearer_token: is a second credential, beside basic_auth"
            " (write one of them)"
        ),
    ),
    (
        HTTP + "bearer_token: ${env:X}\nheaders: {authorization: '${env:X}'}",
        (
            "14:34: services.custody.endpoints.e.headers.authorization: is a second credential, beside bearer_token"
            " (write one of them)"
        ),
    ),
    (
        HTTP + "headers: {AUTHORIZATION: '${env:X}'}\nbasic_auth: {username: u, password: '${env:X}'}",
        (
            "13:34: services.custody.endpoints.e.headers.AUTHORIZATION: is a second credential, beside basic_auth"
            " (write one of them)"
        ),
    ),
    (HTTP + "bearer_token: hunter2", f"13:23: services.custody.endpoints.e.bearer_token: {REFERENCE}"),
    (
        HTTP + "bearer_token: ${credential:../x}",
        ("13:23: services.custody.endpoints.e.bearer_token: a credential is a plain name (write ${credential:name})"),
    ),
    (
        HTTP + "ca_file: ''",
        ("13:18: services.custody.endpoints.e.ca_file: is not a path (write for example ../var/ca.pem)"),
    ),
    (
        HTTP.replace("http://h/", "ftp://h/"),
        (
            "12:14: services.custody.endpoints.e.url: must be an http:// or https://"
            " address without spaces (encode others as %20)"
        ),
    ),
    (
        HTTP.replace("http://h/", "http://h:99999/"),
        (
            "12:14: services.custody.endpoints.e.url: must have a host, and a"
            " port from 1 to 65535 if any (write https://host:8443/path)"
        ),
    ),
    (
        HTTP.replace("http://h/", "http://u:hunter2@h/"),
        (
            "12:14: services.custody.endpoints.e.url: must not hold a user"
            " name or password (write them under basic_auth)"
        ),
    ),
    (
        HTTP + "proxy: https://p",
        (
            "13:16: services.custody.endpoints.e.proxy: must be an http:// address (write for"
            " example http://proxy.example:3128)"
        ),
    ),
]


@pytest.mark.parametrize(("text", "expected"), ENDPOINTS)
def test_a_mistake_in_an_endpoint_has_its_line(tmp_path: Path, text: str, expected: str) -> None:
    assert problems(tmp_path, endpoint(text)) == [f"c.yaml:{expected}"]


@pytest.mark.parametrize(
    ("extra", "expected"),
    [
        ("    service_hours: ofice\n", "11:20: services.custody.service_hours: no such calendar (known here: always)"),
        ("    participants: [q]\n", "11:20: services.custody.participants.0: no such participant (known here: none)"),
        (
            "    available_when: 2\n",
            ("11:21: services.custody.available_when: there are only 1 endpoints (write a smaller number)"),
        ),
        (
            "    available_when: most\n",
            ("11:21: services.custody.available_when: must be 'all', 'any' or 'weighted', or a whole number"),
        ),
        (
            "      - {id: health, kind: tcp, host: h, port: 1}\n",
            ("11:14: services.custody.endpoints.health.id: endpoint 'health' is given twice (choose another id)"),
        ),
    ],
)
def test_a_name_that_leads_nowhere_has_its_line(tmp_path: Path, extra: str, expected: str) -> None:
    assert problems(tmp_path, HEAD + SERVICES + extra) == [f"c.yaml:{expected}"]


def test_an_empty_file_is_no_contract(tmp_path: Path) -> None:
    assert problems(tmp_path, "id:") != []
    assert problems(tmp_path, "id: # nothing else\n")[0].startswith("c.yaml:1:1: authority: is missing")


def test_a_key_named_like_the_kind_does_not_lead_astray(tmp_path: Path) -> None:
    """Pydantic puts the kind into its paths, and a key of that name is another thing."""
    assert problems(tmp_path, endpoint(TCP.replace("1", "70000") + "tcp: {port: 1}"))[0].startswith(
        "c.yaml:13:15: services.custody.endpoints.e.port: must be at most 65535"
    )


def test_an_unknown_key_beside_tiers_is_told_with_the_credits_keys(tmp_path: Path) -> None:
    """The method's name is the name of one of its keys."""
    kpis = "kpis: [{id: K, service: custody, target: 99}]\n"
    rule = "credits: [{id: c, method: tiers, kpi: K, tiers: [{below: 99, percent: 1%s}]%s}]\n"
    (line,) = problems(tmp_path, SERVICES + kpis + rule % ("", ", shown: 3"))
    known = "clause, id, kpi, method, min_payout, only_if_repeated, rounding, service, tiers"
    assert line.endswith(f"credits.c.shown: unknown key (known here: {known})")
    (line,) = problems(tmp_path, SERVICES + kpis + rule % (", shown: 3", ""))
    known = "above, at_least, at_most, below, percent"
    assert line.endswith(f"credits.c.tiers.0.shown: unknown key (known here: {known})")


def test_a_name_that_the_writer_chose_is_no_key_of_ours(tmp_path: Path) -> None:
    """A calendar may be called hours."""
    text = HEAD + SERVICES + "calendars: {hours: {hours: {mon: '09:00-17:00'}, closed: []}}"
    expected = "c.yaml:11:50: calendars.hours.closed: unknown key (did you mean closed_on?)"
    assert problems(tmp_path, text) == [expected]


def test_a_duration_has_a_bound(tmp_path: Path) -> None:
    assert problems(tmp_path, endpoint(TCP + "every: 367d")) == [
        "c.yaml:14:16: services.custody.endpoints.e.every: must not be longer than a year (write for example 30s)"
    ]


def test_whom_to_call_is_a_contact_of_the_contract(tmp_path: Path) -> None:
    told = problems(
        tmp_path,
        """\
        contacts:
          - {id: desk, name: Service desk, phone: "+44 1234 567"}
          - {id: desk, name: Another}
        services:
          - {id: custody, contacts: [dezk]}
        """,
    )
    assert told == [
        "c.yaml:9:10: contacts.desk.id: contact 'desk' is given twice (choose another id)",
        "c.yaml:11:30: services.custody.contacts.0: no such contact (did you mean desk?)",
    ]
