"""Numbers of persons in a text that all will read: of identity papers, telephones, bank cards.

Names and postal addresses are not found by a program: a person looks for them first.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from xihu_platform.words import Text

_GROUP = re.compile(r"\d+")
_BETWEEN = re.compile(r"[ \-.·—–]{1,2}")
"""What people write between the groups of one number."""
_SHORTEST, _LONGEST = 3, 19
"""Digits of a group before the last one, and of the longest number."""
_CHECKED = re.compile(r"[ \-]?[Xx](?![A-Za-z0-9])")
_BORN = r"(?:18|19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])"
_IDENTITY = re.compile(rf"[1-9]\d{{5}}{_BORN}\d{{3}}[\dX]")
"""GB 11643: division, date of birth, sequence, check digit, which is not verified: a number with
one wrong digit still points to somebody."""
_MOBILE = re.compile(r"(?:(?:00)?86)?1[3-9]\d{9}")
_CARD = re.compile(r"[3-69]\d{15,18}")


@dataclass(frozen=True, slots=True)
class PersonalNumber:
    """Where such a number begins in a text, counted from 1, and what it looks like."""

    place: int
    kind: Text


_KINDS = {
    "identity": Text("身份证号码", "an identity number"),
    "mobile": Text("手机号码", "a mobile number"),
    "card": Text("银行卡号", "a bank card number"),
}


def personal_numbers(text: str) -> list[PersonalNumber]:
    """In their order. Digits of any script count, and blanks and hyphens between them do not.

    >>> [(one.place, one.kind.en) for one in personal_numbers("电话 138 0013 8000")]
    [(4, 'a mobile number')]
    >>> [one.kind.en for one in personal_numbers("339999 19880412 0289，622202 1234567890128")]
    ['an identity number', 'a bank card number']
    >>> personal_numbers("2026-11-30 10:53:00，共 13800138 条，代码 91330100710911865X")
    []
    """
    plain = "".join(map(_plain, text))
    return [PersonalNumber(at + 1, _KINDS[kind]) for at, kind in _found(plain)]


def _plain(one: str) -> str:
    """A character as ASCII writes it, where that is one character: places stay what they are."""
    found = unicodedata.normalize("NFKC", one)
    digit = unicodedata.digit(one, None)
    if digit is not None:
        return str(digit)
    return found if len(found) == 1 else one


def _found(plain: str) -> Iterator[tuple[int, str]]:
    groups = list(_GROUP.finditer(plain))
    taken = 0
    for at, first in enumerate(groups):
        if first.start() < taken:
            continue
        for digits, end in _spans(plain, groups, at):
            if (kind := _kind_of(digits)) is not None:
                yield first.start(), kind
                taken = end
                break


def _spans(plain: str, groups: list[re.Match[str]], at: int) -> Iterator[tuple[str, int]]:
    """What is written from a group on, read as one number, a group more each time; and its end."""
    digits = ""
    for place in range(at, len(groups)):
        group = groups[place]
        before = plain[groups[place - 1].end() : group.start()] if place > at else ""
        if place > at and not _is_one(groups[place - 1][0], before):
            return
        digits += group[0]
        if len(digits) > _LONGEST:
            return
        yield digits, group.end()
        if (last := _CHECKED.match(plain, group.end())) is not None:
            yield f"{digits}X", last.end()


def _is_one(group: str, between: str) -> bool:
    return len(group) >= _SHORTEST and _BETWEEN.fullmatch(between) is not None


def _kind_of(digits: str) -> str | None:
    if _IDENTITY.fullmatch(digits):
        return "identity"
    if _MOBILE.fullmatch(digits):
        return "mobile"
    if _CARD.fullmatch(digits) and _has_check_digit(digits):
        return "card"
    return None


def _has_check_digit(digits: str) -> bool:
    """ISO/IEC 7812-1 annex B (Luhn)."""
    doubled = [int(one) * (1 + at % 2) for at, one in enumerate(reversed(digits))]
    return sum(one - 9 if one > 9 else one for one in doubled) % 10 == 0
