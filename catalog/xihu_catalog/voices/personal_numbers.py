"""Numbers of persons in a text that all will read: of identity papers, telephones, bank cards.

Names and postal addresses are not found by a program: a person looks for them first.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from xihu_platform.words import Text

_GROUP = re.compile(r"\d+")
_NO_LETTER = re.compile(r"[^\w]{1,4}|_{1,4}")
"""What people write between the digits of one number: blanks, line breaks, hyphens, brackets."""
_LONGEST = 19
_CHECKED = re.compile(r"(?:[^\w]|_){0,3}[Xx×✕хХ](?![A-Za-z0-9])")
_WRITTEN = str.maketrans("〇零一二三四五六七八九壹贰叁肆伍陆柒捌玖", "00123456789123456789")
_FIGURES = re.compile(r"[〇零一二三四五六七八九壹贰叁肆伍陆柒捌玖]{7,}")
"""Figures as Chinese writes them, so many in a row that they are a number's and no words."""
_GROUPINGS = {(3, 4, 4), (3, 8), (7, 4), (3, 3, 5), (3, 2, 2, 2, 2), (3, 2, 3, 3), (3, 3, 3, 2)}
"""How people group the eleven digits of a mobile number; by ones and twos as well. Numbers of
other groups are a row of figures."""
_BORN = r"(?:18|19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])"
_IDENTITY = re.compile(rf"[1-9]\d{{5}}{_BORN}\d{{3}}[\dX]")
"""GB 11643: division, date of birth, sequence, check digit, which is not verified: a number with
one wrong digit still points to a person."""
_MOBILE = re.compile(r"(?:(?:00)?86)?1[3-9]\d{9}")
_CARD = re.compile(r"[3-69]\d{15,18}")
_CARD_GROUP = 4
"""Digits of the longest group of a card's number at least."""


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
    """In their order. Digits of any script count, and what is between them, seen or not, does
    not.

    >>> [(one.place, one.kind.en) for one in personal_numbers("电话 138 0013 8000")]
    [(4, 'a mobile number')]
    >>> [one.kind.en for one in personal_numbers("339999/19880412/0289，622202 1234567890128")]
    ['an identity number', 'a bank card number']
    >>> personal_numbers("2026-11-30 10:53:00，共 13800138 条，代码 91330100710911865X")
    []
    """
    shown = [(at, one) for at, one in enumerate(text) if not _is_unseen(one)]
    plain = "".join(_plain(one) for _, one in shown)
    plain = _FIGURES.sub(lambda found: found[0].translate(_WRITTEN), plain)
    return [PersonalNumber(shown[at][0] + 1, _KINDS[kind]) for at, kind in _found(plain)]


def _is_unseen(one: str) -> bool:
    """Marks, selectors and the like, which change nothing of the digit that they follow."""
    return unicodedata.category(one) in {"Mn", "Me", "Cf"}


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
        for digits, lengths, end in _spans(plain, groups, at):
            if (kind := _kind_of(digits, lengths)) is not None:
                yield first.start(), kind
                taken = end
                break


def _spans(
    plain: str, groups: list[re.Match[str]], at: int
) -> Iterator[tuple[str, tuple[int, ...], int]]:
    """What is written from a group on, read as one number, a group more each time; with the lengths
    of its groups, and its end."""
    digits, lengths = "", tuple[int, ...]()
    for place in range(at, len(groups)):
        group = groups[place]
        if place > at and not _NO_LETTER.fullmatch(plain, groups[place - 1].end(), group.start()):
            return
        digits, lengths = digits + group[0], (*lengths, len(group[0]))
        if len(digits) > _LONGEST:
            return
        yield digits, lengths, group.end()
        if (last := _CHECKED.match(plain, group.end())) is not None:
            yield f"{digits}X", lengths, last.end()


def _kind_of(digits: str, lengths: tuple[int, ...]) -> str | None:
    if _IDENTITY.fullmatch(digits):
        return "identity"
    if _MOBILE.fullmatch(digits) and _is_grouped(digits, lengths):
        return "mobile"
    if _CARD.fullmatch(digits) and _has_check_digit(digits) and max(lengths) >= _CARD_GROUP:
        return "card"
    return None


def _is_grouped(digits: str, lengths: tuple[int, ...]) -> bool:
    """Whether its groups are those of a mobile number, behind the code of the country or not."""
    if len(lengths) == 1 or max(lengths) <= 2:
        return True
    ahead = len(digits) - 11
    own = lengths[1:] if ahead and lengths[0] == ahead else lengths
    if ahead and lengths[:2] == (2, 2):  # 00 86
        own = lengths[2:]
    return own == (11,) or own in _GROUPINGS


def _has_check_digit(digits: str) -> bool:
    """ISO/IEC 7812-1 annex B (Luhn)."""
    doubled = [int(one) * (1 + at % 2) for at, one in enumerate(reversed(digits))]
    return sum(one - 9 if one > 9 else one for one in doubled) % 10 == 0
