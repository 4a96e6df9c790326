"""Sign-in by OpenID Connect: authorisation code flow with PKCE, state and nonce, through Authlib.

What has to be remembered between the two requests is in a cookie of the browser that began, signed and short-lived:
nobody can fill our memory, and nobody can finish what another browser has begun. Everything that waits for the provider
runs in a thread.
"""

from __future__ import annotations

import base64
import binascii
import json
import secrets
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from authlib.common.errors import AuthlibBaseError
from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from sla_monitor.errors import SecretError
from sla_monitor.settings.desk.users import OpenIdProvider
from sla_monitor.web.identity.desk_state import DeskState

ANSWER = "/sign-in/openid/answer"
"""Where the provider sends people back to."""

PATIENCE_S = 5.0
MAY_TAKE_MS = 600_000
"""So long somebody may take at the provider."""

KEPT_S = 3600.0
"""So long the provider's description holds; its keys are fetched again when a token names one that is not known."""

LEEWAY_S = 60
ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
"""Signatures by the provider's private key alone: `none` signs nothing, and HS256 with what we know, too."""

BYTES = 262_144
"""Of an answer of the provider at most."""


class OpenIdError(Exception):
    """Somebody could not be signed in by the provider: why, for the log and the audit."""


@dataclass(frozen=True, slots=True)
class Finished:
    """A sign-in that is done: who somebody is to the provider, and where they wanted to go. `proved_ms`: when the
    provider last asked them who they are, in UTC milliseconds; 0: it does not say."""

    subject: str
    following: str
    proved_ms: int


@dataclass(frozen=True, slots=True)
class Begun:
    """A sign-in that has begun: where the browser goes, and the cookie that it keeps meanwhile."""

    url: str
    cookie: str


