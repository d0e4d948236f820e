"""Pinyin of titles and tags, made in a process of its own while an index is built.

pypinyin's phrases hold 58 MB for as long as a process lives, and only the building of an index
asks for them: so they live in a child that ends.
"""

import json
import subprocess
import sys

from xihu_catalog.search.words import HAN, terms


def pinyin(text: str) -> list[str]:
    """Pinyin of each word, joined and by initials.

    >>> pinyin("社保")
    ['shebao', 'sb']
    """
    from pypinyin import Style, lazy_pinyin

    found: list[str] = []
    for word in dict.fromkeys(w for w in terms(text) if HAN.fullmatch(w)):
        syllables = lazy_pinyin(word)
        found.append("".join(syllables))
        if len(syllables) > 1:
            found.append("".join(lazy_pinyin(word, style=Style.FIRST_LETTER)))
    return found


def pinyin_of_all(texts: list[str]) -> list[list[str]]:
    """Of each text, in their order."""
    child = subprocess.run(
        [sys.executable, "-m", __name__], input=json.dumps(texts).encode(), capture_output=True
    )
    if child.returncode:  # its dictionaries are ours: a fault of the program, told as one
        raise RuntimeError(child.stderr.decode(errors="replace"))
    found: list[list[str]] = json.loads(child.stdout)
    return found


if __name__ == "__main__":
    json.dump([pinyin(text) for text in json.load(sys.stdin)], sys.stdout)
