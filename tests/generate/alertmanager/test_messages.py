"""What people read: the whole text of a message, as a real Alertmanager sends it to a pager and by mail.

The annotations are those that the unit tests of the committed rules expect, so promtool has shown that Prometheus
makes them; here they go through Alertmanager with the committed templates.
"""

from __future__ import annotations

import email
import email.policy
import json
import re
import subprocess
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

from sla_monitor.configuration import read_configuration
from sla_monitor.contract.contract import Contract
from sla_monitor.generate.alertmanager.alertmanager_file import alertmanager_files
from sla_monitor.generate.file_set import rendered, write
from sla_monitor.names import ALL_ALERTS
from sla_monitor.settings import Settings
from tests.generate.support import NOW_MS, ROOT, contract
from tests.review.mail_server import Received, mail_server
from tests.support.stack import Alertmanager, alertmanager
from tests.support.waiting import wait_until

POLICE = "police-strategic-it"
STARTED, ENDED = "2026-07-02T23:05:00Z", "2026-07-03T02:25:00Z"
HOSTILE = 'Evil "desk"\n{{ $labels.contract }} {{ template "sla.text" . }} <script>alert(1)</script> ;; 🚓 ' + "é" * 200


class Pager:
    """Takes what PagerDuty would, and keeps it."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []
        pager = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                pager.events.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                self.send_response(202)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                """Nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.05,))
        self.thread.start()

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    def texts(self, word: str) -> list[tuple[str, str]]:
        """Subject and message of the events in which a word occurs."""
        said = [(e["payload"]["summary"], e["payload"]["custom_details"]["message"]) for e in self.events]
        return [(subject, message) for subject, message in said if word in subject]


class Running:
    """Alertmanager with the receivers that we ship, at servers of this test."""

    def __init__(self, folder: Path, contracts: list[Contract], stack: ExitStack) -> None:
        self.pager = Pager()
        stack.callback(self.pager.stop)
        self.mail_port, self.mail = stack.enter_context(mail_server())
        settings = Settings.model_validate({"alerting": {"group_wait": "100ms"}})
        files = alertmanager_files(contracts, settings, NOW_MS)
        for receiver in files["alertmanager.yml"]["receivers"]:
            self._here(receiver)
        write(rendered(files), folder)
        self.one: Alertmanager = stack.enter_context(alertmanager(folder, folder / "alertmanager.yml"))

    def _here(self, receiver: dict[str, Any]) -> None:
        for one in receiver.get("pagerduty_configs", []):
            del one["routing_key_file"]
            one |= {"routing_key": "key", "url": f"http://127.0.0.1:{self.pager.server.server_port}/"}
        for one in receiver.get("email_configs", []):
            del one["auth_username"], one["auth_password_file"]
            one |= {"smarthost": f"127.0.0.1:{self.mail_port}", "require_tls": False, "hello": "test"}

    def tell(self, alerts: list[dict[str, Any]], *, over: bool = False, **labels: str) -> None:
        ends = {"endsAt": ENDED} if over else {}
        self.one.ask(
            "alerts", [{**a, "labels": {**a["labels"], **labels}, "startsAt": STARTED, **ends} for a in alerts]
        )


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    read = read_configuration(ROOT / "config/sla-monitor.yaml")
    hostile = contract({"id": "evil", "title": HOSTILE, "supplier": HOSTILE})
    with ExitStack() as stack:
        yield Running(tmp_path_factory.mktemp("messages"), [*read.contracts, hostile], stack)


def expected_alerts() -> dict[str, dict[str, Any]]:
    """What Prometheus sends by each unit test of the committed rules in which an alert fires, by the test's name."""
    found: dict[str, dict[str, Any]] = {}
    for path in sorted((ROOT / "config/prometheus/tests").glob("*.yaml")):
        for test in yaml.safe_load(path.read_text())["tests"]:
            for each in test["alert_rule_test"]:
                for one in each["exp_alerts"]:
                    labels = {"alertname": each["alertname"], **one["exp_labels"]}
                    found.setdefault(test["name"], {"labels": labels, "annotations": one["exp_annotations"]})
    return found


ALERTS = expected_alerts()
DOWN = ALERTS["SlaServiceDown: fires while the service is down"]
RECOVERED = ALERTS["SlaServiceDown: says when it recovered"]
UNSEEN = ALERTS["SlaServiceDown: does not say recovered of what is unseen"]
COVERAGE = ALERTS["SlaCoverageLow: a monitor that never sees anything is loud"]
SINCE, CLOCK = "3 Jul 2026 00:03:30 BST (2 Jul 2026 23:03:30 UTC)", "3600 BST"


def but(alert: dict[str, Any], labels: dict[str, str] | None = None, **annotations: str) -> dict[str, Any]:
    """An alert with other labels and annotations."""
    said = {**alert["annotations"], **annotations}
    return {"labels": {**alert["labels"], **(labels or {})}, "annotations": said}


