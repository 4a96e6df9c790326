"""Terms that are allowed and do not do what they seem to say: each is doubted, and its remedy silences the doubt."""

from __future__ import annotations

from pathlib import Path

import pytest

from sla_monitor.contract.advice import advice
from tests.contract.support import HEAD, loaded

SERVICE = """\
services:
  - id: custody
    endpoints:
      - {id: health, kind: tcp, host: custody.example, port: 1, every: 5s, timeout: 3s}
"""
KPI = """\
kpis:
  - id: KPI1
    service: custody
    target: 99
    rounding: {mode: none}
    bands:
      - {name: met, at_least: 99}
      - {name: minor, at_least: 95, below: 99, points: 2}
      - {name: bad, below: 95, points: 3, material: true}
    repeat: {factor: 2, on_missing: breaks}
"""


def doubted(folder: Path, text: str) -> list[str]:
    lines = advice(loaded(folder, HEAD + text), 0)
    return [line.removeprefix(f"{folder}/") for line in lines]


def told(folder: Path, text: str, *, about: str) -> str:
    """The one doubt, which is about a key."""
    (line,) = doubted(folder, text)
    assert line.split(": ")[1] == about
    return line.split(": ", 2)[2]


def trigger(condition: str) -> str:
    return f"{SERVICE}{KPI}triggers: [{{id: t, conditions: [{{{condition}}}], effects: [notice]}}]\n"


@pytest.mark.parametrize(
    ("condition", "beyond", "most"),
    [
        ("measure: points, months: 3, at_least: 18", "at_least: 19", "points come to no more than 18 here"),
        ("measure: points, window: consecutive, months: 3, more_than: 5", "more_than: 6", "no more than 6"),
        ("measure: points, window: contract_year, at_least: 72", "at_least: 73", "no more than 72"),
        ("measure: failures, months: 2, at_least: 2", "at_least: 3", "failures come to no more than 2"),
        ("measure: failures, material: true, months: 2, at_least: 2", "bands: [minor], at_least: 1", "no more than 0"),
        ("measure: failures, bands: [bad], at_least: 1", "bands: [missed], at_least: 1", "no more than 0"),
        ("measure: downtime_hours, days: 2, at_least: 49", "more_than: 49", "downtime hours come to no more than 49"),
        (
            "measure: downtime_hours, days: 9, window: consecutive, at_least: 25",
            "at_least: 26",
            "downtime hours come to no more than 25",
        ),
    ],
)
def test_a_limit_that_the_points_never_come_up_to(tmp_path: Path, condition: str, beyond: str, most: str) -> None:
    assert doubted(tmp_path, trigger(condition)) == []
    replaced = {beyond.partition(":")[0]: beyond}
    kept = [word for word in condition.split(", ") if word.partition(":")[0] not in {*replaced, "bands", "at_least"}]
    message = told(tmp_path, trigger(", ".join([*kept, beyond])), about="triggers.t.conditions.0")
    assert most in message


@pytest.mark.parametrize("window", ["days: 30", "months: 2"])
def test_outages_need_a_kpi_that_has_some(tmp_path: Path, window: str) -> None:
    text = trigger(f"measure: outages, kpis: [score], {window}, at_least: 1")
    score = "  - {id: score, indicator: score, target: 5}\ntriggers:"
    message = told(tmp_path, text.replace("triggers:", score), about="triggers.t.conditions.0")
    assert "outages come to no more than 0 here" in message
    assert doubted(tmp_path, text.replace("score", "KPI1")) == []


def test_several_triggers_are_each_set_off_once_a_month(tmp_path: Path) -> None:
    """Two triggers in two months come to four."""
    one = "conditions: [{measure: points, at_least: 1}], effects: [notice]"
    both = f"triggers: [{{id: a, {one}}}, {{id: b, {one}}}, {{id: t"
    for limit, words in (("4", []), ("5", ["tripped come to no more than 4 here"])):
        condition = f"measure: tripped, triggers: [a, b], months: 2, at_least: {limit}"
        lines = doubted(tmp_path, trigger(condition).replace("triggers: [{id: t", both))
        assert [one in line for one, line in zip(words, lines, strict=True)] == [True] * len(words)


