"""The regimes that ship as examples, each worked out for June 2026 from its file and from evidence.

Every expected figure can be checked by hand; the sums stand in the docstrings.
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from sla_monitor.assess import ContractAssessment
from sla_monitor.contract.advice import advice
from sla_monitor.contract.contract import Contract
from sla_monitor.contract.load import load_contract
from sla_monitor.sla.results import PeriodResult

from .two_files import down, kpi, month_of, said

EXAMPLES = Path(__file__).parents[2] / "config" / "contracts" / "examples"
JUNE = "2026-06"


@pytest.fixture
def contract(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Contract:
    monkeypatch.setenv("NIGHTLY_BATCH_TOKEN", "a-token-that-is-long-enough-for-anybody")
    return load_contract(EXAMPLES / f"{request.param}.yaml")


def regime(name: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("contract", [name], indirect=True)


def outages(service: str, *times: tuple[str, str]) -> dict[str, Any]:
    told = [{"start": start, "end": end} for start, end in times]
    return {"kind": "outages", "service": service, "outages": told}


def figure(name: str, month: str, party: str, **value: Any) -> dict[str, Any]:
    return {"kind": "figure", "kpi": name, "month": month, "party": party, **value}


def result(assessment: ContractAssessment) -> PeriodResult:
    assert assessment.result is not None
    return assessment.result


def rounded(value: Fraction | None) -> float | None:
    return None if value is None else round(float(value), 4)


@regime("uk-model-services")
def test_the_model_services_contract(contract: Contract, tmp_path: Path) -> None:
    """May: 12 h of 744 down: 98.387, minor, 1 point: 8,500. June: 10.5 h of 720 less 10 of maintenance: 98.521, minor
    again: 2 points, 2 per cent of 850,000. The cap is 10 per cent of twelve months' charges."""
    seen = outages(
        "case-management",
        ("2026-05-10 00:00", "2026-05-10 12:00"),
        ("2026-06-10 00:00", "2026-06-10 10:30"),
        ("2026-06-20 00:00", "2026-06-20 10:00"),
    )
    booking = {"kind": "maintenance", "services": ["case-management"], "notified": "2026-06-01 09:00"}
    entries = said(
        booking | {"start": "2026-06-20 00:00", "end": "2026-06-20 10:00"},
        {"kind": "decision", "about": 1, "granted": True},
    )
    found = month_of(tmp_path, contract, JUNE, seen, entries=entries)
    one = kpi(found)
    assert one.result is not None
    assert rounded(one.result.value) == 98.5211
    assert (one.result.band, one.result.points, one.result.is_repeat) == ("minor", 2, True)
    assert result(found).credit.total == Decimal("17000.00")
    assert [cap.limit for cap in result(found).credit.caps] == [Decimal("1020000.00")]
    assert [cap.left for cap in result(found).credit.caps] == [Decimal("994500.00")]
    assert rounded(one.views["gross"].value) == 97.1528


@regime("crown-commercial-call-off")
def test_the_call_off(contract: Contract, tmp_path: Path) -> None:
    """May: 97 agreed for 98: half a per cent of 200,000; 8 of 190 core hours lost are 95.789 per cent, 2.21053 points
    under 98: 2,210.53; claimed. June: 10 + 8 + 7 core hours lost in three months are more than 24: the month's charges
    are withheld, and no credit accrues."""
    seen = outages(
        "portal",
        ("2026-04-14 08:00", "2026-04-14 20:00"),
        ("2026-05-12 00:00", "2026-05-12 16:00"),
        ("2026-06-16 08:00", "2026-06-16 15:00"),
    )
    entries = said(
        figure("SL1", "2026-05", "agreed", value=97),
        figure("SL1", "2026-06", "agreed", value=75),
        {"kind": "credit_claim", "month": "2026-05", "claimed": "2026-06-20 10:00"},
        {"kind": "credit_claim", "month": "2026-06", "claimed": "2026-07-20 10:00"},
    )
    may = result(month_of(tmp_path, contract, "2026-05", seen, entries=entries))
    assert [line.amount for line in may.credit.lines] == [Decimal("1000.00"), Decimal("2210.53")]
    assert may.credit.total == Decimal("3210.53")
    june = result(month_of(tmp_path, contract, JUNE, seen, entries=entries))
    assert june.withheld == Decimal("200000.00")
    assert june.credit.total == 0
    assert [trigger.trigger for trigger in june.triggers] == ["critical-service-level-failure"]
    assert [str(step).split(": ", 1)[1] for step in june.triggers[0].working] == ["10 + 8 + 7 = 25"]
    unclaimed = result(month_of(tmp_path, contract, "2026-05", seen, entries=entries[:2]))
    assert unclaimed.credit.total == 0


