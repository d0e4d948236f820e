"""Says in a page's terms what an entry of the catalogue is: head, state, fields, versions."""

from collections.abc import Sequence
from datetime import date, datetime
from urllib.parse import urlencode

from xihu_catalog.contracts.model import Contract, Field, UpdateCycle
from xihu_catalog.datasets.as_of import AsOf, as_of
from xihu_catalog.datasets.public_counts import public_count
from xihu_catalog.datasets.service import Entry, Heartbeat
from xihu_catalog.registry.code_lists import code_lists
from xihu_catalog.registry.codes import code_list, place_name
from xihu_catalog.registry.people import organisation_name, organisations
from xihu_catalog.search.documents import facet_label
from xihu_platform.access.decision import FieldDecision
from xihu_platform.access.formats import SHEET_LIMIT
from xihu_platform.lake.snapshot import Snapshot
from xihu_platform.rough import Rough
from xihu_platform.words import Text
from xihu_portals.web import datasets as shown
from xihu_portals.web.parts import Freshness, Link, Period, State

_FORMATS = {
    "people": Text("表格（CSV，中文表头）", "table (CSV)"),
    "xlsx": Text("Excel", "Excel"),
    "csv": Text("CSV（供程序读取）", "CSV for programs"),
    "parquet": Text("Parquet", "Parquet"),
    "arrow": Text("Arrow", "Arrow"),
}
_TYPES = {
    "string": Text("文本", "text"),
    "integer": Text("整数", "whole number"),
    "number": Text("数值", "number"),
    "boolean": Text("是否", "yes or no"),
    "date": Text("日期", "date"),
    "timestamp": Text("时间", "time"),
}
_TREATMENTS = {
    "clear": None,
    "mask": Text("部分隐去", "partly hidden"),
    "rekey": Text("脱敏编号", "pseudonym"),
}


def label(name: str, value: str) -> Text:
    return Text(*facet_label(name, value))


def region_name(code: str | None) -> Text:
    return place_name(code or "") or Text(code or "—", code or "—")


def freshness(heart: Heartbeat) -> Freshness:
    return Freshness(heart.state, heart.loaded_at, heart.due_at, _reach(heart))


def _reach(heart: Heartbeat) -> date | datetime | Period | None:
    return _named(heart.reach) if heart.reach is not None else heart.data_as_of


def reach_of(value: date | datetime | None, cycle: UpdateCycle) -> date | datetime | Period | None:
    """How far data reaches whose newest value is this one."""
    return None if value is None else _named(as_of(value, cycle))


def _named(reach: AsOf) -> date | datetime | Period:
    """A whole period by its name: 2026年10月."""
    if isinstance(reach.value, datetime) or not reach.whole_period:
        return reach.value
    days = (reach.covers_until.date() - reach.value).days
    return Period(reach.value, "month" if days < 32 else "quarter" if days < 93 else "year")


def head(entry: Entry, *, public: bool = False) -> shown.DatasetHead:
    """`public`: as anybody is told it, so that it has no total of few people."""
    contract = entry.contract
    owner = organisations().get(contract.provider)
    topic = code_list("topics").get(contract.topic)
    return shown.DatasetHead(
        id=contract.dataset,
        title=contract.title,
        summary=contract.summary,
        owner=organisation_name(contract.provider),
        freshness=freshness(entry.heartbeat),
        cycle=label("update_cycle", contract.update_cycle),
        rows=public_count(contract, entry.heartbeat.rows, public=public),
        licence=licence(contract),
        open_class=label("open_class", contract.open_class),
        topic=topic or Text(contract.topic, contract.topic),
        region=region_name(owner.region if owner else None),
    )


def licence(contract: Contract) -> Text:
    """The licence of a dataset's open data, in words."""
    if contract.open_class == "banned":
        return Text("不开放，不授予使用许可", "closed: no licence is given")
    return Text(contract.licence or "未注明", contract.licence or "not stated")