@pytest.mark.parametrize(("months", "periods", "most"), [(1, 120, 120), (3, 41, 40), (12, 10, 10), (12, 11, 10)])
def test_a_failure_that_cannot_repeat_within_the_term(tmp_path: Path, months: int, periods: int, most: int) -> None:
    """Ten years."""
    rule = f"only_if_repeated: {{periods: {periods}, pays: all}}"
    measured = KPI.replace("target: 99\n", f"target: 99\n    measurement_months: {months}\n")
    text = f"{SERVICE}{measured}credits: [{{id: c, method: fixed, amounts: {{KPI1: 300}}, {rule}}}]\n"
    if periods <= most:
        assert doubted(tmp_path, text) == []
        return
    reason = f"the term has {most} measurement periods of its KPIs, so that it never gives anything"
    message = told(tmp_path, text, about="credits.c.only_if_repeated")
    assert message == f"{reason} (write no more than {most})"


@pytest.mark.parametrize(
    ("group", "message"),
    [
        ("credits: [c], pays: greatest", "there is one rule, so that all of it is paid"),
        ("credits: [c], pays: greatest, among: lines", None),
        ("credits: [c], pays: greatest, max_percent: 2", None),
        ("credits: [c, d], pays: first", None),
        ("credits: [c, d], pays: sum, max_percent: 1.9", "the smallest credit of c is over the limit"),
        ("credits: [c, d], pays: sum, max_amount: 1999", "the smallest credit of c is over the limit"),
        ("credits: [c, d], pays: sum, max_amount: 2000", None),
        ("credits: [c, d], pays: sum, max_amount: 0", "the limit is nothing, so that it never pays anything"),
        ("credits: [c, d], pays: sum, max_percent: 5, service: desk", "the limit is nothing, so that it never pays"),
    ],
)
def test_a_combination_that_chooses_nothing(tmp_path: Path, group: str, message: str | None) -> None:
    """Two points are 2 per cent of £100,000; nothing is charged for the desk."""
    services = SERVICE.replace("services:\n", "services:\n  - {id: desk, endpoints: []}\n")
    text = (
        f"{services}{KPI}charges: {{monthly: [{{service: custody, amount: 100000}}]}}\n"
        "credits:\n  - {id: c, method: points, per_point_percent: 1}\n"
        "  - {id: d, method: fixed, amounts: {KPI1: 500}}\n"
        f"combined: [{{id: g, {group}}}]\n"
    )
    lines = [line for line in doubted(tmp_path, text) if "combined.g" in line]
    assert [message in line for line in lines] == [True] if message else lines == []


def test_a_share_below_threshold_needs_thresholds(tmp_path: Path) -> None:
    text = trigger("measure: below_threshold_percent, at_least: 50")
    assert "no more than 0 here" in told(tmp_path, text, about="triggers.t.conditions.0")
    assert doubted(tmp_path, text.replace("target: 99\n", "target: 99\n    threshold: 95\n")) == []


def test_a_quarterly_kpi_fails_once_in_three_months(tmp_path: Path) -> None:
    text = trigger("measure: failures, months: 3, at_least: 2").replace(
        "target: 99\n", "target: 99\n    measurement_months: 3\n"
    )
    assert "no more than 1 here" in told(tmp_path, text, about="triggers.t.conditions.0")


def test_points_that_compound_have_no_most(tmp_path: Path) -> None:
    text = trigger("measure: points, months: 3, at_least: 1000").replace("factor: 2", "factor: 2, compounding: true")
    assert doubted(tmp_path, text) == []


