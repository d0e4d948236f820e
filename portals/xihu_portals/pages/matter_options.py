"""What there is to choose in forms of matters, where only the catalogue knows it."""

from collections.abc import Sequence

from xihu_catalog.contracts.model import policy_of
from xihu_catalog.registry.people import organisation_name, organisations
from xihu_catalog.sharing.openness import open_fields
from xihu_platform.matters.definition import EventRule
from xihu_platform.words import Text
from xihu_portals.pages.matter_form import FormOption
from xihu_portals.pages.visitor import Visitor


def known_options(visitor: Visitor, rule: EventRule) -> dict[str, Sequence[FormOption]]:
    """Of the values that an event takes: organisations and datasets."""
    found: dict[str, Sequence[FormOption]] = {}
    if "respondent" in rule.takes:
        found["respondent"] = respondents(visitor)
    if "datasets" in rule.takes:
        found["datasets"] = _datasets(visitor)
    if "opened" in rule.takes:
        found["opened"] = _open_datasets(visitor)
    return found


def respondents(visitor: Visitor) -> Sequence[FormOption]:
    """The organisations that one may complain about: all but one's own."""
    position = visitor.principal.position
    own = position.organisation if position is not None else None
    return [
        FormOption(uscc, Text(one.name_zh, one.name_en))
        for uscc, one in organisations().items()
        if uscc != own
    ]


def _datasets(visitor: Visitor) -> Sequence[FormOption]:
    """Every dataset of the catalogue, those of the visitor's own organisation first."""
    position = visitor.principal.position
    own = position.organisation if position is not None else None
    every = visitor.services.catalogue.contracts.all().values()
    ordered = sorted(every, key=lambda one: (one.provider != own, one.provider, one.dataset))
    return [FormOption(one.dataset, one.title, organisation_name(one.provider)) for one in ordered]


def _open_datasets(visitor: Visitor) -> Sequence[FormOption]:
    every = visitor.services.catalogue.contracts.all().values()
    return [FormOption(one.dataset, one.title) for one in every if one.is_open]


def closed_fields(visitor: Visitor, dataset: str) -> Sequence[FormOption]:
    """The fields of a dataset that nobody may read without signing in: what can be asked for."""
    contract = visitor.services.catalogue.contracts.get(dataset)
    policy = policy_of(contract)
    found = open_fields(policy, visitor.frame.now)
    return [
        FormOption(one.name, one.title, Text(one.grade, one.grade))
        for one in policy.fields
        if one.name not in found
    ]
