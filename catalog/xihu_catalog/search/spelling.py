"""One wrong character or letter: the known phrases that a mistyped text may mean."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from xihu_catalog.search.words import HAN, LATIN

_SOUND_ALONE = 3
"""Chinese phrases of up to so many characters are taken only where the wrong one sounds alike."""
_SHORTEST_LATIN = 4
_ANY = "\x00"
"""Replaces the character that may be wrong."""


class Speller:
    """Finds phrases with one wrong character: by the rest of the phrase, in an index of rests.

    >>> Speller(["空气质量"], {"汽": "qi", "气": "qi"}).corrections("空汽质量")
    ['空气质量']
    >>> Speller(["hospital"], {}).corrections("hosptial beds")
    ['hosptialbeds', 'hospital beds']
    """

    def __init__(self, known: Iterable[str], sounds: Mapping[str, str]) -> None:
        self._sounds = sounds
        self._known = tuple(known)
        self._by_rest: defaultdict[str, list[int]] = defaultdict(list)
        """Numbers of phrases by what is left of them: of Chinese ones without each character, of
        others whole and without each letter."""
        sizes = set[int]()
        for number, phrase in enumerate(self._known):
            if HAN.fullmatch(phrase):
                sizes.add(len(phrase))
                rests = _han_rests(phrase) if len(phrase) > 1 else ()
            else:
                rests = _latin_rests(phrase) if len(phrase) >= _SHORTEST_LATIN else ()
            for rest in dict.fromkeys(rests):
                self._by_rest[rest].append(number)
        self._sizes = sorted(sizes - {1})

    def corrections(self, text: str) -> list[str]:
        """The text with one wrong word put right, the likeliest first; syllables typed apart
        joined."""
        joined = [text.replace(" ", "")] if text.isascii() and " " in text else []
        found = {*self._han_matches(text), *self._latin_matches(text)}
        ordered = sorted(found, key=lambda one: (-len(self._known[one[0]]), not one[3], one))
        corrected = (text[:start] + self._known[n] + text[end:] for n, start, end, _ in ordered)
        return joined + list(dict.fromkeys(corrected))

    def _han_matches(self, text: str) -> Iterator[tuple[int, int, int, bool]]:
        """Number of a phrase, start and end of what was typed for it, whether it sounds alike."""
        for size in self._sizes:
            for start in range(len(text) - size + 1):
                piece = text[start : start + size]
                if not HAN.fullmatch(piece):
                    continue
                for at, rest in enumerate(_han_rests(piece)):
                    for number in self._by_rest.get(rest, ()):
                        meant = self._known[number][at]
                        if meant == piece[at]:
                            continue
                        sound = self._sounds.get(piece[at])
                        alike = sound is not None and sound == self._sounds.get(meant)
                        if alike or size > _SOUND_ALONE:
                            yield number, start, start + size, alike

    def _latin_matches(self, text: str) -> Iterator[tuple[int, int, int, bool]]:
        for word in LATIN.finditer(text):
            for rest in _latin_rests(word[0]):
                for number in self._by_rest.get(rest, ()):
                    if one_edit(word[0], self._known[number]):
                        yield number, word.start(), word.end(), False


def _han_rests(phrase: str) -> Iterator[str]:
    return (phrase[:at] + _ANY + phrase[at + 1 :] for at in range(len(phrase)))


def _latin_rests(word: str) -> Iterator[str]:
    """Two words that are one edit apart have one of these in common."""
    yield word
    for at in range(len(word)):
        yield word[:at] + word[at + 1 :]


def one_edit(typed: str, meant: str) -> bool:
    """Whether one letter is wrong, missing or too many, or two neighbours are swapped.

    >>> one_edit("hosptial", "hospital"), one_edit("electrcity", "electricity"), one_edit("a", "a")
    (True, True, False)
    """
    if typed == meant or abs(len(typed) - len(meant)) > 1:
        return False
    at = next((i for i, (a, b) in enumerate(zip(typed, meant, strict=False)) if a != b), None)
    if at is None:
        return True  # one has a letter more at its end
    if len(typed) < len(meant):
        return typed[at:] == meant[at + 1 :]
    if len(typed) > len(meant):
        return typed[at + 1 :] == meant[at:]
    swapped = typed[at : at + 2] == meant[at : at + 2][::-1]
    return typed[at + 1 :] == meant[at + 1 :] or (swapped and typed[at + 2 :] == meant[at + 2 :])
