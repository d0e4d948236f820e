"""Says in a page's terms what services know: entries, fields, quality, versions, values."""

import json
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from urllib.parse import urlencode

from xihu_catalog.contracts.model import WHOLE_RECORD, Contract, Field
from xihu_catalog.contracts.rules import fields_read
from xihu_catalog.datasets.sample import sample_rows
from xihu_catalog.datasets.service import Entry, Heartbeat
from xihu_catalog.datasets.told import told
from xihu_catalog.quality.whole import Whole
from xihu_catalog.registry.codes import code_list, divisions, place_name
from xihu_catalog.registry.people import organisation_name, organisations
from xihu_catalog.search.documents import facet_label
from xihu_platform.access.decision import Allow, FieldDecision
from xihu_platform.access.formats import SHEET_LIMIT
from xihu_platform.access.query import Filter
from xihu_platform.lake.tables import Snapshot
from xihu_platform.rough import Rough
from xihu_platform.words import Text
from xihu_portals.web import datasets as shown
from xihu_portals.web.parts import Freshness, Period, State, Table, TableColumn, Value

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
    """How far the data reaches, a whole period by its name: 2026年10月."""
    reach = heart.reach
    if reach is None or isinstance(reach.value, datetime) or not reach.whole_period:
        return heart.data_as_of
    days = (reach.covers_until.date() - reach.value).days
    return Period(reach.value, "month" if days < 32 else "quarter" if days < 93 else "year")


def head(entry: Entry, *, public: bool = False) -> shown.DatasetHead:
    """`public`: as anybody is told it, so that no total of few people stands in it."""
    contract = entry.contract
    owner = organisations().get(contract.provider)
    topic = code_list("topics").get(contract.topic)
    return shown.DatasetHead(
        id=contract.dataset,
        title=contract.title,
        summary=contract.summary,
        owner=organisation_name(contract.provider),
        owner_phone=None,
        freshness=freshness(entry.heartbeat),
        cycle=label("update_cycle", contract.update_cycle),
        rows=told(contract, entry.heartbeat.rows, public=public),
        licence=_licence(contract),
        open_class=label("open_class", contract.open_class),
        topic=topic or Text(contract.topic, contract.topic),
        region=region_name(owner.region if owner else None),
    )


def _licence(contract: Contract) -> Text:
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


def field(one: Field, decided: FieldDecision | None = None) -> shown.ShownField:
    lists = Text(one.code_list, one.code_list) if one.code_list else None
    said = one.description
    meaning = Text(said.zh or one.title.zh, said.en or one.title.en)
    if one.unit is not None:
        meaning = Text(f"{meaning.zh}（{one.unit.zh}）", f"{meaning.en} ({one.unit.en})")
    return shown.ShownField(
        name=one.name,
        title=one.title,
        meaning=meaning,
        type=_TYPES.get(one.logical_type, Text(one.type, one.type)),
        grade=one.grade,
        code_list=lists,
        treatment=_treatment(decided),
        visible=decided is None or decided.treatment is not None,
        reason=_reason(decided),
    )


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


