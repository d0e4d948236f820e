"""What is this number? The part of a metric's page that both portals show."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

from fastapi import Request
from fastapi.responses import HTMLResponse, Response

from xihu_catalog.registry.people import organisation_name
from xihu_platform.access.formats import MEDIA_TYPES, Format
from xihu_platform.brain.service import check_decision
from xihu_platform.brain.spec import GRAINS, Grain, MetricSpec
from xihu_platform.errors import NotFound
from xihu_platform.identity.address import caller_of
from xihu_platform.words import Text
from xihu_portals.api.at_moment import METRIC_READ, BeforeFirst, find_at, moment_of
from xihu_portals.api.datasets import language, named_file
from xihu_portals.pages import describe, figures, metric_series
from xihu_portals.pages.embedding import frame_code
from xihu_portals.pages.figures import Asker
from xihu_portals.pages.metric_answers import Answers
from xihu_portals.pages.metric_choice import (
    GRAIN_NAMES,
    ChoiceForm,
    MetricChoice,
    check_names,
    choice_of,
    form_of,
    with_choice,
)
from xihu_portals.pages.metric_parts import MetricParts, by_dimension, by_place
from xihu_portals.pages.moments import before_first, nothing_then, shown_moment
from xihu_portals.pages.visitor import Visitor
from xihu_portals.web.datasets import DownloadLink
from xihu_portals.web.frame import PageFrame
from xihu_portals.web.parts import (
    Chart,
    Figure,
    Freshness,
    ShownMoment,
    ShownSource,
    State,
    Table,
    Words,
)
from xihu_portals.web.render import render

KINDS = {
    "flow": Text("流量：各期可以相加", "Flow: periods add up"),
    "stock": Text("存量：取期末", "Stock: the end of each period"),
    "ratio": Text("比率", "Ratio"),
}
AUDIENCES = {
    "public": Text("公开", "Public"),
    "official": Text("仅供履行职责", "For official duties"),
}
FILES: dict[Format, Text] = {
    "csv": Text("CSV（中文表头）", "CSV"),
    "xlsx": Text("Excel", "Excel"),
}


@dataclass(frozen=True, slots=True)
class MetricBody:
    """Definition, choice, value, series, parts, what lacks, next update, versions, ways to take."""

    id: str
    name: Text
    definition: Words
    kind: Text
    """流量, 存量 or 比率, in words."""
    formula: Words
    owner: Text
    unit: Text
    grain: Text
    audience: Text
    form: ChoiceForm
    place: Text
    headline: Figure
    running: Figure | None
    """The period that has not ended, where there is data of it; it is never compared."""
    series: Chart | State
    periods: Table | None
    parts: tuple[MetricParts, ...]
    lacking: Table | State
    freshness: Freshness
    cycle: Text
    versions: Table | State
    sql: str
    source: ShownSource
    citation: Words
    downloads: tuple[DownloadLink, ...]
    embed: str | None = None
    """The line that shows the number on another site; None of a metric that is not public."""
    embed_chart: str | None = None
    """The same for its course; None also of a metric without periods."""
    moment: ShownMoment | None = None
    as_of: str = ""
    """The moment as the address has it."""


@dataclass(frozen=True, slots=True)
class MetricBefore:
    """A metric at a moment at which its dataset had no version yet."""

    frame: PageFrame
    id: str
    name: Text
    definition: Words
    state: State
    moment: ShownMoment


class NoDataThen(NotFound):
    """A moment before the first version of a metric's dataset."""

    def __init__(self, before: BeforeFirst) -> None:
        said = before.error().text
        super().__init__(said.zh, said.en)
        self.before = before


