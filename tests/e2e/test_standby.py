"""A pair of collectors: whatever becomes of the one that speaks, an alert arrives once, and ends once."""

from __future__ import annotations

import signal
from pathlib import Path

from tests.e2e.pair import PATIENT_S, a_pair, asked
from tests.support.running import wait_until

ALERT = "SlaServiceDown"
FIRING = f'ALERTS{{alertname="{ALERT}",alertstate="firing"}}'


def test_an_alert_goes_on_over_takeovers_and_is_told_once(tmp_path: Path) -> None:
    with a_pair(tmp_path) as pair, pair.watched() as prometheus:
        pair.east.start()
        pair.west.start("--standby")
        pair.start_site()
        speaking, follows = pair.speaking()
        wait_until(lambda: f"The one that speaks is {speaking.name}." in follows.page("/"), PATIENT_S)
        assert "sla_service_state" not in follows.page()
        wait_until(lambda: list(asked(prometheus, 'sla_service_state{state="up"}').values()) == [1], PATIENT_S)
        pair.supplier.close()
        wait_until(lambda: pair.called.of(ALERT) == ["firing"], PATIENT_S)

        # Killed: the other one speaks, and nobody hears of the alert again.
        speaking.stop(signal.SIGKILL)
        wait_until(follows.speaks, PATIENT_S)
        state = 'sla_service_state{state="down"}'
        told_by = f'collector:{state[:-1]},instance="127.0.0.1:{follows.port}"}}'
        wait_until(lambda: list(asked(prometheus, told_by).values()) == [1], PATIENT_S)
        (series,) = asked(prometheus, state)
        assert "instance=east/west" in series

        # It returns, and follows, though it was not told to.
        speaking.start()
        wait_until(lambda: f"The one that speaks is {follows.name}." in speaking.page("/"), PATIENT_S)

        # The one that speaks now stands still, and goes on when the other one has taken over.
        follows.send(signal.SIGSTOP)
        wait_until(speaking.speaks, PATIENT_S)
        follows.send(signal.SIGCONT)
        wait_until(lambda: f"The one that speaks is {speaking.name}." in follows.page("/"), PATIENT_S)
        assert not follows.speaks()
        wait_until(lambda: len(asked(prometheus, "sla_collector_speaks == 1")) == 1, PATIENT_S)
        assert len(asked(prometheus, FIRING)) == 1
        assert pair.called.of(ALERT) == ["firing"], pair.called.told
        pair.supplier.open()
        wait_until(lambda: pair.called.of(ALERT) == ["firing", "resolved"], PATIENT_S)
        assert pair.called.of("SlaTwoSpeak") == []
