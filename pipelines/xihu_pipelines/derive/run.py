"""Make a derived dataset: its query through the access gateway, its rows through ingestion.

The batch is named by the contract and by the snapshots that were read: while they are the same,
making it again changes nothing and reads nothing.
"""

import json
import secrets
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

import pyarrow as pa

from xihu_catalog.contracts.known import known_to_department, policies_of
from xihu_catalog.contracts.model import Contract
from xihu_catalog.contracts.store import ContractStore
from xihu_catalog.lineage.columns import tables_of
from xihu_catalog.lineage.inherit import Declassified, check_inherited
from xihu_pipelines.ingest.context import Batch, Progress, Stage
from xihu_pipelines.ingest.load import load_batch
from xihu_pipelines.ingest.publisher import publisher_of
from xihu_pipelines.ingest.record import Outcome, find_loaded, record
from xihu_platform.access.derive import Derivation, open_derivation
from xihu_platform.access.gateway import AccessGateway
from xihu_platform.access.policy import Purpose
from xihu_platform.access.start import open_gateway
from xihu_platform.audit.entries import Declassification
from xihu_platform.engines.errors import EngineFault, OutOfMemory
from xihu_platform.errors import BadInput, NotFound
from xihu_platform.lake.summary import INPUTS, LOAD_ID
from xihu_platform.start import Node
from xihu_platform.words import Text

_TITLE = Text("派生数据集", "Derived dataset")


def derive(
    node: Node,
    contract: Contract,
    known: Mapping[str, Contract],
    *,
    progress: Progress | None = None,
    stage: Stage = lambda _name: None,
) -> Outcome:
    """Raises BadInput or NotInherited for a contract that may not run, Refused for an input that
    the department may not see, NotFound for one that is not there.
    """
    query = query_of(contract)
    seen = known_to_department(ContractStore(node.database), contract.provider)
    inputs = _inputs(contract, {n: one for n, one in known.items() if not seen.hides(n)}, query)
    lowered = check_inherited(contract, inputs, query)
    digest = digest_of(node, contract, inputs)
    if (loaded := find_loaded(node, contract, digest)) is not None:
        return record(node, loaded, fresh=False)
    gateway = open_gateway(node, policies_of(node.database, inputs.values()))
    path = node.settings.data_dir / "tmp" / f"{contract.dataset}-{secrets.token_hex(4)}.arrow"
    try:
        task = f"derive:{contract.dataset}"
        purpose = Purpose("internal", words=contract.title.zh)
        principal = publisher_of(contract, task, _TITLE)
        made = open_derivation(gateway, principal, query, purpose=purpose, where=contract.dataset)
        for one in lowered:
            _log(gateway, contract, one)
        _write(made, path)
        notes = ((INPUTS, json.dumps(made.inputs, sort_keys=True)),)
        name = f"{contract.dataset}.sql"
        batch = Batch(path, name, digest, contract.source, notes, made.key_version)
        return load_batch(node, contract, batch, progress=progress, stage=stage)
    finally:
        gateway.close()
        path.unlink(missing_ok=True)


def query_of(contract: Contract) -> str:
    """Raises BadInput for a contract whose data is handed in."""
    if contract.source.query is None:
        raise BadInput(
            f"{contract.dataset} 不是派生数据集，请提交文件",
            f"{contract.dataset} is not derived: hand its file in",
        )
    return contract.source.query


def digest_of(node: Node, contract: Contract, inputs: Mapping[str, Contract]) -> str:
    """Of what the dataset is made of: the contract and the newest snapshot of each input."""
    parts = [contract.digest]
    for name in sorted(inputs):
        snapshot = node.lake.find_snapshot(inputs[name].table)
        load = snapshot.summary.get(LOAD_ID) if snapshot else None
        parts.append(f"{name}={load or (snapshot.id if snapshot else 0)}")
    return sha256("\n".join(parts).encode()).hexdigest()


def _inputs(contract: Contract, known: Mapping[str, Contract], query: str) -> dict[str, Contract]:
    names = tables_of(query)
    missing = [name for name in names if name not in known]
    if missing or contract.dataset in names:
        raise NotFound(
            f"{contract.dataset} 的查询引用了不存在的数据集或它自己："
            f"{'、'.join(missing) or contract.dataset}",
            f"the query of {contract.dataset} names a dataset that is not there, or itself: "
            f"{', '.join(missing) or contract.dataset}",
        )
    return {name: known[name] for name in names}


def _log(gateway: AccessGateway, contract: Contract, one: Declassified) -> None:
    lowered = Declassification(
        dataset=contract.dataset,
        provider=contract.provider,
        field=one.what,
        before=one.before,
        after=one.after,
        why=one.why.zh,
        contract=contract.digest,
    )
    gateway.log.record(lowered.entry())


def _write(made: Derivation, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        first = next(made.batches)
        with pa.OSFile(str(path), "wb") as file, pa.ipc.new_file(file, first.schema) as writer:
            for batch in made.batches:
                writer.write_batch(batch)
    except (EngineFault, OutOfMemory) as failed:
        kind = failed.kind if isinstance(failed, EngineFault) else type(failed).__name__
        raise BadInput(
            f"查询执行失败（{kind}），请检查类型转换、除数与数据量",
            f"the query fails as it runs ({kind}): check casts, divisors and the amount of data",
        ) from None
