"""Reads the departments' files as they hand them in, and leaves out what a contract quarantines.

Written with the standard library alone, from the contracts and the documentation, so that its
answers owe nothing to the program they are compared with. `fields.csv` copies the fields of the
contracts.
"""

import csv
import json
import re
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from xml.etree.ElementTree import iterparse

HERE = Path(__file__).parent
CODES = HERE.parents[2] / "pipelines" / "xihu_pipelines" / "demo" / "registry" / "codes"
Cell = str | int | Decimal | date | datetime | None
Row = dict[str, Cell]

FILES: dict[str, tuple[str, str]] = {
    "fg_credit_evaluations": ("fg_公共信用评价.csv", "utf-8"),
    "fg_penalties": ("fg_行政处罚.csv", "gb18030"),
    "fg_power_daily": ("fg_全社会用电量.csv", "utf-8"),
    "ga_residents": ("ga_常住人口.csv", "gb18030"),
    "hb_air_quality_hourly": ("hb_空气质量小时值.csv", "utf-8"),
    "hb_water_sections": ("hb_地表水断面.csv", "gb18030"),
    "jt_bus_flow": ("jt_公交客流.parquet", ""),
    "jx_industrial_output": ("jx_规上工业产值.parquet", ""),
    "jx_technology_firms": ("jx_创新型企业.xlsx", ""),
    "jy_schools": ("jy_学校.xlsx", ""),
    "mz_aid_recipients": ("mz_社会救助.xlsx", ""),
    "mz_elder_care": ("mz_养老机构.xlsx", ""),
    "rs_social_insurance": ("rs_社会保险缴费.csv", "gb18030"),
    "sg_annual_reports": ("sg_企业年报.csv", "gb18030"),
    "sg_firms": ("sg_企业登记.csv", "utf-8"),
    "sg_inspections": ("sg_行政检查.jsonl", "utf-8"),
    "sg_permits": ("sg_行政许可.csv", "utf-8"),
    "sl_reservoir_levels": ("sl_水库水位.csv", "utf-8"),
    "sw_tax_payments": ("sw_纳税.csv", "gb18030"),
    "tj_county_economy": ("tj_县域经济.xlsx", ""),
    "wj_hospital_beds": ("wj_医院床位.csv", "utf-8"),
    "yb_hospital_visits": ("yb_就诊结算.jsonl", "utf-8"),
    "zj_parking_occupancy": ("zj_停车泊位.csv", "utf-8"),
    "zr_land_parcels": ("zr_宗地.csv", "utf-8"),
    "zw_hotline_tickets": ("zw_热线工单.jsonl", "utf-8"),
    "zw_ratings": ("zw_好差评.jsonl", "utf-8"),
    "zw_service_cases": ("zw_办件.csv", "utf-8"),
}


class Wrong(Exception):
    """A value breaks a rule of its contract: the record is quarantined."""


@dataclass
class Field:
    """One line of `fields.csv`."""

    name: str
    header: str
    type: str
    format: str
    required: bool
    key: bool
    codes: frozenset[str] | None
    identifier: str
    low: Decimal | None
    high: Decimal | None
    pattern: str
    longest: int | None

    def value(self, text: str | None) -> Cell:
        """The value in its type; raises Wrong where a rule is broken."""
        if text is None or text == "":
            if self.required:
                raise Wrong(f"{self.name}.required")
            return None
        if self.identifier:
            text = re.sub(r"\s", "", text).upper()
        found = _cast(text, self.type, self.format)
        self._check(found, text)
        return found

    def _check(self, found: Cell, text: str) -> None:
        if isinstance(found, int | Decimal):
            if self.low is not None and found < self.low:
                raise Wrong(f"{self.name}.range")
            if self.high is not None and found > self.high:
                raise Wrong(f"{self.name}.range")
        if self.codes is not None and text not in self.codes:
            raise Wrong(f"{self.name}.code")
        if self.pattern and not re.fullmatch(self.pattern, text):
            raise Wrong(f"{self.name}.pattern")
        if self.longest is not None and len(text) > self.longest:
            raise Wrong(f"{self.name}.length")
        if self.identifier and not IDENTIFIERS[self.identifier](text):
            raise Wrong(f"{self.name}.check_digit")


@lru_cache(maxsize=200_000)
def _moment(text: str, pattern: str) -> datetime:
    """Files repeat their days and hours many times."""
    return datetime.strptime(text, pattern) if pattern else datetime.fromisoformat(text)


