"""Plain text of what a source writes: no HTML, no hidden characters, Chinese and English apart."""

import re
from collections.abc import Iterable
from html import unescape

from xihu_catalog.formats.clean import clean
from xihu_catalog.harvest.raw import RawText
from xihu_platform.visible import hidden_characters, is_blank
from xihu_platform.words import Text

TITLE_LENGTH, DESCRIPTION_LENGTH = 500, 20_000
"""Characters; a longer text is cut."""

_OPENED = re.compile(
    r"<(?:(script|style|template|noscript|iframe|object)\b|(!--)|(!\[CDATA\[))", re.IGNORECASE
)
_CLOSED = {"!--": "-->", "![cdata[": ""}
_BREAKS = re.compile(
    r"(?:<|</\s*)(br|p|div|li|ul|ol|tr|table|h[1-6]|section|article|blockquote|dd|dt|hr)\b"
    r"[^<>]*(>|$)",
    re.IGNORECASE,
)
_TAGS = re.compile(
    r"(?:<|</\s*)(a|abbr|b|base|body|button|center|cite|code|embed|em|font|form|head|html|i|iframe"
    r"|img|input|link|meta|noscript|object|pre|q|s|script|small|span|strike|strong|style|sub|sup"
    r"|svg|math|td|th|tbody|thead|template|textarea|title|tt|u|video|audio)\b[^<>]*(>|$)"
    r"|</?[a-z][\w:-]*\s[^<>=]*=[^<>]*>",
    re.IGNORECASE,
)
_HAN = re.compile("[\u3400-\u9fff\U00020000-\U0003ffff]")


def plain(text: str, length: int = DESCRIPTION_LENGTH) -> str:
    """Text without HTML. Entities are decoded once; tags that were written as entities go too.

    >>> plain("<p>R&amp;D</p><p>a &lt; b</p>"), plain("x &lt;script&gt;y()&lt;/script&gt;")
    ('R&D\\n\\na < b', 'x')
    >>> plain("1 < 2 and 3 > 2"), plain("<img src=x onerror=alert(1)"), plain("&amp;amp;")
    ('1 < 2 and 3 > 2', '', '&amp;')
    """
    shown = clean(_without_tags(unescape(_without_tags(clean(text[: 4 * length])))))
    for one in hidden_characters(shown):
        shown = shown.replace(one, "")
    lines = (" ".join(line.split()) for line in shown.split("\n"))
    made = re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
    if is_blank(made):
        return ""
    return made if len(made) <= length else made[: length - 1] + "…"


def one_plain_line(text: str, length: int = TITLE_LENGTH) -> str:
    """
    >>> one_plain_line("<b>Two</b><br>lines")
    'Two lines'
    """
    return " ".join(plain(text, length).split())


def _without_tags(text: str) -> str:
    if "<" not in text:
        return text
    return _TAGS.sub("", _BREAKS.sub("\n", _without_content(text)))


def _without_content(text: str) -> str:
    """Elements with all that is in them, and comments. One look for the end of each kind that is
    never closed: a regular expression would look again from every beginning."""
    lower, kept, at, unclosed = text.lower(), list[str](), 0, set[str]()
    for found in _OPENED.finditer(lower):
        name = found.group().removeprefix("<")
        if found.start() < at or name in unclosed:
            continue
        closing = _CLOSED.get(name, f"</{name}")
        end = lower.find(closing, found.end())
        if end < 0:
            unclosed.add(name)
            continue
        kept.append(text[at : found.start()])
        at = end + len(closing)
        if closing.startswith("</"):
            at = (lower.find(">", at) + 1) or len(text)
    return "".join(kept) + text[at:]


def has_han(text: str) -> bool:
    return _HAN.search(text) is not None


def both(texts: Iterable[RawText], *, line: bool = False) -> Text:
    """The Chinese and the English one. Another language, or none, is the text of the language it
    is written like: of Chinese where it has a Chinese character, else of English.

    >>> both([RawText("Wald", "de"), RawText("森林", "zh-Hans")])
    Text(zh='森林', en='Wald')
    >>> both([RawText("Wald", "de"), RawText("Forest", "en-GB")])
    Text(zh='', en='Forest')
    """
    found: dict[str, str] = {}
    others: list[tuple[str, str]] = []
    for one in sorted(texts, key=lambda each: (each.language.casefold(), each.value)):
        shown = one_plain_line(one.value) if line else plain(one.value)
        tag = re.split("[-_]", one.language.casefold())[0]
        tag = {"zho": "zh", "chi": "zh", "cmn": "zh", "eng": "en"}.get(tag, tag)
        if shown and tag in ("zh", "en"):
            found.setdefault(tag, shown)
        elif shown:
            others.append(("zh" if has_han(shown) else "en", shown))
    for language, shown in others:
        found.setdefault(language, shown)
    return Text(found.get("zh", ""), found.get("en", ""))
