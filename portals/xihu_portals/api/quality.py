"""The quality of a dataset over HTTP: six dimensions with their history, and the metadata."""

from fastapi import APIRouter, Request

from xihu_catalog.contracts.model import Contract
from xihu_catalog.quality.dimensions import DIMENSIONS, DimensionCheck
from xihu_catalog.quality.history import MeasuredLoad
from xihu_catalog.quality.metadata import METHOD, MetadataScore, metadata_score
from xihu_catalog.quality.reported import (
    NAMES,
    STANDARD,
    ReportedDimension,
    check_title,
    reported,
)
from xihu_platform.words import Language
from xihu_portals.api.at_moment import is_told_counts, unreadable_fields
from xihu_portals.api.auth import Caller, StatedPurpose, services_of
from xihu_portals.api.datasets import language
from xihu_portals.api.errors import OF_CALLERS
from xihu_portals.api.schemas.quality import (
    DimensionAnswer,
    LoadQuality,
    LoadShare,
    MetadataAnswer,
    MetadataIndicatorAnswer,
    QualityAnswer,
    QualityCheck,
    QualityGap,
)

router = APIRouter(prefix="/api/v1/datasets", tags=["datasets"], responses=OF_CALLERS)


@router.get("/{dataset}/quality")
def get_quality(
    request: Request, caller: Caller, purpose: StatedPurpose, dataset: str
) -> QualityAnswer:
    """How good the data is in the dimensions of GB/T 36344, by load and now, and its metadata."""
    services, lang = services_of(request), language(request)
    facts = services.entries.get(dataset)
    contract = services.catalogue.contracts.find(dataset)
    metadata = _metadata(metadata_score(facts), lang)
    if contract is None:
        return QualityAnswer(
            dataset=dataset,
            standard=STANDARD,
            exact=True,
            dimensions=[],
            history=[],
            metadata=metadata,
        )
    measured = services.quality().measure(contract, caller)
    found = reported(
        measured,
        public=not is_told_counts(services, caller, contract, purpose),
        unreadable=unreadable_fields(services, caller, contract, purpose),
    )
    return QualityAnswer(
        dataset=dataset,
        standard=STANDARD,
        exact=found.exact,
        dimensions=[_dimension(contract, one, lang) for one in found.dimensions],
        history=[_load(one) for one in found.history],
        metadata=metadata,
    )


def _dimension(contract: Contract, one: ReportedDimension, lang: Language) -> DimensionAnswer:
    measure = one.measure
    return DimensionAnswer(
        dimension=one.id,
        name=NAMES[one.id].to(lang),
        share=None if one.share is None else float(one.share),
        passed=measure.passed if measure else None,
        checked=measure.checked if measure else None,
        not_measured=QualityGap(code=one.gap.code, text=one.gap.text.to(lang)) if one.gap else None,
        checks=[_check(contract, each, lang) for each in measure.checks] if measure else [],
        informative=[_check(contract, each, lang) for each in measure.informative]
        if measure
        else [],
    )


def _check(contract: Contract, one: DimensionCheck, lang: Language) -> QualityCheck:
    title = check_title(contract, one).to(lang)
    return QualityCheck(id=one.id, title=title, passed=one.passed, checked=one.checked)


def _load(one: MeasuredLoad) -> LoadQuality:
    return LoadQuality(
        load=one.load_id,
        arrived_at=one.arrived_at,
        stopped=one.stopped,
        shares=[
            LoadShare(dimension=each, share=None if share is None else round(float(share), 6))
            for each in DIMENSIONS
            for share in (one.measures[each].share,)
        ],
    )


def _metadata(score: MetadataScore, lang: Language) -> MetadataAnswer:
    return MetadataAnswer(
        method=METHOD,
        points=score.points,
        most=score.most,
        unchecked=score.unchecked,
        ratings=list(dict.fromkeys(score.ratings)),
        indicators=[
            MetadataIndicatorAnswer(
                id=one.id,
                dimension=one.dimension,
                points=one.points,
                met=one.met,
                title=one.title.to(lang),
                advice=one.advice.to(lang),
            )
            for one in score.indicators
        ],
    )
