"""What `xihu doctor` looks at in the data folder: database, keys, lake, datasets, log.

Nothing is made or changed: a database or key that is not there is said, not created.
"""

from pathlib import Path

from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine as Database
from sqlalchemy import inspect

from xihu_catalog.contracts.headers import ContractRow
from xihu_catalog.contracts.store import ContractStore
from xihu_catalog.datasets.service import Catalogue, Entry
from xihu_catalog.registry.folder import registry_folder
from xihu_catalog.schema import alembic_config
from xihu_node.cli.findings import OTHERS, DoctorLine
from xihu_pipelines.demo.folder import REGISTRY
from xihu_platform.access.probe import one_row
from xihu_platform.audit.heads import HEADS, Signer
from xihu_platform.audit.newest import check_newest
from xihu_platform.clock import system_clock
from xihu_platform.database import open_database
from xihu_platform.engines.duckdb.engine import DuckDBEngine
from xihu_platform.lake.tables import Lake
from xihu_platform.settings import Settings
from xihu_platform.vault.keys import open_keyring
from xihu_platform.words import Text

NAMED = 8  # datasets that a line names


def database(settings: Settings) -> DoctorLine:
    """The version of its schema beside this program's."""
    opened = open_known(settings)
    if opened is None:
        return DoctorLine(
            "fault",
            Text("没有应用数据库", "there is no application database"),
            Text(
                "新安装请先运行 xihu load（演示省），或用 xihu publish 发布第一个数据集",
                "in a new installation run xihu load first (the demo), or xihu publish for a first "
                "dataset of your own",
            ),
        )
    with opened.connect() as connection:
        found = MigrationContext.configure(connection).get_current_revision()
    script = ScriptDirectory.from_config(alembic_config())
    head = script.get_current_head()
    if found == head:
        return DoctorLine("ok", Text(f"结构版本 {found}", f"schema version {found}"))
    if found is None or found in {step.revision for step in script.walk_revisions()}:
        return DoctorLine(
            "warning",
            Text(
                f"结构版本 {found or '无'}，本程序用 {head}",
                f"schema version {found or 'none'}; this program uses {head}",
            ),
            Text(
                "下次 xihu run 会升级；升级前请先备份",
                "the next xihu run upgrades it; back up before",
            ),
        )
    return DoctorLine(
        "fault",
        Text(
            f"结构版本 {found} 比本程序（{head}）新",
            f"schema version {found} is newer than this program's ({head})",
        ),
        Text(
            "请安装写入它的那个版本或更新的版本",
            "install the version that wrote it, or a later one",
        ),
    )


def open_known(settings: Settings) -> Database | None:
    """None where SQLite would make a new file."""
    path = settings.database_url.removeprefix("sqlite:///")
    if path != settings.database_url and not Path(path).is_file():
        return None
    return open_database(settings.database_url)


def keys(settings: Settings) -> DoctorLine:
    """The master key is there, readable, and nobody else's."""
    if not _has_keys(settings):
        return DoctorLine(
            "fault",
            Text("没有主密钥", "there is no master key"),
            Text(
                "请从备份恢复 keys 目录，或设置 XIHU_MASTER_KEY；没有它，脱敏编号和密文都无法读取",
                "restore the folder keys from the backup, or set XIHU_MASTER_KEY: without it no "
                "pseudonym and nothing sealed can be read",
            ),
        )
    keyring = open_keyring(settings)
    path = settings.data_dir / "keys" / "master.key"
    if path.is_file() and path.stat().st_mode & OTHERS:
        return DoctorLine(
            "fault",
            Text("主密钥文件对其他用户开放", "the file of the master key is open to other users"),
            Text(f"chmod 600 {path.resolve()}", f"chmod 600 {path.resolve()}"),
        )
    return DoctorLine(
        "ok",
        Text(
            f"可读，脱敏编号方案 {keyring.digest}",
            f"readable; pseudonyms are made with {keyring.digest}",
        ),
    )


def _has_keys(settings: Settings) -> bool:
    """None are made by a check."""
    folder = settings.data_dir / "keys"
    given = settings.master_key is not None or (folder / "master.key").is_file()
    return given and (folder / "pseudonyms").is_file()


def lake(settings: Settings) -> DoctorLine:
    """It opens, and one row of one table can be read."""
    opened = open_lake(settings)
    if opened is None:
        return _no_lake()
    names = opened.names("data")
    for name in names[:1]:
        engine = open_engine(settings, opened)
        snapshot = opened.snapshot(name)
        if snapshot.files:
            engine.fetch(one_row(engine.relation(snapshot)))
    return DoctorLine("ok", Text(f"可读，{len(names)} 张表", f"readable, {len(names)} tables"))