def open_metric(visitor: Visitor, asker: Asker, name: str, as_of: str = "") -> Answers:
    """The metric of a page, at a moment where the address has one. Raises NotFound, Erased and
    BadInput, and Refused, which is in the log, before anything else is said of it."""
    spec = visitor.services.get_metric(name)
    check_decision(visitor.services.gateway, visitor.principal, spec)
    if visitor.services.catalogue.contracts.find(spec.dataset) is None:
        raise NotFound(
            f"指标 {spec.id} 的数据集 {spec.dataset} 还没有发布",
            f"the dataset {spec.dataset} of metric {spec.id} is not published",
        )
    moment = moment_of(as_of)
    if moment is None:
        return Answers(asker, spec)
    found = find_at(visitor.services, visitor.principal, spec.dataset, METRIC_READ, moment)
    if isinstance(found, BeforeFirst):
        raise NoDataThen(found)
    return Answers(asker, spec, found, as_of)


def before_page(
    request: Request, visitor: Visitor, name: str, before: BeforeFirst, home: str | None = None
) -> HTMLResponse:
    """The metric's page at a moment before the first version; the choice is kept."""
    spec, path = visitor.services.get_metric(name), request.url.path
    pairs = choice_of(spec, request.query_params, home).pairs(spec)
    pairs.pop("as_of", None)
    moment = before_first(path, tuple(pairs.items()), before, with_choice(path, pairs))
    view = MetricBefore(
        visitor.frame, spec.id, spec.name, spec.definition, nothing_then(before), moment
    )
    return render(request, "metric_before.html", view, status=404)


def fill_body(
    answers: Answers, asked: Mapping[str, str], path: str, home: str | None = None
) -> MetricBody:
    """`asked`: the address's parameters; `path`: of the page, whose links keep the choice.

    Raises BadInput for a wrong choice."""
    spec, asker = answers.spec, answers.asker
    choice = choice_of(spec, asked, home)
    query = choice.query(spec)
    found = answers.values(query)
    metric_series.check_length(found.points)
    headline = figures.figure_of(asker, spec, found, parent=choice.place, grain=choice.grain)
    contract = asker.services.catalogue.contracts.get(spec.dataset)
    pairs = choice.pairs(spec)
    is_embedded = spec.audience == "public" and not answers.as_of  # elsewhere it is always of now
    return MetricBody(
        id=spec.id,
        name=spec.name,
        definition=spec.definition,
        kind=KINDS[spec.kind],
        formula=_formula(spec),
        owner=organisation_name(spec.owner),
        unit=spec.unit,
        grain=GRAIN_NAMES[spec.finest_grain] if spec.finest_grain else Text("无时间", "no time"),
        audience=AUDIENCES[spec.audience],
        form=form_of(spec, choice),
        place=describe.region_name(choice.place),
        headline=headline,
        running=_running(answers, choice, found),
        series=metric_series.chart(answers, choice, found),
        periods=metric_series.table(spec, choice, found.points),
        parts=_parts(answers, choice, found, path),
        lacking=metric_series.lacking(answers, choice, found.points),
        freshness=describe.freshness(asker.services.catalogue.heartbeat(contract)),
        cycle=describe.label("update_cycle", contract.update_cycle),
        versions=metric_series.versions(answers, choice, query),
        sql=found.sql,
        source=headline.source,
        citation=headline.source.citation or "",
        downloads=(
            *(
                DownloadLink(name, with_choice(f"{path}/download.{form}", pairs))
                for form, name in FILES.items()
            ),
            DownloadLink("JSON", found.href),
        ),
        embed=_frame(asker, spec, choice, "metrics") if is_embedded else None,
        embed_chart=_frame(asker, spec, choice, "charts")
        if is_embedded and choice.grain is not None
        else None,
        moment=_moment(answers, choice, path),
        as_of=answers.as_of,
    )


def _moment(answers: Answers, choice: MetricChoice, path: str) -> ShownMoment:
    pairs = choice.pairs(answers.spec)
    pairs.pop("as_of", None)
    kept = tuple(pairs.items())
    moment = moment_of(answers.as_of)
    if moment is None:
        return ShownMoment(path, kept)
    return shown_moment(path, kept, moment, answers.snapshot, with_choice(path, pairs))


