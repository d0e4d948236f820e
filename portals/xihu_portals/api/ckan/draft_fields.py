"""Reads what a client writes of a package, and says what is wrong with each field, as CKAN does.

As in CKAN, a field that packages do not have is ignored, a list of objects under such a name is an
error, and a resource has any further fields that its writer gives it.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

from xihu_catalog.datasets.drafts import DraftContent
from xihu_catalog.formats.ckan import NAME_LENGTH
from xihu_catalog.formats.ckan_draft import TEXTS, new_resource_id
from xihu_catalog.formats.clean import clean, find_email, find_iri, one_line
from xihu_portals.api.ckan.answers import Json, WrongFields

TEXT_LENGTH, LINE_LENGTH = 100_000, 1_000
TAGS, GROUPS, EXTRAS, RESOURCES, RESOURCE_FIELDS = 100, 20, 200, 200, 60
NAME = re.compile(r"[a-z0-9_-]+")
_TAKEN = {"new", "edit", "search"}
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
"""What could be the id of another package."""
MISSING, NOT_TEXT = "Missing value", "Must be a Unicode string value"
KNOWN = frozenset(
    {
        *(*TEXTS, "id", "type", "state", "private", "tags", "tag_string", "groups", "extras"),
        *("resources", "owner_org", "organization", "relationships_as_subject"),
        *("relationships_as_object", "users"),
    }
)
_DERIVED = {"package_id", "position", "state", "datastore_active", "metadata_modified", "id"}
"""Of a resource: what this node says itself."""
Errors = dict[str, Any]
"""Any: CKAN has a list of messages for a field, and a list of such objects for a list."""


class DraftReader:
    """`groups` are codes of topics by their names and UUIDs; `own` are the resources that the
    package has, `is_used` says whether another one has a resource of an id."""

    def __init__(
        self,
        groups: Mapping[str, str],
        own: Sequence[Mapping[str, Json]] = (),
        is_used: Callable[[str], bool] = lambda _resource: False,
    ) -> None:
        self._groups = groups
        self._own = {str(one["id"]): _fields_of(one) for one in own}
        self._is_used = is_used
        self._errors: Errors = {}

    def read(self, given: Mapping[str, Json]) -> DraftContent:
        """Raises WrongFields with every field that is wrong."""
        for name, value in given.items():
            if name not in KNOWN and _has_objects(value):
                self._wrong(name, f"The input field {name[:64]} was not expected.")
        content: DraftContent = {one: self._line(given, one) for one in TEXTS}
        content["notes"] = self._text(given.get("notes"), "notes", TEXT_LENGTH)
        content["title"] = content["title"] or content["name"]
        content["type"] = self._line(given, "type") or "dataset"
        content["private"] = self._flag(given, "private")
        content["license_id"] = content["license_id"] or "notspecified"
        self._check_name(content["name"])
        self._check_addresses(content)
        content["tags"] = self._tags(given)
        content["groups"] = self._group_names(given)
        content["extras"] = self._extras(given)
        content["resources"] = self._resources(given)
        self._check_state(given)
        if self._errors:
            raise WrongFields(self._errors)
        return content

    def _wrong(self, name: str, message: str) -> None:
        self._errors.setdefault(name[:64], []).append(message)

    def _line(self, given: Mapping[str, Json], name: str) -> str:
        return one_line(self._text(given.get(name), name, LINE_LENGTH if name != "notes" else 0))

    def _text(self, value: Json, name: str, length: int) -> str:
        text, fault = _text_of(value, length)
        if fault:
            self._wrong(name, fault)
        return text

    def _flag(self, given: Mapping[str, Json], name: str) -> bool:
        value = given.get(name)
        if value is None or isinstance(value, bool):
            return bool(value)
        return str(value).strip().lower() in {"true", "yes", "t", "y", "1"}

    def _check_name(self, name: str) -> None:
        if not name:
            self._wrong("name", MISSING)
        elif len(name) < 2:
            self._wrong("name", "Must be at least 2 characters long")
        elif len(name) > NAME_LENGTH:
            self._wrong("name", f"Name must be a maximum of {NAME_LENGTH} characters long")
        elif name in _TAKEN or _UUID.fullmatch(name):
            self._wrong("name", "That name cannot be used")
        elif not NAME.fullmatch(name):
            self._wrong(
                "name",
                "Must be purely lowercase alphanumeric (ascii) characters and these symbols: -_",
            )

    def _check_addresses(self, content: DraftContent) -> None:
        if content["url"] and find_iri(content["url"]) is None:
            self._wrong("url", "Please provide a valid URL")
        for name in ("author_email", "maintainer_email"):
            if content[name] and find_email(content[name]) is None:
                self._wrong(name, f"Email {content[name][:100]} is not a valid format")

    def _check_state(self, given: Mapping[str, Json]) -> None:
        state = given.get("state")
        if state is not None and (
            not isinstance(state, str) or state not in {"", "active", "draft"}
        ):
            self._wrong("state", "A draft is deleted with package_delete")

    def _list(self, given: Mapping[str, Json], name: str, limit: int) -> list[Mapping[str, Json]]:
        value = given.get(name)
        if value is None or value == "":
            return []
        if not isinstance(value, list) or not all(isinstance(one, Mapping) for one in value):
            self._wrong(name, "Only lists of dicts can be placed against subschema")
            return []
        if len(value) > limit:
            self._wrong(name, f"At most {limit} of them")
            return []
        return value

    def _tags(self, given: Mapping[str, Json]) -> list[str]:
        said = given.get("tag_string")
        names: list[Json] = [one.get("name") for one in self._list(given, "tags", TAGS)]
        if isinstance(said, str) and not names:
            names = [one for one in said[:TEXT_LENGTH].split(",") if one.strip()]
        faults, found = [], []
        for one in names[: TAGS + 1]:
            text, fault = _text_of(one, NAME_LENGTH)
            faults.append({"name": [fault or MISSING]} if fault or not text.strip() else {})
            found.append(one_line(text))
        if len(names) > TAGS:
            self._wrong("tags", f"At most {TAGS} of them")
        elif any(faults):
            self._errors["tags"] = faults
        return list(dict.fromkeys(found))

    def _group_names(self, given: Mapping[str, Json]) -> list[str]:
        found = []
        for one in self._list(given, "groups", GROUPS):
            said = str(one.get("name") or one.get("id") or "")
            if said in self._groups:
                found.append(self._groups[said])
            else:
                self._wrong("groups", f"Group was not found: {said[:64]}")
        return list(dict.fromkeys(found))

    def _extras(self, given: Mapping[str, Json]) -> list[list[str]]:
        faults: list[Errors] = []
        found: dict[str, str] = {}
        for one in self._list(given, "extras", EXTRAS):
            if one.get("deleted") is True:
                continue
            (key, wrong_key), value = _text_of(one.get("key"), LINE_LENGTH), one.get("value")
            text, fault = _text_of(value, TEXT_LENGTH)
            key = one_line(key)
            wrong = {"key": [wrong_key or MISSING]} if wrong_key or not key else {}
            if fault or value is None:
                wrong["value"] = [fault or MISSING]
            faults.append(wrong)
            if key and key in found:
                self._wrong("extras", f'Duplicate key "{key[:100]}"')
            found[key] = text
        if any(faults) and "extras" not in self._errors:
            self._errors["extras"] = faults
        return [[key, value] for key, value in found.items()]

    def _resources(self, given: Mapping[str, Json]) -> list[Json]:
        faults, found = [], []
        for one in self._list(given, "resources", RESOURCES):
            wrong: Errors = {}
            found.append(self._resource(one, wrong))
            faults.append(wrong)
        ids = [one["id"] for one in found]
        if len(ids) != len(set(ids)):
            self._wrong("resources", "Resource id already exists.")
        elif any(faults):
            self._errors["resources"] = faults
        return found

    def _resource(self, given: Mapping[str, Json], wrong: Errors) -> Json:
        if len(given) > RESOURCE_FIELDS:
            wrong["__extras"] = [f"At most {RESOURCE_FIELDS} fields"]
            return {"id": ""}
        if given.get("upload"):
            wrong["upload"] = ["Files are not uploaded here: write their address as url"]
        made: dict[str, Json] = {}
        for name, value in _fields_of(given).items():
            if value is None or isinstance(value, bool | int | float):
                made[name[:100]] = value
                continue
            text, fault = _text_of(value, TEXT_LENGTH)
            if fault:
                wrong[name[:64]] = [fault]
            made[name[:100]] = text
        url = made.get("url") or ""
        if url and find_iri(str(url)) is None:
            wrong["url"] = ["Please provide a valid URL"]
        return {"id": self._resource_id(given, made, wrong)} | made

    def _resource_id(
        self, given: Mapping[str, Json], made: Mapping[str, Json], wrong: Errors
    ) -> str:
        """A resource without an id is the equal one that the package has, else a new one."""
        said = given.get("id")
        if said is None or said == "":
            equal = next((one for one, its in self._own.items() if its == made), None)
            self._own.pop(equal or "", None)
            return equal or new_resource_id()
        if isinstance(said, str) and said in self._own:
            return said
        try:
            identity = str(UUID(str(said)))
        except ValueError:
            wrong["id"] = ["Invalid id provided"]
            return new_resource_id()
        if self._is_used(identity):
            wrong["id"] = ["Resource id already exists."]
        return identity


def _text_of(value: Json, length: int) -> tuple[str, str]:
    """A text without what no syntax can write, and what is wrong with it."""
    if value is None:
        return "", ""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return "", NOT_TEXT
    text = clean(str(value))
    if length and len(text) > length:
        return "", f"Must be a maximum of {length} characters long"
    return text, ""


def _fields_of(resource: Mapping[str, Json]) -> dict[str, Json]:
    """Those that its writer decides."""
    return {
        name: value
        for name, value in resource.items()
        if name not in _DERIVED and name != "upload" and not name.startswith("__")
    }


def _has_objects(value: Json) -> bool:
    return isinstance(value, list) and any(isinstance(one, Mapping) for one in value)