def _cast(text: str, kind: str, pattern: str) -> Cell:
    try:
        if kind in ("DATE", "TIMESTAMP"):
            moment = _moment(text, pattern)
            return moment.date() if kind == "DATE" else moment
        if kind in ("INTEGER", "BIGINT"):
            return int(text)
        if kind.startswith("DECIMAL"):
            if not re.fullmatch(r"[+-]?[0-9]+(\.[0-9]+)?", text):
                raise Wrong("type")
            return Decimal(text)
    except ValueError as error:
        raise Wrong("type") from error
    return text


def is_citizen_id(text: str) -> bool:
    """GB 11643: 17 digits and a check character by ISO 7064 MOD 11-2."""
    if not re.fullmatch(r"[0-9]{17}[0-9X]", text):
        return False
    total = sum(int(digit) * pow(2, 17 - place, 11) for place, digit in enumerate(text[:17]))
    return "10X98765432"[total % 11] == text[17]


OTHER_DOCUMENTS = (
    r"[HM][0-9]{8}([0-9]{2})?",
    r"[0-9]{8}([0-9]{2})?",
    r"[A-Z]{3}[0-9]{12}",
    r"[A-Z]{1,2}[0-9]{7,8}|[A-Z0-9]{9}",
    r"[一-鿿]{1,2}字第[0-9]{4,8}号",
)


def is_document(text: str) -> bool:
    """An identity card's number, or a number with the shape of another document."""
    return is_citizen_id(text) or any(re.fullmatch(shape, text) for shape in OTHER_DOCUMENTS)


LETTERS = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def is_uscc(text: str) -> bool:
    """GB 32100-2015, with the organisation code of GB 11714 inside."""
    if len(text) != 18 or any(letter not in LETTERS for letter in text):
        return False
    inner = sum(int(c, 36) * w for c, w in zip(text[8:16], (3, 7, 9, 10, 5, 8, 4, 2), strict=True))
    if text[16] != {10: "X", 11: "0"}.get(11 - inner % 11, str(11 - inner % 11)):
        return False
    outer = sum(LETTERS.index(c) * pow(3, place, 31) for place, c in enumerate(text[:17]))
    return LETTERS[-outer % 31] == text[17]


IDENTIFIERS: dict[str, Callable[[str], bool]] = {
    "citizen_id": is_citizen_id,
    "document_number": is_document,
    "uscc": is_uscc,
}


def _less(row: Row, left: str, right: str) -> bool:
    """Whether both are given and the left is less: a missing one breaks no rule."""
    one, other = row[left], row[right]
    return one is not None and other is not None and one < other  # type: ignore[operator]


def _over(left: str, right: str) -> Callable[[Row], bool]:
    return lambda row: _less(row, right, left)


WRONG_ROWS: dict[str, Callable[[Row], bool]] = {
    "fg_penalties": lambda row: row["penalty_type"] == "fine" and row["amount_cny"] == 0,
    "ga_residents": _over("birth_date", "registered_on"),
    "hb_air_quality_hourly": _over("pm25_ug_m3", "pm10_ug_m3"),
    "jt_bus_flow": _over("on_time_departures", "departures"),
    "jx_industrial_output": _over("export_cny", "output_cny"),
    "mz_elder_care": _over("nursing_beds", "beds"),
    "rs_social_insurance": _over("period", "paid_on"),
    "sg_annual_reports": lambda row: _year(row["reported_on"]) <= int(str(row["report_year"])),
    "sg_firms": _over("established_on", "closed_on"),
    "sg_inspections": _over("inspected_on", "corrected_on"),
    "sg_permits": _over("decided_on", "valid_to"),
    "sw_tax_payments": _over("paid_cny", "due_cny"),
    "yb_hospital_visits": lambda row: (
        _less(row, "total_cny", "fund_cny")
        or (row["visit_kind"] != "inpatient" and int(str(row["days"] or 0)) > 0)
    ),
    "zj_parking_occupancy": _over("occupied", "spaces"),
    "zw_hotline_tickets": _over("received_at", "closed_at"),
    "zw_ratings": lambda row: row["rating"] in ("1", "2") and row["called_back"] is None,
    "zw_service_cases": lambda row: (
        _less(row, "finished_at", "accepted_at")
        or (row["state"] == "finished" and row["finished_at"] is None)
    ),
}


def _year(value: Cell) -> int:
    assert isinstance(value, date)
    return value.year