@regime("cloud-tiers")
@pytest.mark.parametrize(("end", "credit"), [("00:04:59", "2250.00"), ("00:05:00", "6450.00")])
def test_the_cloud(contract: Contract, tmp_path: Path, end: str, credit: str) -> None:
    """Four whole minutes of June are 99.9907 per cent: nothing. Five are 99.9884: 10 per cent of 42,000. One failed
    observation of twenty five-minute slots: 95 per cent, 25 per cent of 9,000. Asked for in time."""
    samples = [{"at": f"2026-06-10T{n // 12:02d}:{n % 12 * 5:02d}:00Z", "outcome": "up"} for n in range(20)]
    samples[7]["outcome"] = "down"
    found = month_of(
        tmp_path,
        contract,
        JUNE,
        down(("2026-06-01 00:00", "2026-07-01 00:00"), of="zone-a"),
        down(("2026-06-20 00:00:00", f"2026-06-20 {end}"), of="zone-b"),
        {"kind": "observations", "endpoint": "object", "every": "5m", "looks": samples},
        entries=said({"kind": "credit_claim", "month": JUNE, "claimed": "2026-08-31 12:00"}),
    )
    assert kpi(found, "storage-uptime").views["agreed"].value == 95
    assert result(found).credit.total == Decimal(credit)


@regime("cloud-tiers")
@pytest.mark.parametrize(("claimed", "credit"), [("2026-07-31 23:59", "4200.00"), ("2026-08-01 00:00", "0.00")])
def test_the_second_billing_cycle_after_an_outage_ends_two_months_on(
    contract: Contract, tmp_path: Path, claimed: str, credit: str
) -> None:
    """An outage on 10 May: June is the first billing cycle after it, and July the second. 10 per cent of 42,000."""
    both = [down(("2026-05-10 00:00", "2026-05-10 01:00"), of=f"zone-{zone}") for zone in "ab"]
    claim = said({"kind": "credit_claim", "month": "2026-05", "claimed": claimed})
    found = result(month_of(tmp_path, contract, "2026-05", *both, entries=claim))
    assert found.credit.total == Decimal(credit)
    assert found.credit.is_lapsed is (credit == "0.00")


@regime("mpls-network")
def test_the_network(contract: Contract, tmp_path: Path) -> None:
    """The station was away for five hours of 720: 99.3056, 20 per cent of 1,500; two days of outage at a thirtieth of
    1,500 each. One of two lines to headquarters was down all the time, and nobody noticed."""
    entries = said(
        figure("station-outage-days", JUNE, "authority", value=2),
        {"kind": "credit_claim", "month": JUNE, "claimed": "2026-07-10 12:00"},
    )
    found = month_of(
        tmp_path,
        contract,
        JUNE,
        outages("station", ("2026-06-10 00:00", "2026-06-10 05:00")),
        down(("2026-06-01 00:00", "2026-07-01 00:00"), of="hq-a"),
        down(of="hq-b"),
        entries=entries,
    )
    assert kpi(found, "hq-availability").views["agreed"].value == 100
    assert rounded(kpi(found, "station-availability").views["agreed"].value) == 99.3056
    assert result(found).credit.by_service["station"] == Decimal("400.00")
    assert result(found).credit.total == Decimal("400.00")


