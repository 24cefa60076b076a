"""Ask an OpenID Connect provider who somebody is, and believe only what it signed for this very question.

Authorization code with PKCE (RFC 7636). What has to come back is kept by the asking browser, encrypted: state, nonce
and verifier; nothing is kept here.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

import requests
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.requests_client import OAuth2Session
from cryptography.fernet import InvalidToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from survey_app.config import Settings
from survey_app.crypto.vault import Vault
from survey_app.use_cases.errors import ProviderRefused

WISH_LIFETIME = timedelta(minutes=10)
_ALGORITHMS = ["RS256", "PS256", "ES256"]
"""Signed with a key that only the provider has: neither `none` nor a secret that this installation has too."""
_SECONDS_TO_ANSWER = 5
_LEEWAY_SECONDS = 60


@dataclass(frozen=True)
class Provider:
    """An identity provider and who we are to it. `second_step` is what its tokens say where it took one itself."""

    name: str
    issuer: str
    client_id: str
    client_secret: str
    tenant: str
    second_step: str


@dataclass(frozen=True)
class Wish:
    """What one browser asked a provider for: kept by it, and compared with what comes back."""

    purpose: str
    state: str
    nonce: str
    verifier: str
    expires_at: float


@dataclass(frozen=True)
class Identified:
    """Whom a provider named, and whether it took a second step."""

    issuer: str
    subject: str
    took_second_step: bool


def provider_of(settings: Settings) -> Provider | None:
    """The provider of this installation, if it has one."""
    if not (settings.oidc_issuer and settings.oidc_client_id):
        return None
    return Provider(
        settings.oidc_name,
        settings.oidc_issuer,
        settings.oidc_client_id,
        settings.oidc_client_secret,
        settings.oidc_tenant,
        settings.oidc_second_step,
    )


def begin(provider: Provider, callback: str, purpose: str, now: datetime) -> tuple[str, Wish]:
    """Where to send a browser, and what it keeps until it comes back.

    Raises
    ------
    ProviderRefused
        The provider cannot be asked.
    """
    wish = Wish(
        purpose=purpose,
        state=secrets.token_urlsafe(32),
        nonce=secrets.token_urlsafe(32),
        verifier=secrets.token_urlsafe(48),
        expires_at=(now + WISH_LIFETIME).timestamp(),
    )
    endpoint = _discover(provider)["authorization_endpoint"]
    address, _ = _client(provider, callback).create_authorization_url(
        endpoint, state=wish.state, nonce=wish.nonce, code_verifier=wish.verifier
    )
    return str(address), wish


def redeem(
    provider: Provider, callback: str, wish: Wish | None, answer: Mapping[str, str], now: datetime
) -> Identified:
    """Whom the provider named in answer to a wish.

    Raises
    ------
    ProviderRefused
        It named nobody, or what came back is not its answer to this wish. The reason is for the log alone.
    """
    if wish is None or wish.expires_at <= now.timestamp():
        raise ProviderRefused("no wish")
    if not secrets.compare_digest(wish.state.encode(), answer.get("state", "").encode()):
        raise ProviderRefused("another state")
    if answer.get("iss", provider.issuer) != provider.issuer:
        raise ProviderRefused("another issuer answered")
    if "code" not in answer:
        raise ProviderRefused("no code")
    found = _discover(provider)
    try:
        token = _client(provider, callback).fetch_token(
            found["token_endpoint"], code=answer["code"], code_verifier=wish.verifier, timeout=_SECONDS_TO_ANSWER
        )
        claims = _claims(provider, str(token.get("id_token", "")), _keys(found), wish)
    except (AuthlibBaseError, JoseError, requests.RequestException, ValueError, KeyError, TypeError) as error:
        raise ProviderRefused(type(error).__name__) from error
    if provider.tenant and claims.get("tid") != provider.tenant:
        raise ProviderRefused("another tenant")
    return Identified(provider.issuer, str(claims["sub"]), _took_second_step(provider, claims))


def seal(wish: Wish, vault: Vault) -> str:
    """A wish as the browser keeps it."""
    return vault.encrypt(json.dumps(asdict(wish))).decode("ascii")


def unseal(sealed: str, vault: Vault) -> Wish | None:
    """The wish that a browser kept; None where there is none, or it is not ours."""
    try:
        return Wish(**json.loads(vault.decrypt(sealed.encode("ascii", "replace"))))
    except (InvalidToken, ValueError, TypeError):
        return None


def _client(provider: Provider, callback: str) -> OAuth2Session:
    return OAuth2Session(
        provider.client_id,
        provider.client_secret,
        scope="openid",
        redirect_uri=callback,
        code_challenge_method="S256",
    )


def _discover(provider: Provider) -> Mapping[str, Any]:  # Any: JSON
    """What the provider says of itself; it has to be the issuer that it is asked as."""
    try:
        found = _get(provider.issuer.rstrip("/") + "/.well-known/openid-configuration")
    except (requests.RequestException, ValueError) as error:
        raise ProviderRefused("does not answer") from error
    if found.get("issuer") != provider.issuer:
        raise ProviderRefused("calls itself another issuer")
    return found


def _keys(found: Mapping[str, Any]) -> KeySet:  # Any: JSON
    """The provider's keys of now: they may have changed since anybody signed in."""
    keys: Any = _get(found["jwks_uri"])
    return KeySet.import_key_set(keys)


def _get(address: str) -> dict[str, Any]:  # Any: JSON
    response = requests.get(address, timeout=_SECONDS_TO_ANSWER, allow_redirects=False)
    response.raise_for_status()
    found = response.json()
    if not isinstance(found, dict):
        raise TypeError
    return found


def _claims(provider: Provider, id_token: str, keys: KeySet, wish: Wish) -> Mapping[str, Any]:  # Any: JSON
    token = jwt.decode(id_token, keys, algorithms=_ALGORITHMS)
    expected = jwt.JWTClaimsRegistry(
        leeway=_LEEWAY_SECONDS,
        iss={"essential": True, "value": provider.issuer},
        sub={"essential": True},
        aud={"essential": True, "value": provider.client_id},
        exp={"essential": True},
        iat={"essential": True},
        nonce={"essential": True, "value": wish.nonce},
    )
    expected.validate(token.claims)
    if token.claims.get("azp", provider.client_id) != provider.client_id:
        raise ValueError
    return token.claims


def _took_second_step(provider: Provider, claims: Mapping[str, Any]) -> bool:  # Any: JSON
    said: set[str] = set()
    for name in ("acr", "amr", "acrs"):
        value = claims.get(name, [])
        said.update([value] if isinstance(value, str) else value)
    return bool(provider.second_step) and provider.second_step in said
