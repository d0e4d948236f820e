"""A steward's query: one SELECT of ordinary tables and known functions, and nothing else."""

import pytest

from xihu_catalog.contracts.remote import Remote
from xihu_pipelines.sources.remote.select import check_query, inner_query, rows_sql
from xihu_platform.errors import BadInput


@pytest.mark.parametrize(
    ("dialect", "query"),
    [
        ("postgres", "SELECT pg_read_file('/etc/passwd')"),
        ("postgres", "SELECT * FROM pg_ls_dir('/')"),
        ("postgres", "SELECT * FROM ROWS FROM (pg_ls_dir('/'))"),
        ("postgres", "SELECT lo_import('/etc/passwd')"),
        ("postgres", "SELECT lo_get(1)"),
        ("postgres", "SELECT query_to_xml('select 1', true, true, '')"),
        ("postgres", "SELECT * FROM dblink('x', 'y') AS t(a int)"),
        ("postgres", "SELECT pg_sleep(100)"),
        ("postgres", "SELECT set_config('default_transaction_read_only', 'off', false)"),
        ("postgres", "SELECT current_setting('data_directory')"),
        ("postgres", "SELECT version()"),
        ("postgres", "SELECT rolpassword FROM pg_authid"),
        ("postgres", "SELECT * FROM pg_catalog.pg_shadow"),
        ("postgres", "SELECT * FROM information_schema.tables"),
        ("postgres", "TABLE pg_authid"),
        ("postgres", "SELECT 1 INTO t"),
        ("postgres", "SELECT * FROM t FOR UPDATE"),
        ("postgres", "WITH x AS (DELETE FROM t RETURNING *) SELECT * FROM x"),
        ("postgres", "COPY t TO PROGRAM 'sh'"),
        ("postgres", "COPY t TO '/tmp/x'"),
        ("postgres", "SELECT 1; DROP TABLE t"),
        ("postgres", "SELECT 1; SELECT 2"),
        ("postgres", "INSERT INTO t VALUES (1)"),
        ("postgres", "SET ROLE postgres"),
        ("postgres", "EXPLAIN SELECT 1"),
        ("postgres", "SELECT $1"),
        ("postgres", "SELECT (SELECT pg_read_file('/x')) FROM t"),
        ("postgres", "SELECT * FROM t WHERE a = (SELECT lo_import('/x'))"),
        ("postgres", "SELECT * FROM t ORDER BY pg_sleep(1)"),
        ("mysql", "SELECT load_file('/etc/passwd')"),
        ("mysql", "SELECT 1 INTO OUTFILE '/tmp/x'"),
        ("mysql", "SELECT 1 INTO DUMPFILE '/tmp/x'"),
        ("mysql", "LOAD DATA LOCAL INFILE '/etc/passwd' INTO TABLE t"),
        ("mysql", "SELECT @@datadir"),
        ("mysql", "SELECT @a := 1"),
        ("mysql", "SELECT sleep(100)"),
        ("mysql", "SELECT benchmark(1000000000, md5('x'))"),
        ("mysql", "SELECT * FROM mysql.user"),
        ("sqlite", "SELECT load_extension('x')"),
        ("sqlite", "ATTACH 'x' AS y"),
        ("sqlite", "SELECT * FROM sqlite_master"),
        ("sqlite", "SELECT * FROM pragma_database_list"),
        ("sqlite", "PRAGMA database_list"),
        ("sqlite", "SELECT readfile('/etc/passwd')"),
        ("sqlite", "SELECT zeroblob(1000000000)"),
        ("postgres", ""),
        ("postgres", "SELECT " + "(" * 3000 + "1" + ")" * 3000),
    ],
)
def test_what_could_reach_beyond_the_tables_is_refused(dialect: str, query: str) -> None:
    with pytest.raises(BadInput):
        check_query(query, dialect)


@pytest.mark.parametrize(
    "query",
    [
        "SELECT id, upper(name) AS n FROM people WHERE county = '330106'",
        "SELECT p.id, c.name FROM hr.people p LEFT JOIN hr.county c ON c.code = p.county",
        "WITH x AS (SELECT id FROM t GROUP BY id HAVING count(*) > 1) SELECT * FROM x",
        "SELECT a FROM t UNION ALL SELECT b FROM u",
        "SELECT CASE WHEN a > 1 THEN 'x' ELSE coalesce(b, 'y') END AS c FROM t",
        "SELECT row_number() OVER (PARTITION BY a ORDER BY b) AS n FROM t",
        "SELECT CAST(a AS numeric(10, 2)), date_trunc('month', d) FROM t",
    ],
)
def test_ordinary_questions_pass(query: str) -> None:
    assert check_query(query, "postgres")


def test_a_comment_never_reaches_the_database() -> None:
    tree = check_query("SELECT /*!50000 load_file('/x'), */ 1 AS a", "mysql")
    assert "load_file" not in rows_sql(tree, "mysql", [("a", False)])


@pytest.mark.parametrize(
    "table", ["pg_authid", "pg_catalog.pg_class", "a.b.c", "x.", ".x", "mysql.user"]
)
def test_a_named_table_must_be_an_ordinary_one(table: str) -> None:
    with pytest.raises(BadInput):
        inner_query(Remote("postgresql", "bureau", table=table))


def test_a_tables_name_is_quoted_whatever_it_holds() -> None:
    tree = inner_query(Remote("postgresql", "bureau", table='a"; DROP TABLE t; --'))
    assert tree.sql(dialect="postgres") == 'SELECT * FROM "a""; DROP TABLE t; --"'
