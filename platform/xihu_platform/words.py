"""A text in the platform's two languages; Chinese is written first."""

from dataclasses import dataclass
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
    """The language to answer in: what the caller chose, else what the browser asks for first.

    >>> language_of("en-GB,en;q=0.9,zh;q=0.8"), language_of(None), language_of("en", "zh")
    ('en', 'zh', 'zh')
    """
    if chosen in LANGUAGES:
        return chosen
    first = (accept_language or "zh").split(",")[0].strip().lower()
    return "en" if first.startswith("en") else "zh"
