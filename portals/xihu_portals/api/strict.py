"""Parameters of the API by their names: an unknown or a repeated one is an error, no default."""

from typing import Annotated

from fastapi import Query, Request
from fastapi.dependencies.utils import get_flat_dependant
from fastapi.routing import APIRoute
from pydantic.fields import FieldInfo

from xihu_platform.errors import BadInput

_KNOWN: dict[str, dict[str, bool]] = {}
"""By the unique name of a route; a route cannot be hashed."""


def known_parameters(
    request: Request,
    lang: Annotated[str | None, Query(description="zh or en; Accept-Language if absent")] = None,
) -> None:
    """A dependency of every route of the API, which makes `lang` one of its parameters.

    Raises BadInput.
    """
    route = request.scope["route"]
    if not isinstance(route, APIRoute):
        return
    known = _repeatable(route)
    for name in request.query_params:
        if name not in known:
            names = ", ".join(sorted(known))
            raise BadInput(
                f"没有参数“{name[:64]}”，可用的参数：{names}",
                f"there is no parameter “{name[:64]}”; there are {names}",
            )
        if len(request.query_params.getlist(name)) > 1 and not known.get(name, False):
            raise BadInput(
                f"参数 {name} 只能写一次", f"the parameter {name} can be given once only"
            )


def _repeatable(route: APIRoute) -> dict[str, bool]:
    """Each query parameter of a route, and whether it can be repeated."""
    if route.unique_id not in _KNOWN:
        fields = get_flat_dependant(route.dependant, skip_repeats=True).query_params
        _KNOWN[route.unique_id] = {f.alias: _is_list(f.field_info) for f in fields}
    return _KNOWN[route.unique_id]


def _is_list(info: FieldInfo) -> bool:
    return "list[" in str(info.annotation)
