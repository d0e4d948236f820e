"""Foreign keys: records whose values are missing in the referenced dataset are quarantined.

Another dataset is read through the access gateway, as the publishing department: nobody learns by a
reference what they may not see. It is asked once for each load, with one anti join for each
reference. A reference into the dataset itself is asked of what the table will hold: the rows of
the batch, without those quarantined, and the table's own rows that stay.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace

from xihu_catalog.contracts.errors import BadContract
from xihu_catalog.contracts.known import known_to_department, policies_of
from xihu_catalog.contracts.model import Contract, Reference
from xihu_catalog.contracts.references import check_targets
from xihu_catalog.contracts.store import ContractStore
from xihu_catalog.quality.quarantine import RULES
from xihu_catalog.registry.people import organisation_name
from xihu_pipelines.ingest import vault
from xihu_pipelines.ingest.context import LoadContext, add_counts
from xihu_pipelines.ingest.existing import existing_sql
from xihu_pipelines.ingest.parts import quarantine_records
from xihu_pipelines.ingest.publisher import publisher_of
from xihu_platform.access.derive import Keys, open_keys
from xihu_platform.access.gateway import AccessGateway
from xihu_platform.access.policy import Policy, Purpose
from xihu_platform.access.start import open_gateway
from xihu_platform.errors import BadInput, NotFound, Reason, Refused
from xihu_platform.lake.snapshot import RECORD
from xihu_platform.sql import Statement, identifier, text_literal
from xihu_platform.start import Node
from xihu_platform.vault.key_version import RotationUnderWay
from xihu_platform.words import Text

DEPTH_LIMIT = 200
"""Records in a row, each referring to the one before it: every round reads the batch once."""
_GRANTABLE = {"grant_needed", "registration_needed", "not_granted", "above_shared"}
"""Reasons of a refusal that the provider's consent would lift."""


def check_references(context: LoadContext) -> LoadContext:
    """Raises BadContract for references that do not fit the contracts they name."""
    if not context.contract.references:
        return context
    file = f"{context.contract.dataset}.odcs.yaml"
    store = ContractStore(context.node.database)
    known = known_to_department(store, context.contract.provider)
    found = check_targets(context.contract, known.find, file)
    if found:
        raise BadContract(found)
    return context


def quarantine_missing_references(context: LoadContext) -> LoadContext:
    """Take out the records that refer to nothing; of severity `note` they are only counted.

    Raises Refused for a dataset the department may not see, NotFound for one without data,
    RotationUnderWay for one whose pseudonyms would not be found.
    """
    references = context.contract.references
    if not references or not context.parts:
        return context
    context.connection.execute(
        f"CREATE OR REPLACE TEMP TABLE unfound ({RECORD} BIGINT, rule VARCHAR, stops BOOLEAN)"
    )
    own = [r for r in references if r.dataset == context.contract.dataset]
    others = [r for r in references if r not in own]
    keys = _open_keys(context, others)
    for reference in others:
        _note_missing(context, reference, _select(keys[reference.dataset], reference))
    _note_missing_here(context, own)
    counted = context.connection.execute(
        "SELECT rule, count(*) FROM unfound GROUP BY rule"
    ).fetchall()
    counts = {str(rule): int(str(count)) for rule, count in counted}
    context = replace(
        context,
        counts=add_counts(context.counts, counts),
        references={name: each.snapshot_id for name, each in keys.items()},
    )
    return _quarantine_unreferred(context)


def _open_keys(context: LoadContext, references: list[Reference]) -> dict[str, Keys]:
    """The values to be found in each other dataset, which is decided on and logged once."""
    if not references:
        return {}
    fields: dict[str, dict[str, None]] = {}
    for reference in references:
        fields.setdefault(reference.dataset, {}).update(dict.fromkeys(reference.to))
    gateway = open_gateway(context.node, _policies(context.node, fields))
    try:
        keys = {
            name: _keys(gateway, context.contract, name, tuple(to)) for name, to in fields.items()
        }
    finally:
        gateway.close()
    for name, each in keys.items():
        if each.key_version not in {None, context.scheme.key_version}:
            here = context.scheme.key_version
            raise RotationUnderWay({name: each.key_version or 1, context.contract.dataset: here})
    return keys


