"""One wrong character or letter: the known phrases that a mistyped text may mean."""

from collections.abc import Iterable

from xihu_catalog.search.words import HAN, LATIN

_SOUND_ALONE = 3
"""Chinese phrases of up to so many characters are taken only where the wrong one sounds alike."""
_SHORTEST_LATIN = 4


def corrections(text: str, known: Iterable[str], sounds: dict[str, str]) -> list[str]:
    """The text with one wrong word put right, the likeliest first; syllables typed apart joined.

    >>> corrections("空汽质量", ["空气质量"], {"汽": "qi", "气": "qi"})
    ['空气质量']
    >>> corrections("hosptial beds", ["hospital"], {})
    ['hosptialbeds', 'hospital beds']
    """
    joined = [text.replace(" ", "")] if text.isascii() and " " in text else []
    candidates = [
        (len(phrase), alike, text[:start] + phrase + text[end:])
        for phrase in known
        for start, end, alike in _matches(text, phrase, sounds)
    ]
    candidates.sort(key=lambda one: one[:2], reverse=True)
    return joined + list(dict.fromkeys(text for _, _, text in candidates))


def _matches(text: str, phrase: str, sounds: dict[str, str]) -> Iterable[tuple[int, int, bool]]:
    if HAN.fullmatch(phrase):
        yield from _han_matches(text, phrase, sounds)
    elif len(phrase) >= _SHORTEST_LATIN:
        for word in LATIN.finditer(text):
            if one_edit(word[0], phrase):
                yield word.start(), word.end(), False


def _han_matches(text: str, phrase: str, sounds: dict[str, str]) -> Iterable[tuple[int, int, bool]]:
    size = len(phrase)
    if size < 2:
        return
    for start in range(len(text) - size + 1):
        piece = text[start : start + size]
        wrong = [(a, b) for a, b in zip(piece, phrase, strict=True) if a != b]
        if len(wrong) != 1 or not HAN.fullmatch(piece):
            continue
        typed, meant = wrong[0]
        alike = typed in sounds and sounds[typed] == sounds.get(meant)
        if alike or size > _SOUND_ALONE:
            yield start, start + size, alike


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
