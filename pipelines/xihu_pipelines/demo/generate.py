"""Makes the demo province: the files its departments hand in, from a seed, streamed by DuckDB."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from xihu_pipelines.demo.folder import REGISTRY
from xihu_pipelines.demo.layout import list_files
from xihu_pipelines.demo.write import Connection, literal, write
from xihu_platform.safe_yaml import read_yaml

RESIDENTS = 100_000
FIRMS = 20_000
HOURLY_DAYS = 90
THREADS = 2
MEMORY = "400MB"


@dataclass(frozen=True, slots=True)
class _Size:
    """How much there is of what; places and months do not grow with the scale."""

    people: int
    firms: int
    days: int

    @classmethod
    def of(cls, scale: float) -> "_Size":
        return cls(
            people=max(1_000, round(RESIDENTS * scale)),
            firms=max(200, round(FIRMS * scale)),
            days=min(HOURLY_DAYS, max(14, round(HOURLY_DAYS * scale))),
        )


def _sql(name: str) -> str:
    return (files("xihu_pipelines.demo") / "sql" / f"{name}.sql").read_text(encoding="utf-8")


def _named_people(connection: Connection) -> None:
    """The registry's people with a document, and those whom they act for, who must exist as
    residents; and a firm of one."""
    registry = read_yaml((REGISTRY / "people.yaml").read_text(encoding="utf-8"))
    connection.execute(
        "CREATE TABLE named (p BIGINT, number VARCHAR, name VARCHAR, male BOOLEAN, birth DATE)"
    )
    mandates = [one for person in registry["people"] for one in person.get("mandates", ())]
    everyone = [one for one in (*registry["people"], *mandates) if "document" in one]
    residents = {one["document"]["number"]: one for one in everyone}
    for p, person in enumerate(residents.values()):
        number = person["document"]["number"]
        connection.execute(
            "INSERT INTO named VALUES (?, ?, ?, ?, strptime(?, '%Y%m%d'))",
            [p, number, person["name_zh"], int(number[16]) % 2 == 1, number[6:14]],
        )
    organisations = read_yaml((REGISTRY / "organisations.yaml").read_text(encoding="utf-8"))
    issuers = {each["code"]: each["uscc"] for each in organisations["organisations"]}
    connection.execute(
        "SET VARIABLE issuers = map(?::VARCHAR[], ?::VARCHAR[])", [[*issuers], [*issuers.values()]]
    )
    firm = next(one for one in mandates if one["kind"] == "firm")
    connection.execute("SET VARIABLE named_firm = ?", [firm["key"]])
    connection.execute("SET VARIABLE named_firm_name = ?", [firm["name_zh"]])


def _frame(connection: Connection, *, size: _Size, seed: int, today: date) -> None:
    """Settings, places, macros: what every dataset's SQL leans on."""
    connection.execute(f"SET threads = {THREADS}")
    connection.execute(f"SET memory_limit = '{MEMORY}'")
    variables: dict[str, int | date] = {"seed": seed, "today": today}
    variables |= {"people": size.people, "firms": size.firms, "days": size.days}
    for name, value in variables.items():
        connection.execute(f"SET VARIABLE {name} = ?", [value])
    for table in ("division", "industry"):
        source = REGISTRY / "codes" / ("divisions.csv" if table == "division" else "industry.csv")
        connection.read_csv(str(source), all_varchar=True).create(table)
    connection.execute(
        "CREATE VIEW industry_division AS SELECT code FROM industry WHERE code SIMILAR TO '[0-9]+'"
    )
    connection.execute(_sql("_frame"))


def _keep(connection: Connection, name: str, folder: str) -> None:
    """Write people or firms once to a work file that the datasets scan: memory stays bounded."""
    path = literal(Path(folder) / f"{name}.parquet")
    connection.execute(f"COPY ({_sql('_' + name)}) TO {path} (FORMAT parquet)")
    connection.execute(f"CREATE VIEW {name} AS SELECT * FROM read_parquet({path})")


def generate(
    folder: Path,
    *,
    scale: float,
    seed: int,
    today: date,
    progress: Callable[[str, int], None] | None = None,
) -> list[Path]:
    """Write every department's file into `folder`; the same arguments give the same bytes.

    `scale` 1 is 100,000 residents and 20,000 firms. Daily and hourly data end the day before
    `today`, monthly data the month before. `progress` is told each dataset and its records.
    """
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    with duckdb.connect() as connection, TemporaryDirectory(dir=folder) as work:
        connection.execute("SET temp_directory = ?", [work])
        _frame(connection, size=_Size.of(scale), seed=seed, today=today)
        _named_people(connection)
        _keep(connection, "people", work)
        _keep(connection, "firms", work)
        for file in list_files():
            path, rows = write(connection, file, _sql(file.dataset), folder, made_on=today)
            written.append(path)
            if progress:
                progress(file.dataset, rows)
    return written
