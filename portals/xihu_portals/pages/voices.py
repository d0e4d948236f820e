"""What people say of a dataset and have built with it, as pages show it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlencode

from sqlalchemy.orm import Session

from xihu_catalog.contracts.entries import is_hidden
from xihu_catalog.datasets.entries import is_stored
from xihu_catalog.voices.acts import AUTHOR, DATA_COMMENT, DATA_REUSE, VOICES
from xihu_catalog.voices.plain import host_of
from xihu_catalog.voices.shown import Voice, count_voices, count_waiting, list_voices
from xihu_platform.database import transaction
from xihu_platform.errors import Refused
from xihu_platform.matters.who import party_as
from xihu_platform.words import Text
from xihu_portals.pages.matter_acts import CITIZEN
from xihu_portals.pages.visitor import Visitor
from xihu_portals.web.parts import Link, Words

ON_ENTRY = 5
"""Of each kind, on the page of the dataset."""
_SAID = {DATA_COMMENT: "comment", DATA_REUSE: "reuse"}
"""By kind, as an address names it."""
BY_PERSON, BY_FIRM = Text("一位市民", "a resident"), Text("一家企业", "a firm")


@dataclass(frozen=True, slots=True)
class ShownVoice:
    """One comment or reuse: plain text, in lines."""

    id: int
    is_reuse: bool
    title: str | None
    lines: tuple[str, ...]
    by: Words
    on: date
    address: str | None
    """Where a reuse is, and its domain in words; None where there is no address."""
    host: str | None


@dataclass(frozen=True, slots=True)
class VoiceList:
    """Those of one kind on the page of a dataset."""

    shown: tuple[ShownVoice, ...]
    total: int
    more: str | None
    """Where all of them are, if these are not all."""
    begin: str | None
    """Where one is written; None for an entry that is not a department's contract here."""


@dataclass(frozen=True, slots=True)
class Voices:
    reuses: VoiceList
    comments: VoiceList
    waiting: int = 0
    """Of the reader's own, those that await moderation."""


def voices_of(visitor: Visitor, dataset: str) -> Voices:
    """The newest of each kind. The caller has asked whether the visitor may know of the entry."""
    with transaction(visitor.services.node.database) as session:
        counts = count_voices(session, dataset)
        begin = _ways(session, visitor, dataset)
        mine = _own(visitor)
        waiting = count_waiting(session, mine, dataset) if mine else 0
        lists = {
            kind: VoiceList(
                shown=_newest(session, visitor, dataset, kind) if total else (),
                total=total,
                more=voices_address(dataset, kind=_SAID[kind]) if total > ON_ENTRY else None,
                begin=begin.get(kind),
            )
            for kind, total in counts.items()
        }
    return Voices(lists[DATA_REUSE], lists[DATA_COMMENT], waiting)


def _own(visitor: Visitor) -> str | None:
    """By which the reader is the author of what they wrote."""
    if visitor.principal.kind != "citizen":
        return None
    try:
        return party_as(visitor.principal, AUTHOR).key
    except Refused:  # nobody has proven them, or they act for somebody: they write nothing
        return None


def way_to_voices(visitor: Visitor, dataset: str) -> Link | None:
    """For an official: the public page, where anything is shown and the public knows the entry."""
    with transaction(visitor.services.node.database) as session:
        counts = count_voices(session, dataset)
        if not any(counts.values()) or is_hidden(session, dataset):
            return None
    comments, reuses = counts[DATA_COMMENT], counts[DATA_REUSE]
    said = Text(
        f"评论 {comments} 条，再利用案例 {reuses} 个", f"Comments: {comments}, reuses: {reuses}"
    )
    return Link(said, voices_address(dataset))


def page_of(
    visitor: Visitor, dataset: str, kinds: Collection[str], offset: int, limit: int
) -> tuple[tuple[ShownVoice, ...], dict[str, int]]:
    """A page of them, and how many there are of each kind."""
    with transaction(visitor.services.node.database) as session:
        counts = count_voices(session, dataset)
        texts = visitor.services.matters.texts
        found = list_voices(session, texts, dataset, kinds, offset=offset, limit=limit)
    return tuple(map(shown_voice, found)), counts


def ways_to_begin(visitor: Visitor, dataset: str) -> dict[str, str]:
    """By kind, where one is written: of a department's own entry, where the kind is in force."""
    with transaction(visitor.services.node.database) as session:
        return _ways(session, visitor, dataset)


def _ways(session: Session, visitor: Visitor, dataset: str) -> dict[str, str]:
    if is_stored(dataset):
        return {}
    there = {one.kind for one in visitor.services.matters.book.every(session)}
    query = urlencode({"dataset": dataset})
    return {kind: f"{CITIZEN}/new/{kind}?{query}" for kind in VOICES if kind in there}


def voices_address(dataset: str, **asked: str | int) -> str:
    return f"/datasets/{dataset}/voices" + (f"?{urlencode(asked)}" if asked else "")


def shown_voice(voice: Voice) -> ShownVoice:
    host = host_of(voice.address) if voice.address is not None else None
    return ShownVoice(
        id=voice.id,
        is_reuse=voice.kind == DATA_REUSE,
        title=voice.title,
        lines=tuple(voice.text.splitlines()),
        by=voice.name or (BY_FIRM if voice.by_firm else BY_PERSON),
        on=voice.written_on,
        address=voice.address if host is not None else None,
        host=host,
    )


def _newest(session: Session, visitor: Visitor, dataset: str, kind: str) -> tuple[ShownVoice, ...]:
    texts = visitor.services.matters.texts
    found = list_voices(session, texts, dataset, (kind,), limit=ON_ENTRY)
    return tuple(map(shown_voice, found))
