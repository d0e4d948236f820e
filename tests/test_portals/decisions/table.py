"""The table of expected decisions, its people, and the treatments computed a second way."""

import asyncio
import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import httpx

from tests.province import Province
from xihu_platform.identity.principal import PortalName, Principal
from xihu_platform.lake.snapshot import RECORD
from xihu_platform.sql import Statement

HERE = Path(__file__).parent
FILES = tuple(HERE / f"{name}.csv" for name in ("decisions", "decisions_held_out"))
"""Both written by hand from the rules alone; the second was kept back until the code stood."""
FIRM = "91339900202600012U"
CASE = "XH-2026-000123"
"""The ground that chen holds in his position chen-yb; it is about wang."""
GROUNDS = {
    **dict.fromkeys(("sun", "he-rs"), "XH-2026-000124"),
    "dept-yb": "XH-2026-000125",
    **dict.fromkeys(
        (
            *("chen-yb", "chen-yb-citizen", "chen-yb-1", "chen-yb-2"),
            *("shen-yb", "tang-yb", "xu-yb"),
        ),
        CASE,
    ),
}
"""The ground that each person asks with, theirs or not; everybody else tries chen-xihu's."""
OTHERS = "XH-2026-000121"
PURPOSES = ("open", "own", "duty", "case")
Row = dict[str, object]


@dataclass(frozen=True)
class Expected:
    """What one person may see of one dataset for one purpose."""

    dataset: str
    person: str
    purpose: str
    fields: Mapping[str, str]
    """Field to clear, mask, rekey or refused:reason; empty where the whole is refused."""
    whole: str | None
    """The reason that refuses the dataset as a whole."""

    @property
    def visible(self) -> list[str]:
        return [name for name, how in self.fields.items() if not how.startswith("refused")]

    @property
    def refused(self) -> dict[str, str]:
        return {
            name: how.removeprefix("refused:")
            for name, how in self.fields.items()
            if how.startswith("refused")
        }


@dataclass(frozen=True)
class Person:
    """How a person of the table calls the API."""

    username: str | None
    level: int = 3
    position: str | None = None
    firm: bool = False
    region: str = "330000"
    portal: PortalName | None = None
    """The portal of the token where it is not the one that fits."""


PEOPLE = {
    "anonymous": Person(None),
    "wang": Person("wang"),
    "wang2": Person("wang", level=2),
    "li": Person("li", level=1),
    "zhao": Person("zhao", firm=True),
    "chen-xihu": Person("chen", position="chen-xihu", region="330106"),
    "chen-yb": Person("chen", position="chen-yb"),
    "sun": Person("sun", position="sun-rs"),
    "zhou": Person("zhou", position="zhou-sj"),
    "wu": Person("wu", position="wu-sh"),
    "qian": Person("qian"),
    "qian-expired": Person("qian", position="qian-yw"),
    "dept-yb": Person("dept-yb"),
    "shen-yb": Person("shen", position="shen-yb"),
    "tang-yb": Person("tang", position="tang-yb"),
    "he-rs": Person("he", position="he-rs"),
    "lin-sj": Person("lin", position="lin-sj"),
    "gao-zw": Person("gao", position="gao-zw"),
    "xu-yb": Person("xu", position="xu-yb"),
    "luo-sj": Person("luo", position="luo-sj"),
    "chen-yb-citizen": Person("chen", position="chen-yb", portal="citizen"),
    "chen-yb-1": Person("chen", level=1, position="chen-yb"),
    "chen-yb-2": Person("chen", level=2, position="chen-yb"),
}


def read_table() -> list[Expected]:
    """Every combination the file's rows stand for, in their order."""
    found = [decided for file in FILES for decided in read_file(file)]
    # Who claims a position that has ended is turned away before any purpose is looked at.
    return [v for v in found if v.person != "qian-expired" or v.purpose in {"duty", "case"}]


def read_file(file: Path) -> list[Expected]:
    with file.open(encoding="utf-8", newline="") as lines:
        return [decided for row in csv.DictReader(lines) for decided in _expected(row)]


def _expected(row: dict[str, str]) -> list[Expected]:
    fields: dict[str, str] = {}
    whole = None
    for how in ("clear", "mask", "rekey"):
        fields |= dict.fromkeys(row[how].split(), how)
    for part in filter(None, row["refused"].split(";")):
        reason, _, names = (text.strip() for text in part.partition(":"))
        if names == "*":
            whole = reason
        else:
            fields |= dict.fromkeys(names.split(), f"refused:{reason}")
    return [
        Expected(dataset, person, purpose, fields, whole)
        for dataset in row["datasets"].split()
        for person in row["persons"].split()
        for purpose in row["purposes"].split()
    ]


