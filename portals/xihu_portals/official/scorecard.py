"""数据质量: how well each department's data is, by dataset and dimension, and what to do next.

Departments and datasets, never persons. In the order of codes, because a list of departments is no
ranking; the datasets of one department begin with the worst.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request
from fastapi.responses import HTMLResponse, Response

from xihu_catalog.quality.dimensions import DIMENSIONS, Dimension
from xihu_catalog.quality.history import MeasuredDataset
from xihu_catalog.quality.reported import NAMES, check_title
from xihu_catalog.quality.scorecard import NextStep, Scorecard, next_steps, scorecards
from xihu_catalog.registry.people import organisation_name, organisations
from xihu_platform.access.offices import CATALOGUE, check, scorecard_refusal
from xihu_platform.errors import NotFound
from xihu_platform.words import Language, Text
from xihu_portals.api.datasets import language
from xihu_portals.api.strict import known_parameters
from xihu_portals.pages.csv_file import csv_answer
from xihu_portals.pages.dimensions import per_cent
from xihu_portals.pages.visitor import InOffice, Visitor
from xihu_portals.web.frame import PageFrame
from xihu_portals.web.parts import Link, State, Table, TableColumn, Value, Words
from xihu_portals.web.render import render

PATH = "/official/scorecards"
STEPS = 50
"""Next steps of a department that are listed."""
_PER_CENT = Text("%", "%")
_DATASET = TableColumn(Text("数据集", "Dataset"))
_NONE = State("empty", Text("还没有数据集", "There are no datasets yet"))
Uscc = Annotated[str, Path(max_length=32)]
router = APIRouter()


@dataclass(frozen=True, slots=True)
class ScorecardsPage:
    """How well is each department's data?"""

    frame: PageFrame
    departments: Table | State


@dataclass(frozen=True, slots=True)
class ScorecardPage:
    """How well is one department's data, and what is to be done next?"""

    frame: PageFrame
    uscc: str
    name: Words
    count: int
    together: Table
    datasets: Table | State
    steps: Table | State


def _region(uscc: str) -> str | None:
    known = organisations().get(uscc)
    return known.region if known else None


def measured(visitor: Visitor, provider: str | None = None) -> list[Scorecard]:
    """Of the departments that the visitor may see, or of one of them."""
    services, now = visitor.services, visitor.frame.now
    reader, principal = services.quality(), visitor.principal
    contracts = [
        contract
        for _, contract in sorted(services.catalogue.contracts.all().items())
        if provider in {None, contract.provider}
    ]
    seen = {
        uscc: scorecard_refusal(principal, uscc, _region(uscc), now) is None
        for uscc in {one.provider for one in contracts}
    }
    return scorecards(reader.measure(one, principal) for one in contracts if seen[one.provider])


def one_scorecard(visitor: Visitor, uscc: str) -> Scorecard:
    """Raises Refused, NotFound for an organisation that there is not."""
    gateway = visitor.services.gateway
    if uscc not in organisations():
        raise NotFound(f"没有机构 {uscc[:32]}", f"there is no organisation {uscc[:32]}")
    reason = scorecard_refusal(visitor.principal, uscc, _region(uscc), gateway.clock())
    check(gateway, visitor.principal, CATALOGUE, reason)
    return next(iter(measured(visitor, uscc)), Scorecard(uscc, ()))


def fill_all(visitor: Visitor) -> ScorecardsPage:
    found = measured(visitor)
    rows = tuple(
        (
            Link(organisation_name(one.provider), f"{PATH}/{one.provider}"),
            len(one.datasets),
            *(_together(one, dimension) for dimension in DIMENSIONS),
        )
        for one in found
    )
    columns = (
        TableColumn(Text("部门", "Department")),
        TableColumn(Text("数据集", "Datasets"), numeric=True),
        *_columns(),
    )
    caption = Text("各部门数据质量，按机构代码", "Quality by department, in the order of codes")
    return ScorecardsPage(visitor.frame, Table(caption, columns, rows) if rows else _NONE)


def _columns() -> tuple[TableColumn, ...]:
    return tuple(TableColumn(NAMES[one], _PER_CENT, numeric=True, decimals=1) for one in DIMENSIONS)


def _together(one: Scorecard, dimension: Dimension) -> Decimal | None:
    found = one.measure(dimension)
    return per_cent(found.share) if found else None


def fill(visitor: Visitor, uscc: str) -> ScorecardPage:
    found = one_scorecard(visitor, uscc)
    return ScorecardPage(
        frame=visitor.frame,
        uscc=uscc,
        name=organisation_name(uscc),
        count=len(found.datasets),
        together=_six(visitor, found),
        datasets=_datasets(found),
        steps=_steps(found),
    )


