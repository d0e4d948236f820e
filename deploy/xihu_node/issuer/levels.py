"""Which level a client asks for. Unknown ones are refused, never lowered in silence."""

from collections.abc import Mapping
from datetime import datetime

from authlib.oauth2.rfc6749 import InvalidRequestError

from xihu_platform.identity.models import IssuerSession
from xihu_platform.identity.tokens import LEVELS


def wanted_level(params: Mapping[str, str]) -> int:
    """The level in `acr_values`, first choice first; 1 where none is asked for.

    >>> wanted_level({}), wanted_level({"acr_values": "3 2"})
    (1, 3)
    """
    asked = params.get("acr_values", "").split()
    if not all(value in LEVELS for value in asked):
        raise InvalidRequestError("acr_values must be 1, 2 or 3.")
    return LEVELS[asked[0]] if asked else 1


def max_age(params: Mapping[str, str]) -> int | None:
    text = params.get("max_age")
    if text is None:
        return None
    if not text.isdecimal() or len(text) > 9:
        raise InvalidRequestError("max_age must be a number of seconds.")
    return int(text)


def must_sign_in_anew(
    params: Mapping[str, str], session: IssuerSession | None, now: datetime
) -> bool:
    """Whether the request asks for a sign-in fresher than the session at hand."""
    oldest = max_age(params)
    if session is None:
        return True
    too_old = oldest is not None and (now - session.auth_time).total_seconds() > oldest
    return too_old or bool({"login", "select_account"} & set(params.get("prompt", "").split()))