@regime("itil-service-desk")
def test_the_service_desk(contract: Contract, tmp_path: Path) -> None:
    """One of three P1 late: one of five by the low-volume rule, 80 per cent, 15 whole points under 95, at most 5 per
    cent of 60,000. 850 of 1,000 calls: 85, five points at half a per cent: 1,500. The third ticket's clock stood still
    for three hours, for a reason that the contract lists."""
    ticket = {"kind": "ticket", "priority": "P1"}
    waiting = {"start": "2026-06-05 10:30", "end": "2026-06-05 13:30", "reason": "waiting-for-customer"}
    entries = said(
        ticket
        | {"id": "1", "opened": "2026-06-03 10:00", "responded": "2026-06-03 10:05", "ended": "2026-06-03 12:00"},
        ticket
        | {"id": "2", "opened": "2026-06-04 10:00", "responded": "2026-06-04 10:15", "ended": "2026-06-04 14:01"},
        ticket
        | {"id": "3", "opened": "2026-06-05 10:00", "responded": "2026-06-05 10:01", "ended": "2026-06-05 16:00"}
        | {"stops": [waiting]},
        figure("answering", JUNE, "authority", in_target=850, total=1000),
    )
    found = month_of(tmp_path, contract, JUNE, outages("desk"), entries=entries)
    values = {one.kpi: one.result.value for one in found.kpis if one.result is not None}
    assert (values["P1-response"], values["P1-resolution"], values["answering"]) == (100, 80, 85)
    assert values["P2-resolution"] is None
    assert [line.amount for line in result(found).credit.lines] == [Decimal("3000.00"), Decimal("1500.00")]


@regime("at-risk-pool")
def test_the_pool(contract: Contract, tmp_path: Path) -> None:
    """Five hours of 720 in Chicago: under the Minimum, 10 per cent x 50 x 60 of 1,250,000. The Expected level may be
    missed three times."""
    seen = outages("mainframe", ("2026-06-10 00:00", "2026-06-10 05:00"))
    found = result(month_of(tmp_path, contract, JUNE, seen, outages("batch")))
    assert found.credit.total == Decimal("37500.00")
    assert {line.kpi for line in found.credit.lines} == {"mainframe-minimum"}


@regime("at-risk-pool")
def test_the_fourth_miss_of_the_expected_level_is_a_default(contract: Contract, tmp_path: Path) -> None:
    """An hour of each month from March to June is over 99.5 per cent and under 99.9: June costs 10 per cent x 50 x 40
    of 1,250,000, and May nothing."""
    times = [(f"2026-{month:02d}-10 00:00", f"2026-{month:02d}-10 01:00") for month in (3, 4, 5, 6)]
    seen = [outages("mainframe", *times), outages("batch")]
    assert result(month_of(tmp_path, contract, "2026-05", *seen)).credit.total == 0
    june = result(month_of(tmp_path, contract, JUNE, *seen))
    assert [(line.rule, line.amount) for line in june.credit.lines] == [("expected", Decimal("25000.00"))]


@regime("pfi-unit-rate")
@pytest.mark.parametrize(("omitted", "points"), [("32680.00", []), ("32680.01", ["termination-point"])])
def test_deductions_over_a_quarter_of_the_charges_are_a_termination_point(
    contract: Contract, tmp_path: Path, omitted: str, points: list[str]
) -> None:
    """A quarter of 196,080 is 49,020; what was left out on purpose costs half as much again."""
    entries = said({"kind": "misreport", "month": JUNE, "omitted": omitted, "deliberate": True})
    found = result(month_of(tmp_path, contract, JUNE, outages("building-management"), entries=entries))
    assert [trigger.trigger for trigger in found.triggers] == points


@regime("uk-model-services")
def test_half_of_the_kpis_below_threshold_withhold_the_charges(contract: Contract, tmp_path: Path) -> None:
    """Case management was down for 40 of 720 hours, and both severe incidents were late; the PI, which was met, is no
    KPI. All of 850,000 is withheld, in place of points and credits."""
    ticket = {"kind": "ticket", "priority": "S1", "opened": "2026-06-10 00:00", "ended": "2026-06-11 00:00"}
    seen = outages("case-management", ("2026-06-10 00:00", "2026-06-11 16:00"))
    entries = said(ticket | {"id": "1"}, ticket | {"id": "2"})
    found = result(month_of(tmp_path, contract, JUNE, seen, outages("reporting"), entries=entries))
    assert (found.withheld, found.credit.total, found.points) == (Decimal("850000.00"), 0, 0)
    assert "unacceptable-failure" in [trigger.trigger for trigger in found.triggers]


