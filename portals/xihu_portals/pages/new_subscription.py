"""Subscribing, as both portals show it: to a dataset, to rows of it, or to a search."""

from dataclasses import dataclass
from typing import cast
from urllib.parse import urlencode

from starlette.datastructures import FormData

from xihu_catalog.contracts.model import policy_of
from xihu_catalog.subscriptions.model import OF_DATASETS, OF_SEARCHES, Kind, WatchedFor
from xihu_catalog.subscriptions.payload import KINDS, search_title
from xihu_catalog.subscriptions.service import Subscriptions, Wanted, channels_of
from xihu_platform.access.policy import Purpose
from xihu_platform.access.query import parse_filter
from xihu_platform.database import transaction
from xihu_platform.errors import BadInput
from xihu_platform.notices.models import NoticeChannelRow
from xihu_platform.words import Language, Text
from xihu_portals.pages.matter_form import acting_as
from xihu_portals.pages.searching import SearchAddress
from xihu_portals.pages.subscriptions import NOTES, WAYS, base_of, condition_words
from xihu_portals.pages.visitor import Visitor
from xihu_portals.web.frame import PageFrame
from xihu_portals.web.parts import Choice, Words


@dataclass(frozen=True, slots=True)
class NewSubscription:
    """What do I want to hear of this dataset or search?"""

    frame: PageFrame
    base: str
    position: str
    back: str
    title: Words
    conditions: tuple[Text, ...]
    kinds: tuple[tuple[str, Text, Text, bool], ...]
    hidden: tuple[tuple[str, str], ...]
    channels: tuple[Choice, ...]
    frequency: str = "each"
    why: str = ""
    note: Text | None = None
    wrong: Text | None = None


def fill_new(
    visitor: Visitor, asked: "WatchedPart", sent: FormData | None = None, wrong: Text | None = None
) -> NewSubscription:
    """Raises NotFound for a dataset that the reader may not know of."""
    base = base_of(visitor)
    dataset = asked.dataset
    with transaction(visitor.services.node.database) as session:
        channels = channels_of(session, visitor.principal)
    picked = set(sent.getlist("kind")) if sent is not None else set()
    ticked = set(sent.getlist("channel")) if sent is not None else set()
    kinds: tuple[Kind, ...] = OF_DATASETS if dataset else OF_SEARCHES
    if asked.filters:
        kinds = ("new_rows",)
    first = "new_rows" if dataset else "search"
    return NewSubscription(
        frame=visitor.frame,
        base=base,
        position=acting_as(visitor.principal),
        back=_back(visitor, asked),
        title=visitor.services.catalogue.contracts.get(dataset).title
        if dataset
        else search_title(WatchedFor((), asked.text, asked.facets)),
        conditions=condition_words(visitor, dataset, asked.filters),
        kinds=tuple(
            (one, *_kind_words(visitor, one, dataset), one in (picked or {first})) for one in kinds
        ),
        hidden=asked.pairs,
        channels=tuple(Choice(one.id, _channel_words(one), one.id in ticked) for one in channels),
        frequency=str(sent.get("frequency") or "each") if sent is not None else "each",
        why=str(sent.get("why") or "")[:200] if sent is not None else "",
        note=_note(visitor, dataset) if dataset else None,
        wrong=wrong,
    )


@dataclass(frozen=True, slots=True)
class WatchedPart:
    """What an address or a form says that is to be subscribed to."""

    dataset: str = ""
    filters: tuple[str, ...] = ()
    text: str = ""
    facets: tuple[tuple[str, str], ...] = ()

    @property
    def pairs(self) -> tuple[tuple[str, str], ...]:
        said = [("dataset", self.dataset)] if self.dataset else []
        said += [("filter", one) for one in self.filters]
        said += [("q", self.text)] if self.text else []
        said += [("facet", f"{name}:{value}") for name, value in self.facets]
        return tuple(said)


def new_href(base: str, asked: WatchedPart) -> str:
    return f"{base}/new?{urlencode(asked.pairs)}"


