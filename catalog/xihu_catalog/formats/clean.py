"""Makes texts and addresses safe for every syntax: removes what XML forbids, escapes IRIs.

Departments write their own titles and descriptions. These must never make a document that a client
cannot parse, nor send a client to another scheme than the Web's.
"""

import json
import re
from urllib.parse import quote, urlsplit

from xihu_platform.words import Text

_FORBIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff"
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]"
    "|["
    + "".join(f"{chr(0x10000 * n + 0xFFFE)}{chr(0x10000 * n + 0xFFFF)}" for n in range(1, 17))
    + "]"
)
"""What XML 1.0 forbids (section 2.2), controls and noncharacters, lone surrogates; and marks of
direction, which can make a text read as another one (CVE-2021-42574)."""
_SCHEMES = frozenset({"http", "https"})
_KEPT = "!#$%&'()*+,/:;=?@[]~-._"
"""RFC 3986's reserved and unreserved characters, and the percent sign of what is escaped."""
_BAD_PERCENT = re.compile("%(?![0-9A-Fa-f]{2})")
_EMAIL = re.compile(r"[A-Za-z0-9._%+'-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
_SEGMENT = "-._~"


def clean(text: str) -> str:
    """One text as every syntax can write it; line ends as line feeds.

    >>> clean("西湖\\x00\\u202e \\r\\n<b>&amp;")
    '西湖 \\n<b>&amp;'
    """
    return _FORBIDDEN.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).strip()


def clean_text(text: Text) -> Text:
    return Text(clean(text.zh), clean(text.en))


def one_line(text: str) -> str:
    """
    >>> one_line(" a\\n\\t b ")
    'a b'
    """
    return " ".join(clean(text).split())


def find_iri(address: str) -> str | None:
    """An absolute Web address, its characters escaped where an IRI requires it; None for any other.

    >>> find_iri("https://例.cn/a b<c>"), find_iri("javascript:alert(1)"), find_iri("a b")
    ('https://%E4%BE%8B.cn/a%20b%3Cc%3E', None, None)
    >>> find_iri("https://a.cn/50%"), find_iri("http://[::1"), find_iri("https://a.cn/%E8")
    ('https://a.cn/50%25', None, 'https://a.cn/%E8')
    """
    cleaned = clean(address)
    try:
        parts = urlsplit(cleaned)
    except ValueError:
        return None
    if parts.scheme.lower() not in _SCHEMES or not parts.netloc:
        return None
    if "@" in parts.netloc or "\\" in parts.netloc:  # browsers read another host than a reader
        return None
    head, _, fragment = quote(_BAD_PERCENT.sub("%25", cleaned), safe=_KEPT).partition("#")
    host = head.split("/", 3)[2]
    rest = head.removeprefix(head[: head.index(host) + len(host)])
    if "[" in rest or "]" in rest:  # allowed in a host alone
        head = head[: -len(rest)] + rest.replace("[", "%5B").replace("]", "%5D")
    tail = fragment.replace("#", "%23").replace("[", "%5B").replace("]", "%5D")
    return f"{head}#{tail}" if tail else head


def find_email(address: str) -> str | None:
    """An address of e-mail and nothing else: no name, no further headers of a message.

    >>> find_email("mailto:data@a.cn"), find_email("a@b.cn?bcc=c@d.cn"), find_email("a b@c.cn")
    ('data@a.cn', None, None)
    """
    cleaned = one_line(address).removeprefix("mailto:")
    return cleaned if len(cleaned) <= 254 and _EMAIL.fullmatch(cleaned) else None


def segment(name: str) -> str:
    """One part of a path.

    >>> segment("a/b c"), segment("")
    ('a%2Fb%20c', '_')
    """
    return quote(clean(name), safe=_SEGMENT) or "_"


def script_json(document: object) -> str:
    """JSON for a `<script>` element of a page: no text in it ends the element.

    >>> script_json({"name": "</script>&"})
    '{"name":"\\\\u003c/script\\\\u003e\\\\u0026"}'
    """
    written = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    for one in "<>&\u2028\u2029":
        written = written.replace(one, f"\\u{ord(one):04x}")
    return written
