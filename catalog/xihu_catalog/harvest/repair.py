"""Makes the facts of an entry from what a source writes: terms of ours, plain text, addresses.

What cannot be mapped is kept as text where the facts have room for it, and left out elsewhere.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from hashlib import sha256
from pathlib import PurePosixPath
from typing import cast, get_args
from urllib.parse import unquote, urljoin, urlsplit

from xihu_catalog.contracts.model import UpdateCycle
from xihu_catalog.datasets.facts import (
    NOTHING,
    AgentFacts,
    ContactFacts,
    CoverageFacts,
    DistributionFacts,
    EntryFacts,
    NamedIri,
    OriginFacts,
    PlaceFacts,
    StateFacts,
)
from xihu_catalog.formats.clean import clean, find_email, find_iri, one_line
from xihu_catalog.harvest.dates import read_moment
from xihu_catalog.harvest.names import entry_id, record_id, slug
from xihu_catalog.harvest.raw import (
    RawContact,
    RawDataset,
    RawDistribution,
    RecordFault,
    SourceRecord,
    first,
)
from xihu_catalog.harvest.terms import find_code, find_languages, find_theme
from xihu_catalog.harvest.texts import both, one_plain_line
from xihu_catalog.registry.codes import divisions, place_name
from xihu_platform.access.policy import OpenClass
from xihu_platform.words import Text

_DISTRIBUTIONS, _KEYWORDS, _THEMES = 200, 100, 30
"""The most of one entry; further ones are left out."""
_ADDRESS_LENGTH = 2_000
_NAME_LENGTH = 60
"""Characters of a format or a licence that no table knows."""


@dataclass(frozen=True, slots=True)
class RepairContext:
    """What a record is repaired with. `address` is the document's, `title` the source's; `topics`
    are the registry's, by code."""

    source: str
    title: Text
    address: str
    base_url: str
    topics: Mapping[str, NamedIri]


def repair(raw: RawDataset | RecordFault, context: RepairContext) -> SourceRecord:
    """The facts of the entry, or why there are none."""
    if isinstance(raw, RecordFault):
        return raw
    title = both(raw.titles, line=True)
    record = _record(raw, title)
    if not title.zh and not title.en:
        return RecordFault(record, Text("没有标题", "has no title"))
    base, entry = context.base_url.rstrip("/"), entry_id(context.source, record)
    topic, themes, words = _themes(raw, context)
    distributions = _distributions(raw, context)
    licence = _licence(raw.licences, base) or _common(distributions)
    iri = _address(raw.iri, context)
    return EntryFacts(
        id=entry,
        iri=f"{base}/id/dataset/{entry}",
        page=f"{base}/datasets/{entry}",
        title=title,
        description=both(raw.descriptions),
        publisher=_publisher(raw, context),
        state=StateFacts("live"),
        open_class=_open_class(raw),
        version=one_plain_line(raw.version, _NAME_LENGTH) or None,
        keywords=_keywords(raw, words),
        topic=topic,
        themes=themes,
        update_cycle=_cycle(raw),
        languages=find_languages(raw.languages),
        licence=licence,
        contact=_contact(raw.contact, context),
        coverage=_coverage(raw),
        place=find_place(raw.places),
        sources=(NamedIri(iri, title),) if iri else (),
        distributions=tuple(_without(one, licence) for one in distributions),
        issued=read_moment(raw.issued, utc=raw.utc),
        modified=read_moment(raw.modified, utc=raw.utc),
        origin=OriginFacts(context.source, record, _address(raw.page, context) or iri),
    )


def _record(raw: RawDataset, title: Text) -> str:
    """The identifier, else the address, else a hash of title and publisher."""
    said = one_line(raw.identifier) or find_iri(raw.iri)
    if said:
        return record_id(said)
    parts = (title.zh, title.en, *(one.value for one in raw.publishers))
    return f"hash:{sha256(chr(31).join(parts).encode()).hexdigest()[:32]}"


def find_place(said: tuple[str, ...]) -> PlaceFacts | None:
    """The first that is a division of the registry, by its code or by its whole name.

    >>> find_place(("Xihu District",)).code, find_place(("Atlantis", "330100")).name.zh
    ('330106', '杭州市')
    """
    for one in said:
        code = _division_names().get(one.strip().casefold())
        if code is not None:
            return PlaceFacts(code, place_name(code) or divisions()[code].name)
    return None


@lru_cache
def _division_names() -> dict[str, str]:
    """Code, and Chinese and English name, to the code; a name that two divisions have is left
    out."""
    found: dict[str, set[str]] = {}
    for code, one in divisions().items():
        shown = place_name(code) or one.name
        for name in {code, one.name.zh, one.name.en, shown.zh, shown.en}:
            found.setdefault(name.casefold(), set()).add(code)
    return {name: min(codes) for name, codes in found.items() if len(codes) == 1}


def _publisher(raw: RawDataset, context: RepairContext) -> AgentFacts:
    """With an address of this node's: a source must not rename departments of ours."""
    name = both(raw.publishers, line=True)
    base = f"{context.base_url.rstrip('/')}/id/organisation/{context.source}"
    if not name.zh and not name.en:
        return AgentFacts(base, context.title)
    return AgentFacts(f"{base}-{slug(name.en or name.zh)}", name)


def _address(said: str, context: RepairContext) -> str | None:
    """An address of the Web, a relative one resolved against the document's."""
    if not (said := clean(said)) or len(said) > _ADDRESS_LENGTH:
        return None
    try:
        return find_iri(urljoin(context.address, said))
    except ValueError:
        return None


