"""What a site is sent is what the contract says: terms that were spelled out are read again as they were."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sla_monitor.contract.endpoints.endpoint import Endpoint, endpoint_of
from sla_monitor.contract.endpoints.record_data import EXAMPLES
from sla_monitor.contract.endpoints.spelled import spelled
from sla_monitor.daemon.assigning import AssignedEndpoint
from sla_monitor.settings import Settings
from sla_monitor.transport import Assigned, Assignment, decode_assignment, encode

NAMES = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,20}", fullmatch=True)
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
LINE = TEXT.filter(lambda text: "\n" not in text and "\r" not in text and "${" not in text)
HOSTS = st.sampled_from(["a.example", "127.0.0.1", "::1", "host_with_underscore", "bücher.example"])
SECRETS = st.one_of(
    st.from_regex(r"[^{}/\x00]{1,20}", fullmatch=True).map(lambda name: f"${{env:{name}}}"),
    st.sampled_from(["${file:/run/secret file}", "${file:/a/b}", "${credential:token}"]),
)
PATHS = st.sampled_from(["/etc/ca.pem", "/with space/ca.pem", "/ümlaut.pem"])
PATTERNS = st.sampled_from(["^ok$", r"\d+ £", "a|b", "(?i)straße"])
PACES = st.sampled_from([("1s", "1s"), ("10s", "999ms"), ("1h30m", "1m1ms"), ("1d", "10s"), ("60s", "10s")])
HEADERS = st.dictionaries(st.sampled_from(["Accept", "X-Odd!", "Host"]), LINE | SECRETS, max_size=3)
WHOLE = st.integers(-(2**40), 2**40)


def some(**options: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Any of these keys, or none of them."""
    return st.fixed_dictionaries({}, optional=options)


CONDITIONS: st.SearchStrategy[dict[str, Any]] = st.one_of(
    *(
        st.fixed_dictionaries({"path": st.just("$.a[*]['b c']"), key: values})
        for key, values in {
            "equals": st.one_of(TEXT, WHOLE, st.booleans()),
            "matches": PATTERNS,
            "at_least": WHOLE,
            "at_most": WHOLE,
            "exists": st.booleans(),
        }.items()
    )
)
EXPECTATIONS = some(
    status=st.lists(st.sampled_from([200, "204", "300-399", "100-599"]), min_size=1, max_size=3),
    headers=st.dictionaries(st.sampled_from(["Content-Type", "X"]), PATTERNS, max_size=2),
    body_contains=st.lists(TEXT, max_size=2),
    body_lacks=st.lists(TEXT, max_size=2),
    body_matches=PATTERNS,
    json=st.lists(CONDITIONS, max_size=3),
)
TLS = {
    "ca_file": PATHS,
    "client_certificate": PATHS,
    "client_key": PATHS,
    "min_tls_version": st.sampled_from(["TLSv1.2", "TLSv1.3"]),
    "certificate_days_left": st.integers(0, 90),
}
FAMILY = {"family": st.sampled_from(["any", "ipv4", "ipv6"])}
PORTS = st.integers(1, 65_535)

CAPTURED = st.from_regex(r"[A-Za-z][A-Za-z0-9_-]{0,9}", fullmatch=True)
CAPTURES = st.builds(
    lambda how, more: {**how, **more},
    st.sampled_from([{"json": "$.a"}, {"matches": "a(.)£"}, {"header": "X-Token"}, {"cookie": "sid"}]),
    some(secret=st.booleans()),
)
TEMPLATES = st.lists(st.one_of(LINE.map(lambda text: text.replace("$", "$$")), SECRETS), max_size=4).map("".join)
BODIES: st.SearchStrategy[dict[str, Any]] = st.one_of(
    st.just({}),
    st.fixed_dictionaries({"body": TEMPLATES}),
    st.fixed_dictionaries({"form": st.dictionaries(st.sampled_from(["user", "page £"]), TEMPLATES, max_size=2)}),
    st.fixed_dictionaries({"json": SECRETS.map(lambda secret: f'{{"key": ["{secret}", 1.50, "$$"]}}')}),
)
STEPS = st.builds(
    lambda body, more: {"method": "PATCH", **body, **more},
    BODIES,
    some(name=TEXT, headers=st.dictionaries(st.just("X-Odd!"), TEMPLATES, max_size=1), expect=EXPECTATIONS),
)

DNS_ANSWERS = st.one_of(
    st.sampled_from(sorted(EXAMPLES)).flatmap(
        lambda record: some(expect=st.lists(st.just(EXAMPLES[record]), max_size=2)).map(
            lambda more: {"record": record, **more}
        )
    ),
    st.fixed_dictionaries({"expect_rcode": st.sampled_from(["NODATA", "NXDOMAIN", "REFUSED"])}),
)