FIRING_TEXT = """\
Command and control is down.
By the contract’s rule, 2 failed probes in a row are an outage. This one is in service hours, outside permitted \
maintenance.

Contract:        Strategic IT Partnership, Boeing
Service:         Command and control
Criticality:     critical
Reason:          cad-login: name lookup failed
Since:           3 Jul 2026 00:03:30 BST (2 Jul 2026 23:03:30 UTC)
In hand:         kim: On it; {{ $value }} & more at 15:00
Contract says:   “Command and control is available” ≥ 99.95 % (Schedule 2.2, Annex 1, 1.1)
Allowance:       1 h 2 min 3 s left this month, “Command and control is available” (KPI1)
Points so far:   2.5 service points, as the month stands
Call:            Boeing service desk (24 hours), +44 1632 960100, desk@supplier.example
                 Boeing service delivery manager, +44 1632 960101
                 Force control room duty inspector, +44 1632 960200
Dashboard:       http://127.0.0.1:3000/d/sla-service?var-contract=police-strategic-it&var-service=command-and-control
What to do:      https://runbooks.example/sla-monitor#slaservicedown
"""

RESOLVED_TEXT = """\
Command and control recovered at 1 Jan 1970 00:06:00 UTC, after 2 min.

Contract:        Strategic IT Partnership, Boeing
Service:         Command and control
Criticality:     critical
Began:           3 Jul 2026 00:03:30 BST (2 Jul 2026 23:03:30 UTC)
Dashboard:       http://127.0.0.1:3000/d/sla-service?var-contract=police-strategic-it&var-service=command-and-control
"""


def received(running: Running, word: str) -> tuple[str, str]:
    """The latest message to a pager with a word in its subject; without the address of Alertmanager."""
    wait_until(lambda: bool(running.pager.texts(word)))
    subject, message = running.pager.texts(word)[-1]
    return subject, re.sub(r"\nAlertmanager: http://\S+\n\Z", "", message)


def test_a_page_says_all_and_its_end_says_when_the_service_recovered(running: Running) -> None:
    running.tell([but(DOWN, since=SINCE, clock=CLOCK, failed_step="not known")])
    subject, message = received(running, "CRITICAL: Command")
    assert subject == "CRITICAL: Command and control is down. (Strategic IT Partnership, Boeing)"
    assert message == FIRING_TEXT
    running.tell([but(RECOVERED, since=SINCE, clock=CLOCK)], over=True)
    subject, message = received(running, "RESOLVED: Command")
    assert subject == (
        "RESOLVED: Command and control recovered at 1 Jan 1970 00:06:00 UTC, after 2 min."
        " (Strategic IT Partnership, Boeing)"
    )
    assert message == RESOLVED_TEXT


def test_what_became_unseen_is_not_called_recovered(running: Running) -> None:
    said = UNSEEN["annotations"]
    lost = but(
        UNSEEN,
        {"service": "network"},
        summary="Network is down.",
        resolved=said["resolved"].replace("Command and control", "Network"),
    )
    running.tell([lost])
    received(running, "CRITICAL: Network")
    running.tell([lost], over=True)
    subject, message = received(running, "RESOLVED: Network")
    assert "was no longer seen: whether it has recovered is not known." in subject
    assert "\nAlert ended:     3 Jul 2026 02:25:00 UTC\n" in message


def test_a_group_says_how_many_and_which(running: Running) -> None:
    """What the monitor does not see of one contract is one mail, with all of its services."""
    names = ("Command and control", "Custody", "E-mail")
    seen = [
        but(
            COVERAGE,
            {"service": name},
            summary=f"Too little is seen of {name}.",
            service_title=name,
            clock="3600 BST",
            resolved=f"Enough was seen again of {name}, or its service hours have ended.",
        )
        for name in names
    ]
    running.tell(seen)
    mail = mailed(running.mail, "WARNING: 3 alerts")
    assert mail["Subject"] == (
        "WARNING: 3 alerts: Too little is seen of Command and control. Too little is seen of Custody."
        " Too little is seen of E-mail. (Strategic IT Partnership, Boeing)"
    )
    text, html = bodies(mail)
    one = """\
Too little is seen of {name}.
Less than 90.00 % was seen in the last hour of its service time, or since the month’s first observation; of the month \
so far, 0.00 % was seen. Outages may go unseen, and the figure may not count.

Contract:        Strategic IT Partnership, Boeing
Service:         {name}
Since:           3 Jul 2026 00:05:00 BST (2 Jul 2026 23:05:00 UTC)
Contract says:   “Command and control is available” ≥ 99.95 % (Schedule 2.2, Annex 1, 1.1)
Dashboard:       http://127.0.0.1:3000/d/sla-monitor-health
What to do:      https://runbooks.example/sla-monitor#slacoveragelow
"""
    assert text == "\n".join(one.format(name=name) for name in names)
    assert html.count("<h2") == 3
    assert "<td>3 Jul 2026 00:05:00 BST (2 Jul 2026 23:05:00 UTC)</td>" in html
    running.tell(seen, over=True)
    mail = mailed(running.mail, "RESOLVED: 3 alerts")
    assert mail["Subject"].startswith("RESOLVED: 3 alerts: Enough was seen again of Command and control, or its")
    assert " is seen" not in bodies(mail)[0]


