"""Where a redirect may lead, and what goes along."""

from __future__ import annotations

from urllib.parse import urljoin, urlsplit

from requests.cookies import MockRequest, MockResponse, RequestsCookieJar, get_cookie_header
from urllib3 import HTTPHeaderDict

from sla_monitor.contract.endpoints.http_terms import Redirects
from sla_monitor.probe.exchange.adapter import Reply, SerializedRequest, origin_of
from sla_monitor.probe.exchange.connection import Origin
from sla_monitor.probe.verdict import Failure
from sla_monitor.sla.observation import Reason

MOST_COOKIES, LONGEST_COOKIE, MOST_COOKIE_BYTES = 50, 4_096, 8_190
"""Of one answer; bytes of one; bytes that are sent back. What is beyond them is ignored, as curl ignores it."""

MOST_HELD = 180
"""Of a whole journey, as many as browsers keep for a site; those of the answer that reaches it come on top."""

STATUSES = frozenset({301, 302, 303, 307, 308})


def target(url: str, location: str, rules: Redirects) -> str:
    """The URL that `location` means, seen from `url`. Raises Failure when the rules do not allow it."""
    try:
        goal = urljoin(url, location.encode("latin-1").decode("utf-8", "replace"))
        scheme = urlsplit(goal).scheme
        if scheme not in {"http", "https"}:
            raise _refused(f"to the scheme {scheme!r}")
        here, there = origin_of(url), origin_of(goal)
    except ValueError:
        raise _refused("to what is no URL") from None
    if here.secure and not there.secure:
        raise _refused("from https to http")
    if there.secure and not here.secure and not rules.to_https:
        raise _refused("from http to https")
    if there.host != here.host and there.host not in {host.lower() for host in rules.other_hosts}:
        raise _refused(f"to another host, {there.host}")
    return goal


def _refused(where: str) -> Failure:
    return Failure(Reason.REDIRECT_REFUSED, f"a redirect {where}, which is not allowed")


def trusted_with_credentials(first: Origin, there: Origin) -> bool:
    """Whether what was meant for `first` may be sent to `there`: the same origin, or its own step up to https."""
    if there.host != first.host:
        return False
    stepped_up = (first.secure, first.port) == (False, 80) and (there.secure, there.port) == (True, 443)
    return there == first or stepped_up


def method_after(status: int, method: str) -> str:
    """The method of the next request (RFC 9110, 15.4): what posted a form then gets the page."""
    if method == "HEAD":
        return method
    return "GET" if status == 303 or (status in {301, 302} and method == "POST") else method


def collect(jar: RequestsCookieJar, reply: Reply) -> None:
    """Take the cookies that an answer sets; the jar's own rules decide whose they are."""
    sent = reply.exchange.answer.headers.getlist("set-cookie")
    if sent and len(jar) < MOST_HELD:
        kept = [("Set-Cookie", line) for line in sent[:MOST_COOKIES] if len(line) <= LONGEST_COOKIE]
        jar.extract_cookies(MockResponse(HTTPHeaderDict(kept)), MockRequest(reply.request))  # type: ignore[arg-type]  # its port


def cookies_for(jar: RequestsCookieJar, request: SerializedRequest) -> str:
    """Those that belong to a request's URL."""
    found = (get_cookie_header(jar, request) or "") if len(jar) else ""
    return found if len(found) <= MOST_COOKIE_BYTES else found[: MOST_COOKIE_BYTES + 1].rpartition("; ")[0]
