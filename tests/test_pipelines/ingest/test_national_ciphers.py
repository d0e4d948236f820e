"""A load with SM3 pseudonyms and SM4 blocks, where an installation must use them."""

from pathlib import Path

import duckdb

from tests.harness.victims import contract
from xihu_catalog.quality import quarantine
from xihu_catalog.schema import upgrade
from xihu_pipelines.ingest.existing import existing_sql
from xihu_pipelines.ingest.load import load_file
from xihu_platform.settings import Settings, VaultSettings
from xihu_platform.start import open_node


def test_the_column_holds_what_the_keyring_makes_and_blocks_open(tmp_path: Path) -> None:
    chosen = VaultSettings(pseudonyms="hmac-sm3", cipher="sm4-gcm")
    ground = open_node(Settings(data_dir=tmp_path / "data", vault=chosen))
    upgrade(ground.database)
    one = contract("replace")
    path = tmp_path / "people.csv"
    path.write_text("number,amount\nE00000001,1\nE00000002,2\nE00000003,x\n", encoding="utf-8")
    outcome = load_file(ground, one, path)
    sql = f"SELECT number FROM {existing_sql(ground.lake.snapshot(one.table))} ORDER BY _record"
    held = [row[0] for row in duckdb.connect().execute(sql).fetchall()]
    assert held == [ground.keyring.pseudonym("document", f"E0000000{n}") for n in (1, 2)]
    assert all(value.startswith("m1_") for value in held)
    (aside,) = quarantine.read(ground.lake, ground.keyring, one.dataset, outcome.load_id)
    assert aside.values["amount"] == "x"