@pytest.mark.parametrize(
    ("rounding", "target", "message"),
    [
        ("{mode: down, places: 1}", "99.95", "100 is the least that keeps it"),
        ("{mode: half_up, places: 0}", "98.5", "99 is the least that keeps it"),
        ("{mode: half_up, places: 2}", "99.95", None),
        ("{mode: half_up, places: 0, when: after}", "98.5", None),
        ("{mode: none}", "98.5", None),
    ],
)
def test_a_target_that_rounding_jumps_over(tmp_path: Path, rounding: str, target: str, message: str | None) -> None:
    text = f"{SERVICE}kpis: [{{id: KPI1, service: custody, target: {target}, rounding: {rounding}}}]\n"
    if message is None:
        assert doubted(tmp_path, text) == []
    else:
        assert message in told(tmp_path, text, about="kpis.KPI1.target")


def test_a_target_on_a_lower_line_is_jumped_over_downwards(tmp_path: Path) -> None:
    """A mean of 499.6 ms rounds to 500, and so is worse than 499.5."""
    rest = "statistic: mean, rounding: {mode: half_up}"
    text = f"{SERVICE}kpis: [{{id: K, service: custody, indicator: response_time, target: 499.5, {rest}}}]\n"
    assert "499 is the most that keeps it" in told(tmp_path, text, about="kpis.K.target")


@pytest.mark.parametrize(
    ("cap", "is_moot"),
    [
        ("percent: 0.1, base: trailing_12_months, over: contract_year", True),
        ("percent: 0.2, base: trailing_12_months, over: contract_year", False),
        ("amount: 1999, over: period", True),
        ("amount: 2000, over: period", False),
        ("percent: 1, base: period, over: period", True),
        ("percent: 2, base: period, over: period", False),
    ],
)
def test_a_cap_under_the_smallest_credit(tmp_path: Path, cap: str, is_moot: bool) -> None:
    """Two points are 2 per cent of £100,000."""
    text = (
        f"{SERVICE}{KPI}charges: {{monthly: [{{amount: 100000}}]}}\n"
        f"credits: [{{id: c, method: points, per_point_percent: 1}}]\ncaps: [{{id: cap, {cap}}}]\n"
    )
    lines = doubted(tmp_path, text)
    assert any("caps.cap: the smallest credit of c is over the cap" in line for line in lines) is is_moot


@pytest.mark.parametrize(
    ("rule", "about", "message"),
    [
        ("step: 99, rate_percent: 1", None, None),
        ("step: 99.1, rate_percent: 1", "step", "99 to 0 is less than a full step of 99.1"),
        ("step: 99.1, measured_from: 100, rate_percent: 1", None, None),
        ("measured_from: 0, rate_percent: 1", "step", "no result of KPI1 is worse than 0 and not worse than 0"),
        ("slices: [{to: 98, rate_percent: 1}, {percent: 100}]", None, None),
        ("slices: [{to: 98.5, rate_percent: 1}, {percent: 9}]", "slices.0", "99 to 98.5 is less than a full step of 1"),
        ("slices: [{to: 99, rate_percent: 1}, {percent: 9}]", "slices.0", "worse than 99 and not worse than 99"),
        ("slices: [{to: 0, rate_percent: 1}, {percent: 9}]", "slices.1", "worse than 0 and not worse than 0"),
    ],
)
def test_steps_and_slices_that_no_result_comes_to(
    tmp_path: Path, rule: str, about: str | None, message: str | None
) -> None:
    kpi = "kpis: [{id: KPI1, service: custody, target: 99}]\n"
    text = f"{SERVICE}{kpi}credits: [{{id: c, method: shortfall, kpis: [KPI1], partial: floor, {rule}}}]\n"
    if about is None or message is None:
        assert doubted(tmp_path, text) == []
        return
    assert message in told(tmp_path, text, about=f"credits.c.{about}")
    is_too_short = "full step" in message
    assert (doubted(tmp_path, text.replace("floor", "prorata")) == []) is is_too_short


