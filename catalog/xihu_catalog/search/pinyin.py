"""Pinyin for the search, made in a child process while an index is built.

pypinyin's phrases hold 58 MB for as long as a process lives, and only the building of an index
needs them: the child ends when it has answered.
"""

import json
import subprocess
import sys
from dataclasses import dataclass
from functools import lru_cache

from xihu_catalog.search.words import HAN, terms

WORDS_KEPT = 100_000


@dataclass(frozen=True, slots=True)
class Spoken:
    """How texts and characters sound, without tones."""

    words: list[list[str]]
    """Of each text, its words joined and by initials."""
    phrases: dict[str, str]
    """Phrase to its syllables joined: 养老院 to yanglaoyuan."""
    characters: dict[str, str]
    """Each character of GB 2312 to its most frequent reading."""


def pinyin(text: str) -> list[str]:
    """Pinyin of each word, joined and by initials.

    >>> pinyin("社保")
    ['shebao', 'sb']
    """
    words = dict.fromkeys(w for w in terms(text) if HAN.fullmatch(w))
    return [sound for word in words for sound in _sounds(word)]


@lru_cache(WORDS_KEPT)
def _sounds(word: str) -> tuple[str, ...]:
    from pypinyin import Style, lazy_pinyin

    syllables = lazy_pinyin(word)
    joined = "".join(syllables)
    if len(syllables) == 1:
        return (joined,)
    return joined, "".join(lazy_pinyin(word, style=Style.FIRST_LETTER))


def spoken(texts: list[str], phrases: list[str]) -> Spoken:
    """How the texts, the phrases and the common characters sound."""
    child = subprocess.run(
        [sys.executable, "-m", __name__],
        input=json.dumps([texts, phrases]).encode(),
        capture_output=True,
    )
    if child.returncode:  # its dictionaries are ours: a fault of the program, told as one
        raise RuntimeError(child.stderr.decode(errors="replace"))
    return Spoken(**json.loads(child.stdout))


def _answer(texts: list[str], phrases: list[str]) -> dict[str, object]:
    from pypinyin import lazy_pinyin

    common = [bytes((high, low)) for high in range(0xB0, 0xF8) for low in range(0xA1, 0xFF)]
    characters = [c for code in common if (c := code.decode("gb2312", "ignore"))]
    return {
        "words": [pinyin(text) for text in texts],
        "phrases": {phrase: "".join(lazy_pinyin(phrase)) for phrase in phrases},
        "characters": {c: lazy_pinyin(c)[0] for c in characters},
    }


if __name__ == "__main__":
    json.dump(_answer(*json.load(sys.stdin)), sys.stdout)
