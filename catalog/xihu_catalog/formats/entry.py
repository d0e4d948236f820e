"""What a format tells of an entry: public facts of contract, table and registry, in one place.

A caller makes the facts from the catalogue as that caller knows it (`Services.known_to`): what is
not published to them is not in `find`, so no document can name it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from xihu_catalog.contracts.model import Contract, Field, UpdateCycle, policy_of
from xihu_catalog.datasets.as_of import AsOf
from xihu_catalog.datasets.service import Entry, State
from xihu_catalog.formats.authority import authority_table
from xihu_catalog.formats.clean import clean, segment
from xihu_catalog.lineage.columns import inputs_of
from xihu_catalog.registry.codes import code_list, is_code_list, place_name
from xihu_catalog.registry.people import organisation_name, organisations
from xihu_catalog.sharing.openness import open_fields
from xihu_platform.access.formats import SHEET_LIMIT, Format
from xihu_platform.access.policy import Grade, OpenClass
from xihu_platform.clock import SHANGHAI
from xihu_platform.regions import Region, RegionLevel
from xihu_platform.words import Language, Text

OPENAPI = "https://spec.openapis.org/oas/v3.1.0"
NOTHING = Text("", "")
STATES: dict[State, Text] = {
    "live": Text("数据在期限内。", "The data is there and in time."),
    "late": Text("该更新的数据还没有到。", "The update is overdue."),
    "broken": Text("没有可用的数据。", "There is no data."),
}


@dataclass(frozen=True, slots=True)
class NamedIri:
    """Something that is told by its address and its name: a law, a standard, another entry."""

    iri: str
    title: Text


@dataclass(frozen=True, slots=True)
class AgentFacts:
    """The department that publishes. `level` None where its region is not known."""

    id: str
    name: Text
    level: RegionLevel | None = None


@dataclass(frozen=True, slots=True)
class ContactFacts:
    """Whom one asks about the data, and where."""

    name: Text
    url: str | None = None
    email: str | None = None
    telephone: str | None = None


@dataclass(frozen=True, slots=True)
class PlaceFacts:
    """A division of GB/T 2260."""

    code: str
    name: Text


@dataclass(frozen=True, slots=True)
class CoverageFacts:
    """The time the data is of; both ends are in it."""

    start: date | datetime | None = None
    end: date | datetime | None = None


@dataclass(frozen=True, slots=True)
class StateFacts:
    """The heartbeat. `as_of` is the newest value of the time field."""

    state: State
    loaded_at: datetime | None = None
    as_of: date | datetime | None = None
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class FieldFacts:
    """One data item. `open`: everybody can read its values, so that it is in the files."""

    name: str
    title: Text
    description: Text
    logical_type: str
    type: str
    grade: Grade
    open: bool
    required: bool = False
    unique: bool = False
    unit: Text | None = None
    code_list: str | None = None
    codes: tuple[tuple[str, Text], ...] = ()
    pattern: str | None = None
    min_length: int | None = None
    max_length: int | None = None
    minimum: str | None = None
    maximum: str | None = None


@dataclass(frozen=True, slots=True)
class DistributionFacts:
    """One form in which everybody can take the open fields."""

    form: Format
    title: Text
    access_url: str
    download_url: str | None = None
    description: Text = NOTHING
    modified: datetime | None = None
    byte_size: int | None = None


@dataclass(frozen=True, slots=True)
class ServiceFacts:
    """The API that serves the entry's rows."""

    title: Text
    endpoint_url: str
    description_url: str | None = None
    conforms_to: tuple[NamedIri, ...] = ()


@dataclass(frozen=True, slots=True)
class SeriesFacts:
    """The dataset series that an entry is a part of; contracts name none yet."""

    id: str
    title: Text
    description: Text


@dataclass(frozen=True, slots=True)
class EntryFacts:
    """One entry of the catalogue as documents tell of it."""

    id: str
    iri: str
    """Names the dataset itself; `page` is the document about it."""
    page: str
    title: Text
    description: Text
    publisher: AgentFacts
    state: StateFacts
    open_class: OpenClass
    conditions: Text = NOTHING
    version: str | None = None
    resource_code: str | None = None
    keywords: tuple[str, ...] = ()
    topic: tuple[NamedIri, str] | None = None
    """The registry's own topic, and its code, which the table of EU themes has."""
    update_cycle: UpdateCycle | None = None
    languages: tuple[Language, ...] = ("zh",)
    licence: str | None = None
    """As the contract writes it; None where nothing is licensed."""
    contact: ContactFacts | None = None
    place: PlaceFacts | None = None
    coverage: CoverageFacts | None = None
    provenance: Text | None = None
    sources: tuple[NamedIri, ...] = ()
    conforms_to: tuple[NamedIri, ...] = ()
    legislation: tuple[NamedIri, ...] = ()
    fields: tuple[FieldFacts, ...] = ()
    key: tuple[str, ...] = ()
    distributions: tuple[DistributionFacts, ...] = ()
    service: ServiceFacts | None = None
    series: SeriesFacts | None = None
    synthetic: bool = False

    @property
    def whole_description(self) -> Text:
        """For formats that have no other place for the provenance and the state."""
        state = STATES[self.state.state] if self.state.state != "live" else NOTHING
        parts = (self.description, self.provenance or NOTHING, state)
        return Text(
            "\n".join(filter(None, (clean(one.zh) for one in parts))),
            "\n".join(filter(None, (clean(one.en) for one in parts))),
        )

    @property
    def open_fields(self) -> tuple[FieldFacts, ...]:
        """The columns of the files, in their order."""
        return tuple(one for one in self.fields if one.open)

    @property
    def open_key(self) -> tuple[str, ...]:
        """The key where the files have all of it."""
        names = {one.name for one in self.open_fields}
        return self.key if names.issuperset(self.key) else ()


