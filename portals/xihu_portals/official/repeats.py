"""重复采集: what several departments collect about the same, for the data authority that designates
who provides it (Order 809 art. 19)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from xihu_catalog.contracts.model import Contract
from xihu_catalog.duplicates.overlap import Band
from xihu_catalog.duplicates.overview import RepeatedCollection, repeated_collection
from xihu_catalog.duplicates.repeats import AREA, FIRM, PERSON, CollectedField, Evidence
from xihu_catalog.registry.assessments import ImpactAssessment, assessment_of
from xihu_catalog.registry.people import organisation_name
from xihu_platform.access.offices import CATALOGUE, check, repeats_refusal
from xihu_platform.clock import civil_date
from xihu_platform.words import Language, Text
from xihu_portals.api.datasets import language
from xihu_portals.pages.csv_file import csv_answer
from xihu_portals.pages.visitor import InOffice, Visitor
from xihu_portals.web.frame import PageFrame
from xihu_portals.web.parts import Link, State, Words
from xihu_portals.web.render import render

PATH = "/official/repeats"
SHOWN = 100
"""Of each list; the file has all."""
SUBJECTS = {
    PERSON: Text("个人", "persons"),
    FIRM: Text("企业", "firms"),
    AREA: Text("地区", "areas"),
}
OTHER_SUBJECT = Text("同一类对象", "the same kind of thing")
EVIDENCE: dict[Evidence, Text] = {
    "element": Text("数据元相同", "same data element"),
    "title": Text("名称相同", "same title"),
    "name": Text("字段名相同", "same field name"),
}
BANDS: dict[Band, Text] = {
    "nearly_all": Text("几乎全部重合", "nearly all values"),
    "most": Text("大部分重合", "most values"),
    "half": Text("约一半重合", "about half of the values"),
}
COLUMNS = (
    *(Text("采集对象", "Subject"), Text("信息项", "Information")),
    *(Text("线索", "Evidence"), Text("字段值", "Values")),
    *(Text("部门", "Department"), Text("统一社会信用代码", "Department code")),
    *(Text("数据集", "Dataset"), Text("数据集标识", "Dataset id"), Text("字段", "Field")),
)
router = APIRouter()


@dataclass(frozen=True, slots=True)
class CollectingDepartment:
    """One department and its fields with the same information."""

    name: Words
    fields: tuple[tuple[Link, str], ...]
    """The dataset, and the name of the field."""


@dataclass(frozen=True, slots=True)
class RepeatedInformation:
    """One information that several departments collect."""

    title: Text
    subject: Text
    evidence: tuple[Text, ...]
    values: Text | None
    """None where few are the same, or they are not compared: that is not told apart."""
    departments: tuple[CollectingDepartment, ...]


@dataclass(frozen=True, slots=True)
class CloseDatasets:
    """Two datasets, and how many of the fields of the smaller one both have."""

    datasets: tuple[Link, Link]
    providers: tuple[Words, Words]
    subject: Text
    shared: int
    fields: int
    titles: tuple[Text, ...]


@dataclass(frozen=True, slots=True)
class SameValues:
    """Two fields whose values are the same."""

    fields: tuple[tuple[Link, Words, Text], tuple[Link, Words, Text]]
    """Each with its dataset, department and title."""
    band: Text


@dataclass(frozen=True, slots=True)
class RepeatsPage:
    """What do our departments collect twice, and who should provide it?"""

    frame: PageFrame
    assessment: ImpactAssessment | None
    authority: Words | None
    repeats: tuple[RepeatedInformation, ...]
    total: int
    pairs: tuple[CloseDatasets, ...]
    overlaps: tuple[SameValues, ...]
    export: str
    empty: State


_EMPTY = State(
    "empty",
    Text("没有发现重复采集的线索", "No repeated collection was found"),
    Text(
        "比较的是已登记契约的字段：数据元、名称和字段值都没有重复。",
        "The fields of all contracts were compared by data element, title and values.",
    ),
)


def fill(visitor: Visitor) -> RepeatsPage:
    """Raises Refused, which the log then has."""
    found = read_repeats(visitor)
    today = civil_date(visitor.frame.now)
    assessment = assessment_of("value_overlap", today)
    return RepeatsPage(
        frame=visitor.frame,
        assessment=assessment,
        authority=organisation_name(assessment.organisation) if assessment else None,
        repeats=tuple(_repeats(found))[:SHOWN],
        total=len(found.repeats),
        pairs=tuple(_pairs(found))[:SHOWN],
        overlaps=tuple(_overlaps(found))[:SHOWN],
        export=f"{PATH}.csv",
        empty=_EMPTY,
    )


def read_repeats(visitor: Visitor) -> RepeatedCollection:
    services, principal = visitor.services, visitor.principal
    check(services.gateway, principal, CATALOGUE, repeats_refusal(principal, visitor.frame.now))
    assert principal.position is not None  # in office
    contracts = services.catalogue.contracts.all().values()
    assessed = assessment_of("value_overlap", civil_date(visitor.frame.now)) is not None
    database = services.node.database
    return repeated_collection(database, contracts, principal.position, assessed=assessed)


def _repeats(found: RepeatedCollection) -> Iterator[RepeatedInformation]:
    for repeat, band in zip(found.repeats, found.bands, strict=True):
        yield RepeatedInformation(
            title=repeat.title,
            subject=subject_words(repeat.subject),
            evidence=tuple(EVIDENCE[one] for one in repeat.evidence),
            values=BANDS[band] if band is not None else None,
            departments=tuple(
                CollectingDepartment(
                    organisation_name(provider),
                    tuple(
                        (_link(one.contract), one.field.name)
                        for one in repeat.fields
                        if one.contract.provider == provider
                    ),
                )
                for provider in repeat.providers
            ),
        )


def _pairs(found: RepeatedCollection) -> Iterator[CloseDatasets]:
    for pair in found.pairs:
        yield CloseDatasets(
            datasets=(_link(pair.one), _link(pair.other)),
            providers=(
                organisation_name(pair.one.provider),
                organisation_name(pair.other.provider),
            ),
            subject=subject_words(pair.subject),
            shared=len(pair.repeats),
            fields=pair.fields,
            titles=tuple(one.title for one in pair.repeats),
        )


def _overlaps(found: RepeatedCollection) -> Iterator[SameValues]:
    for one in found.overlaps:
        yield SameValues((_side(one.one), _side(one.other)), BANDS[one.band])


def _side(one: CollectedField) -> tuple[Link, Words, Text]:
    return _link(one.contract), organisation_name(one.contract.provider), one.field.title


def _link(contract: Contract) -> Link:
    return Link(contract.title, f"/official/datasets/{contract.dataset}")


def subject_words(subject: str) -> Text:
    return SUBJECTS.get(subject, OTHER_SUBJECT)


@router.get(PATH)
def page(request: Request, visitor: InOffice) -> HTMLResponse:
    return render(request, "official/repeats.html", fill(visitor))


@router.get(f"{PATH}.csv")
def export(request: Request, visitor: InOffice) -> Response:
    """Every field of every repeat, a line each."""
    shown = language(request)
    name = Text("重复采集", "repeated-collection")
    return csv_answer(COLUMNS, _lines(read_repeats(visitor), shown), shown, name)


def _lines(found: RepeatedCollection, lang: Language) -> Iterator[Sequence[str]]:
    for repeat, band in zip(found.repeats, found.bands, strict=True):
        joint = "、" if lang == "zh" else ", "
        shared = (
            subject_words(repeat.subject).to(lang),
            repeat.title.to(lang),
            joint.join(EVIDENCE[one].to(lang) for one in repeat.evidence),
            BANDS[band].to(lang) if band is not None else "",
        )
        for one in repeat.fields:
            contract = one.contract
            department = organisation_name(contract.provider).to(lang)
            dataset = (contract.title.to(lang), contract.dataset, one.field.name)
            yield *shared, department, contract.provider, *dataset
