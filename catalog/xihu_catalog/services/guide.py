"""The guide of a service (办事指南): who may apply, what to bring, how long it takes, who helps.

One reading of an item for its page and for the API.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from types import MappingProxyType

from xihu_catalog.contracts.model import Contract, policy_of
from xihu_catalog.registry.people import organisation_name
from xihu_catalog.services.item import ItemLimit, Material, ServiceItem, situations
from xihu_catalog.services.items import service_items
from xihu_platform.words import Text

ON_LINE = {"2", "3"}
"""Channels: a computer, a phone."""
UNITS = {
    "working_day": (Text("个工作日", "working day"), Text("个工作日", "working days")),
    "day": (Text("天", "day"), Text("天", "days")),
}
Licences = Mapping[str, str]
"""Numbers of licences, by the paper in whose place each serves."""
NO_LICENCES: Licences = MappingProxyType({})
FindContract = Callable[[str], Contract | None]


@dataclass(frozen=True, slots=True)
class GuidePaper:
    """A paper to bring, with when and how."""

    id: str
    name: Text
    issuer: Text
    only_if: Text | None
    original: bool
    required: bool
    follow_days: int
    """Working days within which it may follow; 0: it may not."""
    why: Text | None
    """Why it is asked for although a dataset has what it proves."""
    or_licence: Text | None
    """The electronic licence of this platform that serves in its place, for whoever has it."""


@dataclass(frozen=True, slots=True)
class SparedPaper:
    """What is not asked for, and the department that has it."""

    id: str
    name: Text
    office: Text
    only_if: Text | None
    for_some: Text | None
    """Where the dataset is about persons alone, or about firms, and both may apply: for whom it is
    not asked."""


@dataclass(frozen=True, slots=True)
class Fees:
    """What the items of a bundle cost together."""

    amount_cny: str
    at_most: bool
    """Whether the situation may leave out an item that costs something."""


def fees_of(bundle: ServiceItem) -> Fees | None:
    """None of what is no bundle, and where the fee of an item is no plain amount."""
    items = service_items()
    costly = [one for one in bundle.parts if items[one.item].fee_cny is not None]
    try:
        amounts = [Decimal(items[one.item].fee_cny or "") for one in costly]
    except InvalidOperation:
        return None
    if not bundle.parts:
        return None
    total = sum(amounts, Decimal("0.00"))
    return Fees(f"{total:.2f}", any(one.when is not None for one in costly))


def is_for(item: ServiceItem, audience: str) -> bool:
    """Whether persons, or firms, may apply; everything is for everybody (an empty audience)."""
    if audience == "person":
        return "1" in item.audience
    return audience != "firm" or any(one != "1" for one in item.audience)


def is_on_line(item: ServiceItem) -> bool:
    return bool(ON_LINE & set(item.channels))


def days(limit: ItemLimit, number: int) -> Text:
    """A number of days in the unit of the limit."""
    one, many = UNITS[limit.unit]
    unit = one if number == 1 else many
    return Text(f"{number} {unit.zh}", f"{number} {unit.en}")


@dataclass(frozen=True, slots=True)
class LicensedPaper:
    """What a reader need not bring, since their licence serves."""

    id: str
    name: Text
    number: str
    only_if: Text | None


def brought_papers(item: ServiceItem, licences: Licences = NO_LICENCES) -> tuple[GuidePaper, ...]:
    """`licences`: those of the reader that serve, where it is known who reads."""
    return tuple(_paper(item, one) for one in _brought(item) if one.id not in licences)


def licensed_papers(item: ServiceItem, licences: Licences) -> tuple[LicensedPaper, ...]:
    return tuple(
        LicensedPaper(one.id, one.name.text(), licences[one.id], _only_if(item, one))
        for one in _brought(item)
        if one.id in licences
    )


def spared_papers(item: ServiceItem, find: FindContract) -> tuple[SparedPaper, ...]:
    """`find`: the contract of a dataset, where it is published here."""
    brought = _brought(item)
    return tuple(_spared(find, item, one) for one in item.materials if one not in brought)


def _brought(item: ServiceItem) -> list[Material]:
    return [one for one in item.materials if one.source is None or one.asked is not None]


def _paper(item: ServiceItem, material: Material) -> GuidePaper:
    return GuidePaper(
        id=material.id,
        name=material.name.text(),
        issuer=material.issuer.text(),
        only_if=_only_if(item, material),
        original=material.original,
        required=material.required,
        follow_days=material.deferrable_days,
        why=material.asked.words.text() if material.asked else None,
        or_licence=_or_licence(material),
    )


def _or_licence(material: Material) -> Text | None:
    if material.licence is None or material.asked is not None:
        return None
    issued = (
        one.result.text()
        for one in service_items().values()
        if not one.parts and one.licence == material.licence
    )
    return next(issued, material.name.text())


def _spared(find: FindContract, item: ServiceItem, material: Material) -> SparedPaper:
    """The dataset's publisher; the paper's issuer where the dataset is not published here."""
    contract = find(material.source.dataset) if material.source else None
    office = organisation_name(contract.provider) if contract else material.issuer.text()
    only_if, for_some = _only_if(item, material), _for_some(contract, item)
    return SparedPaper(material.id, material.name.text(), office, only_if, for_some)


def _for_some(contract: Contract | None, item: ServiceItem) -> Text | None:
    if contract is None or not (is_for(item, "person") and is_for(item, "firm")):
        return None
    policy = policy_of(contract)
    if policy.firm_key is None:
        return Text("个人申请的免交，企业申请的要带", "not of persons who apply; firms bring it")
    if policy.subject_key is None:
        return Text("企业申请的免交，个人申请的要带", "not of firms that apply; persons bring it")
    return None


def _only_if(item: ServiceItem, material: Material) -> Text | None:
    """The situation in which it is asked for, in the words of its questions."""
    asked = {one.id: one.text for one in item.questions}
    found = situations(material.when)
    if () in found:
        return None
    zh = [[f"{asked[one].zh}答“{'不是' if no else '是'}”" for one, no in each] for each in found]
    en = [
        [f"{asked[one].en} Only if {'no' if no else 'yes'}." for one, no in each] for each in found
    ]
    return Text(
        f"{'，或者'.join('，并且'.join(each) for each in zh)}的才要",
        " Or: ".join(" ".join(each) for each in en),
    )


def for_audience(items: Iterable[ServiceItem], audience: str) -> list[ServiceItem]:
    """Those that an audience may apply for, in their order."""
    return [one for one in items if is_for(one, audience)]
