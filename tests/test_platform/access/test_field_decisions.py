"""Every combination of share class, opening, request, grade, reader and purpose, against field
decisions that were written from the law before the code: `field_decisions.csv`, one column for each
state of a request and whether it names the field."""

import csv
from pathlib import Path

ROWS = list(
    csv.DictReader(
        (Path(__file__).with_name("field_decisions.csv")).read_text("utf-8").splitlines()
    )
)
