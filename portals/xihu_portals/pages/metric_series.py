"""The series of a metric's page: period by period with comparisons, what lacks, what was said
before, and the same series as a file."""

import csv
import io
from collections.abc import Iterator
from datetime import date
from decimal import Decimal

import pyarrow as pa

from xihu_platform.access.formats import Format, book_of
from xihu_platform.access.sheet import Notes
from xihu_platform.brain.query import MetricQuery
from xihu_platform.brain.service import Point
from xihu_platform.brain.spec import Grain, MetricSpec
from xihu_platform.errors import BadInput, Erased
from xihu_platform.lake.snapshot import Snapshot
from xihu_platform.words import Language, Text
from xihu_portals.api.datasets import cite
from xihu_portals.pages import figures
from xihu_portals.pages.describe import region_name
from xihu_portals.pages.gaps import LATE, QUARANTINED
from xihu_portals.pages.metric_answers import Answers
from xihu_portals.pages.metric_choice import MetricChoice
from xihu_portals.web import formats
from xihu_portals.web.parts import Chart, Link, Period, State, Table, TableColumn, Value
from xihu_portals.web.words import word

POINTS_LIMIT = 400
LACKING_SHOWN = 30
PLACES_NAMED = 6
VERSIONS_SHOWN = 3
"""Earlier snapshots beside the newest."""
VERSION_PERIODS = 13
BOM = "\ufeff"
NO_SERIES = State(
    "empty",
    Text("这个指标没有时间序列", "This indicator has no series"),
    Text(
        "数据只保留最近一次的全量，没有各期的数值。",
        "Its data holds the newest state only, no periods.",
    ),
)
COMPLETE = State("live", Text("所显示的各期数据都齐全", "All shown periods are complete"))
ONE_VERSION = State(
    "live",
    Text("没有以往版本可比", "There is no earlier version"),
    Text(
        "保留的快照只有现在这一个，这些数没有改过。",
        "Only the present snapshot is kept: these numbers have not been revised.",
    ),
)


def check_length(points: tuple[Point, ...]) -> None:
    """Raises BadInput for more points than one page shows."""
    if len(points) > POINTS_LIMIT:
        raise BadInput(
            f"一页最多显示 {POINTS_LIMIT} 期，这个范围有 {len(points):,} 期：请把起止时间缩短，"
            "或改按更长的周期看",
            f"one page shows at most {POINTS_LIMIT} periods and this range has {len(points):,}: "
            "choose later and earlier ends, or longer periods",
        )


def chart(answers: Answers, choice: MetricChoice, found: figures.Values) -> Chart | State:
    """The course, periods that have not ended told apart from those that have."""
    spec, name = answers.spec, region_name(choice.place)
    if choice.grain is None:
        return NO_SERIES
    if not found.points:
        return State(
            "empty",
            Text("这段时间没有数据", "There is no data in these periods"),
            Text("请换一段时间或一个地区。", "Choose other periods or another place."),
        )
    closed = tuple(p for p in found.points if p.completeness.closed)
    return Chart(
        id="series",
        title=figures.trend_title(spec, closed, name),
        kind="line",
        axis=Text("时间", "Period"),
        labels=tuple(_period(p, choice.grain) for p in found.points),
        series=(figures.values(spec, name, found.points),),
        unit=spec.unit,
        source=figures.source(answers.asker, spec, found),
        decimals=spec.decimals,
        gap=figures.lacks(answers.asker, spec, closed, choice.grain),
    )


def _period(point: Point, grain: Grain) -> Period:
    return Period(date.fromisoformat((point.period or "")[:10]), grain)


def table(spec: MetricSpec, choice: MetricChoice, points: tuple[Point, ...]) -> Table | None:
    """Each period with its state and comparisons, the newest first."""
    if choice.grain is None or not points:
        return None
    unit = Text("百分点", "points") if spec.is_rate else Text("%", "%")
    decimals = max(spec.decimals, 1) if spec.is_rate else 1
    year = Text("同比", "Year on year")
    compared = [TableColumn(year, unit, numeric=True, decimals=decimals)]
    if not spec.seasonal:
        name = Text("环比", "On period before")
        compared.append(TableColumn(name, unit, numeric=True, decimals=decimals))
    columns = (
        TableColumn(Text("时间", "Period")),
        TableColumn(spec.name, spec.unit, numeric=True, decimals=spec.decimals),
        TableColumn(Text("完整性", "Completeness")),
        *compared,
    )
    rows: list[tuple[Value, ...]] = []
    for point in reversed(points):
        row: list[Value] = [
            _period(point, choice.grain),
            figures.shown_value(spec, point),
            state_of(point),
            point.year_on_year,
        ]
        rows.append(tuple(row if spec.seasonal else [*row, point.period_on_period]))
    return Table(Text("逐期数值", "Period by period"), columns, tuple(rows))