KINDS: dict[str, st.SearchStrategy[dict[str, Any]]] = {
    "http": st.builds(
        lambda more, credential: {"url": "https://a.example:8443/p?q=%20#f", **more, **credential},
        some(
            **TLS,
            **FAMILY,
            method=st.sampled_from(["GET", "HEAD", "POST", "PUT", "OPTIONS"]),
            headers=HEADERS,
            body=TEXT,
            proxy=st.just("http://proxy.example:3128"),
            connection=st.sampled_from(["fresh", "reuse"]),
            redirects=some(follow=st.integers(0, 20), other_hosts=st.lists(HOSTS, max_size=2), to_https=st.booleans()),
            body_limit_bytes=st.integers(1024, 67_108_864),
            expect=EXPECTATIONS,
        ),
        st.one_of(
            st.just({}),
            st.fixed_dictionaries({"bearer_token": SECRETS}),
            st.fixed_dictionaries(
                {"basic_auth": st.fixed_dictionaries({"username": st.just("üser"), "password": SECRETS})}
            ),
        ),
    ),
    "tcp": st.builds(lambda host, port, more: {"host": host, "port": port, **more}, HOSTS, PORTS,
                     some(**FAMILY, send=TEXT, expect=PATTERNS)),
    "dns": st.builds(lambda host, more: {"server": host, "ask": "a.example", **more}, HOSTS,
                     st.builds(lambda how, answers: {**how, **answers},
                               some(**FAMILY, port=PORTS, transport=st.sampled_from(["udp", "tcp"])), DNS_ANSWERS)),
    "tls": st.builds(lambda host, more: {"host": host, **more}, HOSTS,
                     some(**TLS, **FAMILY, port=PORTS, server_name=HOSTS)),
    "heartbeat": st.builds(lambda token, when: {"token": token, "grace": "30s", **when}, SECRETS,
                           st.sampled_from([{"period": "1d", "max_duration": "2h"},
                                            {"expected": {"at": ["02:00", "14:30:05"], "calendar": "nights"}},
                                            {"period": "30m", "expected": {"calendar": "office"}}])),
    "journey": st.builds(
        lambda first, captures, later, more: {
            "base": "https://bücher.example/app", **more,
            "steps": [{"id": "first", "url": "/in?$$=1", "capture": captures, **first},
                      *({"id": f"later-{i}", "url": f"/x/{''.join(f'${{{name}}}' for name in captures)}", **one}
                        for i, one in enumerate(later))],
        },
        STEPS, st.dictionaries(CAPTURED, CAPTURES, max_size=3), st.lists(STEPS, max_size=3), some(**TLS, **FAMILY),
    ),
}  # fmt: skip


@st.composite
def endpoints(draw: st.DrawFn, kind: str) -> Endpoint:
    """One whose terms fit together."""
    every, timeout = draw(PACES)
    plain = {"id": draw(NAMES), "kind": kind, "every": every, "timeout": timeout, **draw(KINDS[kind])}
    plain |= draw(some(name=TEXT, weight=st.sampled_from([Decimal("0.1"), Decimal(1000), 1, "0.125"])))
    plain |= draw(some(degraded_above=st.just("10ms"), down_above=st.just("500ms")))
    return endpoint_of(plain)


def test_every_kind_of_endpoint_is_spelled_here() -> None:
    kinds = {get_args(kind.model_fields["kind"].annotation)[0] for kind in get_args(get_args(Endpoint)[0])}
    assert kinds == set(KINDS)


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data())
def test_terms_arrive_at_a_site_as_they_are(kind: str, data: st.DataObject) -> None:
    terms = data.draw(endpoints(kind))
    sent = Assignment((Assigned.of(1, "c/e", spelled(terms)),), (spelled(terms),), 1, {}, "info", "logfmt")
    came = decode_assignment(encode(sent))
    assert endpoint_of(came.endpoints[0].terms) == terms
    assert endpoint_of(came.witnesses[0]) == terms


@given(st.lists(st.sampled_from(["http", "tcp", "dns", "tls"]).flatmap(endpoints), max_size=3))
def test_witnesses_arrive_as_the_settings_say(terms: list[Endpoint]) -> None:
    witnesses = Settings.model_validate({"witnesses": terms}).witnesses
    assert [endpoint_of(spelled(one)) for one in witnesses] == terms


@given(st.sampled_from(sorted(KINDS)).flatmap(endpoints))
def test_every_variable_that_a_secret_names_is_found_to_be_sent_along(terms: Endpoint) -> None:
    text = json.dumps(spelled(terms), default=str, ensure_ascii=False)
    named = {json.loads(f'"{name}"') for name in re.findall(r"(?<!\$)(?:\$\$)*\$\{env:([^{}]*)\}", text)}
    assert set(AssignedEndpoint.of(1, "c/e", terms, None).variables) == named


@given(endpoints("http"))
def test_no_secret_is_among_what_is_sent(terms: Endpoint) -> None:
    """References only: the site reads the secret itself."""
    plain = spelled(terms)
    for value in (plain.get("bearer_token"), plain.get("basic_auth", {}).get("password")):
        assert value is None or str(value).startswith("${")
