"""Claims of a contract (`claims` of its schema object): read, and checked against its fields.

A claim is a fixed statement about a person that offices may have verified without seeing a record.
"""

import re
from collections.abc import Callable, Iterator
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from xihu_catalog.contracts import model, odcs
from xihu_platform.access.claims import (
    ARGUMENT_TYPES,
    ArgumentKind,
    Claim,
    ClaimArgument,
    ClaimCondition,
    ClaimOperator,
    ClaimValue,
)
from xihu_platform.words import Text

CLAIMS = "claims"
CLAIMS_LIMIT = 20
HEALTH = "health"
"""The topic whose L4 fields tell of somebody's health."""
_NAME = re.compile(r"[a-z][a-z0-9_]{1,62}")
_LISTED = {"in", "between"}
_Path = tuple[int | str, ...]
_Fault = Callable[[_Path, str, str], None]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Title(_Part):
    zh: str = Field(min_length=1)
    en: str = Field(min_length=1)


class _Where(_Part):
    field: str
    op: ClaimOperator
    value: Any = None  # of the field's type, which is checked below
    values: list[Any] | None = None


class _Argument(_Part):
    name: str
    field: str
    kind: ArgumentKind


class _Claim(_Part):
    id: str
    title: _Title
    where: list[_Where] = []
    argument: _Argument | Literal["none"] | None = None


_CLAIMS = TypeAdapter(list[_Claim])


def read_claims(
    document: odcs.Odcs, fields: tuple[model.Field, ...], fault: _Fault
) -> tuple[Claim, ...]:
    """The claims of a contract; what is wrong with them goes to `fault`."""
    properties = document.schema_[0].customProperties
    at = next((n for n, one in enumerate(properties) if one.property == CLAIMS), None)
    if at is None:
        return ()
    path: _Path = ("schema", 0, "customProperties", at, "value")
    try:
        given = _CLAIMS.validate_python(properties[at].value)
    except ValidationError as invalid:
        for error in invalid.errors():
            where = ".".join(map(str, error["loc"]))
            fault(
                (*path, *error["loc"]),
                f"claims.{where}：{error['msg']}，请按契约说明改正",
                f"claims.{where}: {error['msg']}; see contracts/README",
            )
        return ()
    return tuple(_Reader(document, {f.name: f for f in fields}, fault, path).claims(given))


class _Reader:
    """Checks each claim; tells every fault at its place."""

    def __init__(
        self, document: odcs.Odcs, fields: dict[str, model.Field], fault: _Fault, path: _Path
    ) -> None:
        self.topic = document.domain
        self.fields = fields
        self.fault = fault
        self.path = path

    def claims(self, given: list[_Claim]) -> Iterator[Claim]:
        if not any(one.subject_key for one in self.fields.values()):
            self.fault(
                self.path,
                "核验须能对应到人：契约须有一个 subjectKey 字段，或删去 claims",
                "claims are about persons: the contract needs a subjectKey, or take claims out",
            )
        if len(given) > CLAIMS_LIMIT:
            self.fault(
                self.path,
                f"claims 最多 {CLAIMS_LIMIT} 项，现有 {len(given)} 项",
                f"at most {CLAIMS_LIMIT} claims, not {len(given)}",
            )
        seen: set[str] = set()
        for number, one in enumerate(given):
            path = (*self.path, number)
            if one.id in seen:
                self.fault(
                    (*path, "id"), f"claim {one.id} 写了两次", f"claim {one.id} is given twice"
                )
            seen.add(one.id)
            yield self._claim(one, path)

    def _claim(self, given: _Claim, path: _Path) -> Claim:
        if not _NAME.fullmatch(given.id):
            self.fault(
                (*path, "id"),
                f"claim 的 id“{given.id[:64]}”只能用小写字母、数字和下划线，以字母开头",
                f"a claim's id “{given.id[:64]}”: lower-case letters, digits and _, a letter first",
            )
        argument = given.argument if isinstance(given.argument, _Argument) else None
        if not given.where and argument is None:
            self.fault(
                path,
                f"claim {given.id} 没有条件：请写明 where 或 argument",
                f"claim {given.id} states no condition: give `where` or `argument`",
            )
        return Claim(
            given.id,
            Text(given.title.zh, given.title.en),
            tuple(self._where(one, (*path, "where", n)) for n, one in enumerate(given.where)),
            self._argument(argument, (*path, "argument")) if argument else None,
        )

    def _argument(self, given: _Argument, path: _Path) -> ClaimArgument:
        field = self._field(given.field, (*path, "field"))
        allowed = ARGUMENT_TYPES[given.kind]
        if field is not None and field.type not in allowed:
            self.fault(
                (*path, "kind"),
                f"{given.field} 是 {field.type}，{given.kind} 须与 {'、'.join(allowed)} 比较",
                f"{given.field} is {field.type}: a {given.kind} is compared with "
                f"{', '.join(allowed)}",
            )
        return ClaimArgument(given.name, given.field, given.kind)

    def _where(self, given: _Where, path: _Path) -> ClaimCondition:
        field = self._field(given.field, (*path, "field"))
        listed = given.op in _LISTED
        values = given.values if listed else [given.value]
        if (given.value is None) != listed or (given.values is None) == listed or not values:
            name = "values" if listed else "value"
            self.fault(
                path,
                f"{given.op} 须写 {name}，且只写 {name}",
                f"{given.op} takes `{name}` and nothing else",
            )
            return ClaimCondition(given.field, given.op, ())
        if given.op == "between" and len(values) != 2:
            self.fault(path, "between 须有两个值", "`between` takes two values")
        read = [self._value(field, one, path) for one in values] if field else []
        known = tuple(one for one in read if one is not None)
        return ClaimCondition(given.field, given.op, known)

    def _value(self, field: model.Field, given: Any, path: _Path) -> ClaimValue | None:
        # Any: YAML's.
        value = _of_type(field.type, given)
        if value is None:
            self.fault(
                path,
                f"{field.name} 是 {field.type}，“{str(given)[:64]}”不是",
                f"{field.name} is {field.type}: “{str(given)[:64]}” is none",
            )
        return value

    def _field(self, name: str, path: _Path) -> model.Field | None:
        """The field, if a claim may say anything about it."""
        field = self.fields.get(name)
        if field is None:
            self.fault(path, f"没有字段 {name[:64]}", f"there is no field {name[:64]}")
            return None
        if field.protect is not None or field.subject_key:
            self.fault(
                path,
                f"{name} 用于识别个人，不能作为核验的条件",
                f"{name} says who somebody is: no claim is made about it",
            )
        if field.identifier == "medical" or (self.topic == HEALTH and field.grade == "L4"):
            self.fault(
                path,
                f"{name} 涉及疾病和健康，不作核验（《个人信息保护法》第二十八条）",
                f"{name} tells of an illness or of health: it is never verified (Personal "
                "Information Protection Law art. 28)",
            )
        return field


def _of_type(kind: str, given: Any) -> ClaimValue | None:
    """A value of YAML as one of the field's type; None where it is of another."""
    if isinstance(given, bool):
        return None
    if kind == "VARCHAR":
        return given if isinstance(given, str) and given else None
    if kind in {"INTEGER", "BIGINT"}:
        return given if isinstance(given, int) else None
    if kind.startswith("DECIMAL"):
        return _decimal(given) if isinstance(given, int | float) else None
    if kind == "DATE":
        return given if isinstance(given, date) and not isinstance(given, datetime) else None
    if kind == "TIMESTAMP":
        return given if isinstance(given, date) else None
    return None


def _decimal(given: float) -> Decimal | None:
    try:
        number = Decimal(str(given))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None