def test_names_cannot_break_a_message(running: Running) -> None:
    """Supplier, title and texts of an alert hold quotes, line breaks, braces, markup and more than a screen does."""
    said = {**DOWN["annotations"], "summary": f"{HOSTILE} is down.", "contract_title": HOSTILE, "reason": HOSTILE}
    labels = {**DOWN["labels"], "contract": "evil", "supplier": HOSTILE, "service": "evil"}
    running.tell([{"labels": labels, "annotations": said}])
    subject, message = received(running, "Evil")
    assert subject.startswith("CRITICAL: Evil")
    assert "{{ $labels.contract }}" in message
    assert "What to do:      https://runbooks.example/sla-monitor#slaservicedown" in message
    seen = but(COVERAGE, {"contract": "evil", "supplier": HOSTILE}, summary=HOSTILE, contract_title=HOSTILE)
    running.tell([seen])
    html = bodies(mailed(running.mail, "Evil"))[1]
    assert "<script>" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html


def mailed(box: Received, word: str) -> EmailMessage:
    """The latest mail with a word in its subject."""

    def latest() -> EmailMessage:
        found = email.message_from_bytes(box.message, policy=email.policy.default)
        assert isinstance(found, EmailMessage)
        return found

    wait_until(lambda: word in str(latest()["Subject"]))
    return latest()


def bodies(mail: EmailMessage) -> tuple[str, str]:
    """Text, without the address of Alertmanager, and HTML."""
    text, html = (part.get_content().replace("\r\n", "\n") for part in mail.iter_parts())
    return re.sub(r"\nAlertmanager: http://\S+\s*\Z", "", text), html


@pytest.fixture(scope="module")
def all_texts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, str]]:
    """Every alert of the committed rules through the committed templates by amtool: by status, then by its test."""
    folder = tmp_path_factory.mktemp("all")
    return {status: dict(zip(ALERTS, _rendered(folder, status), strict=True)) for status in ("firing", "resolved")}


def _rendered(folder: Path, status: str) -> list[str]:
    alerts = [{**alert, "status": status, "startsAt": STARTED, "endsAt": ENDED} for alert in ALERTS.values()]
    path = folder / "data.json"
    path.write_text(json.dumps({"status": status, "alerts": alerts}))
    made = subprocess.run(
        ["amtool", "template", "render", "--template.glob", ROOT / "config/alertmanager/templates/*.tmpl",
         "--template.data", path, "--template.text",
         '{{ range .Alerts }}{{ template "sla.one.text" . }}@@@{{ end }}'],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert made.returncode == 0, made.stderr
    return made.stdout.split("@@@")[:-1]


def test_every_alert_is_looked_at() -> None:
    assert {name.partition(":")[0] for name in ALERTS} >= {alert.name for alert in ALL_ALERTS} - {
        "SlaKpiUnanswered",
        "SlaTriggerNear",
    }


IDS = ("command-and-control", "mobile-data", "service-desk-portal", "records-batch", "police-strategic-it")


@pytest.mark.parametrize("name", ALERTS)
def test_a_message_has_names_units_and_both_clocks(name: str, all_texts: dict[str, dict[str, str]]) -> None:
    """No id where there is a name, no raw figure, no time in one clock where two are known, nothing unanswered."""
    alert, text = ALERTS[name], all_texts["firing"][name]
    body = re.sub(r"^(?:Dashboard|What to do|Monitor): .*$", "", text, flags=re.MULTILINE)
    assert [one for one in IDS if one in body] == []
    assert "not known" not in body
    assert "<no value>" not in text
    assert not re.search(r"\d(?:h|m|s)\b|\+0000|\d e[+-]|\d\.\d{3,}", body)
    assert not re.search(r"\bis by\b|\b1 \w+s (?:are|is)\b|\(s\)", body)
    assert re.search(r"^Since:           .* (?:UTC\)|UTC)$", text, re.MULTILINE)
    if alert["annotations"].get("clock", "") == "3600 BST":
        assert re.search(r"^Since:           .* BST \(.*UTC\)$", text, re.MULTILINE)
    if "contract" in alert["labels"] and name.partition(":")[0] != "SlaProbeBroken":
        assert "\nContract:        Strategic IT Partnership, Boeing\n" in text
    assert alert["labels"]["alertname"] == "SlaWatchdog" or "\nDashboard:" in text or "SlaMaintenance:" in name
    assert f"#{alert['labels']['alertname'].lower()}" in text


@pytest.mark.parametrize("name", ALERTS)
def test_a_resolved_message_does_not_say_that_it_is_still_so(name: str, all_texts: dict[str, dict[str, str]]) -> None:
    alert, text = ALERTS[name], all_texts["resolved"][name]
    said, titles = alert["annotations"], re.sub("“[^”]*”", "", text)
    assert said["summary"] not in text
    assert said["description"] not in text
    assert not re.search(r"\b(?:is|are|has been) (?:down|degraded|missed|seen)\b|\bfails\b", titles)
    assert said["resolved"] in text
    assert not re.search(r"^(?:Call|What to do|Since|Until|Contract says):", text, re.MULTILINE)
    assert ("Alert ended:" in text) != (" recovered at " in said["resolved"])
