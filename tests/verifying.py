"""Grounds and lists for tests of verifications, written into a province's database."""

import csv
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.province import NOW, Province
from xihu_platform.access.gateway import AccessGateway
from xihu_platform.access.grounds import GroundItemRow, GroundRow, GroundSubjectRow
from xihu_platform.access.policy import Policy
from xihu_platform.access.start import open_gateway
from xihu_platform.database import transaction

INSURANCE = "rs_social_insurance"
CLAIM = "insured_in_month"
ITEM = "verified_item"
YB, RS = "113399001001041148", "11339900100102741M"


def add_item(province: Province, dataset: str = INSURANCE, *claims: str) -> None:
    with transaction(province.services.node.database) as session:
        session.merge(
            GroundItemRow(item=ITEM, dataset=dataset, fields=[], claims=list(claims or (CLAIM,)))
        )


def add_ground(province: Province, number: str, keys: Iterable[str], **changed: Any) -> str:
    """A service case of chen's in the healthcare administration, unless `changed` says otherwise.

    Any: columns of several types.
    """
    said: dict[str, Any] = {
        "kind": "service_case",
        "item": ITEM,
        "organisation": YB,
        "position": "chen-yb",
        "opened": NOW - timedelta(days=3),
        "closed": None,
        "origin": "service",
        "opened_by": "service:verified",
        "countersigned_by": None,
    }
    with transaction(province.services.node.database) as session:
        session.add(GroundRow(number=number, **(said | changed)))
        session.flush()
        session.add_all(
            GroundSubjectRow(ground=number, number=n, key=key, kind="person", standing="applicant")
            for n, key in enumerate(keys, 1)
        )
    return number


def batch(province: Province, number: str, keys: Iterable[str], **changed: Any) -> str:
    """A countersigned collective ground of sun's department, which provides the data."""
    said = {
        "kind": "review_batch",
        "organisation": RS,
        "position": "sun-rs",
        "origin": "machine",
        "opened_by": "system:dept-rs",
        "countersigned_by": "p-official-two",
    }
    return add_ground(province, number, keys, **(said | changed))


@contextmanager
def without_rules(province: Province) -> Iterator[AccessGateway]:
    """A gateway as if the provider had not bound its data to one person at a time."""

    def policy(dataset: str) -> Policy:
        return replace(province.services.catalogue.policy(dataset), rules=frozenset())

    opened = open_gateway(province.services.node, policy)
    yield opened
    opened.log.close()


@dataclass(frozen=True)
class InsuredMonth:
    """A line of the department's file that is right by the contract."""

    document: str
    month: str
    state: str


def right_lines(province: Province) -> list[InsuredMonth]:
    """The file read a second way: the contract's rules and national standards, by hand."""
    folder = province.services.node.settings.data_dir / "intake"
    found: dict[tuple[str, str], InsuredMonth] = {}
    for line in _lines(folder / "rs_社会保险缴费.csv"):
        if _is_right(line):
            one = InsuredMonth(line[0], line[1][:7].replace("/", "-"), line[9])
            found.setdefault((one.document, one.month), one)
    return list(found.values())


def _lines(path: Path) -> list[list[str]]:
    with path.open(encoding="gb18030", newline="") as file:
        return [line for line in csv.reader(file) if line][1:]


def _is_right(line: list[str]) -> bool:
    if len(line) != 11 or not _citizen(line[0]) or not _firm(line[3]):
        return False
    period, paid = _day(line[1]), _day(line[10])
    if period is None or (line[10] and (paid is None or paid < period)):
        return False
    if line[4] not in {"pension", "unemployment", "injury"}:
        return False
    if not line[5] or line[5] in {"330103", "330104", "330204", "331021"}:
        return False
    amounts = [line[6], *(text for text in line[7:9] if text)]
    if not all(re.fullmatch(r"\d+(\.\d+)?", text) for text in amounts):
        return False
    return line[9] in {"paid", "arrears", "exempt"}


def _citizen(number: str) -> bool:
    """GB 11643-1999: the check character of ISO 7064 MOD 11-2."""
    if not re.fullmatch(r"\d{17}[\dX]", number):
        return False
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    total = sum(w * int(d) for w, d in zip(weights, number[:17], strict=True))
    return "10X98765432"[total % 11] == number[17]


def _firm(code: str) -> bool:
    """GB 32100-2015: the check character, modulo 31."""
    signs = "0123456789ABCDEFGHJKLMNPQRTUWXY"
    if len(code) != 18 or any(sign not in signs for sign in code):
        return False
    total = sum(signs.index(sign) * pow(3, n, 31) for n, sign in enumerate(code[:17]))
    return signs[(31 - total % 31) % 31] == code[17]


def _day(text: str) -> date | None:
    try:
        return datetime.strptime(text, "%Y/%m/%d").date() if text else None
    except ValueError:
        return None