def _six(visitor: Visitor, found: Scorecard) -> Table:
    rows: list[tuple[Value, ...]] = []
    for dimension in DIMENSIONS:
        together = found.measure(dimension)
        trend = found.trend(dimension, visitor.frame.now)
        rows.append(
            (
                NAMES[dimension],
                per_cent(together.share) if together else None,
                together.checked if together else None,
                together.checked - together.passed if together else None,
                per_cent(trend.before),
                _points(trend.points),
            )
        )
    return Table(
        caption=Text("六个方面", "The six dimensions"),
        columns=(
            TableColumn(Text("方面", "Dimension")),
            TableColumn(Text("符合", "Met"), _PER_CENT, numeric=True, decimals=1),
            TableColumn(Text("检查次数", "Checks"), numeric=True),
            TableColumn(Text("不符", "Not met"), numeric=True),
            TableColumn(Text("上月", "Month before"), _PER_CENT, numeric=True, decimals=1),
            TableColumn(
                Text("本月比上月", "Change this month"), Text("百分点", "points"), numeric=True
            ),
        ),
        rows=tuple(rows),
    )


def _points(points: Decimal | None) -> str | None:
    """
    >>> _points(Decimal("1.25")), _points(Decimal("-0.5")), _points(Decimal(0))
    ('▲ 1.2', '▼ 0.5', '0.0')
    """
    if points is None:
        return None
    size = abs(points).quantize(Decimal("0.1"))
    return f"{size}" if not size else f"{'▲' if points > 0 else '▼'} {size}"


def _datasets(found: Scorecard) -> Table | State:
    if not found.datasets:
        return _NONE
    return Table(
        caption=Text("数据集，最需要改进的在前", "Datasets, the worst first"),
        columns=(_DATASET, *_columns(), TableColumn(Text("不能衡量", "Not measured"))),
        rows=tuple(
            (
                _link(one),
                *(per_cent(one.now[dimension].share) for dimension in DIMENSIONS),
                _gaps(one),
            )
            for one in found.datasets
        ),
    )


def _link(one: MeasuredDataset) -> Link:
    return Link(one.contract.title, f"/official/datasets/{one.contract.dataset}#dimensions")


def _gaps(one: MeasuredDataset) -> Text | None:
    """Which dimensions have no value, and why."""
    gaps = [(NAMES[d], gap.text) for d in DIMENSIONS if (gap := one.now[d].gap) is not None]
    if not gaps:
        return None
    return Text(
        "；".join(f"{name.zh}：{why.zh}" for name, why in gaps),
        "; ".join(f"{name.en}: {why.en}" for name, why in gaps),
    )


def _steps(found: Scorecard) -> Table | State:
    steps = [(one, step) for one in found.datasets for step in next_steps(one)]
    if not steps:
        return State("live", Text("所有检查都符合", "Every check is met"))
    return Table(
        caption=Text("下一步，最需要改进的数据集在前", "What to do next, the worst datasets first"),
        columns=(
            _DATASET,
            TableColumn(Text("方面", "Dimension")),
            TableColumn(Text("要改正的", "To be put right")),
            TableColumn(Text("不符", "Not met"), numeric=True),
            TableColumn(Text("在哪里改", "Where")),
        ),
        rows=tuple(
            (
                _link(one),
                NAMES[step.dimension],
                check_title(one.contract, step.check),
                step.check.failed,
                _where(one, step),
            )
            for one, step in steps[:STEPS]
        ),
    )


def _where(one: MeasuredDataset, step: NextStep) -> Link:
    """Rejected records are corrected on the load's report; what is late or gone is loaded."""
    if one.newest is not None and step.dimension not in {"timeliness", "accessibility"}:
        report = f"/official/loads/{one.newest.load.load_id}"
        return Link(Text("装载报告", "Load report"), report)
    return Link(Text("数据集", "Dataset"), _link(one).href)


@router.get(PATH)
def page_of_all(request: Request, visitor: InOffice) -> HTMLResponse:
    return render(request, "official/scorecards.html", fill_all(visitor))


@router.get(f"{PATH}/{{uscc}}")
def page(request: Request, visitor: InOffice, uscc: Uscc) -> HTMLResponse:
    return render(request, "official/scorecard.html", fill(visitor, uscc))


@router.get(f"{PATH}/{{uscc}}/datasets.csv", dependencies=[Depends(known_parameters)])
def download(request: Request, visitor: InOffice, uscc: Uscc) -> Response:
    """One line for each dataset and dimension; nothing that a spreadsheet would run."""
    found, lang = one_scorecard(visitor, uscc), language(request)
    name = Text(f"数据质量-{uscc}", f"scorecard-{uscc}")
    return csv_answer(COLUMNS, csv_lines(found, lang), lang, name)


COLUMNS = (
    Text("数据集编号", "dataset"),
    Text("数据集", "title"),
    Text("方面", "dimension"),
    Text("符合（%）", "met_percent"),
    Text("检查次数", "checks"),
    Text("不符", "not_met"),
    Text("不能衡量的原因", "not_measured_because"),
)


def csv_lines(found: Scorecard, lang: Language) -> Iterator[tuple[str, ...]]:
    for one in found.datasets:
        for dimension in DIMENSIONS:
            measure = one.now[dimension]
            share = per_cent(measure.share)
            yield (
                one.contract.dataset,
                one.contract.title.to(lang),
                NAMES[dimension].to(lang),
                "" if share is None else str(share),
                "" if share is None else str(measure.checked),
                "" if share is None else str(measure.checked - measure.passed),
                measure.gap.text.to(lang) if measure.gap else "",
            )
