"""References: records whose values stand nowhere in the dataset they refer to are set aside.

Another dataset is read through the access gateway, as the publishing department: nobody learns by a
reference what they may not see. It is asked once for each load, with one anti join for each
reference. A reference into the dataset itself is asked of what the table will hold: the rows of
the batch, without those set aside, and the table's own rows that stay.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace

from xihu_catalog.contracts.errors import BadContract
from xihu_catalog.contracts.model import Contract, Reference, policy_of
from xihu_catalog.contracts.references import check_targets
from xihu_catalog.quality.quarantine import RULES
from xihu_catalog.standards.registry import organisation_name
from xihu_pipelines.ingest import vault
from xihu_pipelines.ingest.existing import existing_sql
from xihu_pipelines.ingest.parts import set_records_aside
from xihu_pipelines.ingest.publisher import publisher_of
from xihu_pipelines.ingest.work import Work
from xihu_pipelines.runner.outline import contract_folders, find_contract
from xihu_platform.access.derive import Keys, open_keys
from xihu_platform.access.gateway import AccessGateway
from xihu_platform.access.policy import Policy, Purpose
from xihu_platform.access.start import open_gateway
from xihu_platform.errors import BadInput, NotFound, Reason, Refused
from xihu_platform.lake.engine import identifier, text_literal
from xihu_platform.lake.tables import RECORD
from xihu_platform.start import Node
from xihu_platform.vault.generation import RotationUnderWay
from xihu_platform.words import Text

DEPTH_LIMIT = 200
"""Records in a row, each referring to the one before it: every round reads the batch once."""
_GRANTABLE = {"grant_needed", "not_granted", "above_shared"}
"""Reasons of a refusal that the provider's consent would lift."""


def check_references(node: Node, contract: Contract) -> None:
    """Raises BadContract for references that do not fit the contracts they name."""
    folders = contract_folders(node.settings)
    file = f"{contract.dataset}.odcs.yaml"
    found = check_targets(contract, lambda dataset: find_contract(folders, dataset), file)
    if found:
        raise BadContract(found)


def set_missing_aside(node: Node, work: Work) -> None:
    """Take out the records that refer to nothing; of severity `note` they are only counted.

    Raises Refused for a dataset the department may not see, NotFound for one without data,
    RotationUnderWay for one whose pseudonyms would not be found.
    """
    references = work.contract.references
    if not references or not work.parts:
        return
    work.connection.execute(
        f"CREATE OR REPLACE TEMP TABLE unfound ({RECORD} BIGINT, rule VARCHAR, stops BOOLEAN)"
    )
    own = [r for r in references if r.dataset == work.contract.dataset]
    for reference, keys in _opened(node, work, [r for r in references if r not in own]):
        _note_missing(work, reference, keys.sql, keys.parameters)
    _note_missing_here(work, own)
    counted = work.connection.execute("SELECT rule, count(*) FROM unfound GROUP BY rule").fetchall()
    work.counts.update({str(rule): int(str(count)) for rule, count in counted})
    _set_aside(work)


def _opened(node: Node, work: Work, references: list[Reference]) -> list[tuple[Reference, Keys]]:
    """The values each reference may find; every dataset is decided on and logged once."""
    if not references:
        return []
    fields: dict[str, dict[str, None]] = {}
    for reference in references:
        fields.setdefault(reference.dataset, {}).update(dict.fromkeys(reference.to))
    gateway = open_gateway(node, _policies(node, fields))
    try:
        keys = {name: _keys(gateway, work.contract, name, tuple(to)) for name, to in fields.items()}
    finally:
        gateway.close()
    for name, each in keys.items():
        if each.generation not in {None, work.making.generation}:
            here = work.making.generation
            raise RotationUnderWay({name: each.generation or 1, work.contract.dataset: here})
    work.references.update({name: each.snapshot_id for name, each in keys.items()})
    return [(reference, _chosen(keys[reference.dataset], reference)) for reference in references]


def _chosen(keys: Keys, reference: Reference) -> Keys:
    columns = ", ".join(map(identifier, reference.to))
    return replace(keys, sql=f"SELECT {columns} FROM ({keys.sql})")


def _policies(node: Node, datasets: Iterable[str]) -> Callable[[str], Policy]:
    folders = contract_folders(node.settings)
    found = {name: find_contract(folders, name) for name in datasets}
    return {name: policy_of(one) for name, one in found.items() if one}.__getitem__


def _keys(
    gateway: AccessGateway, contract: Contract, dataset: str, fields: tuple[str, ...]
) -> Keys:
    task = f"reference:{contract.dataset}"
    principal = publisher_of(contract, task, Text("核对引用", "Checking references"))
    purpose = Purpose("internal", words=contract.title.zh)
    try:
        return open_keys(gateway, principal, dataset, fields, purpose=purpose)
    except Refused as refused:
        raise Refused(_not_seen(contract, dataset, fields, refused.reason)) from None
    except NotFound as missing:
        raise NotFound(
            f"未装载 {contract.dataset}：它引用 {dataset}，而{missing.text.zh}。"
            f"请先装载 {dataset}，再装载 {contract.dataset}。",
            f"{contract.dataset} was not loaded: it refers to {dataset}, and "
            f"{missing.text.en}. Load {dataset} first, then {contract.dataset}.",
        ) from None