def caller(province: Province, name: str) -> httpx.AsyncClient:
    person = PEOPLE[name]
    if person.username is None:
        return province.client()
    if person.username == "dept-yb":
        return province.client(province.system_token())
    headers = {}
    if person.position:
        headers["X_Xihu_Position"] = person.position
    if person.firm:
        headers["X_Xihu_Mandate"] = f"firm:{FIRM}"
    changed = {"azp": f"xihu-{person.portal}"} if person.portal else {}
    return province.client(province.token(person.username, acr=person.level, **changed), **headers)


def principal(province: Province, name: str) -> Principal:
    """The same person as the access gateway sees them."""
    person = PEOPLE[name]
    if person.username is None:
        return province.anonymous
    if person.username == "dept-yb":
        return province.system()
    if person.position:
        official = province.official(person.username, person.position)
        portal = person.portal or official.portal
        return replace(official, level=min(person.level, official.level), portal=portal)
    return province.citizen(person.username, person.level, firm=person.firm)


def ask(
    province: Province, name: str, urls: list[tuple[str, list[tuple[str, str]]]]
) -> list[httpx.Response]:
    """The answers to addresses with their parameters, one after the other."""

    async def all_of_them() -> list[httpx.Response]:
        async with caller(province, name) as client:
            return [await client.get(url, params=list(pairs)) for url, pairs in urls]

    return asyncio.run(all_of_them())


def purpose_pairs(purpose: str, person: str = "") -> list[tuple[str, str]]:
    case = [("case", GROUNDS.get(person, OTHERS))] if purpose == "case" else []
    return [("purpose", purpose), *case]


def stored(province: Province, dataset: str) -> list[Row]:
    """The dataset's rows as they lie in the lake, in their order."""
    services = province.services
    snapshot = services.gateway.snapshot(services.catalogue.policy(dataset))
    relation = services.gateway.engine.relation(snapshot)
    table = services.gateway.engine.fetch(
        Statement(f"SELECT * FROM {relation.sql} ORDER BY {RECORD}")
    )
    rows: list[Row] = table.to_pylist()
    return rows


def rows_of(province: Province, decided: Expected, rows: list[Row]) -> list[Row]:
    """The stored rows that a person may see: their own, or their position's region."""
    person = PEOPLE[decided.person]
    if decided.purpose == "open":
        return rows
    if decided.purpose == "own":
        if person.firm:
            return [row for row in rows if row["uscc"] == FIRM]
        key = province.services.catalogue.policy(decided.dataset).subject_key
        assert key
        subject = principal(province, decided.person).subject
        assert subject
        return [row for row in rows if row[key] == subject]
    policy = province.services.catalogue.policy(decided.dataset)
    if decided.purpose == "case" and policy.row_key is not None:
        wang = province.citizen("wang").subject  # whom every ground of the table is about
        return [row for row in rows if row[policy.row_key] == wang]
    if policy.region_field is None or person.region == "330000" or wholly_open(province, decided):
        return rows
    return [row for row in rows if row["county_code"] == person.region]


def wholly_open(province: Province, decided: Expected) -> bool:
    policy = province.services.catalogue.policy(decided.dataset)
    return policy.open_class == "unconditional" and {f.grade for f in policy.fields} == {"L1"}


NAMES = {"name", "holder_name", "legal_representative", "owner_name", "applicant_name"}
MOBILES = {"mobile", "contact_phone", "guardian_mobile"}
PATTERNS = {
    "name": re.compile(r"[^*]{1,2}\*+"),
    "mobile": re.compile(r"\d{3}\*{4}\d{4}"),
    "address": re.compile(r"(浙江省)?..市[^*]{2,8}[县区市]\*{4}"),
    "pseudonym": re.compile(r"r1_[0-9a-f]{32}"),
}


def masked(field: str, value: object) -> object:
    """The masked form of a stored value; what was masked as it entered stays as it is."""
    if value is None:
        return None
    if isinstance(value, date):
        return value.replace(month=1, day=1)
    text = str(value)
    kind = "name" if field in NAMES else "mobile" if field in MOBILES else field
    assert PATTERNS[kind].fullmatch(text), f"{field} lies unmasked in the lake"
    return text
