"""What a derived dataset inherits: grade, share class, open class and subject key of its sources.

A field is graded at least as high as anything its values come from, and a dataset is shared and
opened no wider than its inputs, unless the contract declassifies it and says why (GB/T
43697-2024, 就高从严). A declassification is logged whenever the dataset is made.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from xihu_catalog.contracts.model import Contract, Field
from xihu_catalog.lineage.columns import DIRECT, column_lineage
from xihu_platform.access.policy import GRADES, OpenClass, ShareClass
from xihu_platform.errors import Conflict, NotFound
from xihu_platform.words import Text

_SHARED: tuple[ShareClass, ...] = ("unconditional", "conditional", "refused")
_OPENED: tuple[OpenClass, ...] = ("unconditional", "restricted", "banned")


@dataclass(frozen=True, slots=True)
class Declassified:
    """One thing that a contract holds lower than what it comes from, and why."""

    what: str
    before: str
    after: str
    why: Text


class NotInherited(Conflict):
    """A derived contract claims less than what its sources are, and does not say why."""


def check_inherited(
    contract: Contract, known: Mapping[str, Contract], query: str
) -> tuple[Declassified, ...]:
    """The declassifications of a derived contract. Raises NotInherited, NotFound, BadInput."""
    columns = {name: tuple(f.name for f in c.fields) for name, c in known.items()}
    lineage = column_lineage(query, columns)
    lowered, faults = list[Declassified](), list[Text]()
    for field in contract.fields:
        if field.source_column not in lineage:
            raise NotFound(
                f"{contract.dataset}：查询没有给出列 {field.source_column}",
                f"{contract.dataset}: the query gives no column {field.source_column}",
            )
        origins = lineage[field.source_column]
        sources = [
            source
            for origin in origins
            if origin.kind in DIRECT
            and origin.table
            and (source := known[origin.table].field(origin.column))
        ]
        if any(not origin.table for origin in origins):  # it may be anything that is read
            sources = [f for one in known.values() for f in one.fields]
        _grade(field, sources, lowered, faults)
        whole = [
            source
            for origin in origins
            if origin.kind == "IDENTITY"
            and origin.table
            and (source := known[origin.table].field(origin.column))
        ]
        _subject(field, whole, faults)
    inputs = list(known.values())
    _classes(contract, inputs, lowered, faults)
    _conditions(contract, inputs, lowered, faults)
    if faults:
        raise NotInherited(
            f"派生数据集 {contract.dataset} 未继承来源的级别：" + "；".join(f.zh for f in faults),
            f"{contract.dataset} does not inherit what it comes from: "
            + "; ".join(f.en for f in faults),
        )
    return tuple(lowered)


def _grade(
    field: Field, sources: list[Field], lowered: list[Declassified], faults: list[Text]
) -> None:
    highest = max((s.grade for s in sources), key=GRADES.index, default=field.grade)
    if GRADES.index(field.grade) >= GRADES.index(highest):
        return
    if field.declassified is not None:
        lowered.append(Declassified(field.name, highest, field.grade, field.declassified))
        return
    faults.append(
        Text(
            f"{field.name} 定为 {field.grade}，来源为 {highest}；请提高级别，或写明 declassified",
            f"{field.name} is {field.grade}, its sources are {highest}: raise it, or say why in "
            "declassified",
        )
    )


def _subject(field: Field, whole: list[Field], faults: list[Text]) -> None:
    """A column that is somebody's pseudonym still says whose row it is."""
    if any(s.protect == "pseudonym" for s in whole) and field.protect != "pseudonym":
        faults.append(
            Text(
                f"{field.name} 来自脱敏编号，须 protect: pseudonym",
                f"{field.name} comes from a pseudonym: protect: pseudonym",
            )
        )
    if any(s.subject_key for s in whole) and not field.subject_key:
        faults.append(
            Text(
                f"{field.name} 来自主体标识，须 subjectKey: true",
                f"{field.name} comes from a subject key: subjectKey: true",
            )
        )


def _classes(
    contract: Contract, inputs: list[Contract], lowered: list[Declassified], faults: list[Text]
) -> None:
    pairs = (
        ("shareClass", contract.share_class, [c.share_class for c in inputs], _SHARED),
        ("openClass", contract.open_class, [c.open_class for c in inputs], _OPENED),
    )
    for name, own, theirs, order in pairs:
        strictest = max(theirs, key=order.index, default=own)
        if order.index(own) >= order.index(strictest):
            continue
        if contract.declassified is not None:
            lowered.append(Declassified(name, strictest, own, contract.declassified))
        else:
            faults.append(
                Text(
                    f"{name} 为 {own}，来源为 {strictest}；请收紧，或写明 declassified",
                    f"{name} is {own}, its sources are {strictest}: narrow it, or say why in "
                    "declassified",
                )
            )


def _conditions(
    contract: Contract, inputs: list[Contract], lowered: list[Declassified], faults: list[Text]
) -> None:
    """A condition of a source binds what still shows rows about the same persons or firms."""
    if not any(f.subject_key or f.firm_key for f in contract.fields):
        return
    wanted = frozenset().union(*(c.share_rules for c in inputs)) - contract.share_rules
    for rule in sorted(wanted):
        if contract.declassified is not None:
            lowered.append(Declassified("shareRules", rule, "", contract.declassified))
        else:
            faults.append(
                Text(
                    f"shareRules 缺少来源的 {rule}；请补上，或写明 declassified",
                    f"shareRules lacks {rule} of a source: add it, or say why in declassified",
                )
            )