def quality(
    contract: Contract, whole: Whole, load_href: str | None, *, public: bool = False
) -> shown.ShownQuality:
    """Of a load and its corrections together. Where the public is told rough counts, single
    corrections are not told of."""
    load = whole.load
    received = told(contract, load.received, public=public)
    exact = not isinstance(received, Rough)
    return shown.ShownQuality(
        load=load.load_id[:12],
        loaded_at=load.committed_at,
        received=received,
        accepted=told(contract, whole.accepted, public=public),
        quarantined=told(contract, whole.still_open, public=public),
        reasons=tuple(
            replace(one, count=told(contract, one.count, public=public))
            for one in rule_counts(contract, whole)
        ),
        load_href=load_href,
        corrected=whole.corrected if exact else 0,
        notes=_corrected(whole) if exact else (),
        overlapping=_overlapping(contract, whole),
        share=None if exact else Decimal(whole.accepted * 100 // max(load.received, 1)) / 100,
    )


def _corrected(whole: Whole) -> tuple[Text, ...]:
    """What corrections came to: what is known of them, and what is not."""
    said = []
    if whole.corrected:
        before, done, left = whole.load.quarantined, whole.corrected, whole.still_open
        said.append(
            Text(
                f"装载时有 {before:,} 条有问题，之后已更正 {done:,} 条，还有 {left:,} 条待更正。",
                f"The load quarantined {before:,}; {done:,} have been corrected since, {left:,} "
                "are still open.",
            )
        )
    kept, aside = whole.unmatched_accepted, whole.unmatched_quarantined
    if kept or aside:
        said.append(
            Text(
                f"更正文件里另有 {kept:,} 条已入库、{aside:,} 条有问题，无法确认对应这次装载的哪条"
                "记录，没有计入上面的数字。",
                f"Files of corrections hold {kept:,} accepted and {aside:,} quarantined records "
                "besides. Which records of this load they correct is not known, so they are not "
                "in these figures.",
            )
        )
    return tuple(said)


def _overlapping(contract: Contract, whole: Whole) -> bool:
    """Whether the counts by rule add up to more than the records: one may break several rules."""
    quarantining = {rule.id for rule in contract.all_rules if rule.severity != "note"}
    quarantining |= WHOLE_RECORD.keys() - {"key.superseded"}
    counts = whole.rule_counts.items()
    return sum(count for rule, count in counts if rule in quarantining) > whole.still_open


def rule_counts(contract: Contract, whole: Whole) -> tuple[shown.RuleCount, ...]:
    """Rules broken in a load, most records first, in words."""
    return tuple(count for _, count in by_count(contract, whole))


def by_count(contract: Contract, whole: Whole) -> list[tuple[str, shown.RuleCount]]:
    """The same with the rules' ids."""
    rules = {rule.id: rule for rule in contract.all_rules}
    found = []
    for rule_id, count in sorted(whole.rule_counts.items(), key=lambda item: -item[1]):
        rule = rules.get(rule_id)
        anchor, field = rule_id.replace(".", "-"), rule.field if rule else None
        found.append(
            (rule_id, shown.RuleCount(rule_title(contract, rule_id), field, count, anchor))
        )
    return found


def rule_title(contract: Contract, rule_id: str) -> Text:
    """What a rule says; that of the primary key names its fields."""
    title = contract.title_of(rule_id)
    if not rule_id.startswith("key."):
        return title
    fields = [f.title for f in contract.fields if f.name in contract.key]
    zh, en = "、".join(f.zh for f in fields), ", ".join(f.en for f in fields)
    return Text(f"{title.zh}（{zh}）", f"{title.en} ({en})")


def fields_of(contract: Contract, rule_id: str) -> tuple[str, ...]:
    """The names of the fields that a rule reads; none for one about the whole record."""
    if rule_id.startswith("key."):
        return contract.key
    for reference in contract.references:
        if reference.rule.id == rule_id:
            return reference.fields
    rule = next((rule for rule in contract.all_rules if rule.id == rule_id), None)
    return fields_read(rule, contract.fields) if rule else ()


def versions(
    contract: Contract, history: list[Snapshot], href: str, *, public: bool = False
) -> tuple[shown.Version, ...]:
    """The kept snapshots, newest first, with what changed in rows."""
    found = []
    for index, one in enumerate(history):
        older = history[index + 1] if index + 1 < len(history) else None
        rows = told(contract, one.rows, public=public)
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


def downloads(href: str, rows: int, region: str | None = None) -> tuple[shown.DownloadLink, ...]:
    """The ways to take a dataset; Excel says why where its rows are too many for a sheet."""
    too_many = rows > SHEET_LIMIT and region is None
    return tuple(
        shown.DownloadLink(
            name, None if form == "xlsx" and too_many else _download_href(href, form, region)
        )
        for form, name in _FORMATS.items()
    )


def formats(rows: int) -> tuple[str, ...]:
    """The formats a dataset of so many rows can be had in."""
    return ("CSV", *(("Excel",) if rows <= SHEET_LIMIT else ()), "Parquet", "Arrow")


def _download_href(href: str, form: str, region: str | None) -> str:
    pairs = {"readers": "people"} if form == "people" else {}
    pairs |= {"region": region} if region else {}
    path = f"{href}/download.{'csv' if form == 'people' else form}"
    return f"{path}?{urlencode(pairs)}" if pairs else path


def api_example(base: str, dataset: str, filters: tuple[Filter, ...] = ()) -> shown.ApiExample:
    address = f"{base}/api/v1/datasets/{dataset}/rows"
    narrowed = [f"{f.field}:{f.operator}:{f.value}" for f in filters]
    parameters: dict[str, object] = {"limit": 100}
    if narrowed:
        parameters["filter"] = narrowed if len(narrowed) > 1 else narrowed[0]
    python = (
        "import httpx\n"
        f'answer = httpx.get("{address}", params={json.dumps(parameters)})\n'
        'rows = answer.json()["rows"]'
    )
    url = f"{address}?{urlencode(parameters, doseq=True, safe=':')}"
    return shown.ApiExample(curl=f"curl '{url}'", python=python)


def preview(contract: Contract, allow: Allow, rows: list[dict[str, object]]) -> Table:
    """The first rows, headers in words, codes with their meaning."""
    fields = [f for f in contract.fields if (v := allow.field_decision(f.name)) and v.treatment]
    return Table(
        caption=Text(f"{contract.title.zh}：前 {len(rows)} 行", f"First {len(rows)} rows"),
        columns=tuple(
            TableColumn(
                f.title,
                f.unit,
                numeric=f.logical_type in {"integer", "number"},
                code=f.identifier is not None,
            )
            for f in fields
        ),
        rows=tuple(
            tuple(value(f, row.get(f.name), allow.field_decision(f.name)) for f in fields)
            for row in rows
        ),
    )


def sample(contract: Contract) -> Table:
    """Made-up rows, from the contract alone: what the data looks like, and nobody's record."""
    rows = sample_rows(contract)
    return Table(
        caption=Text(
            "样例：按数据契约生成，不是真实记录", "A sample made from the contract: no real records"
        ),
        columns=tuple(
            TableColumn(
                f.title,
                f.unit,
                numeric=f.logical_type in {"integer", "number"},
                code=f.identifier is not None,
            )
            for f in contract.fields
        ),
        rows=tuple(tuple(value(f, row[f.name]) for f in contract.fields) for row in rows),
        note=Text(
            "样例：按数据契约生成，不是真实记录。",
            "A synthetic sample made from the contract: no real records.",
        ),
    )


def value(one: Field, raw: object, decided: FieldDecision | None = None) -> Value:
    """A value as people read it: a code by its name, a treated value as it is."""
    if raw is None:
        return None
    if isinstance(raw, date) and decided is not None and decided.treatment == "mask":
        return Period(raw, "year")  # a masked date holds its year only
    if isinstance(raw, date) and one.options.grain is not None:
        return Period(raw, one.options.grain)
    if one.code_list is not None:
        known = _names(one.code_list).get(str(raw))
        if known is not None:
            return known
    if isinstance(raw, bool) or _is_flag(one):
        return Text("是", "yes") if raw else Text("否", "no")
    if isinstance(raw, int) and one.unit is None:
        return str(raw)  # a year or a grade is no quantity: 2025, not 2,025
    if isinstance(raw, int | float | Decimal | date | datetime):
        return raw
    return str(raw)


def _is_flag(one: Field) -> bool:
    """A 0/1 column that departments title 是否…"""
    return one.logical_type == "integer" and one.title.zh.startswith("是否")


def _names(name: str) -> dict[str, Text]:
    if name == "divisions":
        return {code: region_name(code) for code in divisions()}
    return code_list(name)
