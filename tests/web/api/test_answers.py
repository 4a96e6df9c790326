"""JSON and pages tell the same, in a form that the OpenAPI document describes, and nothing is null without a reason."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate as validate_openapi
from typing_extensions import is_typeddict

from sla_monitor.board import Board
from sla_monitor.register.instant import parse_instant
from sla_monitor.settings.views import SharedViews
from sla_monitor.sla.observation import Outcome
from sla_monitor.web import ReviewPack, Web
from sla_monitor.web.api import register_shapes, shapes
from sla_monitor.web.api.openapi import RESOURCES, openapi_document
from sla_monitor.wording.durations import (
    format_age,
    format_days_left,
    format_duration,
    format_duration_difference,
    format_exact_duration,
    format_probe_duration,
    format_short_duration,
)
from sla_monitor.wording.instants import format_date, format_instant, format_month, format_recent, format_stretch
from sla_monitor.wording.maintenance import SILENCED
from sla_monitor.wording.numbers import format_count, format_money, format_points, format_ratio
from sla_monitor.wording.vocabulary import OUTCOMES, SYMBOLS
from tests.contract.support import ROOT
from tests.fakes.clock import FakeClock
from tests.web import estate, recorded
from tests.web.page.test_shared_page import both
from tests.web.page.test_subject_pages import words_of
from tests.web.running import Parts, ask, serving

ZONE = ZoneInfo("Europe/London")
DOCUMENT = openapi_document()
Json = dict[str, Any]


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> Parts:
    made = recorded.parts(tmp_path_factory.mktemp("record"))
    files = ("partnership-2026-10.html", "partnership-2026-10.pdf", "csv/kpis.csv")
    pack = ReviewPack("partnership-2026-10", "partnership", "2026-10", "final", "", files, lambda name: None)
    made.views, made.packs = SharedViews(public="everybody"), lambda: [pack]
    return made


@pytest.fixture(scope="module")
def web(parts: Parts) -> Iterator[Web]:
    with serving(parts) as served:
        yield served


@pytest.fixture(scope="module")
def drawn() -> Iterator[Web]:
    """Services with a year of money behind them, without a record."""
    clock = FakeClock(estate.NOW_MS)
    with serving(Parts(board=estate.partnership(), clock=clock)) as served:
        yield served


def get(web: Web, path: str) -> Json:
    answer = ask(web, path)
    assert (answer.status, answer.headers["content-type"]) == (200, "application/json"), answer.body
    found: Json = json.loads(answer.body)
    return found


def rows(html: str, caption: str = "") -> list[str]:
    """The rows of a page's tables, each as its reader reads it."""
    start = html.index(caption) if caption else 0
    end = html.index("</table>", start) if caption else len(html)
    return [squashed(words_of(row)) for row in re.findall(r"<tr[^>]*>(.*?)</tr>", html[start:end], re.S)]


def squashed(text: str) -> str:
    """Without its spaces: markup alone says where words of a cell end."""
    return "".join(text.split())


def recent(text: str, now_ms: int = recorded.NOW_MS) -> str:
    return format_recent(parse_instant(text), ZONE, now_ms)


def joined(*words: str) -> str:
    """A row of these."""
    return squashed("".join(words))


def ratio(number: Mapping[str, str] | None, places: int = 2, none: str = "unknown") -> str:
    return format_ratio(Fraction(number["exact"]), places) if number else none


def resolved(shape: str) -> Json:
    """The schema of a shape, with the definitions that it leads to."""
    text = json.dumps({"$ref": f"#/$defs/{shape}", "$defs": DOCUMENT["components"]["schemas"]})
    found: Json = json.loads(text.replace("#/components/schemas/", "#/$defs/"))
    return found


NAMES = {
    "{contract}/{service}": ["partnership/custody", "partnership/mail", "partnership/portal", "partnership/unseen",
                             "partnership/desk"],
    "{contract}/{endpoint}": ["partnership/custody-web", "partnership/extract", "partnership/webmail"],
    "{contract}": ["partnership"],
}  # fmt: skip


def addresses(path: str) -> list[str]:
    for names, several in NAMES.items():
        if names in path:
            return [path.replace(names, one) for one in several]
    return [path]


ELSEWHERE = {"/participants/{participant}/status.json", "/api/v1/desk"}
"""Resources that are read with a token, or by somebody who is signed in: in tests of their own."""


