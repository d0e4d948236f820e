"""What an action is given, by address, form or JSON body, each value read as what it must be.

As in CKAN, a name that the action does not know is ignored; a value of a wrong kind is an error.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

import orjson
from fastapi import Request

from xihu_portals.api.ckan.answers import UnreadBody, WrongParameter

NUMBER_LIMIT = 2**62
_TRUE = {"true", "yes", "on", "y", "t", "1"}
_FALSE = {"false", "no", "off", "n", "f", "0", ""}


@dataclass(frozen=True, slots=True)
class CkanParameters:
    """What was handed in. Every reader raises WrongParameter."""

    given: Mapping[str, Any]
    """Any: what a caller's JSON has."""

    def text(self, name: str, default: str = "") -> str:
        value = self.given.get(name)
        if value is None:
            return default
        if isinstance(value, bool | Mapping) or not isinstance(value, str | int | float):
            raise WrongParameter(name, "Must be a Unicode string value")
        return str(value)

    def needed(self, name: str) -> str:
        value = self.text(name)
        if not value:
            raise WrongParameter(name, "Missing value")
        return value

    def number(self, name: str, default: int, least: int = 0) -> int:
        value = self.given.get(name)
        if value is None or value == "":
            return default
        return _number(name, value, least)

    def find_number(self, name: str) -> int | None:
        value = self.given.get(name)
        return None if value is None or value == "" else _number(name, value, 0)

    def flag(self, name: str, *, default: bool = False) -> bool:
        value = self.given.get(name)
        if value is None:
            return default
        if isinstance(value, bool):
            return value
        said = str(value).strip().lower() if isinstance(value, str | int) else "-"
        if said not in _TRUE | _FALSE:
            raise WrongParameter(name, "Must be true or false")
        return said in _TRUE

    def texts(self, name: str, *, divided: bool = False) -> list[str]:
        """A list, a JSON list, or one text; `divided`: a text is a list at its commas."""
        value = self.given.get(name)
        if value is None or value == "":
            return []
        if isinstance(value, str):
            value = self._of_text(name, value, divided=divided)
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            raise WrongParameter(name, "Must be a list of strings")
        return list(value)

    def _of_text(self, name: str, value: str, *, divided: bool) -> Any:  # Any: JSON
        if value.lstrip().startswith("["):
            return self._json(name, value)
        return [one.strip() for one in value.split(",")] if divided else [value]

    def mapping(self, name: str) -> Mapping[str, Any]:
        """An object, or the JSON of one."""
        value = self.given.get(name)
        if value is None or value == "":
            return {}
        if isinstance(value, str):
            value = self._json(name, value)
        if not isinstance(value, Mapping):
            raise WrongParameter(name, "Must be an object")
        return value

    def _json(self, name: str, value: str) -> Any:  # Any: JSON
        try:
            return orjson.loads(value)
        except ValueError:
            raise WrongParameter(name, "Could not parse as valid JSON") from None


def _number(name: str, value: object, least: int) -> int:
    try:
        if isinstance(value, bool) or not isinstance(value, str | int):
            raise ValueError(value)
        if isinstance(value, str) and (len(value) > 20 or not value.strip().isascii()):
            raise ValueError(value)
        number = int(value)
    except ValueError:
        raise WrongParameter(name, "Invalid integer") from None
    if not least <= number < NUMBER_LIMIT:
        raise WrongParameter(name, "Must be a natural number")
    return number


async def parameters_of(request: Request) -> CkanParameters:
    """A dependency. Raises UnreadBody for what is no JSON object."""
    if request.method == "POST":
        content = await request.body()
        if content.strip():
            return CkanParameters(await _of_body(request, content))
    return CkanParameters(_mixed(request.query_params.multi_items()))


async def _of_body(request: Request, content: bytes) -> Mapping[str, Any]:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "multipart/form-data":
        form = await request.form(max_files=0, max_fields=200)
        return _mixed([(name, value) for name, value in form.multi_items() if type(value) is str])
    if kind == "application/x-www-form-urlencoded" and not content.lstrip().startswith(b"{"):
        return _mixed(parse_qsl(content.decode("utf-8", "replace"), keep_blank_values=True))
    return _object(content)


def _object(content: bytes) -> Mapping[str, Any]:
    try:
        found = orjson.loads(content.strip().removesuffix(b"="))  # curl -d sends it as a form
    except ValueError:
        raise UnreadBody("JSON Error: Error decoding JSON data.") from None
    if not isinstance(found, dict):
        raise UnreadBody("JSON Error: Request data JSON decoded needs to be a dictionary.")
    return found


def _mixed(pairs: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """A name that comes twice has a list."""
    found: dict[str, list[str]] = {}
    for name, value in pairs:
        found.setdefault(name, []).append(value)
    return {name: values[0] if len(values) == 1 else values for name, values in found.items()}
