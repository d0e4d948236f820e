"""Chinese and Latin text as search terms: simplified, segmented, in the singular."""

import re
from functools import lru_cache
from importlib.resources import files

LATIN = re.compile(r"[a-z0-9][a-z0-9.]*")
HAN = re.compile(r"[\u4e00-\u9fff]+")


_HALF_WIDTH = {code: code - 0xFEE0 for code in range(ord("！"), ord("～") + 1)}


@lru_cache
def _traditional() -> frozenset[str]:
    """Characters that the simplifier may change; a text without any is simplified already."""
    found: set[str] = set()
    for name in ("TSCharacters.txt", "TSPhrases.txt"):
        text = files("opencc").joinpath("dictionary", name).read_text(encoding="utf-8")
        for line in text.splitlines():
            key, _, values = line.partition("\t")
            chosen = (values.split() or [key])[0]
            found.update(a for a, b in zip(key, chosen, strict=False) if a != b)
    return frozenset(found)


@lru_cache
def _simplifier() -> "_Opencc":
    from opencc import OpenCC  # loads its dictionaries: only when a search needs them

    return OpenCC("t2s")  # type: ignore[no-any-return]  # the library ships no types


class _Opencc:
    def convert(self, text: str) -> str: ...  # type: ignore[empty-body]  # the library's shape


def canonical(text: str) -> str:
    """Lower-case, half-width letters and digits, traditional characters simplified.

    >>> canonical("醫療ＰＭ２.５")
    '医疗pm2.5'
    """
    half = text.translate(_HALF_WIDTH)
    if not _traditional().isdisjoint(half):
        half = _simplifier().convert(half)
    return half.lower()


def singular(word: str) -> str:
    """An English word without its plural ending; what is not English stays as it is.

    >>> singular("beds"), singular("companies"), singular("bus"), singular("hours")
    ('bed', 'company', 'bus', 'hour')
    """
    if not word.isalpha() or not word.isascii() or len(word) < 4 or word.endswith("ss"):
        return word
    if word.endswith("ies"):
        return word[:-3] + "y"
    return word[:-1] if word.endswith("s") else word


def terms(text: str) -> list[str]:
    """Words of a text, long ones also by their parts, in the order they stand.

    >>> terms("规上工业产值 2026")
    ['规上', '工业', '产值', '工业产值', '2026']
    """
    import rjieba

    words: list[str] = []
    for word in rjieba.cut_for_search(canonical(text)):
        if LATIN.fullmatch(word):
            words.append(singular(word))
        elif HAN.fullmatch(word):
            words.append(word)
    return words
