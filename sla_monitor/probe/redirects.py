"""Where a redirect may lead, and what goes along."""

from __future__ import annotations

from urllib.parse import urljoin, urlsplit

from requests.cookies import MockRequest, MockResponse, RequestsCookieJar, get_cookie_header

from sla_monitor.contract.http_terms import Redirects
from sla_monitor.probe.adapter import Reply, Sealed, origin_of
from sla_monitor.probe.line import Origin
from sla_monitor.probe.verdict import Failure
from sla_monitor.sla.observation import Reason

STATUSES = frozenset({301, 302, 303, 307, 308})

MOST_COOKIES, MOST_COOKIE_CHARACTERS = 180, 65_536
"""Of one probe: as many as Chrome keeps for a site, and what a server may send us in a head."""


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
    """Take the cookies that an answer sets; the jar's own rules decide whose they are. Raises Failure for too many."""
    if "set-cookie" not in reply.headers:
        return
    jar.extract_cookies(MockResponse(reply.headers), MockRequest(reply.request))
    sizes = [len(cookie.name) + len(cookie.value or "") for cookie in jar]
    if len(sizes) > MOST_COOKIES or sum(sizes) > MOST_COOKIE_CHARACTERS:
        most = f"{MOST_COOKIES} cookies, or {MOST_COOKIE_CHARACTERS} characters in them"
        raise Failure(Reason.TOO_LARGE, f"the server sets more than {most}")


def cookies_for(jar: RequestsCookieJar, request: Sealed) -> str:
    """Those that belong to a request's URL."""
    return (get_cookie_header(jar, request) or "") if len(jar) else ""