def search_subscription(visitor: Visitor, address: SearchAddress) -> str | None:
    """Where a search is subscribed to; None without words and facets."""
    asked = WatchedPart(text=address.text.strip(), facets=address.facets)
    return new_href(base_of(visitor), asked) if asked.pairs else None


def asked_of(dataset: str, filters: list[str], text: str, facets: list[str]) -> WatchedPart:
    """Raises BadInput for a filter or a facet that cannot be read."""
    for one in filters:
        parse_filter(one)
    pairs = [one.partition(":") for one in facets]
    if any(not colon for _, colon, _ in pairs):
        raise BadInput("搜索条件不对，请重新搜索", "this is no facet: search again")
    named = tuple((name, value) for name, _, value in pairs)
    return WatchedPart(dataset, tuple(filters), text.strip(), named)


def _back(visitor: Visitor, asked: WatchedPart) -> str:
    official = visitor.frame.portal == "official"
    if asked.dataset:
        return f"/official/datasets/{asked.dataset}" if official else f"/datasets/{asked.dataset}"
    said = [("q", asked.text)] if asked.text else []
    path = "/official/catalogue" if official else "/search"
    return f"{path}?{urlencode([*said, *asked.facets])}"


def _kind_words(visitor: Visitor, kind: Kind, dataset: str) -> tuple[Text, Text]:
    """Where no number of new rows is given, each update is what is waited for."""
    if kind == "new_rows" and _note(visitor, dataset) is not None:
        return Text("数据更新", "Updates"), Text("每次更新都提醒", "after each update")
    return KINDS[kind], NOTES[kind]


def _channel_words(channel: NoticeChannelRow) -> Text:
    way = WAYS[channel.kind]
    return Text(f"{way.zh} {channel.address}", f"{way.en} {channel.address}")


def _note(visitor: Visitor, dataset: str) -> Text | None:
    contract = visitor.services.catalogue.contracts.get(dataset)
    if policy_of(contract).is_counted:
        return None
    return Text(
        "这项数据涉及个人或者未公开的企业信息，只提醒“有更新”，不设筛选条件，也不说条数。",
        "This dataset is about persons or firms: you hear that it was updated, without a filter or "
        "a number.",
    )


def subscribe_all(
    visitor: Visitor, room: Subscriptions, asked: WatchedPart, form: FormData
) -> None:
    """Each kind that was ticked. Raises as `Subscriptions.subscribe`."""
    kinds = [str(one) for one in form.getlist("kind")][:8]
    if not kinds or any(one not in KINDS for one in kinds):
        raise BadInput("请至少选一种提醒", "choose what to be notified of")
    frequency = str(form.get("frequency") or "each")
    if frequency not in {"each", "daily"}:
        raise BadInput("请选择提醒频率", "choose how often")
    official = visitor.frame.portal == "official"
    why = " ".join(str(form.get("why") or "").split())[:200] if official else ""
    purpose = Purpose("duty" if official else "open", words=why)
    channels = tuple(str(one) for one in form.getlist("channel"))
    language: Language = "en" if str(form.get("language")) == "en" else "zh"
    now = visitor.services.node.clock()
    for kind in kinds:
        filters = asked.filters if kind == "new_rows" else ()
        wanted = Wanted(
            kind=cast("Kind", kind),
            subject=asked.dataset,
            question=WatchedFor(filters, asked.text, asked.facets),
            purpose=purpose,
            frequency="daily" if frequency == "daily" else "each",
            channels=channels,
            language=language,
        )
        room.subscribe(visitor.services, visitor.principal, wanted, now)


def sent_asked(form: FormData) -> WatchedPart:
    """What a form carries on from the address that it was opened at."""
    return asked_of(
        str(form.get("dataset") or "")[:128],
        [str(one) for one in form.getlist("filter")][:20],
        str(form.get("q") or "")[:200],
        [str(one) for one in form.getlist("facet")][:20],
    )
