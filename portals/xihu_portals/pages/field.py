"""One field of a dataset, as both portals show it: what it means, who may read it, where it comes
from, what is made of it, and how well it is filled. No value of the data is shown."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from xihu_catalog.contracts.model import Contract, Field, policy_of
from xihu_catalog.lineage.graph import DEPTH_LIMIT, GraphNode, LineageGraph
from xihu_catalog.quality.dimensions import DIMENSIONS, DimensionCheck
from xihu_catalog.quality.reported import check_title, reported
from xihu_catalog.registry.code_lists import get_code_list
from xihu_catalog.registry.codes import is_code_list
from xihu_catalog.registry.elements import elements
from xihu_platform.access.decision import Allow
from xihu_platform.access.policy import Purpose
from xihu_platform.errors import NotFound, Reason
from xihu_platform.words import Text
from xihu_portals.api.at_moment import unreadable_fields
from xihu_portals.api.known_lineage import known_lineage
from xihu_portals.pages import describe, values
from xihu_portals.pages.dimensions import ShownDimensionCheck
from xihu_portals.pages.lineage_words import WAYS
from xihu_portals.pages.standards import CODES_PATH, ELEMENTS_PATH
from xihu_portals.pages.visitor import Visitor
from xihu_portals.web.datasets import floor_share
from xihu_portals.web.parts import Link, Words

CODES_SHOWN = 10
NODES_SHOWN = 100
"""Fields, metrics and services of the lineage that are listed, the nearest first."""
REFERENCES_SHOWN = 50
_TREATED = {
    "clear": Text("可以看到原样", "shown as it is"),
    "mask": Text("部分隐去", "partly hidden"),
    "rekey": Text("以脱敏编号代替", "shown as a pseudonym"),
}
_HIDDEN = Text("不可见", "not shown")
_SAMPLE = Text(
    "公众页面只有按契约生成的样例，没有真实的值",
    "the public sees a sample made from the contract, and no real value",
)
_ROUGH = Text(
    "这个数据集涉及个人或企业，记录又不公开：只公布整个数据集的质量，不按字段公布。",
    "The dataset is about persons or firms and its records are not public: its quality is "
    "published as a whole, not by field.",
)
_CLOSED = Text(
    "这个数据项是个人或企业的信息，又不公开：不公布它的检查结果。",
    "The field says something about persons or firms and is not open: results of its checks are "
    "not published.",
)
_NO_CHECKS = Text(
    "最近一次装载没有按字段的检查结果。", "The newest load has no result of a check of this field."
)


@dataclass(frozen=True, slots=True)
class LineageStep:
    """Something that a field comes from, or that is made of it."""

    link: Link
    dataset: Words | None
    """The dataset it is in; None of a metric or a service."""
    ways: tuple[Text, ...]
    """How it enters the next step; none where that is not the field itself."""
    steps: int


@dataclass(frozen=True, slots=True)
class FieldBody:
    """What is this field, who may read it, and what is it tied to?"""

    dataset: Link
    name: str
    title: Words
    meaning: Words
    type: Text
    unit: Text | None
    grade: str
    marks: tuple[Text, ...]
    """Key, required, unique, time, region, whose record it is."""
    range: tuple[tuple[Text, str], ...]
    """Pattern, lengths and bounds that a value must meet."""
    element: Link | None
    code_list: Link | None
    codes: tuple[tuple[str, Words], ...]
    """The first values of the list."""
    codes_left: int
    treatment: Text
    reason: Reason | None
    refers_to: tuple[Link, ...]
    referred_by: tuple[Link, ...]
    from_file: bool
    """Whether it is handed in by the department, not made of other data."""
    upstream: tuple[LineageStep, ...]
    downstream: tuple[LineageStep, ...]
    metrics: tuple[Link, ...]
    services: tuple[Link, ...]
    more: bool
    """Whether there is more of the lineage than is listed."""
    checks: tuple[ShownDimensionCheck, ...]
    unchecked: Text | None
    """Why there are no checks."""
    loaded_at: datetime | None
    drawing: str | None = None
    """Where the lineage is drawn, in a portal that does that."""


@dataclass(frozen=True, slots=True)
class FieldPlace:
    """Where links of a portal lead, and what its reader reads for."""

    datasets: str
    metrics: str
    purpose: Purpose
    audiences: tuple[str, ...]
    """The audiences whose metrics are named."""
    public: bool
    """Whether numbers of records are as the public gets them."""

    def href(self, dataset: str, field: str) -> str:
        return f"{self.datasets}/{dataset}/fields/{field}"


def fill_field(visitor: Visitor, dataset: str, name: str, place: FieldPlace) -> FieldBody:
    """Raises NotFound for a dataset or a field that the reader does not know of."""
    contract = visitor.services.catalogue.contracts.get(dataset)
    one = contract.field(name)
    if one is None:
        raise NotFound(
            f"数据集 {dataset} 没有字段“{name[:64]}”",
            f"dataset {dataset} has no field “{name[:64]}”",
        )
    treatment, reason = _treatment(visitor, contract, one, place)
    graph = known_lineage(visitor.services, visitor.principal)
    line = _lineage(visitor, graph, f"field:{dataset}.{name}", place)
    checks, unchecked, loaded_at = _quality(visitor, contract, one, place)
    named = _listed(one)
    codes = list(values.names_of(named).items()) if named else []
    refers_to, referred_by = _references(graph, contract, one, place)
    return FieldBody(
        dataset=Link(contract.title, f"{place.datasets}/{dataset}"),
        name=one.name,
        title=one.title,
        meaning=describe.field(one).meaning,
        type=describe.type_named(one),
        unit=one.unit,
        grade=one.grade,
        marks=tuple(_marks(contract, one)),
        range=tuple(_range(one)),
        element=_element(one),
        code_list=_code_list(one),
        codes=tuple(codes[:CODES_SHOWN]),
        codes_left=max(0, len(codes) - CODES_SHOWN),
        treatment=treatment,
        reason=reason,
        refers_to=refers_to,
        referred_by=referred_by,
        from_file=contract.source.query is None,
        upstream=line.upstream,
        downstream=line.downstream,
        metrics=line.metrics,
        services=line.services,
        more=line.more,
        checks=checks,
        unchecked=unchecked,
        loaded_at=loaded_at,
    )


def _listed(one: Field) -> str | None:
    """Its code list, where the registry has it."""
    return one.code_list if one.code_list is not None and is_code_list(one.code_list) else None


def _code_list(one: Field) -> Link | None:
    named = _listed(one)
    return Link(get_code_list(named).name, f"{CODES_PATH}/{named}") if named else None


def _element(one: Field) -> Link | None:
    known = elements().get(one.data_element or "")
    return Link(known.name, f"{ELEMENTS_PATH}/{known.id}") if known else None


def _marks(contract: Contract, one: Field) -> Iterator[Text]:
    if one.name in contract.key:
        alone = len(contract.key) == 1
        yield (
            Text("主键", "primary key")
            if alone
            else Text("主键的一部分", "a part of the primary key")
        )
    for known, words in (
        (one.required, Text("必填", "required")),
        (one.unique, Text("不重复", "unique")),
        (one.time, Text("数据的时间", "the time of the data")),
        (one.region, Text("行政区划", "the division")),
        (one.subject_key, Text("记录是谁的（个人）", "whose record it is: a person")),
        (one.firm_key, Text("记录是谁的（企业）", "whose record it is: a firm")),
    ):
        if known:
            yield words


def _range(one: Field) -> Iterator[tuple[Text, str]]:
    options = one.options
    for words, value in (
        (Text("格式（正则表达式）", "Pattern (regular expression)"), options.pattern),
        (Text("最小长度", "Shortest"), options.min_length),
        (Text("最大长度", "Longest"), options.max_length),
        (Text("最小值", "Least"), options.minimum),
        (Text("最大值", "Greatest"), options.maximum),
    ):
        if value is not None:
            yield words, str(value)


def _treatment(
    visitor: Visitor, contract: Contract, one: Field, place: FieldPlace
) -> tuple[Text, Reason | None]:
    """As it applies to the reader of the page."""
    gateway = visitor.services.gateway
    decision = gateway.decide(visitor.principal, contract.dataset, place.purpose)
    if not isinstance(decision, Allow):
        return _HIDDEN, decision.reason
    decided = decision.field_decision(one.name)
    if decided is None or decided.treatment is None:
        return _HIDDEN, decided.reason if decided else None
    if place.purpose.code == "open" and policy_of(contract).shows_sample_only:
        return _SAMPLE, None
    return _TREATED[decided.treatment], None


def _references(
    graph: LineageGraph, contract: Contract, one: Field, place: FieldPlace
) -> tuple[tuple[Link, ...], tuple[Link, ...]]:
    """Foreign keys: the fields that this one refers to, and those that refer to it."""
    here = f"field:{contract.dataset}.{one.name}"
    edges = [edge for edge in sorted(graph.edges) if edge.kind == "REFERENCE"]
    to = {edge.source for edge in edges if edge.target == here}
    by = {edge.target for edge in edges if edge.source == here}
    for own in (ref for ref in contract.references if ref.dataset == contract.dataset):
        pairs = list(zip(own.fields, own.to, strict=False))
        to |= {f"field:{contract.dataset}.{theirs}" for mine, theirs in pairs if mine == one.name}
        by |= {f"field:{contract.dataset}.{mine}" for mine, theirs in pairs if theirs == one.name}
    return _field_links(graph, to, place), _field_links(graph, by, place)


def _field_links(graph: LineageGraph, ids: Iterable[str], place: FieldPlace) -> tuple[Link, ...]:
    nodes = [graph.nodes[one] for one in sorted(ids) if one in graph.nodes]
    links = []
    for node in nodes[:REFERENCES_SHOWN]:
        whole = _title_of(graph, node.dataset)
        label = Text(
            f"{whole.zh}：{node.title.zh}",
            f"{whole.en}: {node.title.en}",
        )
        links.append(Link(label, place.href(node.dataset, node.name)))
    return tuple(links)


def _title_of(graph: LineageGraph, dataset: str) -> Text:
    found = graph.nodes.get(f"dataset:{dataset}")
    return found.title if found else Text(dataset, dataset)


@dataclass(frozen=True, slots=True)
class _Line:
    upstream: tuple[LineageStep, ...]
    downstream: tuple[LineageStep, ...]
    metrics: tuple[Link, ...]
    services: tuple[Link, ...]
    more: bool


def _lineage(visitor: Visitor, graph: LineageGraph, here: str, place: FieldPlace) -> _Line:
    """Without foreign keys, which are no way for a value, and without the names of files."""
    edges = frozenset(edge for edge in graph.edges if edge.kind != "REFERENCE")
    part = LineageGraph(graph.nodes, edges).around(
        here, depth=DEPTH_LIMIT, direction="both", limit=NODES_SHOWN
    )
    ways: dict[str, list[Text]] = {}
    for edge in part.edges:
        if here in {edge.source, edge.target}:
            other = edge.target if edge.source == here else edge.source
            ways.setdefault(other, []).append(WAYS.get(edge.kind, Text(edge.kind, edge.kind)))

    def step(node: GraphNode) -> LineageStep:
        return LineageStep(
            link=Link(node.title, place.href(node.dataset, node.name)),
            dataset=_title_of(graph, node.dataset),
            ways=tuple(ways.get(node.id, ())),
            steps=abs(part.layers[node.id]),
        )

    fields = [node for node in part.nodes if node.kind == "field" and node.id != here]
    known = visitor.metrics()
    return _Line(
        upstream=tuple(step(node) for node in fields if part.layers[node.id] < 0),
        downstream=tuple(step(node) for node in fields if part.layers[node.id] > 0),
        metrics=tuple(
            Link(node.title, f"{place.metrics}/{node.name}")
            for node in part.nodes
            if node.kind == "metric"
            and node.name in known
            and known[node.name].audience in place.audiences
        ),
        services=tuple(
            Link(node.title, f"/services/{node.name}")
            for node in part.nodes
            if node.kind == "service"
        ),
        more=part.total > NODES_SHOWN,
    )


def _quality(
    visitor: Visitor, contract: Contract, one: Field, place: FieldPlace
) -> tuple[tuple[ShownDimensionCheck, ...], Text | None, datetime | None]:
    """The checks of the field in the newest load, as far as the reader may know their numbers."""
    services, who = visitor.services, visitor.principal
    measured = services.quality().measure(contract, who)
    unreadable = unreadable_fields(services, who, contract, place.purpose)
    found = reported(measured, public=place.public, unreadable=unreadable)
    loaded_at = measured.newest.load.committed_at if measured.newest else None
    if not found.exact:
        return (), _ROUGH, loaded_at
    if one.name in unreadable:
        return (), _CLOSED, loaded_at
    own = {rule.id for rule in contract.all_rules if rule.field == one.name}
    own |= {ref.rule.id for ref in contract.references if one.name in ref.fields}
    own.add(f"{one.name}.filled")
    shares = {part.id: part.measure for part in found.dimensions}
    checks = tuple(
        _shown(contract, check, informative=informative)
        for dimension in DIMENSIONS
        if (measure := shares[dimension]) is not None
        for informative, group in ((False, measure.checks), (True, measure.informative))
        for check in group
        if check.id in own
    )
    return checks, None if checks else _NO_CHECKS, loaded_at


def _shown(contract: Contract, check: DimensionCheck, *, informative: bool) -> ShownDimensionCheck:
    return ShownDimensionCheck(
        title=check_title(contract, check),
        passed=check.passed,
        checked=check.checked,
        share=floor_share(check.share),
        informative=informative,
    )