def state_of(point: Point) -> Text:
    """完整, 缺 3 格, or that the period has not ended."""
    whole = point.completeness
    if not whole.closed:
        return Text("本期未结束", "still running")
    if whole.complete:
        return Text("完整", "complete")
    if whole.expected is None:
        return Text("数据没有覆盖整期", "not covered to its end")
    many = "" if whole.missing_cells == 1 else "s"
    return Text(
        f"缺 {whole.missing_cells:,} 格（应有 {whole.expected:,}）",
        f"{whole.missing_cells:,} cell{many} of {whole.expected:,} missing",
    )


def lacking(answers: Answers, choice: MetricChoice, points: tuple[Point, ...]) -> Table | State:
    """Which regions lack cells in which closed period, why, and in which load."""
    found = [row for point in reversed(points) for row in _lacking(answers, choice, point)]
    if not found:
        uncovered = any(p.completeness.closed and not p.completeness.complete for p in points)
        return UNCOVERED if uncovered else COMPLETE
    columns = (
        TableColumn(Text("时间", "Period")),
        TableColumn(Text("缺数据的地区", "Places that lack data")),
        TableColumn(Text("原因", "Reason")),
        TableColumn(Text("装载编号", "Load"), code=True),
    )
    left = len(found) - LACKING_SHOWN
    note = Text(f"另有 {left:,} 行未列出", f"{left:,} more are not listed") if left > 0 else None
    caption = Text("缺哪些数据", "What is missing")
    return Table(caption, columns, tuple(found[:LACKING_SHOWN]), note=note)


def _lacking(answers: Answers, choice: MetricChoice, point: Point) -> Iterator[tuple[Value, ...]]:
    """The regions of one period, those together that lack for the same reason."""
    if not point.completeness.closed:
        return
    causes: dict[str | None, list[str]] = {}
    for one in point.completeness.missing:
        causes.setdefault(one.load_id, []).append(one.region)
    when = _period(point, choice.grain) if choice.grain else None
    for load, regions in causes.items():
        why: Value = QUARANTINED if load else LATE
        if load and answers.asker.load_path:
            why = Link(QUARANTINED, f"{answers.asker.load_path}/{load}")
        yield (when, _named(regions), why, load)


def _named(regions: list[str]) -> Text:
    """The first few names, and how many there are where that is not all."""
    names = [region_name(one) for one in sorted(regions)]
    more = len(names) > PLACES_NAMED
    zh = "、".join(one.zh for one in names[:PLACES_NAMED])
    en = ", ".join(one.en for one in names[:PLACES_NAMED])
    return Text(
        f"{zh}等 {len(names)} 个" if more else zh, f"{en} and others, {len(names)}" if more else en
    )


UNCOVERED = State(
    "late",
    Text("有的时期数据没有覆盖整期", "The data does not cover all of some periods"),
    Text(
        "这类指标按事项计数：没有记录就是零，所以只看数据是否覆盖整期。",
        "This metric counts events: no record is a zero, so what counts is whether the data "
        "covers the whole period.",
    ),
)


def versions(answers: Answers, choice: MetricChoice, query: MetricQuery) -> Table | State:
    """What the newest periods said in the snapshots before; each column is a read of its own."""
    services, spec = answers.asker.services, answers.spec
    contract = services.catalogue.contracts.get(spec.dataset)
    kept = services.catalogue.versions(contract, answers.asker.principal)
    loads = [one for one in kept if not one.maintained]
    if answers.snapshot is not None:  # of a moment: what was said before it
        place = next((at for at, one in enumerate(kept) if one.id == answers.snapshot), 0)
        loads = [kept[place], *(one for one in kept[place + 1 :] if not one.maintained)]
    now = answers.ask(query).points[-VERSION_PERIODS:]
    columns: list[tuple[Snapshot, dict[str | None, Point]]] = []
    for one in loads[1 : VERSIONS_SHOWN + 1]:
        points = _as_said(answers, query, now, one)
        if points is not None:
            columns.append((one, points))
    if not columns:
        return ONE_VERSION
    return _versions_table(spec, choice, loads[0], now, columns)


def _as_said(
    answers: Answers, query: MetricQuery, now: tuple[Point, ...], snapshot: Snapshot
) -> dict[str | None, Point] | None:
    """The same periods in an earlier snapshot; None where it cannot be asked any more."""
    asked = MetricQuery(
        grain=query.grain,
        parent=query.parent,
        start=_day(now[0]) if now else query.start,
        end=_day(now[-1]) if now else query.end,
        snapshot_id=snapshot.id,
    )
    try:
        return {point.period: point for point in answers.ask(asked).points}
    except (BadInput, Erased):  # a field that it does not have, or a lawful erasure meanwhile
        return None


def _day(point: Point) -> date | None:
    return date.fromisoformat(point.period[:10]) if point.period else None


