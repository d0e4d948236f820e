"""Finding service items by what people say: everyday words, pinyin, one wrong character.

An item is found by its name, by its `words` and by its life events. Papers that it asks for are no
words of it: who looks for an identity card is not helped by what asks for one.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

from xihu_catalog.search.pinyin import spoken
from xihu_catalog.search.spelling import Speller
from xihu_catalog.search.vocabulary import lexicon
from xihu_catalog.search.words import HAN, LATIN, canonical, singular, terms
from xihu_catalog.services.events import LifeEvent, life_events
from xihu_catalog.services.item import ServiceItem
from xihu_catalog.services.items import service_items

RESPELLINGS = 8
SHORTEST_SOUND = 4
"""Letters of a pinyin below which any text would hold one: de, ka, shi."""
ENOUGH = 0.5
"""Without a phrase of the item, more than this share of what is asked must be among its words."""
_EVENT = 0.25
"""What a life event counts beside a word of the item's own."""
_ASKING = frozenset(
    (
        *("怎么", "怎样", "如何", "需要", "要", "哪里", "哪儿", "什么", "材料", "手续", "申请"),
        *("办", "办理"),
        *("补", "补办", "领", "可以", "能", "吗", "了", "的", "我", "想", "去", "在", "有"),
        *("i", "want", "to", "how", "do", "a", "an", "the", "my", "need", "apply", "for", "get"),
    )
)
"""Words of asking, beside those that the registry's search.yaml leaves out."""


_ENDINGS = ("注销", "取消", "撤销", "解除", "退出")
"""Never a slip of the pen: 注销公司 is one character from 注册公司 and its opposite."""


@dataclass(frozen=True, slots=True)
class ServicesFound:
    """Ids of items, the best first; `corrected`: what was searched for instead of the text."""

    ids: tuple[str, ...] = ()
    corrected: str | None = None
    terms: tuple[str, ...] = ()
    """The words that were found, to be marked."""


class ServiceFinder:
    """An index of the items in memory, made once: the phrases' pinyin takes a third of a second."""

    def __init__(self, items: Mapping[str, ServiceItem], events: Iterable[LifeEvent] = ()) -> None:
        self._phrases: dict[str, dict[str, float]] = defaultdict(dict)
        self._terms: dict[str, set[str]] = {}
        self._said: dict[str, str] = {}
        for one in items.values():
            said = [one.name.zh, one.name.en, *one.words]
            for phrase in (_spelt(text) for text in said):
                self._phrases[phrase][one.id] = 1.0
            self._said |= {_spelt(text): text for text in reversed(said)}
            self._terms[one.id] = {term for text in said for term in terms(text)}
        for event in events:
            for name in (_spelt(event.name.zh), _spelt(event.name.en)):
                for item in (one for one in event.items if one in items):
                    self._phrases[name].setdefault(item, _EVENT)
        han = [phrase for phrase in self._phrases if len(phrase) > 1 and HAN.fullmatch(phrase)]
        sounds = spoken([], han)
        self._speller = Speller(self._phrases, sounds.characters)
        self._spoken = {sound: phrase for phrase, sound in sounds.phrases.items()}

    def find(self, text: str) -> ServicesFound:
        """What is found for the text; else for its pinyin; else with one character put right."""
        plain = _spelt(text[:200])
        found = self._answer(plain)
        if found.ids or not plain:
            return found
        sound = plain.replace(" ", "")
        candidates = [self._spoken[sound]] if sound in self._spoken else self._sounding(sound)
        candidates += self._speller.corrections(plain)[:RESPELLINGS]
        ends = [one for one in _ENDINGS if one in plain]
        for meant in candidates:
            if not all(one in meant for one in ends):
                continue
            again = self._answer(meant)
            if again.ids:
                return replace(again, corrected=meant)
        return ServicesFound()

    def beginning(self, text: str, limit: int) -> tuple[str, ...]:
        """What people call the items, of those words that begin with what was typed, the shortest
        first: each finds its item."""
        typed = _spelt(text[:100])
        found = sorted((one for one in self._said if typed and one.startswith(typed)), key=len)
        return tuple(self._said[one] for one in found[:limit])

    def _sounding(self, sound: str) -> list[str]:
        """Phrases whose pinyin is in a text of letters, the longest first."""
        if not sound.isascii():
            return []
        known = [one for one in self._spoken if len(one) >= SHORTEST_SOUND and one in sound]
        return [self._spoken[one] for one in sorted(known, key=len, reverse=True)[:RESPELLINGS]]

    def _answer(self, plain: str) -> ServicesFound:
        """By the phrases in the text, longer ones counting more, then by single words."""
        matched = [phrase for phrase in self._phrases if _is_in(phrase, plain)]
        scores: dict[str, float] = defaultdict(float)
        for phrase in matched:
            longer = [one for one in matched if one != phrase and phrase in one]
            for item, weight in self._phrases[phrase].items():
                if not any(item in self._phrases[one] for one in longer):
                    scores[item] += weight * _size(phrase) ** 2
        asked = _asked(plain)
        total = sum(_size(term) for term in asked)
        used = set(matched)
        for item, known in self._terms.items():
            common = [term for term in asked if term in known]
            share = sum(_size(term) for term in common) / total if total else 0.0
            if item in scores or share > ENOUGH:
                scores[item] += share
                used |= set(common)
        order = list(self._terms)
        ids = sorted(scores, key=lambda item: (-scores[item], order.index(item)))
        return ServicesFound(tuple(ids), terms=tuple(sorted(used, key=len, reverse=True)))


@lru_cache
def service_finder() -> ServiceFinder:
    """Over the registry's items."""
    return ServiceFinder(service_items(), life_events())


def _spelt(text: str) -> str:
    """Canonical, English words in the singular."""
    return LATIN.sub(lambda word: singular(word[0]), canonical(text)).strip()


def _is_in(phrase: str, plain: str) -> bool:
    return phrase in plain if HAN.search(phrase) else f" {phrase} " in f" {plain} "


def _size(text: str) -> int:
    """Characters; an English word counts as two."""
    return len(text) if HAN.search(text) else 2 * len(text.split())


def _asked(plain: str) -> list[str]:
    """The words that say what is wanted: no single characters and no words of asking."""
    known = lexicon()
    left_out = {"ignored", "service"}
    return [
        term
        for term in dict.fromkeys(terms(plain))
        if len(term) > 1
        and term not in _ASKING
        and (term not in known or known[term].kind not in left_out)
    ]