@regime("pfi-unit-rate")
def test_the_custody_suites(contract: Contract, tmp_path: Path) -> None:
    """Three blocks of two hours x weight 30 x 2.00; five faults: 120 points, 20 free, 80 x 3 and 20 x 3 x 1.2; 180 left
    out on purpose, and half of it more."""
    entries = said(
        {
            "kind": "occurrence",
            "rule": "unavailability",
            "month": JUNE,
            "area": "custody-suite",
            "duration_ms": 21600000,
        },
        figure("faults", JUNE, "authority", value=5),
        {"kind": "misreport", "month": JUNE, "omitted": "180.00", "deliberate": True},
    )
    found = result(month_of(tmp_path, contract, JUNE, outages("building-management"), entries=entries))
    amounts = [line.amount for line in found.credit.lines]
    assert amounts == [Decimal("180.00"), Decimal("312.00"), Decimal("270.00")]
    assert found.credit.total == Decimal("762.00")
    assert found.charges[""] == Decimal("196080.00"), "190,000 with 3.2 per cent since April 2025"


@regime("icann-quorum")
@pytest.mark.parametrize(("places", "value", "credit"), [(2, 100.0, "0"), (3, 96.6667, "6000.00")])
def test_the_quorum(contract: Contract, tmp_path: Path, places: int, value: float, credit: str) -> None:
    """A day of thirty, seen down from three places of five (60 per cent): 96.667. From two (40 per cent): nothing."""
    names = ("london", "leeds", "cardiff", "glasgow", "belfast")
    day = ("2026-06-10 00:00", "2026-06-11 00:00")
    seen = [down(*([day] if n < places else []), of="rdds") | {"site": name} for n, name in enumerate(names)]
    found = month_of(tmp_path, contract, JUNE, *seen)
    assert rounded(kpi(found, "RDDS-availability").views["agreed"].value) == value
    assert result(found).credit.total == Decimal(credit)
    assert bool(result(found).triggers) is (places == 3)


@regime("colocation-steps")
def test_the_colocation(contract: Contract, tmp_path: Path) -> None:
    """8 ms are 5 above the target, one full step of 3; 2 h 10 min are two full hours: three days' fees of 100."""
    seen = down(("2026-06-10 00:00", "2026-06-10 02:10"), of="gateway")
    found = result(
        month_of(tmp_path, contract, JUNE, seen, entries=said(figure("latency", JUNE, "authority", value=8)))
    )
    assert [line.amount for line in found.credit.lines] == [Decimal("100.00"), Decimal("200.00")]


@regime("payments-slices")
def test_the_payments(contract: Contract, tmp_path: Path) -> None:
    """14 h 24 min are 2 per cent of June: 0.8 x 2 + 1 x 0.3 = 1.9 per cent."""
    found = result(month_of(tmp_path, contract, JUNE, down(("2026-06-10 00:00", "2026-06-10 14:24"), of="gateway")))
    assert found.credit.total == Decimal("19000.00")


@regime("ambulance-responses")
def test_the_ambulances(contract: Contract, tmp_path: Path) -> None:
    """Nine of ten urban responses are in time, and the tenth is 10 minutes late; of eight rural ones, seven: 87.5 per
    cent, and the eighth is 5 minutes late."""

    def responses(service: str, *minutes: int) -> list[dict[str, Any]]:
        plain = {"kind": "ticket", "priority": "E1", "service": service}
        return [
            plain
            | {"id": f"{service}-{n}", "opened": f"2026-06-{n:02} 10:00", "responded": f"2026-06-{n:02} 10:{took:02}"}
            for n, took in enumerate(minutes, 1)
        ]

    entries = said(*responses("urban", *[5] * 9, 18), *responses("rural", *[20] * 7, 25))
    found = result(month_of(tmp_path, contract, JUNE, entries=entries))
    assert [(line.rule, line.amount) for line in found.credit.lines] == [
        ("compliance", Decimal("1000.00")),
        ("urban-late", Decimal("600.00")),
    ]