def _versions_table(
    spec: MetricSpec,
    choice: MetricChoice,
    newest: Snapshot,
    now: tuple[Point, ...],
    earlier: list[tuple[Snapshot, dict[str | None, Point]]],
) -> Table:
    rows: list[tuple[Value, ...]] = []
    changed = 0
    for point in reversed(now):
        said = [points.get(point.period) for _, points in earlier]
        differs = _differs(point, said[0])
        changed += differs
        when: Value = _period(point, choice.grain) if choice.grain else Text("最近", "newest")
        mark = Text("有修订", "revised") if differs else Text("未变", "unchanged")
        rows.append((when, *(figures.cell(spec, one) for one in (point, *said)), mark))
    columns = (
        TableColumn(Text("时间", "Period")),
        *(_version_column(spec, one) for one in (newest, *(snapshot for snapshot, _ in earlier))),
        TableColumn(Text("比上一版本", "Against the version before")),
    )
    note = Text(
        f"与上一版本比，{changed} 期有修订。" if changed else "与上一版本比，没有修订。",
        f"Against the version before, {changed} periods were revised."
        if changed
        else "Against the version before nothing was revised.",
    )
    caption = Text("以往版本的数值", "What earlier versions said")
    return Table(caption, columns, tuple(rows), note=note)


def _version_column(spec: MetricSpec, snapshot: Snapshot) -> TableColumn:
    at = snapshot.loaded_at
    title = Text(formats.moment(at, "zh"), formats.moment(at, "en"))
    return TableColumn(title, spec.unit, numeric=True, decimals=spec.decimals)


def _differs(point: Point, before: Point | None) -> bool:
    if before is None:
        return True
    return (point.value, point.suppressed, point.completeness.present) != (
        before.value,
        before.suppressed,
        before.completeness.present,
    )


def file_rows(
    spec: MetricSpec, choice: MetricChoice, points: tuple[Point, ...], lang: Language
) -> tuple[list[str], list[list[object]]]:
    """The header in words and the rows of the shown series; numbers are numbers."""
    unit = Text("百分点" if spec.is_rate else "%", "points" if spec.is_rate else "%")
    heads = [
        Text("地区", "Place"),
        Text("地区代码", "Place code"),
        Text("时间", "Period"),
        Text("开始日期", "First day"),
        Text(f"{spec.name.zh}（{spec.unit.zh}）", f"{spec.name.en} ({spec.unit.en})"),
        Text("完整性", "Completeness"),
        Text(f"同比（{unit.zh}）", f"Year on year ({unit.en})"),
        Text(f"环比（{unit.zh}）", f"On period before ({unit.en})"),
    ]
    place = region_name(choice.place).to(lang)
    return [one.to(lang) for one in heads], [
        _file_row(spec, choice, point, place, lang) for point in points
    ]


def _file_row(
    spec: MetricSpec, choice: MetricChoice, point: Point, place: str, lang: Language
) -> list[object]:
    day = _day(point)
    when = formats.period(Period(day, choice.grain), lang) if day and choice.grain else ""
    state = state_of(point).to(lang)
    if point.suppressed:
        state = word(lang, "suppressed.cell", n=spec.smallest_cell)
    return [
        *(place, choice.place, when, day, point.value, state),
        *(point.year_on_year, point.period_on_period),
    ]


def file_chunks(
    answers: Answers, choice: MetricChoice, query: MetricQuery, form: Format, lang: Language
) -> Iterator[bytes]:
    """The shown series for people: CSV with a mark of its encoding and the sources below, or an
    Excel workbook with the sources on a sheet of their own."""
    spec, answer = answers.spec, answers.ask(query)
    check_length(answer.points)
    heads, rows = file_rows(spec, choice, answer.points, lang)
    contract = answers.asker.services.catalogue.contracts.get(spec.dataset)
    label = Text("合成数据", "Synthetic data").to(lang) if answer.citation.synthetic else None
    said = Text("口径：", "Definition: ").to(lang) + spec.definition.to(lang)
    base = answers.asker.services.node.settings.base_url
    cited = Text("来源：", "Source: ").to(lang) + cite(answer.citation, contract.title, base, lang)
    if form == "xlsx":
        notes = Notes(synthetic=label, citation=f"{cited}\n{said}", titles={})
        return book_of(_arrow(heads, rows), notes)
    return iter([_csv(heads, rows, [label, cited, said])])


def _csv(heads: list[str], rows: list[list[object]], sources: list[str | None]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(heads)
    writer.writerows([_written(value) for value in row] for row in rows)
    writer.writerow([])
    writer.writerows([line] for line in sources if line)
    return (BOM + out.getvalue()).encode()


def _written(value: object) -> object:
    if isinstance(value, Decimal):
        return f"{value:f}"
    return "" if value is None else value


_COLUMN_TYPES = (pa.string(), pa.string(), pa.string(), pa.date32(), None, pa.string(), None, None)


def _arrow(heads: list[str], rows: list[list[object]]) -> pa.Table:
    columns = list(zip(*rows, strict=True)) or [()] * len(heads)
    arrays = [pa.array(column, kind) for column, kind in zip(columns, _COLUMN_TYPES, strict=True)]
    return pa.Table.from_arrays(arrays, names=heads)


def file_name(spec: MetricSpec, choice: MetricChoice, form: Format, lang: Language) -> str:
    place = region_name(choice.place).to(lang)
    return f"{Text('合成数据', 'SYNTHETIC').to(lang)}-{spec.name.to(lang)}-{place}.{form}"
