"""Why a request is turned away. `app.py` makes pages or short JSON of them."""

from __future__ import annotations


class Refusal(Exception):
    """A request that isn't served. `key` names the message."""

    status = 400
    key = "refused.bad_request"


class SignInNeeded(Refusal):
    """Nobody is signed in."""

    status = 401
    key = "refused.sign_in"


class Locked(Refusal):
    """The screen is locked."""

    status = 423
    key = "refused.locked"


class Forbidden(Refusal):
    """The role lacks the permission."""

    status = 403
    key = "refused.forbidden"


class BadToken(Refusal):
    """The token of the page is missing or wrong."""

    status = 403
    key = "refused.token"


class NotThere(Refusal):
    """There is no such thing, or not for this person: the answer doesn't tell which."""

    status = 404
    key = "refused.not_there"


class BadRequest(Refusal):
    """What was sent can't be used; `detail` says what."""

    def __init__(self, detail: str = "") -> None:
        self.detail = detail
        super().__init__(detail)


class SpanNotPlayed(Refusal):
    """A critical finding is confirmed only by who has heard it."""

    status = 409
    key = "refused.not_played"
