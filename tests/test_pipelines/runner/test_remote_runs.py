"""A remote source under the runner: only what is new, its cursor committed with the load."""

import sqlite3
from pathlib import Path

from pydantic import SecretStr

from tests.contracts import document, properties
from tests.test_pipelines.sources.remote.world import FIELDS, PROVIDER
from xihu_catalog.contracts.store import ContractStore
from xihu_catalog.lineage.emit import open_emitter
from xihu_catalog.schema import upgrade
from xihu_pipelines.runner.local import run_all
from xihu_pipelines.runner.steps import RunContext
from xihu_platform.settings import RemoteSettings, Settings, SourceSettings
from xihu_platform.start import open_node

CUSTOM = properties(
    {"engine": "sqlite", "connection": "bureau", "table": "people", "cursorField": "id"}
)


def test_a_database_is_read_on_from_where_the_last_load_ended(tmp_path: Path) -> None:
    bureau = tmp_path / "bureau"
    bureau.mkdir()
    with sqlite3.connect(bureau / "people.db") as database:
        database.execute("CREATE TABLE people (id INTEGER PRIMARY KEY)")
        database.executemany("INSERT INTO people VALUES (?)", [(n,) for n in range(1, 4)])
    source = SourceSettings(url=SecretStr("sqlite:///people.db"), provider=PROVIDER, inside=True)
    settings = Settings(
        data_dir=tmp_path / "data",
        sources={"bureau": source},
        remote=RemoteSettings(sqlite_dir=bureau),
    )
    server = {"server": "intake", "type": "custom", "customProperties": CUSTOM}
    text = document("ga_remote", FIELDS, mode="append", provider=PROVIDER, server=server)
    ground = open_node(settings)
    upgrade(ground.database)
    contracts = ContractStore(ground.database)
    contracts.publish(text)
    context = RunContext(ground, open_emitter(settings), lambda _: None, contracts)

    (first,) = run_all(context, lambda _: None)
    assert first.run is not None, first
    assert first.run.counts.accepted == 3
    (again,) = run_all(context, lambda _: None)
    assert again.idle is not None
    with sqlite3.connect(bureau / "people.db") as database:
        database.execute("INSERT INTO people VALUES (9)")
    (more,) = run_all(context, lambda _: None)
    assert more.run is not None
    assert more.run.counts.received == 1
    newest = ground.lake.snapshot("data.ga_remote")
    assert (newest.rows, newest.summary["xihu.cursor"]) == (4, "9")
