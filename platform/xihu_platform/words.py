"""A text in the platform's two languages; Chinese is written first."""

from dataclasses import dataclass
from operator import itemgetter
from typing import Literal

Language = Literal["zh", "en"]
LANGUAGES: tuple[Language, ...] = ("zh", "en")


@dataclass(frozen=True, slots=True)
class Text:
    """One text, written in Chinese and in English.

    >>> Text("常住人口", "Residents").to("en")
    'Residents'
    """

    zh: str
    en: str

    def to(self, language: Language) -> str:
        return self.zh if language == "zh" else self.en


def language_of(accept_language: str | None, chosen: str | None = None) -> Language:
    """The language to answer in: what the caller chose, else what the browser likes best.

    Weights as RFC 9110 section 12.5.4 has them; the first of equals; Chinese where neither is
    asked for.

    >>> language_of("en-GB,en;q=0.9,zh;q=0.8"), language_of(None), language_of("en", "zh")
    ('en', 'zh', 'zh')
    >>> language_of("zh;q=0.2, en;q=0.7"), language_of("fr, en;q=0.5"), language_of("en;q=0")
    ('en', 'en', 'zh')
    """
    if chosen in LANGUAGES:
        return chosen
    asked = [_weighed(part) for part in (accept_language or "").split(",")]
    ours = [(tag, weight) for tag, weight in asked if tag in LANGUAGES and weight > 0]
    best, _ = max(ours, key=itemgetter(1), default=("zh", 1.0))
    return "en" if best == "en" else "zh"


def _weighed(part: str) -> tuple[str, float]:
    """The language of one part of the header, without its region, and its weight."""
    tag, _, rest = part.partition(";")
    name, _, value = rest.strip().partition("=")
    weight = 1.0
    if name.strip().lower() == "q":
        try:
            weight = float(value)
        except ValueError:
            weight = 0.0
    return tag.strip().lower().partition("-")[0], weight if 0 <= weight <= 1 else 0.0
