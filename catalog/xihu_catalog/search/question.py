"""A typed text as a question: its words with what they may mean, its place, what we lack."""

import re
from dataclasses import dataclass

from xihu_catalog.registry.codes import divisions
from xihu_catalog.registry.regions import find_former
from xihu_catalog.search.vocabulary import Lexicon, Missing, SearchMeaning
from xihu_catalog.search.words import HAN, LATIN, canonical, singular, terms

_MONTHS = "jan|feb|mar|apr|may|june?|july?|aug|sept?|oct|nov|dec"
_TIME = re.compile(
    r"(?:19|20)\d\d\s*年(?:度|\s*\d{1,2}\s*月(?:份|\s*\d{1,2}\s*[日号])?)?"
    r"|(?<![\w.])(?:19|20)\d\d(?:[-/.]\d{1,2}){0,2}(?![\w.])"
    r"|(?<!\d)\d{1,2}\s*月(?:份|\s*\d{1,2}\s*[日号])?"
    r"|(?:第?[一二三四1-4]|(?<=年)[一二三四1-4])季度|\bq[1-4]\b"
    r"|今年|去年|上个?月|本月|这个月|上半年|下半年"
    rf"|\b(?:{_MONTHS})[a-z]*\.?(?=\s+(?:19|20)\d\d)"
)
"""A period: entries hold many, and their pages let one choose, so that it narrows no search."""


@dataclass(frozen=True, slots=True)
class Word:
    """One word; a document answers it by holding all terms of one of the alternatives."""

    text: str
    alternatives: tuple[tuple[str, ...], ...]
    missing: Missing | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked for. All words must be answered."""

    text: str
    words: tuple[Word, ...]
    place: str | None = None
    """Code of the region that was named; the finest if several were."""
    rest: str = ""
    """The text without the place."""
    places: tuple[str, ...] = ()
    """Every region that was named, in their order."""
    areas: tuple[str, ...] = ()
    """What a search is narrowed to: `place`, or the regions that a former one was divided into."""
    former: tuple[str, ...] = ()
    """Names among them that a place had before."""
    service: bool = False
    """Somebody wants something done, not only known."""

    @property
    def terms(self) -> tuple[str, ...]:
        """Every term that may answer, to be marked in the results."""
        found = (t for word in self.words for terms in word.alternatives for t in terms)
        return tuple(dict.fromkeys(found))


def question_of(text: str, lexicon: Lexicon) -> Question:
    """Reads a text by the longest known phrases, at the borders of words."""
    plain = canonical(text)
    words: list[Word] = []
    ignored: list[Word] = []
    places: list[tuple[str, ...]] = []
    former: list[str] = []
    rest: list[str] = []
    service = False
    timeless = re.sub(r"\s+", " ", _TIME.sub(" ", plain)).strip()
    for piece, meaning in _pieces(timeless or plain, lexicon):
        kind = meaning.kind if meaning else None
        if meaning and kind == "place":
            places.append(meaning.means)
            former += [piece] if find_former(piece) is not None else []
            continue
        rest.append(piece)
        if kind == "service":
            service = True
        elif kind == "ignored":
            ignored.append(_word(piece, None))
        elif piece.strip() and _searchable(piece):
            words.append(_word(piece, meaning))
    found = tuple(words) or (() if places or service else tuple(ignored))
    remaining = re.sub(r"\s+", " ", "".join(rest)).strip()
    named = tuple(dict.fromkeys(code for codes in places for code in codes))
    areas = _finest(places)
    place = areas[0] if len(areas) == 1 else None
    return Question(plain.strip(), found, place, remaining, named, areas, tuple(former), service)


def _pieces(plain: str, lexicon: Lexicon) -> list[tuple[str, SearchMeaning | None]]:
    """The text cut at the borders of words, known phrases whole."""
    import rjieba

    borders = [0]
    for token in rjieba.cut(plain):
        borders.append(borders[-1] + len(token))
    found: list[tuple[str, SearchMeaning | None]] = []
    at = 0
    while at < len(borders) - 1:
        start = borders[at]
        ends = range(len(borders) - 1, at, -1)
        known = next((end for end in ends if plain[start : borders[end]] in lexicon), None)
        end = known or at + 1
        piece = plain[start : borders[end]]
        found.append((piece, lexicon.get(piece)))
        at = end
    return found


def _searchable(piece: str) -> bool:
    return HAN.search(piece) is not None or LATIN.search(piece) is not None


def _word(piece: str, meaning: SearchMeaning | None) -> Word:
    """A word with its parts and its synonyms as alternatives."""
    own = terms(piece)
    whole = singular(piece)
    alternatives: list[tuple[str, ...]] = [(whole,)] if whole in own else []
    parts = tuple(term for term in own if term != whole)
    if sum(map(len, parts)) >= len(piece):  # one part of several would answer something else
        alternatives.append(parts)
    if meaning and meaning.kind == "synonym":
        alternatives += [tuple(terms(phrase)) for phrase in meaning.means]
    missing = meaning.missing if meaning else None
    return Word(piece, tuple(dict.fromkeys(alternatives)), missing)


def _finest(places: list[tuple[str, ...]]) -> tuple[str, ...]:
    """A county before its city; the whole province narrows nothing."""
    order = {"county": 0, "city": 1}
    level = {codes: divisions()[codes[0]].level for codes in places}
    narrow = [codes for codes in places if level[codes] in order]
    return min(narrow, key=lambda codes: order[level[codes]], default=())