def test_a_price_of_tickets_of_a_kpi_that_counts_none(tmp_path: Path) -> None:
    rule = "credits: [{id: c, method: per_ticket, kpi: KPI1, late: [{amount: 5}]}]\n"
    reason = "KPI1 has no late tickets, so that it never gives anything"
    message = told(tmp_path, f"{SERVICE}{KPI}{rule}", about="credits.c.kpi")
    assert message == f"{reason} (name a ratio_in_target with within)"
    tickets = "kpis: [{id: KPI1, service: custody, indicator: ratio_in_target, target: 90, within: 1h}]\n"
    assert doubted(tmp_path, f"{SERVICE}{tickets}{rule}") == []
    free = rule.replace("amount: 5", "amount: 0")
    assert "no ticket costs less" in told(tmp_path, f"{SERVICE}{tickets}{free}", about="credits.c.late.0.amount")


def test_amounts_of_bands_and_the_rule_that_gives_them_need_each_other(tmp_path: Path) -> None:
    rule = "credits: [{id: c, method: bands, kpis: [KPI1]}]\n"
    message = told(tmp_path, f"{SERVICE}{KPI}{rule}", about="credits.c.kpis.0")
    assert message.startswith("no band of KPI1 has an amount, so that it never gives anything for it (write")
    dear = KPI.replace("points: 3", "points: 3, amount: 500.00")
    message = told(tmp_path, f"{SERVICE}{dear}", about="kpis.KPI1.bands")
    remedy = "(add one to credits: method: bands, kpis: [KPI1])"
    assert message == f"have amounts that no rule for credits gives {remedy}"
    assert doubted(tmp_path, f"{SERVICE}{dear}{rule}") == []


def test_points_of_events_are_points_and_have_no_most(tmp_path: Path) -> None:
    """A trigger may ask for any number of them, and a price of points is worth something."""
    kpi = "  - {id: KPI2, indicator: count, target: 0, points_each: 3}\n"
    text = trigger("measure: points, kpis: [KPI2], at_least: 1000").replace("triggers:", f"{kpi}triggers:")
    price = "credits: [{id: c, method: points, kpis: [KPI2], per_point_percent: 1}]\n"
    assert doubted(tmp_path, f"{text}{price}") == []
    free = text.replace(", points_each: 3", "")
    assert "no band of its KPIs has points" in "".join(doubted(tmp_path, f"{free}{price}"))


def test_an_alarm_that_can_never_go_off(tmp_path: Path) -> None:
    """With everything down, 90 per cent is burnt ten times too fast, and no faster."""
    text = f"{SERVICE}kpis: [{{id: KPI1, service: custody, target: 90}}]\n"
    assert "with everything down the pace is 10 times" in told(tmp_path, text, about="kpis.KPI1.target")
    assert doubted(tmp_path, text.replace("90", "93.1")) == []


MAINTENANCE = "calendars: {window: {hours: {sun: '00:00-02:00'}}}\nmaintenance: {hours: window, allowance: 8h}\n"


def test_an_allowance_that_the_window_has_no_time_for(tmp_path: Path) -> None:
    """Two hours each Sunday are eight and a half in 30 days."""
    text = f"{MAINTENANCE}{SERVICE}{KPI}"
    assert doubted(tmp_path, text) == []
    message = told(tmp_path, text.replace("8h", "9h"), about="maintenance.allowance")
    assert message == "is 9h 0m a month, and window has 8h 34m (write less, or give window more hours)"


def test_a_year_s_allowance_that_the_window_has_no_time_for(tmp_path: Path) -> None:
    """Twelve times eight and a half hours are 102 h 51 min."""
    text = f"{MAINTENANCE.replace('8h', '102h, allowance_over: contract_year')}{SERVICE}{KPI}"
    assert doubted(tmp_path, text) == []
    message = told(tmp_path, text.replace("102h", "103h"), about="maintenance.allowance")
    assert message == "is 103h 0m a contract year, and window has 102h 51m (write less, or give window more hours)"
    assert doubted(tmp_path, text.replace("102h, allowance_over: contract_year", "9h, allowance_over: booking")) == []