class OpenIdSignIn:
    """One provider. `address`: that of this monitor, as browsers write it."""

    def __init__(self, provider: OpenIdProvider, address: str, state: DeskState) -> None:
        self.provider, self._address, self._state = provider, address, state
        self._lock = threading.Lock()
        self._described: tuple[float, dict[str, Any]] = (0.0, {})
        self._keys: KeySet | None = None

    def begin(self, following: str, now_ms: int, now_s: float, *, again: bool) -> Begun:
        """Send somebody to the provider; `again`: it must ask them who they are. Called from a thread. Raises
        OpenIdError."""
        kept = {"state": secrets.token_urlsafe(24), "nonce": secrets.token_urlsafe(24)}
        kept |= {"verifier": secrets.token_urlsafe(48), "next": following, "until_ms": str(now_ms + MAY_TAKE_MS)}
        kept |= {"again_ms": str(now_ms) if again else ""}
        more = {"prompt": "login", "max_age": "0"} if again else {}
        with self._session() as session:
            url, _ = session.create_authorization_url(
                self._of_provider("authorization_endpoint", session, now_s),
                kept["state"],
                nonce=kept["nonce"],
                code_challenge=create_s256_code_challenge(kept["verifier"]),
                code_challenge_method="S256",
                **more,
            )
        return Begun(url, self._signed(kept))

    def finish(self, cookie: str, answered: Mapping[str, str], now_ms: int, now_s: float) -> Finished:
        """What came of it. Called from a thread. Raises OpenIdError."""
        kept = self._kept(cookie, now_ms)
        if not secrets.compare_digest(answered.get("state", "").encode(), kept["state"].encode()):
            raise OpenIdError("the answer belongs to another sign-in (state)")
        # RFC 9207: an answer that names its issuer must name this one.
        if answered.get("iss", self.provider.issuer) != self.provider.issuer:
            raise OpenIdError("the answer is of another provider (iss)")
        if "error" in answered or not answered.get("code"):
            raise OpenIdError(f"the provider refused: {answered.get('error', 'it gave no code')[:80]}")
        try:
            with self._session() as session:
                token = session.fetch_token(
                    self._of_provider("token_endpoint", session, now_s),
                    code=answered["code"],
                    code_verifier=kept["verifier"],
                    timeout=PATIENCE_S,
                )
                claims = self._claims(session, f"{token.get('id_token', '')}", now_ms, now_s)
        except (AuthlibBaseError, JoseError, OSError, ValueError, TypeError) as error:
            raise OpenIdError(f"{type(error).__name__}: {error}"[:200]) from None
        if not secrets.compare_digest(f"{claims.get('nonce', '')}".encode(), kept["nonce"].encode()):
            raise OpenIdError("the token is not of this sign-in (nonce)")
        asked_s = claims.get("auth_time")
        asked_s = asked_s if isinstance(asked_s, int) and not isinstance(asked_s, bool) else 0
        if kept["again_ms"] and asked_s < int(kept["again_ms"]) // 1000 - LEEWAY_S:
            raise OpenIdError("the provider did not ask again who it is (auth_time)")
        # Whoever is still signed in at the provider is let through unasked: that shows nobody who sits there now.
        return Finished(self._subject(claims), kept["next"], min(max(0, asked_s * 1000), now_ms))

    def _subject(self, claims: Mapping[str, Any]) -> str:
        found = claims.get(self.provider.claim)
        if not isinstance(found, str) or not found:
            raise OpenIdError(f"the token has no {self.provider.claim}")
        if self.provider.claim == "email" and claims.get("email_verified") is not True:
            raise OpenIdError("the e-mail address is not verified")
        return found

    def _claims(self, session: OAuth2Session, token: str, now_ms: int, now_s: float) -> dict[str, Any]:
        """What a token says, after everything about it is checked."""
        try:
            decoded = jwt.decode(token, self._key_set(session, now_s, anew=False), algorithms=ALGORITHMS)
        except (JoseError, ValueError):  # the provider may have new keys
            decoded = jwt.decode(token, self._key_set(session, now_s, anew=True), algorithms=ALGORITHMS)
        required = {name: {"essential": True} for name in ("sub", "exp", "iat")}
        rules = jwt.JWTClaimsRegistry(
            now=lambda: now_ms // 1000,
            leeway=LEEWAY_S,
            **required,  # type: ignore[arg-type] # its shape is a TypedDict of its own
            iss={"essential": True, "value": self.provider.issuer},
            aud={"essential": True, "value": self.provider.client_id},
        )
        rules.validate(decoded.claims)
        party = decoded.claims.get("azp")
        if party is not None and party != self.provider.client_id:
            raise ValueError("the token was made for another client (azp)")
        return decoded.claims

    def _session(self) -> OAuth2Session:
        secret = self.provider.client_secret
        try:
            known = secret.reveal() if secret else None
        except SecretError as error:
            raise OpenIdError(f"{error}") from None
        return OAuth2Session(
            self.provider.client_id,
            known,
            scope="openid email" if self.provider.claim == "email" else "openid",
            redirect_uri=f"{self._address}{ANSWER}",
            token_endpoint_auth_method=None if known else "none",
            default_timeout=PATIENCE_S,
        )

    def _of_provider(self, name: str, session: OAuth2Session, now_s: float) -> str:
        """An address that the provider's description gives."""
        with self._lock:
            read_s, described = self._described
            if not described or now_s - read_s > KEPT_S:
                described = _fetched(session, f"{self.provider.issuer.rstrip('/')}/.well-known/openid-configuration")
                if described.get("issuer") != self.provider.issuer:
                    raise OpenIdError("the provider calls itself by another issuer (correct desk.openid.issuer)")
                self._described = now_s, described
        found = described.get(name)
        is_secure = isinstance(found, str) and found.startswith(
            "https://" if self.provider.issuer.startswith("https://") else "http"
        )
        if not is_secure:
            raise OpenIdError(f"the provider's {name} is missing or is not secure")
        return f"{found}"

    def _key_set(self, session: OAuth2Session, now_s: float, *, anew: bool) -> KeySet:
        if self._keys is None or anew:
            self._keys = KeySet.import_key_set(
                cast(Any, _fetched(session, self._of_provider("jwks_uri", session, now_s)))
            )
        return self._keys

    def _signed(self, kept: Mapping[str, str]) -> str:
        text = base64.urlsafe_b64encode(json.dumps(kept).encode()).decode()
        return f"{text}.{self._state.mac('openid', text)}"

    def _kept(self, cookie: str, now_ms: int) -> dict[str, str]:
        text, _, mac = cookie.partition(".")
        if not text or not self._state.is_mac(mac, "openid", text):
            raise OpenIdError("this browser has not begun to sign in (begin again)")
        try:
            kept: dict[str, str] = json.loads(base64.urlsafe_b64decode(text))
        except (ValueError, binascii.Error):
            raise OpenIdError("this browser has not begun to sign in (begin again)") from None
        if now_ms > int(kept["until_ms"]):
            raise OpenIdError("it took too long (begin again)")
        return kept


def _fetched(session: OAuth2Session, url: str) -> dict[str, Any]:
    """A JSON object of the provider. Raises OpenIdError."""
    try:
        with session.get(url, withhold_token=True, timeout=PATIENCE_S, allow_redirects=False, stream=True) as answer:
            answer.raise_for_status()
            found = json.loads(_whole(answer.iter_content(8192)))
    except (OSError, ValueError) as error:
        raise OpenIdError(f"the provider cannot be read: {url}, {type(error).__name__}") from None
    if not isinstance(found, dict):
        raise OpenIdError(f"the provider gives no JSON object: {url}")
    return found


def _whole(pieces: Iterable[bytes]) -> bytes:
    """Raises ValueError for more than BYTES, and what making the pieces raises."""
    content = bytearray()
    for piece in pieces:
        content += piece
        if len(content) > BYTES:
            raise ValueError("it is too long")
    return bytes(content)