@regime("appointments-by-day")
def test_the_appointments(contract: Contract, tmp_path: Path) -> None:
    """Twelve working days from 2 June end with 17 June: three, seven and one working days late."""
    plain = {"kind": "ticket", "priority": "new", "service": "provision", "opened": "2026-06-02 00:00"}
    days = (("A", "23"), ("B", "29"), ("C", "19"), ("D", "18"))
    entries = said(*(plain | {"id": name, "ended": f"2026-06-{day} 00:00"} for name, day in days))
    found = result(month_of(tmp_path, contract, JUNE, entries=entries))
    assert [(line.ticket, line.amount) for line in found.credit.lines] == [("A", 6), ("B", 28), ("C", 2)]


NETWORK_OUTAGES = (("2026-06-10 09:00", "2026-06-10 09:50"), ("2026-06-20 09:00", "2026-06-20 09:05"))
NETWORK, HOST = ("network", Decimal("40.00")), ("host", Decimal("60.00"))
RELIEF = {"kind": "claim", "cause": "force_majeure", "services": ["network"], "reference": "R-1"}


@regime("virtual-server-blocks")
@pytest.mark.parametrize(
    ("of_host", "entries", "lines"),
    [
        pytest.param([], [], [NETWORK, ("network", Decimal("20.00"))], id="network"),
        pytest.param(["12:20"], [], [NETWORK, ("network", Decimal("20.00")), HOST], id="network and host"),
        pytest.param(
            [],
            [
                RELIEF | {"start": NETWORK_OUTAGES[0][0], "end": NETWORK_OUTAGES[0][1]},
                {"kind": "decision", "about": 1, "granted": True},
            ],
            [("network", Decimal("20.00"))],
            id="relief",
        ),
        pytest.param(
            [],
            [{"kind": "waiver", "month": JUNE, "kpis": ["network-uptime"], "what": "money"}],
            [("network", Decimal(0)), ("network", Decimal(0))],
            id="waiver",
        ),
    ],
)
def test_the_virtual_server(
    contract: Contract,
    tmp_path: Path,
    of_host: list[str],
    entries: list[dict[str, Any]],
    lines: list[tuple[str, Decimal]],
) -> None:
    """A twentieth of 400 is 20: 50 and 5 minutes of the network are two and one half hours or parts; 2 h 20 min of the
    host after its first hour are three hours or parts. Relief in full leaves the 5 minutes."""
    host = down(*(("2026-06-15 09:00", f"2026-06-15 {end}") for end in of_host), of="server")
    network = down(*NETWORK_OUTAGES, of="gateway")
    found = result(month_of(tmp_path, contract, JUNE, network, host, entries=said(*entries)))
    assert [(line.rule, line.amount) for line in found.credit.lines] == lines
    assert found.credit.total == sum(amount for _, amount in lines)


@regime("virtual-server-blocks")
def test_the_virtual_server_costs_no_more_than_its_fee(contract: Contract, tmp_path: Path) -> None:
    """Eleven hours of both: 22 and 10 blocks of 20 are 640 of a fee of 400."""
    day = ("2026-06-10 09:00", "2026-06-10 20:00")
    found = result(month_of(tmp_path, contract, JUNE, down(day, of="gateway"), down(day, of="server")))
    assert (found.credit.before_caps, found.credit.total) == (Decimal("640.00"), Decimal("400.00"))


@regime("internet-cumulative-hours")
def test_the_internet_line(contract: Contract, tmp_path: Path) -> None:
    """40 and 10 minutes are one begun hour of the month: a thirtieth of 3,000."""
    times = ("2026-06-10 09:00", "2026-06-10 09:40"), ("2026-06-20 09:00", "2026-06-20 09:10")
    found = result(month_of(tmp_path, contract, JUNE, down(*times, of="router")))
    assert [line.amount for line in found.credit.lines] == [Decimal("100.00")]


