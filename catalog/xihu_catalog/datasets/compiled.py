"""Compiles a contract and the state of its table into the facts of a catalogue entry."""

from collections.abc import Callable
from datetime import datetime, timedelta
from urllib.parse import quote

from xihu_catalog.contracts.model import Contract, Field, policy_of
from xihu_catalog.datasets.as_of import AsOf
from xihu_catalog.datasets.facts import (
    AgentFacts,
    ContactFacts,
    CoverageFacts,
    DistributionFacts,
    EntryFacts,
    FieldFacts,
    NamedIri,
    PlaceFacts,
    ServiceFacts,
    StateFacts,
)
from xihu_catalog.datasets.service import Entry
from xihu_catalog.lineage.columns import inputs_of
from xihu_catalog.registry.codes import code_list, is_code_list, place_name
from xihu_catalog.registry.people import organisation_name, organisations
from xihu_catalog.sharing.openness import open_fields
from xihu_platform.access.formats import MEDIA_TYPES, SHEET_LIMIT, Format
from xihu_platform.clock import SHANGHAI
from xihu_platform.regions import Region
from xihu_platform.words import Text

OPENAPI = "https://spec.openapis.org/oas/v3.1.0"
ORDER_809 = NamedIri(
    "https://www.gov.cn/zhengce/content/202506/content_7026294.htm",
    Text(
        "政务数据共享条例（国务院令第809号）",
        "Regulation on Government Data Sharing (State Council Order 809)",
    ),
)
"""The law that every entry is under."""
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
    page = f"{base}/datasets/{_part(contract.dataset)}"
    opened = open_fields(policy_of(contract), now)
    offered = contract.is_open and heart.state != "broken"
    agent = agent_facts(contract.provider, base)
    return EntryFacts(
        id=contract.dataset,
        iri=own_iri(base, "dataset", contract.dataset),
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
        place=place_facts(contract.provider),
        coverage=_coverage(heart.reach),
        provenance=_provenance(contract),
        sources=_sources(contract, base, find),
        legislation=(ORDER_809,),
        fields=tuple(_field(f, f.name in opened) for f in contract.fields),
        key=contract.key,
        distributions=_distributions(entry, page) if offered else (),
        service=_service(contract, base) if offered else None,
        synthetic=contract.synthetic,
    )


def _part(name: str) -> str:
    return quote(name, safe="-._~")


def own_iri(base: str, kind: str, name: str) -> str:
    """Of this node's own datasets, organisations and topics; `base` without a slash at its end."""
    return f"{base}/id/{kind}/{_part(name)}"


def agent_facts(uscc: str, base: str) -> AgentFacts:
    """An organisation of the registry as a publisher; `base` without a slash at its end."""
    known = organisations().get(uscc)
    return AgentFacts(
        id=own_iri(base, "organisation", uscc),
        name=organisation_name(uscc),
        level=Region(known.region).level if known else None,
    )


def _topic(contract: Contract, base: str) -> tuple[NamedIri, str] | None:
    name = code_list("topics").get(contract.topic)
    if name is None:
        return None
    return NamedIri(own_iri(base, "topic", contract.topic), name), contract.topic


def place_facts(uscc: str) -> PlaceFacts | None:
    """The region that an organisation is in charge of."""
    known = organisations().get(uscc)
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
    return tuple(NamedIri(own_iri(base, "dataset", c.dataset), c.title) for c in found if c)


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
            media_type=MEDIA_TYPES[form].partition(";")[0],
        )
        for form, name in _FORMS.items()
        if form != "xlsx" or heart.rows <= SHEET_LIMIT
    )


def _service(contract: Contract, base: str) -> ServiceFacts:
    return ServiceFacts(
        title=Text(f"{contract.title.zh}：数据接口", f"{contract.title.en}: API"),
        endpoint_url=f"{base}/api/v1/datasets/{_part(contract.dataset)}/rows",
        description_url=f"{base}/api/openapi.json",
        conforms_to=(NamedIri(OPENAPI, Text("OpenAPI 3.1", "OpenAPI 3.1")),),
    )