FindContract = Callable[[str], Contract | None]
_FORMS: dict[Format, Text] = {
    "csv": Text("CSV（供程序读取）", "CSV for programs"),
    "xlsx": Text("Excel 工作簿", "Excel workbook"),
    "parquet": Text("Parquet 文件", "Parquet file"),
    "arrow": Text("Arrow 流", "Arrow stream"),
}


def entry_facts(entry: Entry, *, base_url: str, now: datetime, find: FindContract) -> EntryFacts:
    """The public facts of one entry. `find` gives a contract that the caller may know of."""
    contract, heart = entry.contract, entry.heartbeat
    base = base_url.rstrip("/")
    page = f"{base}/datasets/{segment(contract.dataset)}"
    opened = open_fields(policy_of(contract), now)
    offered = contract.is_open and heart.state != "broken"
    agent = _publisher(contract, base)
    return EntryFacts(
        id=contract.dataset,
        iri=_id(base, "dataset", contract.dataset),
        page=page,
        title=contract.title,
        description=contract.summary,
        publisher=agent,
        state=StateFacts(heart.state, heart.loaded_at, heart.data_as_of, heart.due_at),
        open_class=contract.open_class,
        conditions=contract.conditions,
        version=contract.version,
        resource_code=contract.resource_code,
        keywords=contract.tags,
        topic=_topic(contract, base),
        update_cycle=contract.update_cycle,
        licence=contract.licence if contract.open_class != "banned" else None,
        contact=ContactFacts(agent.name, page),
        place=_place(contract),
        coverage=_coverage(heart.reach),
        provenance=_provenance(contract),
        sources=_sources(contract, base, find),
        legislation=_legislation(),
        fields=tuple(_field(f, f.name in opened) for f in contract.fields),
        key=contract.key,
        distributions=_distributions(entry, page) if offered else (),
        service=_service(contract, base) if offered else None,
        synthetic=contract.synthetic,
    )


def _id(base: str, kind: str, name: str) -> str:
    return f"{base}/id/{kind}/{segment(name)}"


def _publisher(contract: Contract, base: str) -> AgentFacts:
    known = organisations().get(contract.provider)
    return AgentFacts(
        id=_id(base, "organisation", contract.provider),
        name=organisation_name(contract.provider),
        level=Region(known.region).level if known else None,
    )


def _topic(contract: Contract, base: str) -> tuple[NamedIri, str] | None:
    name = code_list("topics").get(contract.topic)
    if name is None:
        return None
    return NamedIri(_id(base, "topic", contract.topic), name), contract.topic


def _place(contract: Contract) -> PlaceFacts | None:
    """The region that the provider is in charge of."""
    known = organisations().get(contract.provider)
    name = place_name(known.region) if known else None
    return PlaceFacts(known.region, name) if known and name else None


def _coverage(reach: AsOf | None) -> CoverageFacts | None:
    """Up to the last moment, or the last day, that the newest value covers."""
    if reach is None:
        return None
    if isinstance(reach.value, datetime):
        return CoverageFacts(end=reach.covers_until)
    return CoverageFacts(end=reach.covers_until.astimezone(SHANGHAI).date() - timedelta(days=1))


def _provenance(contract: Contract) -> Text | None:
    if contract.synthetic:
        return Text(
            "合成数据：由程序生成，不是任何人的真实记录。",
            "Synthetic data: generated by a program, no record of anybody.",
        )
    return None


def _sources(contract: Contract, base: str, find: FindContract) -> tuple[NamedIri, ...]:
    if contract.source.query is None:
        return ()
    found = [find(name) for name in inputs_of(contract)]
    return tuple(NamedIri(_id(base, "dataset", c.dataset), c.title) for c in found if c)


def _legislation() -> tuple[NamedIri, ...]:
    return tuple(NamedIri(law.iri, law.label) for law in authority_table("legislation").values())


def _field(one: Field, opened: bool) -> FieldFacts:
    known = one.code_list is not None and is_code_list(one.code_list)
    return FieldFacts(
        name=one.name,
        title=one.title,
        description=one.description,
        logical_type=one.logical_type,
        type=one.type,
        grade=one.grade,
        open=opened,
        required=one.required,
        unique=one.unique,
        unit=one.unit,
        code_list=one.code_list,
        codes=tuple(code_list(one.code_list).items()) if known and one.code_list else (),
        pattern=one.options.pattern,
        min_length=one.options.min_length,
        max_length=one.options.max_length,
        minimum=one.options.minimum,
        maximum=one.options.maximum,
    )


def _distributions(entry: Entry, page: str) -> tuple[DistributionFacts, ...]:
    contract, heart = entry.contract, entry.heartbeat
    return tuple(
        DistributionFacts(
            form=form,
            title=Text(f"{contract.title.zh}：{name.zh}", f"{contract.title.en}: {name.en}"),
            description=Text(
                "全部开放字段，取最新快照。", "All open fields, of the newest snapshot."
            ),
            access_url=page,
            download_url=f"{page}/download.{form}",
            modified=heart.loaded_at,
        )
        for form, name in _FORMS.items()
        if form != "xlsx" or heart.rows <= SHEET_LIMIT
    )


def _service(contract: Contract, base: str) -> ServiceFacts:
    return ServiceFacts(
        title=Text(f"{contract.title.zh}：数据接口", f"{contract.title.en}: API"),
        endpoint_url=f"{base}/api/v1/datasets/{segment(contract.dataset)}/rows",
        description_url=f"{base}/api/openapi.json",
        conforms_to=(NamedIri(OPENAPI, Text("OpenAPI 3.1", "OpenAPI 3.1")),),
    )