@regime("enterprise-cloud-quarterly")
@pytest.mark.parametrize(
    ("pipelines", "lines"),
    [([], ["630.00"]), ([("2026-01-20 00:00:00", "2026-01-20 03:14:24")], ["630.00", "270.00"])],
)
def test_the_development_platform(
    contract: Contract, tmp_path: Path, pipelines: list[tuple[str, str]], lines: list[str]
) -> None:
    """3 of 2,160 hours in February are 99.861: 10 per cent of 6,300, in March. 3 h 14 min 24 s are 0.15 per cent of the
    quarter: 99.85, 10 per cent of 2,700. The term's own quarter would end with April."""
    seen = [
        down(("2026-02-10 09:00", "2026-02-10 12:00"), of="issues-api"),
        down(*pipelines, of="pipelines-api"),
    ]
    february = result(month_of(tmp_path, contract, "2026-02", *seen))
    assert (february.kpis, february.credit.total) == ((), 0)
    march = month_of(tmp_path, contract, "2026-03", *seen)
    values = [rounded(kpi(march, name).views["agreed"].value) for name in ("issues-uptime", "pipelines-uptime")]
    assert values == [99.8611, 99.85 if pipelines else 100]
    assert [line.amount for line in result(march).credit.lines] == [Decimal(line) for line in lines]
    assert result(march).credit.total == sum(map(Decimal, lines))


@regime("fixed-month-workplace")
@pytest.mark.parametrize(("end", "value", "credit"), [("09:43", 99.9005, "0"), ("09:44", 99.8981, "1000.00")])
def test_the_workplace(contract: Contract, tmp_path: Path, end: str, value: float, credit: str) -> None:
    """44 of 43,200 minutes in January are too many: 20 per cent of 5,000. 44 of its own 44,640 would be 99.9014."""
    found = month_of(tmp_path, contract, "2026-01", down(("2026-01-10 09:00", f"2026-01-10 {end}"), of="sign-in"))
    assert rounded(kpi(found, "availability").views["agreed"].value) == value
    assert result(found).credit.total == Decimal(credit)


@regime("repeated-failures")
def test_the_hosted_software(contract: Contract, tmp_path: Path) -> None:
    """14 hours of May alone cost nothing. With 11 of June, both months cost 300, in June; and 25 hours within 30 days
    are a chronic outage from 5 June on."""
    seen = down(("2026-05-20 02:00", "2026-05-20 16:00"), ("2026-06-05 08:00", "2026-06-05 19:00"), of="sign-in")
    may = result(month_of(tmp_path, contract, "2026-05", seen))
    assert (may.credit.total, [line.amount for line in may.credit.held]) == (0, [Decimal("300.00")])
    assert may.triggers == ()
    june = result(month_of(tmp_path, contract, JUNE, seen))
    assert [(line.month, line.amount) for line in june.credit.lines] == [(None, 300), ("2026-05", 300)]
    assert june.credit.total == Decimal("600.00")
    (exit_right,) = june.triggers
    assert (exit_right.trigger, str(exit_right.on)) == ("chronic-outage", "2026-06-05")
    assert [str(one).split(": ", 1)[1] for one in exit_right.working] == ["14 (2026-05-20) + 11 (2026-06-05) = 25"]


@regime("repeated-failures")
def test_the_fourth_outage_within_thirty_days_is_chronic(contract: Contract, tmp_path: Path) -> None:
    """Five minutes each: June is met, and nothing is paid."""
    days = ("2026-05-28", "2026-06-01", "2026-06-10", "2026-06-26")
    seen = down(*((f"{day} 09:00", f"{day} 09:05") for day in days), of="sign-in")
    june = result(month_of(tmp_path, contract, JUNE, seen))
    assert [(one.trigger, str(one.on)) for one in june.triggers] == [("chronic-outage", "2026-06-26")]
    assert june.credit.total == 0


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.yaml")), ids=lambda path: path.stem)
def test_the_examples_give_little_reason_for_advice(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only that a carrier promises 100 per cent, which no interval of observations is short enough for, and that areas
    of buildings are nothing that the monitor sees."""
    monkeypatch.setenv("NIGHTLY_BATCH_TOKEN", "a-token-that-is-long-enough-for-anybody")
    known = "allows 0s", "it costs only what people enter as occurrences"
    told = advice(load_contract(path), 1_780_000_000_000)
    assert [line for line in told if not any(one in line for one in known)] == []