@pytest.mark.parametrize("resource", [one for one in RESOURCES if one.path not in ELSEWHERE])
def test_every_answer_is_as_described_and_every_null_has_its_reason(web: Web, drawn: Web, resource: Any) -> None:
    validator = Draft202012Validator(resolved(resource.shape.__name__))
    for path in addresses(resource.path):
        validator.validate(told := get(web, path))
        assert list(unreasoned(told)) == [], path
    if resource.path in {"/api/v1/services", "/api/v1/outages", "/api/v1/contracts/{contract}", "/api/v1/monitor"}:
        validator.validate(told := get(drawn, resource.path.replace("{contract}", "partnership")))
        assert list(unreasoned(told)) == []


def unreasoned(told: Any) -> Iterator[str]:
    """The keys that are null without a reason, and reasons of keys that are not null."""
    if isinstance(told, list):
        for one in told:
            yield from unreasoned(one)
    elif isinstance(told, dict):
        reasons = told.get("why_null", {})
        yield from {key for key, value in told.items() if value is None} ^ set(reasons)
        for key, value in told.items():
            if key != "why_null":
                yield from unreasoned(value)


def test_before_anything_is_known_there_is_no_nought_and_no_fault() -> None:
    board = Board(estate.NOW_MS)
    board.watch([estate.watched("e-mail", "Webmail", None)])
    with serving(Parts(board=board)) as web:
        (mail,) = get(web, "/api/v1/services")["services"]
        assert mail["state"] == "unknown"
        assert {mail[key] for key in ("availability", "downtime_ms", "outages", "coverage")} == {None}
        assert get(web, "/api/v1/outages")["why_null"]["assessed_at"] == "nothing has been assessed yet"
        answer = ask(web, "/api/v1/contracts/partnership")
        assert (answer.status, answer.headers["retry-after"]) == (503, "15")
        for path in ("/api/v1/services", "/api/v1/outages", "/api/v1/monitor"):
            assert list(unreasoned(get(web, path))) == []


def test_no_two_shapes_share_a_name() -> None:
    """One would stand for both in the document."""
    here = [
        {name for name, one in vars(module).items() if is_typeddict(one) and one.__module__ == module.__name__}
        for module in (shapes, register_shapes)
    ]
    assert here[0] & here[1] == set()


def test_the_document_is_valid_committed_and_says_what_every_key_means(web: Web) -> None:
    """Otherwise: sla-monitor schema api > config/schema/openapi.json."""
    validate_openapi(DOCUMENT)
    assert json.loads((ROOT / "config/schema/openapi.json").read_text(encoding="utf-8")) == DOCUMENT
    assert get(web, "/api/v1/openapi.json") == DOCUMENT
    for name, schema in DOCUMENT["components"]["schemas"].items():
        for key, value in schema["properties"].items():
            assert value.get("description"), f"{name}.{key}"


def state_words(told: Json, now_ms: int) -> str:
    if told["state"] == "up":
        return ""
    began = parse_instant(told["since"]) if told["since"] else 0
    since = format_recent(began, ZONE, now_ms) if began else "the monitor started"
    lasting = f" (for {format_short_duration(now_ms - began)})" if began else ""
    return joined(f"since {since}{lasting} · {told['reason']}", told["detail"] or "")


def summary(told: Json) -> str:
    if told["availability"] is None:
        why = told["why_null"]["availability"]
        return f"availability {'unknown' if 'seen' in why else why}"
    return f"{ratio(told['availability'])} available, {ratio(told['coverage'])} seen"


def test_the_rows_of_the_front_page_are_those_of_the_api(drawn: Web) -> None:
    told = get(drawn, "/api/v1/services")["services"]
    html = ask(drawn, "/?group=state").body
    shown = [row for row in rows(html) if re.match(r"^[✕▲?✓]", row) and "·" in row][: len(told)]
    expected = []
    for one in told:
        outcome = Outcome(one["state"])
        affects = ", ".join(each["name"] for each in one["participants"]) or "everybody"
        begins = f"{OUTCOMES[outcome]} {one['name']} {one['criticality']} · {one['supplier']} · {one['contract_title']}"
        expected.append((begins, affects, state_words(one, estate.NOW_MS), summary(one)))
    assert len(shown) == len(told) == 8
    for row, words in zip(shown, expected, strict=True):
        assert row[1:] == joined(*words)


