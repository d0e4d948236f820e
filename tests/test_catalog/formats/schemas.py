"""ODCS 3.1 and DCAT-US 3.0 by the JSON schemas that their authors publish, formats included."""

import json
import re
from datetime import datetime
from functools import cache
from typing import Any

from jsonschema import Draft201909Validator, Draft202012Validator, FormatChecker
from referencing import Registry, Resource

from tests.vendored import DCAT_US_SCHEMAS, ODCS_SCHEMA

_DCAT_US = "https://resources.data.gov/dcat-us/3.0.0/definitions"
_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*:[^\s<>\"{}|\\^`]+")
FORMATS = FormatChecker(["date"])


@FORMATS.checks("date-time", ValueError)
def _is_moment(value: object) -> bool:
    """RFC 3339: with an offset."""
    if not isinstance(value, str):
        return True
    return "T" in value and datetime.fromisoformat(value).utcoffset() is not None


@FORMATS.checks("iri")
@FORMATS.checks("uri")
def _is_address(value: object) -> bool:
    return not isinstance(value, str) or _ADDRESS.fullmatch(value) is not None


@cache
def _odcs() -> Draft201909Validator:
    schema = json.loads(ODCS_SCHEMA.read_text(encoding="utf-8"))
    return Draft201909Validator(schema, format_checker=FORMATS)


@cache
def _dcat_us(name: str) -> Draft202012Validator:
    files = sorted(DCAT_US_SCHEMAS.glob("*.json"))
    schemas = [json.loads(path.read_text(encoding="utf-8")) for path in files]
    registry: Registry[Any] = Registry().with_resources(
        (one["$id"], Resource.from_contents(one)) for one in schemas
    )
    return Draft202012Validator(
        {"$ref": f"{_DCAT_US}/{name}"},
        registry=registry,
        format_checker=FORMATS,
    )


def odcs_errors(document: object) -> list[str]:
    return [f"{one.json_path}: {one.message[:200]}" for one in _odcs().iter_errors(document)]


def dcat_us_errors(document: object, name: str) -> list[str]:
    """`name` of a class, as its definition is called: `catalog`, `dataset`, `dataservice`."""
    found = _dcat_us(name).iter_errors(document)
    return [f"{one.json_path}: {one.message[:200]}" for one in found]