def _open_class(raw: RawDataset) -> OpenClass | None:
    code = find_code("access_right", raw.access)
    return cast(OpenClass, code) if code in get_args(OpenClass) else None


def _cycle(raw: RawDataset) -> UpdateCycle | None:
    code = find_code("frequency", raw.frequencies)
    return cast(UpdateCycle, code) if code in get_args(UpdateCycle) else None


def _themes(
    raw: RawDataset, context: RepairContext
) -> tuple[tuple[NamedIri, str] | None, tuple[NamedIri, ...], list[str]]:
    """The registry's topic, the EU's themes, and further words, which are keywords."""
    topic, themes, words = None, dict[str, NamedIri](), list[str]()
    for one in raw.themes:
        if (found := find_theme(one)) is not None:
            themes[found.iri] = found
        elif find_iri(one) is None:
            words.append(one)
        for code, named in context.topics.items():
            if one in (code, named.title.zh, named.title.en):
                topic = topic or (named, code)
    return topic, tuple(themes.values())[:_THEMES], words


def _keywords(raw: RawDataset, further: list[str]) -> tuple[str, ...]:
    said = [one.value for one in raw.keywords] + further
    shown = (one_plain_line(one, _NAME_LENGTH) for one in said[: 2 * _KEYWORDS])
    return tuple(dict.fromkeys(filter(None, shown)))[:_KEYWORDS]


def _licence(said: tuple[str, ...], base: str) -> str | None:
    """A code of ours; else its address, or else its name. An address of this node's own is none: a
    document would say of one of our entries that it is a licence."""
    code = find_code("licence", said)
    if code is not None:
        return code or None
    others = [one for one in said if not (find_iri(one) or "").startswith(f"{base}/")]
    address = first(find_iri(one) or "" for one in others)
    return address or first(one_plain_line(one, 2 * _NAME_LENGTH) for one in others) or None


def _common(distributions: tuple[DistributionFacts, ...]) -> str | None:
    found = {one.licence for one in distributions}
    return next(iter(found)) if len(found) == 1 else None


def _without(one: DistributionFacts, licence: str | None) -> DistributionFacts:
    return replace(one, licence=None) if one.licence == licence else one


def _contact(raw: RawContact | None, context: RepairContext) -> ContactFacts | None:
    if raw is None:
        return None
    telephone = one_line(raw.telephone).removeprefix("tel:")
    made = ContactFacts(
        name=both(raw.names, line=True),
        url=_address(raw.url, context),
        email=find_email(raw.email),
        telephone=telephone[:_NAME_LENGTH] or None,
    )
    return made if made != ContactFacts(NOTHING) else None


def _coverage(raw: RawDataset) -> CoverageFacts | None:
    start = read_moment(raw.start, utc=raw.utc)
    end = read_moment(raw.end, utc=raw.utc, end=True)
    return CoverageFacts(start, end) if start or end else None


def _distributions(raw: RawDataset, context: RepairContext) -> tuple[DistributionFacts, ...]:
    found = (_distribution(one, raw, context) for one in raw.distributions[:_DISTRIBUTIONS])
    return tuple(one for one in found if one is not None)


def _distribution(
    one: RawDistribution, raw: RawDataset, context: RepairContext
) -> DistributionFacts | None:
    """None where it has no address."""
    access, download = _address(one.access_url, context), _address(one.download_url, context)
    if (address := access or download) is None:
        return None
    return DistributionFacts(
        form=_form(one, download or address),
        title=both(one.titles, line=True),
        access_url=address,
        download_url=download,
        description=both(one.descriptions),
        modified=read_moment(one.modified, utc=raw.utc),
        byte_size=_size(one.byte_size),
        media_type=next(_media_types(one), None),
        licence=_licence(one.licences, context.base_url.rstrip("/")),
    )


def _form(one: RawDistribution, address: str) -> str:
    """A code of the table; else the source's own name for it."""
    known = find_code("file_type", (*map(_last, one.formats), *one.formats))
    known = known or find_code("file_type", (*map(_iana, one.media_types), *one.media_types))
    if known or one.formats:
        return known or one_plain_line(one.formats[0], _NAME_LENGTH) or "file"
    ending = PurePosixPath(unquote(urlsplit(address).path)).suffix
    return find_code("file_type", [ending]) or "file"


def _last(said: str) -> str:
    """The last part of an address: that of the EU's tables is the format's name."""
    return (
        _iana(said).rpartition("/")[2]
        if find_iri(said) and "media-types" not in said
        else _iana(said)
    )


def _iana(said: str) -> str:
    return said.partition("/media-types/")[2] or said


def _media_types(one: RawDistribution) -> Iterator[str]:
    for said in (*one.media_types, *one.formats):
        plain_type = _iana(said).split(";")[0].strip().casefold()
        kind, _, name = plain_type.partition("/")
        if kind in _KINDS and _SUBTYPE.fullmatch(name):
            yield plain_type


_SUBTYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,90}")  # RFC 6838, section 4.2
_KINDS = {"application", "text", "image", "audio", "video", "model", "multipart", "font"}


def _size(said: str) -> int | None:
    """Whole bytes; sources write 12.0 as well."""
    whole, _, rest = said.strip().partition(".")
    return (
        int(whole)
        if whole.isascii() and whole.isdecimal() and len(whole) < 16 and not rest.strip("0")
        else None
    )