def open_lake(settings: Settings) -> Lake | None:
    folder = settings.data_dir / "lake"
    return Lake(folder) if (folder / "catalogue.db").is_file() else None


def open_engine(settings: Settings, lake: Lake) -> DuckDBEngine:
    return DuckDBEngine(
        lake.folder, memory_limit="128MB", threads=1, connections=1, temp=settings.data_dir / "tmp"
    )


def _no_lake() -> DoctorLine:
    return DoctorLine(
        "fault",
        Text("数据湖还没有建立", "there is no lake yet"),
        Text("请运行 xihu load", "run xihu load"),
    )


def datasets(settings: Settings) -> DoctorLine:
    """Which have no data, and which are late."""
    opened = open_lake(settings)
    if opened is None:
        return DoctorLine("left out", Text("未检查：没有数据湖", "not checked: there is no lake"))
    database = open_known(settings)
    if database is None or not inspect(database).has_table(ContractRow.__tablename__):
        return DoctorLine(
            "left out", Text("未检查：没有契约库", "not checked: there is no contract store")
        )
    contracts = ContractStore(database)
    if unreadable := contracts.unreadable():
        named = ", ".join(unreadable[:NAMED])
        return DoctorLine(
            "fault",
            Text(
                f"本版程序读不了的契约：{named}",
                f"contracts that this version cannot read: {named}",
            ),
            Text(
                "请提供部门用 xihu publish 重新发布",
                "have the providing department publish them again (xihu publish)",
            ),
        )
    entries = Catalogue(contracts, opened, system_clock).entries()
    if not entries:
        return DoctorLine(
            "fault",
            Text("目录中没有数据集", "the catalogue has no dataset"),
            Text("请运行 xihu load", "run xihu load"),
        )
    broken = [e for e in entries if e.heartbeat.state == "broken"]
    if gone := [e for e in broken if e.heartbeat.snapshot_id is not None]:
        return DoctorLine(
            "fault",
            Text(f"数据文件缺失：{_named(gone)}", f"files are missing: {_named(gone)}"),
            Text("请从备份恢复数据湖", "restore the lake from the backup"),
        )
    if broken:
        return _not_loaded(broken, len(entries))
    late = _named([e for e in entries if e.heartbeat.state == "late"])
    rows = sum(entry.heartbeat.rows for entry in entries)
    said = Text(f"{len(entries)} 个，{rows:,} 行", f"{len(entries)}, {rows:,} rows")
    if late:
        return DoctorLine(
            "warning",
            Text(f"{said.zh}；逾期：{late}", f"{said.en}; late: {late}"),
            Text(
                "请向提供部门催要，或查看最近一次装载的报告",
                "remind the providing departments, or look at the report of the last load",
            ),
        )
    return DoctorLine("ok", said)


def _not_loaded(empty: list[Entry], total: int) -> DoctorLine:
    """A registry describes datasets before anybody hands them in: that is no fault."""
    names = _named(empty)
    if registry_folder() == REGISTRY:
        remedy = Text(
            "试用演示省请运行 xihu load；否则请用 XIHU_REGISTRY_DIR 指定自己的登记库",
            "to try the demo province run xihu load; else name your own registry with "
            "XIHU_REGISTRY_DIR",
        )
    else:
        remedy = Text(
            "请提供部门报送文件，再运行 xihu ingest",
            "have the departments hand in their files, then run xihu ingest",
        )
    said = Text(
        f"{total} 个中有 {len(empty)} 个还没有数据：{names}",
        f"{len(empty)} of {total} have no data yet: {names}",
    )
    return DoctorLine("warning", said, remedy)


def _named(entries: list[Entry]) -> str:
    names = [e.contract.dataset for e in entries]
    more = f" … +{len(names) - NAMED}" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more


def log(settings: Settings) -> DoctorLine:
    """Its end agrees with its newest head."""
    opened = open_known(settings)
    if opened is None or not _has_keys(settings):
        return DoctorLine(
            "left out",
            Text("未检查：没有数据库或密钥", "not checked: there is no database, or no key"),
        )
    heads = settings.heads_folder / HEADS
    size, fault = check_newest(opened, heads, Signer(open_keyring(settings)).public_key)
    if fault is not None:
        return DoctorLine(
            "fault",
            fault,
            Text(
                "请保全现场，用另存的签名头运行 xihu audit verify，并通知审计管理员",
                "change nothing, run xihu audit verify with a head that was saved elsewhere, and "
                "tell the audit administrator",
            ),
        )
    return DoctorLine(
        "ok",
        Text(
            f"{size:,} 条，末尾与最新的签名头一致（全部核对用 xihu audit verify --head 文件）",
            f"{size:,} entries, the end agrees with the newest head (xihu audit verify --head FILE "
            "checks all)",
        ),
    )
