"""Made-up entries for the catalogue of 515,000: titles of a place, two subjects and a kind."""

import random
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from sqlalchemy import Engine, insert

from tests.benchmarks.machine import ROOT, SCRATCH
from xihu_catalog.contracts.model import UpdateCycle
from xihu_catalog.datasets.facts import (
    AgentFacts,
    DistributionFacts,
    EntryFacts,
    NamedIri,
    OriginFacts,
    PlaceFacts,
    StateFacts,
)
from xihu_catalog.datasets.stored import (
    StoredEntryRow,
    StoredEntryText,
    StoredEntryVersionRow,
    dump_facts,
)
from xihu_catalog.registry.codes import code_list, divisions
from xihu_platform.database import open_database, transaction
from xihu_platform.words import Text

AT = datetime(2026, 11, 30, tzinfo=UTC)
BATCH = 20_000
SUBJECTS = [
    "工业",
    "农业",
    "人口",
    "就业",
    "社保",
    "医疗",
    "教育",
    "交通",
    "公交",
    "道路",
    "桥梁",
    "水质",
    "空气质量",
    "噪声",
    "土壤",
    "企业",
    "个体工商户",
    "许可",
    "处罚",
    "信用",
    "药品",
    "食品",
    "价格",
    "电力",
    "燃气",
    "供水",
    "住房",
    "公积金",
    "养老",
    "救助",
    "婚姻",
    "殡葬",
    "博物馆",
    "图书馆",
    "体育",
    "旅游",
    "气象",
    "地震",
    "消防",
    "林业",
    "渔业",
    "海洋",
    "港口",
    "机场",
    "铁路",
    "停车",
    "充电桩",
]
KINDS = [
    "统计表",
    "名录",
    "信息",
    "记录",
    "清单",
    "目录",
    "年报",
    "月报",
    "明细",
    "汇总",
    "监测数据",
    "登记信息",
    "分布",
    "台账",
]
CYCLES: tuple[UpdateCycle, ...] = (
    "realtime",
    "daily",
    "weekly",
    "monthly",
    "quarterly",
    "yearly",
    "on_demand",
)
FORMS = ("csv", "xlsx", "json", "xml", "pdf", "shp", "zip", "api")


def entry_name(number: int) -> str:
    return f"hz-{number:06d}"


def made_entries(count: int) -> Iterator[EntryFacts]:
    """The same ones each time."""
    drawn = random.Random(7)
    places = [(code, one.name.zh) for code, one in divisions().items()]
    topics = list(code_list("topics").items())
    for number in range(count):
        name = entry_name(number)
        iri = f"https://hz.example.org/id/dataset/{name}"
        code, place = drawn.choice(places)
        one, other = drawn.choice(SUBJECTS), drawn.choice(SUBJECTS)
        topic, topic_name = drawn.choice(topics)
        title = f"{place}{one}{other}{drawn.choice(KINDS)}"
        said = f"{title}，由本部门按{drawn.choice('年季月')}更新，含{one}、{other}等项，供查询。"
        yield EntryFacts(
            id=name,
            iri=iri,
            page=f"https://hz.example.org/datasets/{name}",
            title=Text(f"{title}（{2010 + number % 16}年）", f"{one} {number}"),
            description=Text(said, ""),
            publisher=AgentFacts(f"https://hz.example.org/org/{code}", Text(f"{place}某局", "")),
            state=StateFacts("live"),
            open_class=drawn.choice(["unconditional", "restricted"]),
            keywords=(one, other),
            topic=(NamedIri(f"https://hz.example.org/topic/{topic}", topic_name), topic),
            update_cycle=drawn.choice(CYCLES),
            place=PlaceFacts(code, Text(place, "")),
            distributions=tuple(
                DistributionFacts(form=form, title=Text(form, form), access_url=iri)
                for form in drawn.sample(FORMS, 2)
            ),
            origin=OriginFacts("示例市目录", str(number), harvested_at=AT),
        )


def write_entries(database: Engine, count: int) -> None:
    """Into an empty table, as harvests would leave them."""
    rows: list[dict[str, object]] = []
    for number, facts in enumerate(made_entries(count), 1):
        content = dump_facts(facts)
        rows.append(
            {
                "id": facts.id,
                "entry": facts.id,
                "source": "hz",
                "digest": sha256(content).hexdigest(),
                "content": content,
                "number": number,
                "since": AT,
            }
        )
        if len(rows) == BATCH or number == count:
            _insert(database, rows)
            rows = []


def _insert(database: Engine, rows: list[dict[str, object]]) -> None:
    with transaction(database) as session:
        for table in (StoredEntryText, StoredEntryRow, StoredEntryVersionRow):
            names = table.__table__.columns.keys()
            session.execute(insert(table), [{n: row[n] for n in names} for row in rows])


def catalogue_of(count: int) -> Path:
    """A data folder with the demo, small, and so many entries; made once."""
    made = SCRATCH / f"catalogue-{count}"
    if (made / "ready").exists():
        return made
    shutil.rmtree(made, ignore_errors=True)
    settings = [f"XIHU_DATA_DIR={made}", "XIHU_DEMO__SCALE=0.02", "XIHU_DEMO__ACTS=false"]
    xihu = str(Path(sys.executable).parent / "xihu")
    subprocess.run(["env", *settings, xihu, "load"], cwd=ROOT, check=True, capture_output=True)
    database = open_database(f"sqlite:///{made / 'xihu.db'}")
    write_entries(database, count)
    database.dispose()
    (made / "ready").touch()
    return made
