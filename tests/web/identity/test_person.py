"""What of the board somebody is shown."""

from __future__ import annotations

from dataclasses import replace

from sla_monitor.assess import Acknowledged
from sla_monitor.register.redaction import LEFT_OUT
from sla_monitor.settings.desk.users import RoleGrant
from sla_monitor.web.identity.person import Person, seen_by
from tests.web import estate


def test_a_supplier_reads_its_own_words_about_an_outage_and_not_the_authoritys() -> None:
    """As the register's pages have it."""
    board = estate.partnership()
    (contract,) = board.assessment.contracts
    said = (
        Acknowledged(1, 0, "olga", "Their database, again.", "custody-records"),
        Acknowledged(2, 0, "sue", "We restart it.", "e-mail"),
        Acknowledged(3, 0, "sam", "", "payroll"),
    )
    board.assessment = replace(board.assessment, contracts=(replace(contract, acknowledged=said),))

    def read(name: str, role: str) -> list[str]:
        grants = (RoleGrant.model_validate({"role": role, "contracts": [contract.contract]}),)
        (shown,) = seen_by(board, Person(name, name, "password", grants)).assessment.contracts
        return [one.text for one in shown.acknowledged]

    assert read("sue", "supplier") == [LEFT_OUT, "We restart it.", ""]
    assert read("sam", "supplier") == [LEFT_OUT, LEFT_OUT, ""]
    assert read("vera", "viewer") == ["Their database, again.", "We restart it.", ""]
