"""P1's file: a CSV of twenty columns made by DuckDB, every seventieth record with one fault."""

from pathlib import Path

import duckdb

from tests.benchmarks.machine import SCRATCH
from tests.registry import REGISTRY
from xihu_catalog.contracts.load import load_contract
from xihu_catalog.contracts.model import Contract
from xihu_platform.sql import text_literal

CONTRACTS = Path(__file__).parent / "contracts"
DATASET = "bench_intake"
WRONG_PER_1000 = 14
TWICE_PER_1000 = 1
_COUNTIES = REGISTRY / "codes" / "divisions.csv"
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_SUM = " + ".join(f"CAST(substr(body, {i}, 1) AS INTEGER) * {w}" for i, w in enumerate(_WEIGHTS, 1))

# Chosen by hash(), not random(): the same bytes on every machine and in every run. The region
# code 339999 is assigned to nobody. `fault` is 1 to 14 in a wrong record, and names its column.
_ROWS = f"""
WITH county AS (
    SELECT row_number() OVER (ORDER BY code) - 1 AS n, code, name_zh
    FROM read_csv($counties, types = {{'code': 'VARCHAR'}}) WHERE level = 'county'
), number AS (
    SELECT i, hash(i) AS h, hash(i, 1) AS h1, hash(i, 2) AS h2,
        CASE WHEN hash(i, 3) % 1000 < {WRONG_PER_1000} THEN 1 + hash(i, 4) % 14 ELSE 0 END AS fault
    FROM range($rows) AS t(i)
), person AS (
    SELECT *, '339999' || strftime(DATE '1940-01-01' + CAST(h1 % 24000 AS INTEGER), '%Y%m%d')
        || lpad(CAST(h1 // 24000 % 1000 AS VARCHAR), 3, '0') AS body FROM number
), money AS (
    SELECT *, CAST((h % 1000000) / 100.0 AS DECIMAL(18,2)) AS total,
        CAST((h % 1000000) * (h2 % 9) // 10 / 100.0 AS DECIMAL(18,2)) AS fund,
        substr('10X98765432', 1 + ({_SUM}) % 11, 1) AS digit,
        DATE '2020-01-01' + CAST(i * 2100 // $rows AS INTEGER) AS day
    FROM person
)
SELECT CASE fault WHEN 1 THEN NULL WHEN 2 THEN 'X' || i ELSE 'JS' || lpad(CAST(
        CASE WHEN hash(i, 5) % 1000 < {TWICE_PER_1000} AND i > 0 THEN i - 1 ELSE i END AS VARCHAR),
        14, '0') END AS record_no,
    CASE fault WHEN 3 THEN NULL WHEN 4 THEN body || CASE digit WHEN '0' THEN '1' ELSE '0' END
        ELSE body || digit END AS citizen_id,
    substr('王李张刘陈杨赵黄周吴徐孙', CAST(h1 % 12 AS INTEGER) + 1, 1)
        || substr('若明雅立晓正静志文海建春', CAST(h2 % 12 AS INTEGER) + 1, 1)
        || CASE WHEN h % 3 = 0 THEN ''
            ELSE substr('溪远琴群岚宏宜行', CAST(h % 8 AS INTEGER) + 1, 1) END AS person_name,
    CASE fault WHEN 5 THEN '无' ELSE '13' || lpad(CAST(h2 % 1000000000 AS VARCHAR), 9, '0') END
        AS mobile,
    '示例省' || name_zh || '测量路' || CAST(h % 900 + 1 AS VARCHAR) || '号' AS address,
    CASE fault WHEN 6 THEN '330103' ELSE code END AS county_code,
    'H' || code || lpad(CAST(h2 % 900 AS VARCHAR), 3, '0') AS hospital_no,
    CASE fault WHEN 7 THEN 'ZZ' ELSE ['outpatient', 'emergency', 'inpatient', 'chronic']
        [CAST(h2 % 4 AS INTEGER) + 1] END AS kind,
    CAST(h1 % 2 + 1 AS VARCHAR) AS sex,
    CASE fault WHEN 8 THEN '感冒' ELSE ['respiratory', 'circulatory', 'digestive', 'endocrine',
        'injury', 'mental', 'skin', 'other'][CAST(h1 % 8 AS INTEGER) + 1] END AS disease_group,
    CASE fault WHEN 9 THEN strftime(day, '%Y-02-30') ELSE CAST(day AS VARCHAR) END AS visited_on,
    strftime(day + INTERVAL 1 HOUR * CAST(h % 12 AS INTEGER) + INTERVAL 1 SECOND
        * CAST(h1 % 3600 AS INTEGER), '%Y-%m-%d %H:%M:%S') AS settled_at,
    CASE fault WHEN 10 THEN '-1' ELSE CAST(h % 31 AS VARCHAR) END AS days,
    CASE fault WHEN 11 THEN '暂无' ELSE CAST(total AS VARCHAR) END AS total_cny,
    CASE fault WHEN 12 THEN CAST(total + 1 AS VARCHAR) ELSE CAST(fund AS VARCHAR) END AS fund_cny,
    CAST(total - fund AS VARCHAR) AS self_cny,
    CASE fault WHEN 13 THEN '约3' ELSE CAST(h1 % 40 AS VARCHAR) END AS items,
    CASE fault WHEN 14 THEN '101' ELSE CAST(h2 % 101 AS VARCHAR) END AS score,
    'D' || lpad(CAST(h1 % 50000 AS VARCHAR), 7, '0') AS doctor_no,
    'note ' || CAST(h2 % 5000000 AS VARCHAR) || ' of visit ' || CAST(h % 7000000 AS VARCHAR) AS note
FROM money JOIN county ON n = CAST(h % 90 AS BIGINT)
ORDER BY i
"""


def contract() -> Contract:
    return load_contract(CONTRACTS / f"{DATASET}.odcs.yaml")


def make_csv(rows: int) -> Path:
    """The file of so many records; made once."""
    SCRATCH.mkdir(parents=True, exist_ok=True)
    path = SCRATCH / f"{DATASET}-{rows}.csv"
    if not path.exists():
        unfinished = path.with_suffix(".part")
        sql = _ROWS.replace("$counties", text_literal(str(_COUNTIES))).replace("$rows", str(rows))
        with duckdb.connect(config={"memory_limit": "3GB", "threads": 2}) as connection:
            connection.execute(f"SET temp_directory = {text_literal(str(SCRATCH / 'tmp'))}")
            target = text_literal(str(unfinished))
            connection.execute(f"COPY ({sql}) TO {target} (FORMAT csv, HEADER true)")
        unfinished.rename(path)
    return path