def _not_seen(contract: Contract, dataset: str, fields: tuple[str, ...], reason: Reason) -> Reason:
    """The same refusal, saying what was not loaded and which grant would let it be."""
    remedy = reason.remedy
    if reason.code in _GRANTABLE:
        who = organisation_name(contract.provider)
        remedy = Text(
            f"{remedy.zh}所需授权：{dataset} 的字段 {'、'.join(fields)}，授予{who.zh}。",
            f"{remedy.en} The grant it takes: field {', '.join(fields)} of {dataset}, to {who.en}.",
        )
    text = Text(
        f"未装载 {contract.dataset}：它引用 {dataset}，而发布部门看不到其值。{reason.text.zh}",
        f"{contract.dataset} was not loaded: it refers to {dataset}, which its department may "
        f"not see. {reason.text.en}",
    )
    return replace(reason, text=text, remedy=remedy)


def _note_missing(
    work: Work, reference: Reference, known: str, parameters: tuple[object, ...] = ()
) -> None:
    """Records whose values, all of them given, stand in no row of `known`."""
    rule = text_literal(reference.rule.id)
    stops = "false" if reference.rule.severity == "note" else "true"
    pairs = [
        (f"fresh.{identifier(name)}", f"known.{identifier(to)}")
        for name, to in zip(reference.fields, reference.to, strict=True)
    ]
    same = " AND ".join(f"{here} = {there}" for here, there in pairs)
    given = " AND ".join(f"{here} IS NOT NULL" for here, _ in pairs)
    work.connection.execute(
        f"INSERT INTO unfound SELECT {RECORD}, {rule}, {stops} FROM {work.written} AS fresh "
        f"ANTI JOIN ({known}) AS known ON {same} WHERE {given} "
        f"AND {RECORD} NOT IN (SELECT {RECORD} FROM unfound WHERE rule = {rule})",
        list(parameters),
    )


def _note_missing_here(work: Work, references: list[Reference]) -> None:
    """A record set aside takes those that refer to it along: once more, until none follows."""
    for _ in range(DEPTH_LIMIT):
        before = _gone(work)
        for reference in references:
            _note_missing(work, reference, _here(work, reference))
        if _gone(work) == before:
            return
    raise BadInput(
        f"未装载 {work.contract.dataset}：一条记录引用另一条，连续超过 {DEPTH_LIMIT} 条，"
        "而最后一条引用的值不存在；请先补上缺少的记录",
        f"{work.contract.dataset} was not loaded: more than {DEPTH_LIMIT} records refer to each "
        "other in a row, and the last of them to nothing: add the record that is missing",
    )


def _gone(work: Work) -> int:
    found = work.connection.execute("SELECT count(*) FROM unfound WHERE stops").fetchall()
    return int(found[0][0])


def _here(work: Work, reference: Reference) -> str:
    """The values that the dataset itself will hold once the batch is committed."""
    batch = (
        f"(SELECT * FROM {work.written} "
        f"ANTI JOIN (SELECT {RECORD} FROM unfound WHERE stops) AS gone USING ({RECORD}))"
    )
    columns = ", ".join(map(identifier, reference.to))
    known = f"SELECT {columns} FROM {batch}"
    before = work.before
    if work.contract.loading.mode == "replace" or before is None or not before.files:
        return known
    if not {*reference.to} <= {column.name for column in before.columns}:
        return known  # the table has had no such field until now
    standing = f"SELECT {columns} FROM {existing_sql(before)} AS before {_unless(work, batch)}"
    return f"{known} UNION ALL {standing}"


def _unless(work: Work, batch: str) -> str:
    """Rows of the table that the batch replaces are not there any more (see `merge`)."""
    loading = work.contract.loading
    if loading.mode == "partition":
        field = identifier(loading.partition_field or "")
        return f"ANTI JOIN (SELECT {field} FROM {batch}) AS new USING ({field})"
    if loading.mode != "upsert":
        return ""
    keys = ", ".join(map(identifier, work.contract.key))
    touched = f"SELECT {keys} FROM {batch}"
    if work.checks.delete_sql is not None:
        touched += f" UNION ALL SELECT {keys} FROM deletes"
    return f"ANTI JOIN ({touched}) AS new USING ({keys})"


def _set_aside(work: Work) -> None:
    """With every reason a record has; whom only such a record named is not kept in the vault."""
    work.connection.execute(
        f"CREATE OR REPLACE TEMP TABLE unreferred AS SELECT {RECORD}, "
        f"to_json(list(rule ORDER BY rule))::VARCHAR AS {RULES} FROM unfound "
        "GROUP BY 1 HAVING bool_or(stops)"
    )
    if not _gone(work):
        return
    set_records_aside(work, "unreferred")
    vault.keep_only(work.connection, work.contract, work.written)
