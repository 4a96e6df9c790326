"""Who may see the pages for others: nobody, unless settings say so; then those with the token, and nothing more."""

from __future__ import annotations

import base64
import re
from pathlib import Path

import bcrypt
import pytest
from tornado.routing import PathMatches

from sla_monitor.contract.reading.secret import SecretReference
from sla_monitor.errors import ConfigError
from sla_monitor.settings import load_settings
from sla_monitor.settings.views import SharedViews
from sla_monitor.web import Limits
from sla_monitor.web.serving.routes import Heartbeat, application
from sla_monitor.web.serving.shared_routes import SHARED_ROUTES
from tests.web import estate
from tests.web.page.test_shared_page import both
from tests.web.running import Answer, Parts, ask, serving

TOKEN, OTHER = "staffordshire-0123456789", "west-midlands-0123456789"


@pytest.fixture
def views(tmp_path: Path) -> SharedViews:
    references = {}
    for name, token in (("staffordshire", TOKEN), ("west-midlands", OTHER), ("public", "public-0123456789")):
        (tmp_path / name).write_text(token + "\n")
        references[name] = SecretReference("file", str(tmp_path / name))
    public = references.pop("public")
    return SharedViews(public="token", public_token=public, participants=references)


def basic(password: str, user: str = "anybody") -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def refusal(answer: Answer) -> tuple[int, str]:
    return answer.status, answer.body


def test_nothing_is_served_unless_settings_say_so() -> None:
    with serving(Parts(board=both())) as web:
        for path in ("/public", "/participants/staffordshire"):
            assert refusal(ask(web, path)) == (404, "not found\n")
            assert refusal(ask(web, path, headers=basic(TOKEN))) == (404, "not found\n")


def test_everybody_may_see_the_public_page_where_settings_say_so() -> None:
    with serving(Parts(board=both(), views=SharedViews(public="everybody"))) as web:
        answer = ask(web, "/public?open=all&q=boeing&refresh=5&format=json", headers={"Accept": "application/json"})
        assert (answer.status, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
        assert "Boeing" not in answer.body
        assert "refresh" not in answer.headers
        assert answer.body.replace(ask(web, "/public").body, "") in {"", answer.body}
        assert ask(web, "/participants/staffordshire").status == 404


def test_a_token_opens_its_own_page_and_no_other(views: SharedViews) -> None:
    with serving(Parts(board=both(), views=views)) as web:
        for headers in (basic(TOKEN), basic(TOKEN, "staffordshire"), bearer(TOKEN)):
            answer = ask(web, "/participants/staffordshire", headers=headers)
            assert "Service status for Staffordshire Police" in answer.body
        for path in ("/public", "/participants/west-midlands", "/participants/nobody", "/participants/%2Fpublic"):
            assert refusal(ask(web, path, headers=basic(TOKEN))) == (401, "unauthorised\n")
        for name in ("%2Fpublic", "public", "%00", "%20", "staffordshire"):
            answer = ask(web, f"/participants/{name}", headers=bearer("public-0123456789"))
            assert refusal(answer) == (401, "unauthorised\n")
        assert "Payroll" in ask(web, "/public", headers=bearer("public-0123456789")).body
        first = ask(web, "/participants/staffordshire")
        assert (first.status, first.headers["www-authenticate"]) == (401, 'Basic realm="status", charset="UTF-8"')
        for query in ("token=" + TOKEN, "participant=west-midlands", "open=all"):
            assert ask(web, f"/participants/staffordshire?{query}").status == 401


def test_a_token_of_another_page_opens_nothing_of_the_operators(views: SharedViews, tmp_path: Path) -> None:
    config = tmp_path / "web-config.yml"
    config.write_text(f"basic_auth_users: {{ops: {bcrypt.hashpw(b'x', bcrypt.gensalt(4)).decode()}}}\n")
    with serving(Parts(board=both(), views=views), web_config=config) as web:
        assert ask(web, "/participants/staffordshire", headers=basic(TOKEN)).status == 200
        # Every route but those that are known to have tokens of their own, also one that is made tomorrow.
        own = {Heartbeat, *(handler for _, handler in SHARED_ROUTES)}
        for rule in application(None).wildcard_router.rules:  # type: ignore[arg-type]
            assert isinstance(rule.matcher, PathMatches)
            if rule.target not in own:
                path = re.sub(r"\([^)]*\)", "x", rule.matcher.regex.pattern.rstrip("$")).replace("\\", "")
                method = rule.target.methods[0]
                assert ask(web, path, method, headers=basic(TOKEN, "ops")).status == 401, path


def test_whoever_opens_a_page_beside_open_ones_is_warned(caplog: pytest.LogCaptureFixture) -> None:
    with serving(Parts(views=SharedViews(public="everybody"))):
        assert "nobody needs a password" in caplog.text


def test_whoever_guesses_is_slowed_down_and_the_right_token_is_not(views: SharedViews) -> None:
    with serving(Parts(board=both(), views=views), limits=Limits(failures_per_minute=3)) as web:
        path = "/participants/staffordshire"
        answers = [ask(web, path, headers=basic(f"guess-{n}-0123456789")).status for n in range(5)]
        assert answers == [401, 401, 401, 429, 429]
        assert ask(web, path, headers=basic(TOKEN)).status == 200


def test_a_short_or_missing_token_opens_nothing(tmp_path: Path) -> None:
    (tmp_path / "short").write_text("short")
    references = {
        "short": SecretReference("file", str(tmp_path / "short")),
        "gone": SecretReference("file", str(tmp_path / "gone")),
    }
    with serving(Parts(board=estate.partnership(), views=SharedViews(participants=references))) as web:
        for whose in references:
            assert ask(web, f"/participants/{whose}", headers=basic("short")).status == 401
            assert ask(web, f"/participants/{whose}", headers=basic("")).status == 401


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        ("{public: token}", "needs public_token"),
        ("{public_token: '${env:X}'}", "has no use while public is not token"),
        ("{public: yes}", "public"),
        ("{participants: {x: open-sesame}}", "secrets are never written here"),
    ],
)
def test_settings_that_make_no_sense_are_refused(tmp_path: Path, written: str, problem: str) -> None:
    path = tmp_path / "sla-monitor.yaml"
    path.write_text(f"views: {written}\n")
    with pytest.raises(ConfigError) as raised:
        load_settings(path, {})
    assert problem in str(raised.value)
    assert "open-sesame" not in str(raised.value)
