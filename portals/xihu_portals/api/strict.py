"""Parameters of the API by their names: an unknown or a repeated one is an error, no default."""

import re
from datetime import date
from typing import Annotated, get_args

from fastapi import Query, Request
from fastapi.dependencies.utils import get_flat_dependant
from fastapi.routing import APIRoute
from pydantic.fields import FieldInfo

from xihu_platform.errors import BadInput

_KNOWN: dict[str, dict[str, FieldInfo]] = {}
"""By the unique name of a route; a route cannot be hashed."""
_WRITTEN = {
    int: (re.compile(r"[+-]?[0-9]+"), "整数", "a whole number"),
    date: (re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}"), "2026-11-23 这样的日期", "like 2026-11-23"),
}
"""What else is read as one: 1_0 and 5.0 as numbers, seconds since 1970 as a day."""


def known_parameters(
    request: Request,
    lang: Annotated[str | None, Query(description="zh or en; Accept-Language if absent")] = None,
) -> None:
    """A dependency of every route of the API, which makes `lang` one of its parameters.

    Numbers and days are written in one way. Raises BadInput.
    """
    route = request.scope["route"]
    if not isinstance(route, APIRoute):
        return
    known = _parameters(route)
    for name, text in request.query_params.multi_items():
        if name not in known:
            names = ", ".join(sorted(known))
            raise BadInput(
                f"没有参数“{name[:64]}”，可用的参数：{names}",
                f"there is no parameter “{name[:64]}”; there are {names}",
            )
        if len(request.query_params.getlist(name)) > 1 and not _is_list(known[name]):
            raise BadInput(
                f"参数 {name} 只能写一次", f"the parameter {name} can be given once only"
            )
        _check_written(known[name], name, text)


def _check_written(info: FieldInfo, name: str, text: str) -> None:
    kinds = {info.annotation, *get_args(info.annotation)}
    for kind, (form, zh, en) in _WRITTEN.items():
        if kind in kinds and not form.fullmatch(text):
            raise BadInput(
                f"参数 {name} 应写作{zh}，不是“{text[:40]}”",
                f"the parameter {name} must be {en}, not “{text[:40]}”",
            )


def _parameters(route: APIRoute) -> dict[str, FieldInfo]:
    if route.unique_id not in _KNOWN:
        fields = get_flat_dependant(route.dependant, skip_repeats=True).query_params
        _KNOWN[route.unique_id] = {f.alias: f.field_info for f in fields}
    return _KNOWN[route.unique_id]


def _is_list(info: FieldInfo) -> bool:
    return "list[" in str(info.annotation)
