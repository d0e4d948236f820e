"""Patterns of tantivy's regular expressions, which match a whole value: wildcards and ranges."""

MARKS = frozenset(r"\.+*?()|[]{}^$#&-~/")
PATTERN_LENGTH = 200
"""Characters of a wildcard or of an end of a range."""
ANY = ".*"
_LAST = "\U0010ffff"
_WHOLE = "(?s)"
"""So that a point is a line feed too."""


def escaped(text: str) -> str:
    """
    >>> escaped("a.b-湖")
    'a\\\\.b\\\\-湖'
    """
    return "".join(f"\\{c}" if c in MARKS else c for c in text)


def wildcard_pattern(pattern: str) -> str:
    """`*` and `?` as Lucene has them. Raises ValueError for one that is too long.

    >>> wildcard_pattern("fg_*s?")
    '(?s)fg_.*s.'
    """
    _check_length(pattern)
    parts = {"*": ANY, "?": "."}
    merged = pattern
    while "**" in merged:
        merged = merged.replace("**", "*")
    return _WHOLE + "".join(parts.get(c) or escaped(c) for c in merged)


def contains_pattern(text: str) -> str:
    """Values with a text in them.

    >>> contains_pattern("a*")
    '(?s).*a\\\\*.*'
    """
    _check_length(text)
    return f"{_WHOLE}{ANY}{escaped(text)}{ANY}"


def range_pattern(
    low: str | None, high: str | None, *, with_low: bool, with_high: bool
) -> str | None:
    """Values between two texts in the order of their characters; None where there can be none.

    Raises ValueError for an end that is too long.

    >>> range_pattern("b", None, with_low=True, with_high=True)
    '(?s)(?:b.*|[c-\U0010ffff].*)'
    """
    _check_length(low or "")
    _check_length(high or "")
    found = _between(low or "", high, with_low=with_low or low is None, with_high=with_high)
    return f"{_WHOLE}(?:{'|'.join(found)})" if found else None


def _check_length(text: str) -> None:
    if len(text) > PATTERN_LENGTH:
        raise ValueError(f"a pattern has at most {PATTERN_LENGTH} characters")


def _between(low: str, high: str | None, *, with_low: bool, with_high: bool) -> list[str]:
    """Alternatives."""
    if high is None:
        return _over(low, itself=with_low)
    if low > high or (low == high and not (with_low and with_high)):
        return []
    if low == high:
        return [escaped(low)]
    same = 0
    while same < len(low) and low[same] == high[same]:
        same += 1
    start = escaped(low[:same])
    found: list[str] = []
    if same == len(low):  # the high end begins with the low one
        found += [start] if with_low else []
        found += _under(high, itself=with_high, least=same + 1)
        return found
    found += [f"{start}{one}" for one in _over(low[same:], itself=with_low, upwards=False)]
    found += _characters(start, _after(low[same]), _before(high[same]))
    found += _under(high, itself=with_high, least=same + 1, downwards=False)
    return found


def _over(low: str, *, itself: bool, upwards: bool = True) -> list[str]:
    """Texts behind `low`; not `upwards`: of those that begin with its first character."""
    found = [escaped(low) + (ANY if itself else ".+")]
    for at in range(len(low) - 1, -1 if upwards else 0, -1):
        found += _characters(escaped(low[:at]), _after(low[at]), _LAST)
    return found


def _under(high: str, *, itself: bool, least: int, downwards: bool = True) -> list[str]:
    """Texts before `high` that have its first `least - 1` characters, and at least `least`; not
    `downwards`: of those that begin with its first `least`."""
    found = [escaped(high)] if itself else []
    for at in range(least, len(high)):
        found.append(escaped(high[:at]))
    for at in range(least - 1 if downwards else least, len(high)):
        found += _characters(escaped(high[:at]), "\0", _before(high[at]))
    return found


def _characters(start: str, first: str | None, last: str | None) -> list[str]:
    """Texts whose next character is in a range."""
    if first is None or last is None or first > last:
        return []
    one = escaped(first) if first == last else f"[{escaped(first)}-{escaped(last)}]"
    return [f"{start}{one}{ANY}"]


def _after(character: str) -> str | None:
    return _step(character, 1)


def _before(character: str) -> str | None:
    return _step(character, -1)


def _step(character: str, by: int) -> str | None:
    """The next character; surrogates are none."""
    code = ord(character) + by
    if 0xD800 <= code <= 0xDFFF:
        code = 0xE000 if by > 0 else 0xD7FF
    return chr(code) if 0 <= code <= 0x10FFFF else None