def test_the_same_filters_select_the_same(drawn: Web) -> None:
    for query in (
        "q=custody",
        "state=bad",
        "participant=staffordshire&state=degraded",
        "supplier=Boeing&criticality=low",
    ):
        told = get(drawn, f"/api/v1/services?{query}")
        html = ask(drawn, told["url"]).body
        names = {one["name"] for one in told["services"]}
        assert set(re.findall(r"<h4><bdi>([^<]+)</bdi></h4>", html)) == names, query
        outages = get(drawn, f"/api/v1/outages?{query}")
        assert {one["name"] for one in outages["outages"]} <= names


def test_the_money_of_a_contract_is_that_of_the_page(drawn: Web) -> None:
    told, text = get(drawn, "/api/v1/contracts/partnership"), words_of(ask(drawn, "/?open=all").body)
    credit, worst = (format_money(Decimal(told[key]["amount"]), told["credit"]["currency"])
                     for key in ("credit", "credit_at_worst"))  # fmt: skip
    assert f"Service credit {credit} at worst {worst}" in text
    assert f"Service points {format_points(Fraction(told['points']['exact']))} at worst" in text
    assert len(told["caps"]) == text.count(" left of £")
    words = {"missed": "missed", "near": "near", "met": "met", "unknown": "not assessable"}
    states = [one["state"] for one in told["kpis"]]
    tally = ", ".join(f"{states.count(key)} {word}" for key, word in words.items() if key in states)
    assert tally in text
    shown = rows(ask(drawn, "/?open=all").body)
    for kpi in told["kpis"]:
        (row,) = (row for row in shown if row.startswith(squashed(kpi["title"])) and squashed(kpi["clause"]) in row)
        side = "≥" if kpi["is_met_from"] == "above" else "≤"
        assert f"{side}{kpi['target']}{'%' if kpi['unit'] == 'percent' else ''}" in row
        assert squashed(kpi["word"]) in row
        assert kpi["outlook"] is None or squashed(kpi["outlook"]) in row


def test_the_list_of_the_supplier_is_compared_as_on_the_page(drawn: Web) -> None:
    told = get(drawn, "/api/v1/contracts/partnership")["reconciliation"]
    shown = rows(ask(drawn, "/?open=all").body, "reconciled--")
    assert len(told["matches"]) >= 3
    for one in told["matches"]:
        ours, theirs = ("; ".join(map(stretch_words, one[key])) for key in ("ours", "theirs"))
        assert any(joined(ours) in row and joined(theirs) in row and lengths(one) in row for row in shown), one
    assert any(row.startswith("Allservices") and lengths(told) in row for row in shown)
    assert sum(told["counts"].values()) == len(told["matches"]) + told["more_matches"]


def stretch_words(one: Json) -> str:
    end_ms = parse_instant(one["end"]) if one["end"] else None
    stretch = format_stretch(parse_instant(one["start"]), end_ms, ZONE)
    return f"{one['name']}: {stretch}" if one["name"] else stretch


def lengths(one: Json) -> str:
    """As they stand side by side."""
    difference = format_duration_difference(one["difference_ms"])
    return joined(format_exact_duration(one["ours_ms"]), format_exact_duration(one["theirs_ms"]), difference)


@pytest.mark.parametrize("name", ["custody", "mail", "portal", "unseen", "desk"])
def test_the_page_of_a_service_shows_what_the_api_tells(web: Web, name: str) -> None:
    told, html = get(web, f"/api/v1/services/partnership/{name}"), ask(web, f"/services/partnership/{name}").body
    text, shown = words_of(html), rows(html)
    assert f"{told['name']}: {told['state']}" in text
    if told["since"]:
        began = format_recent(parse_instant(told["since"]), ZONE, recorded.NOW_MS)
        assert f"since {began}" in text
    places = 2
    down = format_duration(told["downtime_ms"], up=True) if told["downtime_ms"] is not None else "unknown"
    outages = f"{told['outages']}" if told["outages"] is not None else "unknown"
    for said in (f"Availability {ratio(told['availability'], places)}", f"Downtime {down}",
                 f"Coverage {ratio(told['coverage'])}", f"Outages {outages}"):  # fmt: skip
        assert said in text
    for one in told["month_outages"]:
        ended = recent(one["ended_at"]) if one["ended_at"] else "still open"
        lasted_ms = one["lasted_ms"] or recorded.NOW_MS - parse_instant(one["began_at"])
        counted = format_duration(one["counted_ms"], up=True)
        row = joined(recent(one["began_at"]), ended, format_duration(lasted_ms, up=True), counted, one["reason"])
        assert joined(row, ", ".join(one["endpoints"])) in shown
    for one in told["endpoints"]:
        assert endpoint_words(one) in shown
    for one in told["bookings"]:
        stretch = format_stretch(parse_instant(one["start"]), parse_instant(one["end"]), ZONE)
        now = " now" if parse_instant(one["start"]) <= recorded.NOW_MS else ""
        word = f"{SILENCED[one['is_silenced']].capitalize()}{now}"
        assert one["services"] == [name]
        assert joined(stretch, word, told["name"], f"#{one['entry']}", one["why"]) in shown
    for kpi in told["kpis"]:
        figure = ratio_of(kpi["agreed"])
        assert f"so far {figure}, target ≥ {kpi['target']} %" in text
        left, whole = kpi["allowance_left_ms"], format_duration(kpi["allowance_ms"])
        over = f"used up: {format_duration(-left, up=True)} more than {whole}"
        assert (f"{format_duration(left)} left of {whole}" if left >= 0 else over) in text
    history_is_shown(told, text, shown)


