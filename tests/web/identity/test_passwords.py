"""Passwords: what counts as a wrong one."""

from __future__ import annotations

import asyncio
from pathlib import Path

from sla_monitor.contract.reading.secret import SecretReference
from sla_monitor.web.identity.desk_state import DeskState
from sla_monitor.web.identity.passwords import ACCOUNT_FAILURES, Attempt, Passwords, PasswordVerdict
from sla_monitor.web.serving.limits import Busy
from tests.web.desk.house import PASSWORD, hashed


def test_an_attempt_for_which_nobody_had_time_was_no_wrong_password(tmp_path: Path) -> None:
    (tmp_path / "hash").write_text(hashed())
    reference, mine = SecretReference("file", str(tmp_path / "hash")), Attempt("carl", PASSWORD, "", "10.0.0.1")
    passwords = Passwords(DeskState(), waiting=1)

    async def attempts() -> PasswordVerdict:
        several = (passwords.check(mine, 0.0, reference, None) for _ in range(2 * ACCOUNT_FAILURES))
        answers = await asyncio.gather(*several, return_exceptions=True)
        assert sum(isinstance(one, Busy) for one in answers) == 2 * ACCOUNT_FAILURES - 2
        return (await passwords.check(mine, 0.0, reference, None))[0]

    try:
        assert asyncio.run(attempts()) is PasswordVerdict.RIGHT
    finally:
        passwords.close()
