"""What may be shown of a comment or a reuse: plain text without hidden marks, and a Web address.

Each function says what is wrong, and nothing where all is well. No text is changed: what its author
wrote is shown, or it is not taken.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from urllib.parse import urlsplit

from xihu_catalog.voices.personal_numbers import personal_numbers
from xihu_platform.visible import hidden_characters
from xihu_platform.words import Text

LINES = 30
"""Of one text: an empty page of line feeds is no comment."""
MARKS = 3
"""Combining marks on one character; Vietnamese and Hebrew need three at most, a text that runs over
its neighbours has dozens."""
_ADDRESS = re.compile(r"https://[A-Za-z0-9\-._~:/?#@!$&'()*+,;=%]+")
"""RFC 3986 without brackets, so without addresses of IPv6; nothing outside ASCII, so that no letter
of another script passes for one of a well-known domain."""
_DOMAIN = re.compile(r"(?:[a-z0-9](?:[a-z0-9\-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9\-]{0,61}[a-z0-9]")


def text_faults(title: Text, text: str, *, one_line: bool) -> Iterator[Text]:
    """`title`: what the form calls it."""
    zh, en = f"“{title.zh}”", f"“{title.en}”"
    lines = text.replace("\r\n", "\n").split("\n")
    if one_line and len(lines) > 1:
        yield Text(f"{zh}只能写一行", f"{en} has one line")
    elif len(lines) > LINES:
        yield Text(f"{zh}有 {len(lines)} 行，最多 {LINES} 行", f"{en} has more than {LINES} lines")
    if hidden_characters(text.replace("\r\n", "\n")):
        yield Text(f"{zh}中有看不见的字符", f"{en} has invisible characters")
    if _is_stacked(text):
        yield Text(
            f"{zh}中有叠在一起的附加符号，请删去",
            f"{en} has marks piled on one character: take them out",
        )
    for one in personal_numbers(text):
        yield Text(
            f"{zh}第 {one.place} 个字起像是{one.kind.zh}，所有人都会看到，请删去",
            f"{en} has what looks like {one.kind.en} at character {one.place}, for all to see: "
            "take it out",
        )


def _is_stacked(text: str) -> bool:
    row = 0
    for one in text:
        row = row + 1 if unicodedata.category(one) in {"Mn", "Me"} else 0
        if row > MARKS:
            return True
    return False


def address_fault(address: str) -> Text | None:
    """
    >>> address_fault("https://map.example.com/a?b=c") is None
    True
    >>> [address_fault(one) is None for one in ("http://a.cn", "https://10.0.0.1/", "https://a.cn:80")]
    [False, False, False]
    """
    if host_of(address) is not None:
        return None
    return Text(
        "网址须以 https:// 开头，写明域名，不含用户名、端口、空格和中文"
        "（中文域名写作 xn-- 开头的形式），如 https://example.com/map",
        "an address begins with https:// and names a domain, without a user, a port, blanks and "
        "letters outside ASCII (write such a domain as xn--…): https://example.com/map",
    )


def host_of(address: str) -> str | None:
    """The domain of an address that can be shown as a link; None of any other.

    >>> host_of("https://Map.Example.com/a"), host_of("https://gov.cn@evil.com/")
    ('map.example.com', None)
    """
    if not _ADDRESS.fullmatch(address):
        return None
    try:
        host = urlsplit(address).netloc.lower()
    except ValueError:
        return None
    return host if len(host) <= 253 and _DOMAIN.fullmatch(host) else None


OFFICIAL = (
    *("官方", "管理员", "客服", "工作人员", "小编", "平台"),
    *("official", "admin", "moderator", "staff"),
    *("一家企业", "一位市民", "a firm", "a resident"),
)
"""Words by which somebody would pass for an office, or for what a page calls who gives no name."""


def named_in(name: str, organisations: Iterable[Text]) -> bool:
    """Whether a name that somebody chose for themselves is, or contains, that of an organisation,
    or a word by which they would pass for one. Blanks, signs and what is not seen do not count.

    >>> named_in("示例省 数据局（官方）", [Text("示例省数据局", "Data Bureau")])
    True
    >>> named_in("小王", [Text("示例省数据局", "Data Bureau")])
    False
    """
    said = _folded(name)
    known = (_folded(one) for words in organisations for one in (words.zh, words.en))
    return any(one and one in said for one in (*known, *map(_folded, OFFICIAL)))


def _folded(name: str) -> str:
    plain = unicodedata.normalize("NFKC", name).casefold()
    return "".join(one for one in plain if unicodedata.category(one)[0] in "LN")
