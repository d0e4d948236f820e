"""Loads that no kept snapshot tells of, because a rule stopped them or the snapshot has expired:
the database does."""

from collections.abc import Callable

from sqlalchemy import Engine, select

from xihu_catalog.contracts.model import Contract
from xihu_catalog.datasets.service import Catalogue, LoadSummary
from xihu_catalog.quality.models import Load
from xihu_platform.database import transaction
from xihu_platform.errors import NotFound
from xihu_platform.rough import count_words
from xihu_platform.words import Text


def blocked_loads(database: Engine, contract: Contract, limit: int = 60) -> list[LoadSummary]:
    """Of one dataset, newest first."""
    wanted = (
        select(Load)
        .where(Load.dataset == contract.dataset, Load.snapshot_id.is_(None))
        .order_by(Load.finished_at.desc())
        .limit(limit)
    )
    with transaction(database) as session:
        return [_summary(row) for row in session.scalars(wanted)]


def find_load(catalogue: Catalogue, database: Engine, load_id: str) -> tuple[Contract, LoadSummary]:
    """A load that was committed, or one that was stopped. Raises NotFound."""
    with transaction(database) as session:
        row = session.get(Load, load_id)
    if row is None:
        raise NotFound(f"没有编号为 {load_id[:40]} 的装载记录", f"there is no load {load_id[:40]}")
    contract = catalogue.contracts.get(row.dataset)
    kept = catalogue.find_load(contract, load_id) if row.snapshot_id is not None else None
    return contract, kept or _summary(row)


def recorded_load(database: Engine, load_id: str) -> LoadSummary | None:
    """What the database knows of a load."""
    with transaction(database) as session:
        row = session.get(Load, load_id)
        return None if row is None else _summary(row)


def why_stopped(
    contract: Contract,
    counts: dict[str, int],
    *,
    correcting: bool,
    shown: Callable[[str, int], int] = lambda _rule, count: count,
) -> Text:
    """Why a load was stopped, and what to do: the same words for all who read it. `shown`: the
    count of a rule's records as the reader gets it."""
    said = {rule: count_words(shown(rule, count)) for rule, count in counts.items()}
    blocking = [r for r in contract.all_rules if r.severity == "block" and counts.get(r.id)]
    if blocking:
        zh = "；".join(f"{r.title.zh}（{said[r.id].zh} 条）" for r in blocking)
        en = "; ".join(f"{r.title.en} ({said[r.id].en} records)" for r in blocking)
    else:
        worst = sorted(counts.items(), key=lambda item: -item[1])[:3]
        titled = [(contract.title_of(rule), said[rule]) for rule, _count in worst]
        zh = "；".join(f"{title.zh} {count.zh} 条" for title, count in titled)
        en = "; ".join(f"{title.en}: {count.en}" for title, count in titled)
        zh = f"没有一条记录可以入库（{zh or '文件中没有记录'}）"
        en = f"not one record can be kept ({en or 'the file holds none'})"
    if correcting:
        return Text(
            f"这份更正没有装载：{zh}。已入库的数据未变；只改这些记录，再在装载报告页提交。",
            f"These corrections were not loaded: {en}. What was loaded stays; correct only these "
            "records and submit them on the load report's page.",
        )
    return Text(
        f"未装载 {contract.dataset}：{zh}。原有数据未变，请改正文件后再交。",
        f"{contract.dataset} was not loaded: {en}. What was loaded stays; mend the file and "
        "hand it in again.",
    )


def _summary(row: Load) -> LoadSummary:
    return LoadSummary(
        load_id=row.id,
        snapshot_id=row.snapshot_id or 0,
        committed_at=row.finished_at,
        file_name=row.file_name,
        counts=row.counts,
        rule_counts=row.rule_counts,
        profile=row.profile,
        steps={},
        decoded={},
        blocked=row.snapshot_id is None,
        corrects=row.corrects,
    )