def _running(answers: Answers, choice: MetricChoice, found: figures.Values) -> Figure | None:
    """The newest point where its period has not ended."""
    last = found.points[-1] if found.points else None
    if last is None or last.completeness.closed or choice.grain is None:
        return None
    now = replace(found, newest=last.period)
    return figures.figure_of(
        answers.asker, answers.spec, now, parent=choice.place, grain=choice.grain
    )


def _parts(
    answers: Answers, choice: MetricChoice, found: figures.Values, path: str
) -> tuple[MetricParts, ...]:
    """By region and by each dimension, of the newest period shown that has ended."""
    spec = answers.spec
    day = _day(found.newest)
    if choice.grain is not None and day is None:
        return ()
    pairs = {k: v for k, v in choice.pairs(spec).items() if k != "place"}
    href = with_choice(path, {"place": "CODE"} | pairs).replace("CODE", "{code}")
    shown = [by_place(answers, choice.place, day, choice.grain, href)]
    for one in spec.dimensions:
        grain = grain_of_parts(spec, choice.grain)
        last = closed_at(answers, day, choice.grain, grain)
        shown.append(by_dimension(answers, choice.place, one.field, last, grain))
    return tuple(one for one in shown if one is not None)


def grain_of_parts(spec: MetricSpec, grain: Grain | None) -> Grain | None:
    """The grain of a breakdown: small cells are broken down by longer periods alone."""
    finest = spec.grain_for(broken_down=True)
    if grain is None or finest is None or not spec.smallest_cell:
        return grain
    return max(grain, finest, key=GRAINS.index)


def closed_at(
    answers: Answers, day: date | None, grain: Grain | None, wider: Grain | None
) -> date | None:
    """The first day of the newest wider period that has ended when the period of `day` has."""
    if day is None or wider is None or wider == grain:
        return day
    return answers.ended_by(day, grain or wider, wider)


def _day(period: str | None) -> date | None:
    return date.fromisoformat(period[:10]) if period else None


def _formula(spec: MetricSpec) -> Text:
    formula = spec.numerator if not spec.denominator else f"{spec.numerator} ÷ {spec.denominator}"
    if spec.scale not in {"1", "1.0"}:
        formula += f" × {spec.scale}"
    return Text(formula, formula)


def _frame(asker: Asker, spec: MetricSpec, choice: MetricChoice, what: str) -> str:
    """Of the newest periods: a frame that is up to date is what one embeds."""
    base = asker.services.node.settings.base_url
    pairs = [(k, v) for k, v in choice.pairs(spec).items() if k in {"place", "grain"}]
    width, height = (360, 320) if what == "metrics" else (640, 460)
    address = f"{base}/embed/{what}/{spec.id}"
    return frame_code(address, spec.name, pairs=pairs, width=width, height=height)


def download(
    visitor: Visitor, answers: Answers, request: Request, form: Format, home: str | None = None
) -> Response:
    """The shown series as CSV or Excel; its read is in the log before the first byte."""
    spec, lang = answers.spec, language(request)
    check_names(request.query_params)
    choice = choice_of(spec, request.query_params, home)
    slot = visitor.services.streams.take(caller_of(visitor.principal))
    try:
        query = choice.query(spec)
        body = b"".join(metric_series.file_chunks(answers, choice, query, form, lang))
    finally:
        slot.release()
    cited = answers.ask(query).citation
    latin = f"SYNTHETIC-{spec.id}-{choice.place}.{form}" if cited.synthetic else ""
    headers = named_file(
        metric_series.file_name(spec, choice, form, lang),
        latin or f"{spec.id}-{choice.place}.{form}",
    )
    headers |= {
        "Cache-Control": "private, no-store",
        "X-Xihu-Snapshot": str(cited.snapshot_id),
        "X-Xihu-Synthetic": str(cited.synthetic).lower(),
        "X-Xihu-Audit-Entry": str(cited.audit_entry),
    }
    return Response(body, media_type=MEDIA_TYPES[form], headers=headers)