def test_an_allowance_as_long_as_the_service_hours(tmp_path: Path) -> None:
    text = f"{MAINTENANCE}{SERVICE}{KPI}".replace("id: custody\n", "id: custody\n    service_hours: window\n")
    text = (
        text.replace("hours: window, allowance: 8h", "allowance: 9h")
        .replace("every: 5s", "every: 1s")
        .replace("3s", "1s")
    )
    assert "custody has 8h 34m of service hours: it need never be up" in told(
        tmp_path, text, about="maintenance.allowance"
    )


def test_an_allowance_that_limits_nothing_or_is_shared_with_nobody(tmp_path: Path) -> None:
    text = f"{SERVICE}{KPI}maintenance: {{allowance: 8h, excess: excluded}}\n"
    assert "nothing is limited (write excess: counted)" in told(tmp_path, text, about="maintenance.excess")
    own = SERVICE.replace("custody\n", "custody\n    maintenance: {allowance: 8h, allowance_per: contract}\n")
    about = "services.custody.maintenance.allowance_per"
    assert told(tmp_path, own + KPI, about=about).startswith("is one service's own")


HOLIDAYS = """\
country: GB
first_year: 2025
last_year: 2035
days: {2026-12-26: Boxing Day, 2026-12-28: Boxing Day (observed)}
"""


def test_a_file_of_holidays_that_ends_before_the_contract(tmp_path: Path) -> None:
    text = f"calendars: {{office: {{hours: {{mon-fri: '08:00-18:00'}}, bank_holidays: days.yaml}}}}\n{SERVICE}{KPI}"
    (tmp_path / "days.yaml").write_text(HOLIDAYS)
    assert doubted(tmp_path, text) == []
    (tmp_path / "days.yaml").write_text(HOLIDAYS.replace("2035", "2034"))
    message = told(tmp_path, text, about="calendars.office.bank_holidays")
    assert message.startswith("covers 2025 to 2034, but the contract runs from 2025-04-01 to 2035-03-31")


def test_a_holiday_and_its_substitute_that_both_close_a_calendar_of_seven_days(tmp_path: Path) -> None:
    (tmp_path / "days.yaml").write_text(HOLIDAYS)
    text = f"calendars: {{all: {{hours: {{mon-sun: '08:00-18:00'}}, bank_holidays: days.yaml}}}}\n{SERVICE}{KPI}"
    message = told(tmp_path, text, about="calendars.all.bank_holidays")
    assert message.startswith("closes 2026-12-26 and 2026-12-28, its substitute")
    opened = text.replace("days.yaml}", "days.yaml, open_on: {2026-12-26: '08:00-18:00'}}")
    assert doubted(tmp_path, opened) == []


def test_a_published_kpi_with_a_band_without_a_rating(tmp_path: Path) -> None:
    text = f"{SERVICE}{KPI}reporting: {{publish: {{met: good, minor: approaching_target}}}}\n".replace(
        "id: KPI1\n", "id: KPI1\n    publishable: true\n"
    )
    message = told(tmp_path, text, about="reporting.publish")
    assert message == "gives no rating to bad, and KPI1 is published (add it)"
    assert doubted(tmp_path, text.replace("{met: good", "{bad: inadequate, met: good")) == []


@pytest.mark.parametrize(
    ("host", "family", "wrong"),
    [
        ("127.0.0.1", "ipv6", "127.0.0.1 is an IPv4 address (write ipv4, or any)"),
        ("'::1'", "ipv4", "::1 is an IPv6 address (write ipv6, or any)"),
        ("127.0.0.1", "ipv4", ""),
        ("'::1'", "any", ""),
        ("localhost", "ipv6", ""),
    ],
)
def test_an_address_of_the_other_family(tmp_path: Path, host: str, family: str, wrong: str) -> None:
    text = SERVICE.replace("host: custody.example", f"host: {host}, family: {family}") + KPI
    if not wrong:
        assert doubted(tmp_path, text) == []
        return
    assert told(tmp_path, text, about="services.custody.endpoints.health.family") == f"can never be reached: {wrong}"


