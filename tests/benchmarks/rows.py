"""The rows that are measured: made by DuckDB, committed to a lake under contracts of their own."""

import shutil
from dataclasses import dataclass
from pathlib import Path

import duckdb

from tests.benchmarks.machine import SCRATCH
from tests.registry import REGISTRY
from xihu_catalog.contracts.load import load_contract
from xihu_catalog.contracts.model import Contract, columns_of
from xihu_pipelines.demo.province import settle
from xihu_platform.lake.snapshot import Column
from xihu_platform.lake.windows import ROW_GROUP
from xihu_platform.settings import Settings
from xihu_platform.sql import identifier, text_literal
from xihu_platform.start import Node, open_node

HERE = Path(__file__).parent
_COUNTIES = REGISTRY / "codes" / "divisions.csv"

# Chosen by hash(), not random(): the same rows on every machine and in every run.
_VISITS = """
WITH county AS (
    SELECT row_number() OVER (ORDER BY code) - 1 AS n, code, name_zh
    FROM read_csv($counties, types = {'code': 'VARCHAR'}) WHERE level = 'county'
), number AS (
    SELECT i, hash(i) AS h, hash(i, 1) AS h1, hash(i, 2) AS h2 FROM range($rows) AS t(i)
)
SELECT i + 1 AS _record,
    CAST(h % 1000000000 AS BIGINT) AS visit_no,
    's1_' || md5(CAST(h1 % 2000000 AS VARCHAR)) AS citizen_id,
    substr('王李张刘陈杨赵黄周吴徐孙', CAST(h1 % 12 AS INTEGER) + 1, 1)
        || substr('若明雅立晓正静志文海建春', CAST(h2 % 12 AS INTEGER) + 1, 1)
        || CASE WHEN h % 3 = 0 THEN ''
            ELSE substr('溪远琴群岚宏宜行', CAST(h % 8 AS INTEGER) + 1, 1) END AS person_name,
    '13' || lpad(CAST(h2 % 1000000000 AS VARCHAR), 9, '0') AS mobile,
    '示例省' || name_zh || '测量路' || CAST(h % 900 + 1 AS VARCHAR) || '号' AS address,
    code AS county_code,
    DATE '2020-01-01' + CAST(i * 2100 // $rows AS INTEGER) AS visited_on,
    ['门诊', '急诊', '住院', '体检', '复诊', '转诊', '会诊', '随访']
        [CAST(h2 % 8 AS INTEGER) + 1] AS kind,
    CAST((h % 1000000) / 100.0 AS DECIMAL(18,2)) AS amount_cny,
    CAST(h1 % 1000 AS INTEGER) AS score,
    'note ' || CAST(h2 % 5000000 AS VARCHAR) AS note
FROM number JOIN county ON n = CAST(h % 90 AS BIGINT)
ORDER BY i
"""
_OUTPUT = """
WITH county AS (
    SELECT row_number() OVER (ORDER BY code) - 1 AS n, code
    FROM read_csv($counties, types = {'code': 'VARCHAR'}) WHERE level = 'county'
), number AS (SELECT i, hash(i) AS h, hash(i, 1) AS h1 FROM range($rows) AS t(i))
SELECT i + 1 AS _record,
    DATE '2024-01-01' + CAST(i * 730 // $rows AS INTEGER) AS day,
    code AS county_code,
    CAST(13 + h1 % 31 AS VARCHAR) AS industry_code,
    CAST((h1 % 100000000) / 100.0 AS DECIMAL(18,2)) AS output_cny,
    CAST(h % 5000 AS INTEGER) AS employees
FROM number JOIN county ON n = CAST(h % 90 AS BIGINT)
ORDER BY i
"""
_ROWS = {"bench_visits": _VISITS, "bench_output": _OUTPUT}


@dataclass(frozen=True, slots=True)
class Made:
    """One dataset ready to be served, and its rows as a file for the peer."""

    data: Path
    parquet: Path
    contract: Contract
    rows: int


def make(dataset: str, rows: int) -> Made:
    """An installation that holds one dataset; its lake is used again, its log begins anew."""
    data = SCRATCH / f"{dataset}-{rows}"
    for old in (*data.glob("xihu.db*"), data / "heads"):
        shutil.rmtree(old) if old.is_dir() else old.unlink(missing_ok=True)
    for kind in ("contracts", "metrics"):
        (data / kind).mkdir(parents=True, exist_ok=True)
        for path in (HERE / kind).glob(f"{dataset}*.yaml"):
            shutil.copyfile(path, data / kind / path.name)
    node = open_node(Settings(data_dir=data))
    settle(node)
    contract = load_contract(HERE / "contracts" / f"{dataset}.odcs.yaml")
    snapshot = node.lake.find_snapshot(contract.table)
    if snapshot is None or snapshot.rows != rows:
        _load(node, contract, rows)
    parquet = Path(node.lake.snapshot(contract.table).files[0])
    return Made(data, parquet, contract, rows)


def _load(node: Node, contract: Contract, rows: int) -> None:
    """Past ingestion: what is measured is the access gateway, so no file is checked here."""
    columns = node.lake.ensure(contract.table, columns_of(contract))
    path = node.lake.data_folder(contract.table) / f"{rows}.parquet"
    connection = duckdb.connect(config={"memory_limit": "3GB", "threads": 2})
    counties = text_literal(str(_COUNTIES))
    sql = _ROWS[contract.dataset].replace("$counties", counties).replace("$rows", str(rows))
    copy = f"COPY ({sql}) TO {text_literal(str(path))} ({_options(columns)})"
    connection.execute(copy)
    connection.close()
    node.lake.replace(contract.table, [path], {"xihu.synthetic": "true"})


def _options(columns: tuple[Column, ...]) -> str:
    ids = ", ".join(f"{identifier(c.name)}: {c.id}" for c in columns)
    return f"FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {ROW_GROUP}, FIELD_IDS {{{ids}}}"
