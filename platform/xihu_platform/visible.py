"""What a person sees of a text: characters that show nothing, and texts that are blank by them."""

from unicodedata import category

_SHOWN_AS_NOTHING = frozenset(
    "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0"
)
"""Letters and marks by their category that fonts leave empty: fillers of Hangul, the empty Braille
pattern, joiners (Unicode's Default_Ignorable_Code_Point, and U+2800)."""
_SELECTORS = frozenset(map(chr, (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))))
"""They choose the shape of the character before them, of rare Han in names among others."""


def hidden_characters(text: str) -> list[str]:
    """The characters of a text that nobody sees: controls, directions, separators of lines and
    paragraphs, fillers, zero-width ones. Blanks, line feeds and tabs are seen by what they do.

    >>> hidden_characters("西湖\\u200b\\u3164 West\\n")
    ['\\u200b', '\\u3164']
    """
    if text.isprintable() and _SHOWN_AS_NOTHING.isdisjoint(text):
        return []  # nearly every text, told without a look at each of its characters
    return sorted({one for one in text if _is_hidden(one)})


def is_blank(text: str) -> bool:
    """Whether a person sees nothing of a text, an empty one included.

    >>> is_blank("\\u3000\\u2800\\ufe0f"), is_blank(""), is_blank(" 西 ")
    (True, True, False)
    """
    return all(one.isspace() or _is_hidden(one) or one in _SELECTORS for one in text)


def _is_hidden(one: str) -> bool:
    if one in "\n\t":
        return False
    return one in _SHOWN_AS_NOTHING or category(one) in {"Cc", "Cf", "Zl", "Zp"}