@lru_cache
def codes(name: str) -> frozenset[str]:
    """The codes of a list; of divisions the cities and counties."""
    with (CODES / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return frozenset(row["code"] for row in rows if row.get("level") != "province")


@lru_cache
def fields(dataset: str) -> tuple[Field, ...]:
    """The dataset's fields in the order of its contract."""
    with (HERE / "fields.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["dataset"] == dataset]
    return tuple(
        Field(
            name=row["field"],
            header=row["header"],
            type=row["type"],
            format=row["format"],
            required=row["required"] == "yes",
            key=row["key"] == "yes",
            codes=codes(row["code_list"]) if row["code_list"] else None,
            identifier=row["identifier"],
            low=Decimal(row["minimum"]) if row["minimum"] else None,
            high=Decimal(row["maximum"]) if row["maximum"] else None,
            pattern=row["pattern"],
            longest=int(row["max_length"]) if row["max_length"] else None,
        )
        for row in rows
    )


Texts = dict[str, str | None]


def _csv_records(path: Path, encoding: str) -> Iterator[Texts | None]:
    """Each record by header; None for one with too few or too many columns."""
    with path.open(encoding=encoding, newline="") as file:
        reader = csv.reader(file)
        header = next(reader)
        for record in reader:
            if len(record) == len(header):
                yield dict(zip(header, record, strict=True))
            elif record:
                yield None


def _json_records(path: Path) -> Iterator[Texts | None]:
    with path.open(encoding="utf-8") as file:
        for line in file:
            yield {
                name: None if value is None else str(value)
                for name, value in json.loads(line).items()
            }


SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def _column(reference: str) -> int:
    number = 0
    for letter in re.match(r"[A-Z]+", reference).group():  # type: ignore[union-attr]
        number = number * 26 + ord(letter) - 64
    return number - 1


def _sheet_rows(path: Path) -> Iterator[dict[int, str]]:
    """The rows of the only sheet: texts are in the cells or in the table of shared strings."""
    with zipfile.ZipFile(path) as book:
        shared: list[str] = []
        if "xl/sharedStrings.xml" in book.namelist():
            with book.open("xl/sharedStrings.xml") as part:
                for _, node in iterparse(part):
                    if node.tag == SHEET + "si":
                        shared.append("".join(t.text or "" for t in node.iter(SHEET + "t")))
        with book.open("xl/worksheets/sheet1.xml") as part:
            for _, node in iterparse(part):
                if node.tag != SHEET + "row":
                    continue
                cells = {}
                for cell in node.iter(SHEET + "c"):
                    text = "".join(
                        t.text or "" for t in cell.iter() if t.tag in (SHEET + "t", SHEET + "v")
                    )
                    text = shared[int(text)] if cell.get("t") == "s" else text
                    cells[_column(cell.get("r", ""))] = text
                node.clear()
                yield cells


def _xlsx_records(path: Path) -> Iterator[Texts | None]:
    rows = _sheet_rows(path)
    header = next(rows)
    for cells in rows:
        yield {name: cells.get(place) for place, name in header.items()}


def records(folder: Path, dataset: str) -> Iterator[Texts | None]:
    """The records of the dataset's file, as texts.

    The standard library cannot read Parquet: such a file is asked for as CSV beside it.
    """
    name, encoding = FILES[dataset]
    path = folder / name
    if name.endswith(".csv"):
        return _csv_records(path, encoding)
    if name.endswith(".parquet"):
        return _csv_records(path.with_suffix(".parquet.csv"), "utf-8")
    return _json_records(path) if name.endswith(".jsonl") else _xlsx_records(path)


@dataclass
class Counts:
    """How a file was taken in."""

    records: int = 0
    accepted: int = 0
    rules: dict[str, int] = field(default_factory=dict)

    def quarantine(self, rule: str) -> None:
        self.rules[rule] = self.rules.get(rule, 0) + 1


def accepted(folder: Path, dataset: str, counts: Counts | None = None) -> Iterator[Row]:
    """The rows that enter: every value right, no rule broken, the first record of each key."""
    counts = counts or Counts()
    columns = fields(dataset)
    keys = [column.name for column in columns if column.key]
    wrong = WRONG_ROWS.get(dataset)
    seen: set[tuple[Cell, ...]] = set()
    for texts in records(folder, dataset):
        counts.records += 1
        if texts is None:
            counts.quarantine("row.shape")
            continue
        try:
            row = {column.name: column.value(texts.get(column.header)) for column in columns}
        except Wrong as error:
            counts.quarantine(str(error))
            continue
        key = tuple(row[name] for name in keys)
        if wrong is not None and wrong(row):
            counts.quarantine("row")
        elif key in seen:
            counts.quarantine("key.unique")
        else:
            seen.add(key)
            counts.accepted += 1
            yield row