def test_through_a_proxy_the_address_is_the_proxys(tmp_path: Path) -> None:
    """The proxy may reach what we cannot."""
    web = "kind: http, url: 'http://127.0.0.1/', proxy: 'http://[::1]:3128', family: ipv6"
    assert doubted(tmp_path, SERVICE.replace("kind: tcp, host: custody.example, port: 1", web) + KPI) == []


def test_slots_in_which_nobody_probes(tmp_path: Path) -> None:
    text = f"{SERVICE}kpis: [{{id: K, service: custody, indicator: error_rate, target: 99, slot: 4s}}]\n"
    assert told(tmp_path, text, about="kpis.K.slot").startswith("4s is shorter than 5s, the interval of health")
    assert doubted(tmp_path, text.replace("4s", "5s")) == []


def test_response_times_of_what_has_none(tmp_path: Path) -> None:
    kpi = "kpis: [{id: K, indicator: response_time, statistic: mean, target: 500ms, endpoints: [health], PHASE}]\n"
    kpi = kpi.replace("PHASE", "phase: first_byte")
    assert told(tmp_path, SERVICE + kpi, about="kpis.K.phase").startswith("health speaks no HTTP")
    job = "kind: heartbeat, token: '${env:TOKEN}', period: 1m, grace: 1m"
    text = SERVICE.replace("kind: tcp, host: custody.example, port: 1", job) + kpi
    assert "health is a heartbeat" in told(tmp_path, text, about="kpis.K.endpoints")


def test_a_cap_of_the_charges_before_the_first_month(tmp_path: Path) -> None:
    cap = "caps: [{id: k, percent: 10, base: trailing_12_months%s, over: period}]\n"
    money = f"charges: {{monthly: [{{amount: 1000}}], estimated_year_1: 12000}}\n{SERVICE}{KPI}"
    said = told(tmp_path, money + cap % "", about="caps.k.base")
    assert "the cap of that month is 0 (write first_year_base: estimated_year_1)" in said
    assert doubted(tmp_path, money + cap % ", first_year_base: estimated_year_1") == []


def test_a_composite_of_a_kpi_that_is_measured_over_more_months(tmp_path: Path) -> None:
    quarterly = KPI.replace("    target: 99\n", "    target: 99\n    measurement_months: 3\n")
    whole = "  - {id: ALL, indicator: composite, combine: all_of, target: 100, parts: [{kpi: KPI1}]%s}\n"
    (line,) = doubted(tmp_path, SERVICE + quarterly + whole % "")
    assert "KPI1 has a result every 3 months, and so has ALL with it (write measurement_months: 3)" in line
    assert doubted(tmp_path, SERVICE + quarterly + whole % ", measurement_months: 3") == []


def test_more_single_samples_than_the_memory_holds(tmp_path: Path) -> None:
    """A probe a second at four endpoints: 10.4 million in the month that advice reckons with."""
    each = "      - {{id: e{n}, kind: tcp, host: custody.example, port: {n}, every: 1s, timeout: 1s}}\n"
    service = "services:\n  - id: custody\n    endpoints:\n" + "".join(each.format(n=n) for n in range(1, 5))
    kpi = "kpis: [{id: K, service: custody, indicator: response_time, statistic: mean, target: 500ms}]\n"
    said = told(tmp_path, service + kpi, about="kpis.K.id")
    assert said.startswith("has 10 million probes a month at 4 endpoints in memory, 259 MB at its end")
    assert doubted(tmp_path, service.replace("every: 1s", "every: 2s") + kpi) == []