def ratio_of(number: Mapping[str, str] | None) -> str:
    return format_ratio(Fraction(number["exact"]) / 100) if number else "no figure"


def endpoint_words(one: Json) -> str:
    finding = ""
    if one["reason"]:
        in_a_row = one["failures_in_a_row"]
        finding = one["reason"] + (f", {format_count(in_a_row, 'failure')} in a row" if in_a_row else "")
    finding = joined(finding, one["detail"] or "") if one["reason"] else ""
    seen = "never"
    if one["probed_at"]:
        at_ms = parse_instant(one["probed_at"])
        seen = f"{format_age(recorded.NOW_MS - at_ms)} {format_recent(at_ms, ZONE, recorded.NOW_MS)}"
    else:
        finding = "not probed yet"
    took = format_probe_duration(one["took_us"]) if one["took_us"] is not None else ""
    expires = one["certificate_expires_at"]
    left = format_days_left(parse_instant(expires) // 1000, recorded.NOW_MS) if expires else ""
    outcome = Outcome(one["state"])
    state = f"{SYMBOLS[outcome]} {OUTCOMES[outcome]}"
    return joined(one["name"], one["kind"], state, finding, seen, took, left)


def history_is_shown(told: Json, text: str, shown: list[str]) -> None:
    """Days, months, failures, acknowledgements and contacts."""
    assert len(told["days"]) == 90
    for day in told["days"]:
        assert day_words(day) in shown
    for month in told["response_times"]:
        times = (format_probe_duration(month[key]) for key in ("median_us", "p95_us"))
        when = format_month(month["month"])
        assert joined(when, format_count(month["answers"], "answer"), *times) in shown
    for one in told["failures"]:
        began = parse_instant(one["began_at"])
        ended = format_instant(parse_instant(one["ended_at"]), ZONE) if one["ended_at"] else "not yet; "
        assert f"Began {format_instant(began, ZONE)} ({format_instant(began, ZoneInfo('UTC'))}) Ended {ended}" in text
        assert format_count(one["probes"], "failed probe") in text
        if one["took_us"] is not None:
            status = f", status {one['status']}" if one["status"] else ""
            assert f"{one['reason']}{status}, took {format_probe_duration(one['took_us'])}" in text
        for word, us in one["phases_us"].items():
            assert f"{word} {format_probe_duration(us)}" in text
        assert one["answer"] is None or one["answer"][:500] in text
    for one in told["acknowledged"]:
        assert one["by"] in text
        assert f"in hand: {one['text']} {recent(one['at'])}" in text
    for one in told["contacts"]:
        assert " ".join(filter(None, (one["name"], one["phone"], one["email"]))) in text


def day_words(day: Json) -> str:
    word = day["why_null"].get("state", "")
    word = {"it was not watched yet": "not watched yet", "the day has no time that counts": "no service time"}.get(
        word, "outage" if day["down_ms"] else day["state"]
    )
    lengths = [format_duration(day[key], up=key != "excluded_ms") if day[key] else ""
               for key in ("down_ms", "unknown_ms", "excluded_ms")]  # fmt: skip
    times = [format_probe_duration(day[key]) if day[key] else "" for key in ("median_us", "p95_us")]
    when = format_date(date.fromisoformat(day["date"]))
    return joined(when, word, ratio(day["availability"], none=""), *lengths, *times)


@pytest.mark.parametrize("name", ["custody-web", "webmail", "extract"])
def test_the_page_of_an_endpoint_shows_what_the_api_tells(web: Web, name: str) -> None:
    told, html = get(web, f"/api/v1/endpoints/partnership/{name}"), ask(web, f"/endpoints/partnership/{name}").body
    text = words_of(html)
    pace = f"every {format_duration(told['every_ms'])}, given up after {format_duration(told['timeout_ms'])}"
    for said in (f"{told['name']}: {told['last']['state']}", pace, f"Where {told['where']}"):
        assert said in text
    assert "key=in-the-address" not in json.dumps(told)
    assert told["since"] is None or f"since {recent(told['since'])}" in text
    history_is_shown(told, text, rows(html))


@pytest.mark.parametrize("page", ["/services/partnership/custody", "/endpoints/partnership/custody-web"])
def test_a_page_leads_to_its_json(web: Web, page: str) -> None:
    head = ask(web, page).body.partition("</head>")[0]
    assert f'<link rel="alternate" type="application/json" href="/api/v1{page}">' in head
    assert get(web, f"/api/v1{page}")["url"] == page


def test_what_the_monitor_says_of_itself_is_what_the_pages_say(web: Web, parts: Parts) -> None:
    told, text = get(web, "/api/v1/monitor"), words_of(ask(web, "/").body)
    up_for = format_short_duration(parse_instant(told["now"]) - parse_instant(told["started_at"]))
    assert f"Watching for {up_for}" in text
    assert (told["is_ready"], told["state"]) == (True, "up")
    assert told["services"] == {"up": 2, "degraded": 0, "down": 1, "unknown": 2}
    assert "1 down 2 unknown 2 up" in text
    assert [one["endpoint"] for one in told["unseen"]] == ["extract"]


def test_packs_lead_to_their_files(web: Web) -> None:
    (told,) = get(web, "/api/v1/packs")["packs"]
    links = set(re.findall(r'href="(/reviews/[^"]+)"', ask(web, "/").body))
    assert {one["url"] for one in told["files"]} == links
    assert told["url"] in links


def test_the_public_page_shows_what_its_json_tells() -> None:
    clock = FakeClock(estate.NOW_MS)
    with serving(Parts(board=both(), views=SharedViews(public="everybody"), clock=clock)) as web:
        told, html = get(web, "/public/status.json"), ask(web, "/public").body
    shown, now = rows(html), estate.NOW_MS
    for one in told["services"]:
        outcome = Outcome(one["state"])
        since = recent(one["since"], now) if one["since"] else ""
        assert joined(one["name"], SYMBOLS[outcome], OUTCOMES[outcome], since) in shown
    for one in told["outages"]:
        ended = recent(one["ended_at"], now) if one["ended_at"] else "still open"
        lasted = format_duration(one["lasted_ms"] or now - parse_instant(one["began_at"]), up=True)
        assert joined(one["service"], recent(one["began_at"], now), ended, lasted) in shown
    for one in told["maintenance"]:
        start, end = parse_instant(one["start"]), parse_instant(one["end"])
        state = ("now" if start <= now else "planned") + ("" if one["is_agreed"] else ", not agreed yet")
        names = " and ".join(one["services"])
        assert joined(names, format_instant(start, ZONE), format_instant(end, ZONE), state) in shown
    assert sum(len(told[key]) for key in ("services", "outages", "maintenance")) == len(shown) - 3


def test_everything_that_leads_somewhere_leads_there(web: Web) -> None:
    def urls(told: Any) -> Iterator[str]:
        if isinstance(told, list):
            for one in told:
                yield from urls(one)
        elif isinstance(told, dict):
            yield from (told[key] for key in ("url", "api_url", "service_url", "next") if told.get(key))
            for value in told.values():
                yield from urls(value)

    found = set[str]()
    for path in ("/api/v1/services", "/api/v1/outages?limit=1", "/api/v1/contracts/partnership", "/api/v1/monitor",
                 "/api/v1/endpoints/partnership/custody-web", "/public/status.json"):  # fmt: skip
        found |= set(urls(get(web, path)))
    assert len(found) > 10
    for url in found:
        assert ask(web, url.partition("#")[0], "HEAD").status == 200, url


def test_a_ledger_that_cannot_be_read_is_said(parts: Parts, tmp_path: Path) -> None:
    broken = Parts(board=parts.board, contracts=parts.contracts, ledger=tmp_path / "none.db", clock=parts.clock)
    with serving(broken) as web:
        told = get(web, "/api/v1/services/partnership/custody")
    assert told["history_problem"]
    assert told["days"] == []
    assert told["state"] == "down"
