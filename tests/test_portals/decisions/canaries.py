"""A province of two small datasets in which every protected value is a canary."""

import base64
import csv
import io
import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from urllib.parse import quote

import pyarrow as pa
import pyarrow.parquet as pq
from sqlalchemy import delete

from tests.entries import publish_entry, take_over_all
from tests.province import NOW, UNLIMITED, Province
from xihu_catalog.contracts.headers import ContractRow
from xihu_catalog.contracts.store import ContractStore
from xihu_catalog.registry.grounds import load_grounds
from xihu_catalog.standards.documents import citizen_check
from xihu_node.services import open_services
from xihu_pipelines.demo import province
from xihu_pipelines.ingest.load import Outcome, load_file
from xihu_platform.access.grounds import GroundItemRow
from xihu_platform.access.models import GrantRow
from xihu_platform.database import transaction
from xihu_platform.settings import Settings
from xihu_platform.start import Node, open_node

CONTRACT = Path(__file__).parent / "canary.odcs.yaml"
CLOSED, OPEN = "canary_closed", "canary_open"
WANG = "339999198804120289"
FORMULA = '=HYPERLINK("http://jinsique.example","金丝雀公式")'


def _number(body: str) -> str:
    return body + citizen_check(body)


FIELDS = (
    *("case_no", "citizen_id", "name", "former_name", "mobile", "address", "bank_account"),
    *("birth_date", "disease", "income_cny", "remark", "note", "county_code"),
)
LOW = frozenset({"case_no", "note"})
HIGH = frozenset({"name", "mobile", "address", "birth_date", "remark"})
TOP = frozenset({"bank_account", "disease", "income_cny"})
NEVER = frozenset({"citizen_id", "former_name"})
"""What enters only as a pseudonym or masked: its raw value is in no exit for anybody."""

ROWS: tuple[dict[str, str], ...] = tuple(
    dict(zip(FIELDS, values, strict=True))
    for values in (
        (
            *("AJ-0001", WANG, "端木若溪甲", "端木曾名甲", "15511112221"),
            *("浙江省杭州市西湖区甲鹭巷11号", "6222111100001231", "1988-04-12", "甲鹭热"),
            *("41519.11", "甲鹭意见", "甲鹭说明", "330106"),
        ),
        (
            *("AJ-0002", _number("33999919710213003"), "司马金丝雀", "司马曾用乙", "15599881377"),
            *("浙江省杭州市西湖区金丝雀巷7号", "6222993344556677", "1971-02-13", "金丝雀热病"),
            *("73519.37", "金丝雀意见", "金丝雀说明", "330106"),
        ),
        (
            *("AJ-0003", _number("33999919710130005"), "司马阿雁归", "司马曾用丙", "15577665544"),
            *("浙江省杭州市西湖区阿雁里9号", "6222887766554433", "1971-01-30", "阿雁咳疾"),
            *("62418.26", "阿雁意见", FORMULA, "330106"),
        ),
        (
            *("AJ-0004", _number("33999919650607001"), "欧阳白鹇丁", "欧阳曾用丁", "15566554433"),
            *("浙江省宁波市海曙区白鹇路3号", "6222776655443322", "1965-06-07", "白鹇骨痛"),
            *("51307.15", "白鹇意见", "白鹇说明", "330203"),
        ),
        (
            *("AJ-0005", _number("33999919530809007"), "尉迟朱鹮戊", "尉迟曾用戊", "15544332211"),
            *("浙江省温州市鹿城区朱鹮弄5号", "6222665544332211", "朱鹮不是日期", "朱鹮心悸"),
            *("48206.04", "朱鹮意见", "朱鹮说明", "999999"),
        ),
    )
)
"""The fifth breaks two rules and is quarantined."""
SET_ASIDE = 4
DISTRICT = frozenset({0, 1, 2})
PINYIN = {
    "司马金丝雀": "simajinsique",
    "司马阿雁归": "simaayangui",
    "欧阳白鹇丁": "ouyangbaixianding",
    "尉迟朱鹮戊": "yuchizhuhuanwu",
}


@dataclass(frozen=True)
class World:
    """The loaded canaries."""

    province: Province
    outcomes: tuple[Outcome, ...]
    folder: Path


def make_world(folder: Path) -> Iterator[World]:
    """Both datasets through ingestion, from one contract and its opened twin."""
    moments = iter(range(10**9))
    node = open_node(
        Settings(data_dir=folder, limits=UNLIMITED),
        clock=lambda: NOW + timedelta(milliseconds=next(moments)),
    )
    province.settle(node)
    take_over_all(node.database)
    _open_by_items(node)
    _register_uses(node)
    text = CONTRACT.read_text(encoding="utf-8")
    opened = text.replace(CLOSED, OPEN).replace("value: conditional", "value: unconditional")
    opened = opened.replace("openClass, value: banned", "openClass, value: unconditional")
    opened = opened.replace("301001/000099", "301001/000098")
    outcomes = tuple(_publish(node, name, t) for name, t in ((CLOSED, text), (OPEN, opened)))
    services = open_services(node)
    with transaction(node.database) as session:
        # The registry's other contracts have no data here: the catalogue knows the canaries only.
        session.execute(delete(ContractRow).where(ContractRow.origin == "registry"))
    yield World(Province(services), outcomes, folder)
    services.close()


