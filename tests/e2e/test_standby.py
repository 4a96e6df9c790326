"""A pair of collectors: whatever becomes of the one that speaks, an alert arrives once, and ends once."""

from __future__ import annotations

import re
import signal
from pathlib import Path

from sla_monitor.generate.grafana import dashboards
from tests.e2e.pair import PATIENT_S, a_pair, asked
from tests.generate.grafana.test_dashboard_queries import OF_A_PAIR
from tests.support.waiting import wait_until

ALERT = "SlaServiceDown"
FIRING = f'ALERTS{{alertname="{ALERT}",alertstate="firing"}}'


def test_an_alert_goes_on_over_takeovers_and_is_told_once(tmp_path: Path) -> None:
    with a_pair(tmp_path) as pair, pair.watched() as prometheus:
        pair.supplier.close()
        pair.east.start()
        pair.west.start("--standby")
        pair.start_site()
        _, follows = pair.speaking()
        assert "sla_service_state" not in follows.page()
        wait_until(lambda: pair.called.of(ALERT) == ["firing"], PATIENT_S)

        # Killed: the other one speaks, and nobody hears of the alert again.
        speaking, follows = pair.speaking()
        speaking.stop(signal.SIGKILL)
        wait_until(follows.speaks, PATIENT_S)
        state = 'sla_service_state{state="down"}'
        told_by = f'collector:{state[:-1]},instance="127.0.0.1:{follows.port}"}}'
        wait_until(lambda: list(asked(prometheus, told_by).values()) == [1], PATIENT_S)
        (series,) = asked(prometheus, state)
        assert "instance=east/west" in series

        # It returns, and follows, though it was not told to.
        speaking.start()
        assert pair.speaking() == (follows, speaking)

        # The one that speaks now stands still, and goes on when the other one has taken over.
        speaking, follows = pair.speaking()
        speaking.send(signal.SIGSTOP)
        wait_until(follows.speaks, PATIENT_S)
        speaking.send(signal.SIGCONT)
        assert pair.speaking() == (follows, speaking)
        assert not speaking.speaks()
        wait_until(lambda: len(asked(prometheus, "sla_collector_speaks == 1")) == 1, PATIENT_S)
        assert len(asked(prometheus, FIRING)) == 1
        assert pair.called.of(ALERT) == ["firing"], pair.called.told
        panels = dashboards([], sites=1, is_pair=True)["monitor-health"]["panels"]
        for expression in (target["expr"] for panel in panels for target in panel.get("targets", ())):
            if re.search(OF_A_PAIR, expression):
                filled = expression.replace("$job", ".+").replace("$instance", ".+").replace("$__rate_interval", "1m")
                assert asked(prometheus, filled), expression
        pair.supplier.open()
        wait_until(lambda: pair.called.of(ALERT) == ["firing", "resolved"], PATIENT_S)
        assert list(asked(prometheus, 'sla_service_state{state="up"}').values()) == [1]
        assert pair.called.of("SlaTwoSpeak") == []

        # The record of the one that speaks is taken away: it leaves that to the other one.
        speaking, follows = pair.speaking()
        speaking.ledger.rename(tmp_path / "aside.db")
        wait_until(follows.speaks, PATIENT_S)
        assert pair.speaking() == (follows, speaking)
