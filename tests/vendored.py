"""Where other people's files in `tests/data` are; the one that is compressed is unpacked here."""

import lzma
import shutil
from pathlib import Path

from xihu_catalog.conformance.validators import SCHEMAS

DATA = Path(__file__).parent / "data"
CFF_SCHEMA = DATA / "cff-1.2.0.schema.json"
DCAT_US_SCHEMAS = DATA / "dcat-us-3.0.0"
ODCS_SCHEMA = SCHEMAS / "odcs-3.1.0.schema.json"
DCAT_AP_SHAPES = SCHEMAS / "dcat-ap-3.0.1"


def unpack_epidemic(folder: Path) -> Path:
    """The CSV of 170,477 rows in `folder`, as it was published."""
    target = folder / "epidemic_china_daily.csv"
    with lzma.open(DATA / "epidemic_china_daily.csv.xz") as packed, target.open("wb") as plain:
        shutil.copyfileobj(packed, plain)
    return target
