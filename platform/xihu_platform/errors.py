"""Every error a caller may see, in one tree.

PlatformError                     an error with a text in both languages and an HTTP status
├── BadInput (422)                something handed in is wrong: what, where, what to do
├── NotFound (404)                no such thing, or none that this caller may know of
│   └── Erased (410)              it was there, and was lawfully erased
├── NotSignedIn (401)             no token, or one that does not hold
├── Refused (403)                 the access gateway said no: reason, article, remedy
├── Conflict (409)                the state does not allow it
├── TooLarge (413)                more than the platform takes in one piece
├── TooMany (429)                 one caller asks too often or for too much at once
├── TransientError (503)          may be tried again as it is
└── TerminalError (500)           will fail again until somebody mends it
"""

from dataclasses import dataclass

from xihu_platform.words import Text


class PlatformError(Exception):
    """The root. `text` says what was being done, with which id, and what to do next."""

    status = 500

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.text = Text(zh, en)


class BadInput(PlatformError):
    status = 422


class NotFound(PlatformError):
    status = 404


class Erased(NotFound):
    status = 410


class NotSignedIn(PlatformError):
    status = 401


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a decision refuses: a code, words, the article it rests on, and the way forward."""

    code: str
    text: Text
    article: Text
    remedy: Text


class Refused(PlatformError):
    status = 403

    def __init__(self, reason: Reason) -> None:
        super().__init__(
            f"{reason.text.zh}（{reason.article.zh}）{reason.remedy.zh}",
            f"{reason.text.en} ({reason.article.en}) {reason.remedy.en}",
        )
        self.reason = reason


class Conflict(PlatformError):
    status = 409


class TooLarge(PlatformError):
    status = 413


class TooMany(PlatformError):
    """`retry_after_s` says when it may be tried again."""

    status = 429

    def __init__(self, zh: str, en: str, *, retry_after_s: int) -> None:
        super().__init__(zh, en)
        self.retry_after_s = retry_after_s


class TransientError(PlatformError):
    status = 503


class TerminalError(PlatformError):
    status = 500