def _select(keys: Keys, reference: Reference) -> Statement:
    """The columns that one reference names."""
    columns = ", ".join(map(identifier, reference.to))
    return replace(keys.statement, sql=f"SELECT {columns} FROM ({keys.statement.sql})")


def _policies(node: Node, datasets: Iterable[str]) -> Callable[[str], Policy]:
    contracts = ContractStore(node.database)
    found = [contracts.find(name) for name in datasets]
    return policies_of(node.database, [one for one in found if one is not None])


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


def _note_missing(context: LoadContext, reference: Reference, known: Statement) -> None:
    """Records whose values, all of them given, stand in no row of `known`."""
    rule = text_literal(reference.rule.id)
    stops = "false" if reference.rule.severity == "note" else "true"
    pairs = [
        (f"fresh.{identifier(name)}", f"known.{identifier(to)}")
        for name, to in zip(reference.fields, reference.to, strict=True)
    ]
    same = " AND ".join(f"{here} = {there}" for here, there in pairs)
    given = " AND ".join(f"{here} IS NOT NULL" for here, _ in pairs)
    context.connection.execute(
        f"INSERT INTO unfound SELECT {RECORD}, {rule}, {stops} FROM {context.written} AS fresh "
        f"ANTI JOIN ({known.sql}) AS known ON {same} WHERE {given} "
        f"AND {RECORD} NOT IN (SELECT {RECORD} FROM unfound WHERE rule = {rule})",
        list(known.parameters),
    )


def _note_missing_here(context: LoadContext, references: list[Reference]) -> None:
    """A record quarantined takes those that refer to it along: once more, until none follows."""
    for _ in range(DEPTH_LIMIT):
        before = _gone(context)
        for reference in references:
            _note_missing(context, reference, Statement(_here(context, reference)))
        if _gone(context) == before:
            return
    raise BadInput(
        f"未装载 {context.contract.dataset}：一条记录引用另一条，连续超过 {DEPTH_LIMIT} 条，"
        "而最后一条引用的值不存在；请先补上缺少的记录",
        f"{context.contract.dataset} was not loaded: more than {DEPTH_LIMIT} records refer to each "
        "other in a row, and the last of them to nothing: add the record that is missing",
    )


def _gone(context: LoadContext) -> int:
    found = context.connection.execute("SELECT count(*) FROM unfound WHERE stops").fetchall()
    return int(found[0][0])


def _here(context: LoadContext, reference: Reference) -> str:
    """The values that the dataset itself will hold once the batch is committed."""
    batch = (
        f"(SELECT * FROM {context.written} "
        f"ANTI JOIN (SELECT {RECORD} FROM unfound WHERE stops) AS gone USING ({RECORD}))"
    )
    columns = ", ".join(map(identifier, reference.to))
    known = f"SELECT {columns} FROM {batch}"
    before = context.before
    if context.contract.loading.mode == "replace" or before is None or not before.files:
        return known
    if not {*reference.to} <= {column.name for column in before.columns}:
        return known  # the table has had no such field until now
    standing = f"SELECT {columns} FROM {existing_sql(before)} AS before {_unless(context, batch)}"
    return f"{known} UNION ALL {standing}"


def _unless(context: LoadContext, batch: str) -> str:
    """Rows of the table that the batch replaces are not there any more (see `merge`)."""
    loading = context.contract.loading
    if loading.mode == "partition":
        field = identifier(loading.partition_field or "")
        return f"ANTI JOIN (SELECT {field} FROM {batch}) AS new USING ({field})"
    if loading.mode != "upsert":
        return ""
    keys = ", ".join(map(identifier, context.contract.key))
    touched = f"SELECT {keys} FROM {batch}"
    if context.checks.delete_sql is not None:
        touched += f" UNION ALL SELECT {keys} FROM deletes"
    return f"ANTI JOIN ({touched}) AS new USING ({keys})"


def _quarantine_unreferred(context: LoadContext) -> LoadContext:
    """With every reason a record has; whom only such a record named is not kept in the vault."""
    context.connection.execute(
        f"CREATE OR REPLACE TEMP TABLE unreferred AS SELECT {RECORD}, "
        f"to_json(list(rule ORDER BY rule))::VARCHAR AS {RULES} FROM unfound "
        "GROUP BY 1 HAVING bool_or(stops)"
    )
    if not _gone(context):
        return context
    context = quarantine_records(context, "unreferred")
    vault.keep_only(context.connection, context.contract, context.written)
    return context
