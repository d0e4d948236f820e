"""What people type and what the catalogue calls it: synonyms, places, what we do not have."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from pydantic import TypeAdapter

from xihu_catalog.registry.codes import divisions, province
from xihu_catalog.registry.folder import registry_folder
from xihu_catalog.registry.reading import BothLanguages, ContentPart, read_content
from xihu_catalog.registry.regions import divided_names, former_names
from xihu_catalog.search.words import HAN, canonical
from xihu_platform.words import Text

SEARCH = "search.yaml"


class _Synonym(ContentPart):
    say: list[str]
    means: list[str]


class _Missing(ContentPart):
    say: list[str]
    what: BothLanguages
    ask: BothLanguages | None = None
    near: list[str] = []


class _File(ContentPart):
    province: list[str] = []
    ignored: list[str] = []
    service: list[str] = []
    synonyms: list[_Synonym] = []
    missing: list[_Missing] = []


@dataclass(frozen=True, slots=True)
class Missing:
    """Something people look for that no dataset holds."""

    what: Text
    ask: Text | None
    """Who can help, where the hotline is not the first to ask."""
    near: tuple[str, ...]
    """Datasets that come close."""
    say: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SearchMeaning:
    """What a phrase stands for."""

    kind: Literal["synonym", "missing", "place", "ignored", "service"]
    means: tuple[str, ...] = ()
    """Of a synonym: the catalogue's words; of a place: its code, or the codes of its parts."""
    missing: Missing | None = None


Lexicon = dict[str, SearchMeaning]


@lru_cache
def missing_list() -> tuple[Missing, ...]:
    """What the registry says that we do not have."""
    return tuple(
        Missing(
            Text(one.what.zh, one.what.en),
            Text(one.ask.zh, one.ask.en) if one.ask else None,
            tuple(one.near),
            tuple(canonical(phrase) for phrase in one.say),
        )
        for one in _file().missing
    )


@lru_cache
def lexicon() -> Lexicon:
    """Every known phrase with its meaning; what is named later wins."""
    file = _file()
    found: Lexicon = dict(_places())
    whole = SearchMeaning("place", (province().code,))
    found |= {canonical(name): whole for name in file.province}
    for one in missing_list():
        found |= dict.fromkeys(one.say, SearchMeaning("missing", missing=one))
    for synonym in file.synonyms:
        meaning = SearchMeaning("synonym", tuple(canonical(text) for text in synonym.means))
        found |= {canonical(phrase): meaning for phrase in synonym.say}
    found |= {canonical(phrase): SearchMeaning("service") for phrase in file.service}
    found |= {canonical(phrase): SearchMeaning("ignored") for phrase in file.ignored}
    return found


def spoken_lexicon(known: Lexicon, sounds: dict[str, str]) -> Lexicon:
    """The same phrases by their pinyin: yanglaoyuan as 养老院."""
    return {sounds[phrase]: meaning for phrase, meaning in known.items() if phrase in sounds}


def spoken_phrases(known: Lexicon) -> list[str]:
    """The Chinese phrases that may be typed as pinyin."""
    kinds = {"synonym", "missing", "place"}
    return [
        phrase
        for phrase, meaning in known.items()
        if meaning.kind in kinds and len(phrase) > 1 and HAN.fullmatch(phrase)
    ]


def _places() -> Iterable[tuple[str, SearchMeaning]]:
    """Divisions by their full and their short names, in both languages, and by former names."""
    for name, codes in divided_names().items():
        yield name, SearchMeaning("place", codes)
    for name, code in former_names().items():
        yield name, SearchMeaning("place", (code,))
    for division in divisions().values():
        meaning = SearchMeaning("place", (division.code,))
        zh, en = division.name.zh, canonical(division.name.en)
        yield zh, meaning
        yield en, meaning
        yield en.split(" ")[0], meaning
        short = zh.removesuffix("畲族自治县") if zh.endswith("自治县") else zh[:-1]
        if len(short) > 1:
            yield short, meaning


@lru_cache
def _file() -> _File:
    return read_content(registry_folder() / SEARCH, TypeAdapter(_File), _File())