def state_of(entry: Entry) -> State | None:
    """What late or broken data means, in the place of silence."""
    heart = entry.heartbeat
    if heart.state == "late":
        return State(
            "late",
            Text("该更新的数据还没有到", "The update is overdue"),
            Text(
                "已有的数据照常能用，请留意数据截至的时间。",
                "What is here can still be used; note the date it ends at.",
            ),
            since=heart.due_at,
        )
    if heart.state == "broken":
        return State(
            "broken",
            Text("没有可用的数据", "There is no data"),
            Text(
                "目录里有这个数据集，但读不到数据；提供部门能看到这个提示。",
                "The entry is not bound to data that can be read; its department can see this.",
            ),
        )
    return None


def type_named(one: Field) -> Text:
    return _TYPES.get(one.logical_type, Text(one.type, one.type))


def field(one: Field, decided: FieldDecision | None = None) -> shown.ShownField:
    said = one.description
    meaning = Text(said.zh or one.title.zh, said.en or one.title.en)
    if one.unit is not None:
        meaning = Text(f"{meaning.zh}（{one.unit.zh}）", f"{meaning.en} ({one.unit.en})")
    return shown.ShownField(
        name=one.name,
        title=one.title,
        meaning=meaning,
        type=type_named(one),
        grade=one.grade,
        code_list=_code_list(one.code_list),
        treatment=_treatment(decided),
        visible=decided is None or decided.treatment is not None,
        reason=_reason(decided),
    )


def _code_list(listed: str | None) -> Link | None:
    """By its name; by its id where the registry describes it no more."""
    if listed is None:
        return None
    known = code_lists().get(listed)
    return Link(known.name, f"/standards/codes/{listed}") if known else Link(listed, "")


def _treatment(decided: FieldDecision | None) -> Text | None:
    if decided is None:
        return None
    return _TREATMENTS[decided.treatment] if decided.treatment else Text("不可见", "not shown")


def _reason(decided: FieldDecision | None) -> Text | None:
    reason = decided.reason if decided else None
    if reason is None:
        return None
    return Text(
        f"{reason.text.zh}{reason.remedy.zh}（{reason.article.zh}）",
        f"{reason.text.en} {reason.remedy.en} ({reason.article.en})",
    )


def versions(
    contract: Contract, history: list[Snapshot], href: str, *, public: bool = False
) -> tuple[shown.Version, ...]:
    """The kept snapshots, newest first, with what changed in rows."""
    found = []
    for index, one in enumerate(history):
        older = history[index + 1] if index + 1 < len(history) else None
        rows = public_count(contract, one.rows, public=public)
        change = _change(one.rows, older.rows if older else None)
        if older and isinstance(rows, Rough):
            change = Text("更新", "updated")
        found.append(
            shown.Version(
                snapshot=str(one.id),
                at=one.committed_at,
                rows=rows,
                change=change,
                href=f"{href}?snapshot={one.id}",
                current=index == 0,
            )
        )
    return tuple(found)


def _change(rows: int, before: int | None) -> Text:
    if before is None:
        return Text("首次装载", "first load")
    return Text(f"{rows - before:+,} 行", f"{rows - before:+,} rows")


def downloads(
    href: str, pairs: Sequence[tuple[str, str]] = (), *, sheet: bool = True
) -> tuple[shown.DownloadLink, ...]:
    """The ways to take a dataset, or what `pairs` ask of it; `sheet`: whether Excel holds it."""
    return tuple(
        shown.DownloadLink(
            name, None if form == "xlsx" and not sheet else _download_href(href, form, pairs)
        )
        for form, name in _FORMATS.items()
    )


def formats(rows: int) -> tuple[str, ...]:
    """The formats a dataset of so many rows can be had in."""
    return ("CSV", *(("Excel",) if rows <= SHEET_LIMIT else ()), "Parquet", "Arrow")


def _download_href(href: str, form: str, pairs: Sequence[tuple[str, str]]) -> str:
    path = f"{href}/download.{'csv' if form == 'people' else form}"
    said = [("readers", "people"), *pairs] if form == "people" else list(pairs)
    return f"{path}?{urlencode(said)}" if said else path
