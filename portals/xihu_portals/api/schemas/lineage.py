"""What the routes of lineage answer: nodes, edges, and what a change of a field reaches."""

from typing import Annotated, Literal

from xihu_portals.api.schemas.base import Shape, note

NodeId = Annotated[
    str,
    note(
        "节点编号：dataset:编号、field:数据集.字段、metric:编号、service:编号、source:数据集",
        "`dataset:…`, `field:dataset.field`, `metric:…`, `service:…` or `source:dataset`",
    ),
]
EdgeKind = Annotated[
    str,
    note(
        "怎样影响：OpenLineage 的类型，另有 REFERENCE（外键）和 READ（事项读取）",
        "How, in OpenLineage's kinds; REFERENCE is a foreign key, READ a service's look-up",
    ),
]


class LineageNode(Shape):
    """One node."""

    id: NodeId
    kind: Annotated[
        Literal["source", "dataset", "field", "metric", "service"],
        note("来源文件、数据集、字段、指标或事项", "What it is"),
    ]
    title: Annotated[str, note("名称", "Its name in words")]
    dataset: Annotated[str, note("所属数据集；事项为空", "Its dataset; empty for a service")]


class PlacedNode(LineageNode):
    """A node with its distance."""

    steps: Annotated[
        int, note("离起点几步；上游为负", "Steps from the start; upstream they are negative")
    ]


class LineageEdge(Shape):
    """From what is read to what is made of it."""

    source: NodeId
    target: NodeId
    kind: EdgeKind


class LineageAnswer(Shape):
    """What lies around one node."""

    root: LineageNode
    total: Annotated[int, note("共有多少个节点", "Nodes in all")]
    offset: Annotated[int, note("本页从第几个开始", "Place of this page's first, from 0")]
    nodes: Annotated[list[PlacedNode], note("节点，近的在前", "Nodes, nearest first")]
    edges: Annotated[list[LineageEdge], note("本页节点之间的边", "Edges between these nodes")]


class ReachedNode(LineageNode):
    """Something that a change reaches."""

    steps: Annotated[int, note("隔几步", "After how many steps")]
    kinds: Annotated[list[EdgeKind], note("怎样影响", "The kinds of edges that lead into it")]


class ReachedRule(Shape):
    """A rule of a contract that names the field."""

    dataset: Annotated[str, note("哪个数据集的契约", "The dataset whose contract it is in")]
    rule: Annotated[str, note("规则编号", "Id of the rule")]
    text: Annotated[str, note("规则的内容", "The rule in words")]


class ReachedGrant(Shape):
    """A grant that names the field."""

    grant: Annotated[str, note("授权编号", "Id of the grant")]
    organisation: Annotated[str, note("被授权单位", "To whom it was given")]


class LineageImpact(Shape):
    """What a change of a field reaches, as far as the caller may know it."""

    field: LineageNode
    nodes: Annotated[
        list[ReachedNode], note("派生字段、指标、事项", "Derived fields, metrics and services")
    ]
    rules: Annotated[list[ReachedRule], note("用到它的质量规则", "Rules of quality that name it")]
    grants: Annotated[
        list[ReachedGrant],
        note(
            "写明它的授权；只给数据提供部门",
            "Grants that name it; for the providing department alone",
        ),
    ]
