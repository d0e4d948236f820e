"""What the routes of lineage answer: nodes, edges, and what a change of a field reaches."""

from typing import Annotated, Literal

from xihu_catalog.lineage.graph import NodeKind
from xihu_portals.api.schemas.base import Shape, note

NodeId = Annotated[
    str,
    note(
        "节点编号：dataset:编号、field:数据集.字段、metric:编号、service:编号、source:数据集、"
        "kind:事项种类、page:页面、exchange:编号、external:命名空间/名称，其字段另加 #字段",
        "`dataset:…`, `field:dataset.field`, `metric:…`, `service:…`, `source:dataset`, `kind:…`, "
        "`page:…`, `exchange:…`, `external:namespace/name`, a column of it with `#column`",
    ),
]
EdgeKind = Annotated[
    str,
    note(
        "怎样影响：OpenLineage 的类型，另有 REFERENCE（外键）、READ（事项读取）、"
        "ABOUT（事项涉及）、SHOW（页面展示）、SEND（批量交换）、WHOLE（整表，未上报字段血缘）",
        "How, in OpenLineage's kinds; REFERENCE is a foreign key, READ a look-up in a matter, "
        "ABOUT a kind of matter that names it, SHOW a page, SEND a batch exchange, WHOLE a "
        "dataset whose columns were not reported",
    ),
]


class LineageNode(Shape):
    """One node."""

    id: NodeId
    kind: Annotated[
        NodeKind,
        note(
            "来源文件、数据集、字段、指标、服务事项、事项种类、页面、批量交换、平台外数据集或其字段",
            "What it is; `external` and `external_field` are outside of the platform",
        ),
    ]
    title: Annotated[str, note("名称", "Its name in words")]
    dataset: Annotated[str, note("所属数据集；事项为空", "Its dataset; empty for a service")]
    organisations: Annotated[
        list[str],
        note(
            "平台外数据集由哪些单位上报；其他节点为空",
            "Departments that reported a dataset outside of the platform; empty for all else",
        ),
    ]


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


class LineageReceipt(Shape):
    """What became of a reported run."""

    namespace: Annotated[str, note("作业的命名空间", "Namespace of the job")]
    job: Annotated[str, note("作业的名称", "Name of the job")]
    run: Annotated[str, note("运行编号", "Id of the run")]
    state: Annotated[
        Literal["kept", "unchanged", "not_kept"],
        note(
            "kept：已保存；unchanged：已有这次运行或者更新的运行；not_kept：不是 COMPLETE，不保存",
            "`kept`; `unchanged`: this run or a newer one is there; `not_kept`: not COMPLETE",
        ),
    ]
    unknown: Annotated[
        list[str],
        note(
            "在平台数据集和本部门源文件中没有找到的字段，最多 100 个：请核对写法",
            "Columns that our datasets and your source files do not have, 100 at most: check how "
            "they are written",
        ),
    ] = []
