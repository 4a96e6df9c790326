"""Lines of credit that take no money: pack, terminal, working and JSON say the same of them."""

from __future__ import annotations

from pathlib import Path

from sla_monitor.cli.assess.month import format_assessment
from sla_monitor.cli.assess.working_steps import format_working
from sla_monitor.document import document
from sla_monitor.review.chapters.money import money
from sla_monitor.review.pack_input import PackInput
from tests.assess.two_files import contract_of, down, month_of


def test_days_and_a_bonus_read_alike_everywhere(tmp_path: Path) -> None:
    """Eight hours of 720 are down: 98.89. The other service is up."""
    contract = contract_of(
        tmp_path,
        services=[
            {"id": name, "endpoints": [{"id": f"{name}-1", "kind": "tcp", "host": "cad.example", "port": 443}]}
            for name in ("cad", "rms")
        ],
        kpis=[{"id": name, "service": name, "target": 99} for name in ("cad", "rms")],
        charges={"monthly": [{"amount": 1000}]},
        credits=[
            {
                "id": "extension",
                "method": "days",
                "kpi": "cad",
                "gives": "added_term",
                "tiers": [{"below": 99, "days": 7}],
            },
            {
                "id": "good",
                "method": "bonus",
                "kpi": "rms",
                "rewards": [{"at_least": 100, "percent": 2}],
                "against": "charges",
            },
        ],
    )
    seen = down(("2026-06-10 08:00", "2026-06-10 16:00"), of="cad-1"), down(of="rms-1")
    found = month_of(tmp_path, contract, "2026-06", *seen)
    assert found.result is not None
    assert (found.result.credit.before_caps, found.result.credit.total) == (-20, -20)
    table = next(one for one in money(PackInput(found, contract.versions[0].terms)).tables if one.id == "credit-lines")
    assert [row[3].text for row in table.rows] == ["7 days added to the term", "−£20.00", "−£20.00"]
    told = format_assessment(found, contract, None)
    assert "7 days added to the term" in told
    assert "-GBP 20.00" in told
    working = format_working(found, contract, None)
    assert "credit: 7 days added to the term, no money = 0.00" in working
    assert "credit: the bonus is paid = -20.00" in working
    month = document(found)["result"]
    assert month is not None
    assert [(line["amount"]["amount"], line.get("given"), line.get("earned")) for line in month["lines"]] == [
        ("0.00", {"days": 7, "of": "added_term"}, None),
        ("-20.00", None, {"amount": "20.00", "currency": "GBP"}),
    ]