def _open_by_items(node: Node) -> None:
    """Every item of the demo's grounds opens all fields of both datasets."""
    with transaction(node.database) as session:
        for item in load_grounds().items:
            for dataset in (CLOSED, OPEN):
                row = GroundItemRow(item=item.item, dataset=dataset, fields=list(FIELDS))
                session.merge(row)


def _register_uses(node: Node) -> None:
    """The offices below have registered their use of the opened twin, all fields of it."""
    with transaction(node.database) as session:
        for number, organisation in enumerate(REGISTERED):
            session.merge(
                GrantRow(
                    id=f"G-2026-090{number}",
                    dataset=OPEN,
                    organisation=organisation,
                    fields=list(FIELDS),
                    purpose_zh="试验",
                    purpose_en="Trial",
                    valid_from=date(2026, 1, 1),
                    valid_to=date(2027, 12, 31),
                )
            )


def _publish(node: Node, dataset: str, text: str) -> Outcome:
    contract = ContractStore(node.database, node.clock).publish(text.encode())
    publish_entry(node.database, dataset)
    handed_in = node.settings.data_dir.parent / f"{dataset}.csv"
    with handed_in.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([f.source_column for f in contract.fields])
        writer.writerows([row[name] for name in FIELDS] for row in ROWS)
    return load_file(node, contract, handed_in)


REGISTERED = ("113399001001041148", "113399001001548082")
"""The organisations of chen-yb and dept-yb, and of chen-xihu."""
OFFICES = frozenset({"chen-xihu", "chen-yb", "chen-yb-2", "sun", "he-rs", "dept-yb"}) | {
    "shen-yb",
    "tang-yb",
}
"""Who works with records in an office; those that only oversee see nothing about persons."""
HOLDERS = frozenset({"chen-xihu", "chen-yb", "chen-yb-2", "sun", "dept-yb"})
"""Who holds the ground they ask with; it is about the person of the first row."""


def may_see(dataset: str, person: str, purpose: str) -> set[tuple[int, str]]:
    """The (row, field) a person may have as handed in, from the contract and the law."""
    fields, rows = _sight(dataset, person, purpose)
    return {(row, field) for row in rows for field in fields}


def _sight(dataset: str, person: str, purpose: str) -> tuple[frozenset[str], frozenset[int]]:
    nothing: tuple[frozenset[str], frozenset[int]] = (frozenset(), frozenset())
    if purpose == "own":
        mine = {"wang": LOW | HIGH | TOP, "wang2": LOW}.get(person)
        return (mine, frozenset({0})) if mine else nothing
    if purpose == "open":
        return (frozenset({"case_no"}), frozenset(range(4))) if dataset == OPEN else nothing
    own = person in {"sun", "he-rs"}
    if person not in OFFICES or (dataset == CLOSED and not own):
        return nothing
    if purpose == "case":
        if person not in HOLDERS:
            return nothing
        return LOW | HIGH | (TOP if own else frozenset()), frozenset({0})
    return LOW, DISTRICT if person == "chen-xihu" else frozenset(range(4))


def forbidden(seen: set[tuple[int, str]]) -> dict[str, tuple[int, str]]:
    """Every canary outside `seen`, by its value; case numbers and counties are none."""
    return {
        row[field]: (number, field)
        for number, row in enumerate(ROWS)
        for field in sorted(LOW | HIGH | TOP | NEVER)
        if field != "case_no" and (number, field) not in seen
    }


def forms(value: str) -> set[bytes]:
    """A value as it may lie in bytes: plain, escaped, in hexadecimal, base64, UTF-16, pinyin."""
    plain = value.encode()
    found = {
        plain,
        plain.hex().encode(),
        plain.hex().upper().encode(),
        base64.b64encode(plain).rstrip(b"="),
        value.encode("utf-16-le"),
        value.encode("utf-16-be"),
        json.dumps(value).strip('"').encode(),
        quote(value).encode(),
    }
    if value in PINYIN:
        found.add(PINYIN[value].encode())
    if value[:4].isdigit() and value[4:5] == "-":  # a date
        found |= {value.replace("-", "").encode(), value.replace("-", "/").encode()}
    if value.replace(".", "").isdigit() and "." in value:  # an amount, as Arrow holds it
        found.add(int(value.replace(".", "")).to_bytes(8, "little"))
    return found


def opened_up(label: str, content: bytes) -> bytes:
    """The bytes of an exit beside what they hold compressed or encoded."""
    if label.endswith("xlsx"):
        with zipfile.ZipFile(io.BytesIO(content)) as book:
            return content + b"".join(book.read(name) for name in book.namelist())
    if label.endswith("parquet"):
        file = pq.ParquetFile(io.BytesIO(content))
        return content + f"{file.read().to_pylist()}{file.metadata}{_statistics(file)}".encode()
    if label.endswith("arrow"):
        table = pa.ipc.open_stream(content).read_all()
        return content + f"{table.to_pylist()}{table.schema.metadata}".encode()
    return content


def _statistics(file: pq.ParquetFile) -> list[object]:
    groups = range(file.metadata.num_row_groups)
    columns = range(file.metadata.num_columns)
    return [file.metadata.row_group(g).column(c).statistics for g in groups for c in columns]
