"""Writes a draft of an entry as a CKAN package, and reads a package's fields back from ours."""

from typing import Any
from uuid import uuid4

from xihu_catalog.datasets.drafts import DraftContent, EntryDraft
from xihu_catalog.formats.ckan import (
    ckan_group,
    ckan_licence,
    ckan_moment,
    ckan_organisation,
    ckan_tag,
)
from xihu_platform.words import Language, Text

_Json = dict[str, Any]
"""Any: it is JSON."""
DRAFT_PAGE = "/official/drafts"
COMPUTED = frozenset({"state", "data_as_of", "loaded_at", "due_at"})
"""Extras that this node computes: a client that sends one back changes nothing."""
RESOURCE: _Json = {
    **dict.fromkeys(("name", "description", "format", "hash", "url"), ""),
    **dict.fromkeys(("mimetype", "mimetype_inner", "url_type", "resource_type", "size")),
    **dict.fromkeys(("cache_url", "cache_last_updated", "last_modified")),
}
"""The fields of a resource that its writer has left out."""


def new_resource_id() -> str:
    return str(uuid4())


def ckan_draft(
    draft: EntryDraft,
    organisation: tuple[tuple[str, str], Text],
    topics: dict[str, tuple[str, Text]],
    language: Language,
    base_url: str,
) -> _Json:
    """The package as its writer sees it. `organisation`: `organisation_key` and its name; `topics`:
    IRI and title by code in small letters. `xihu` says where a steward goes on."""
    content = draft.content
    licence, title, address, is_open = ckan_licence(content["license_id"])
    tags = [ckan_tag(name) for name in content["tags"]]
    resources = [_resource(draft, one, n) for n, one in enumerate(content["resources"])]
    key, name = organisation
    page = f"{base_url.rstrip('/')}{DRAFT_PAGE}#{draft.id}"
    return {
        **{one: content[one] for one in TEXTS},
        **{one: content[one] or None for one in ("author_email", "maintainer_email")},
        "id": draft.id,
        "type": content["type"],
        "state": "draft",
        "private": content["private"],
        "license_title": title,
        "license_url": address,
        "license_id": licence,
        "isopen": is_open,
        "metadata_created": ckan_moment(draft.made_at),
        "metadata_modified": ckan_moment(draft.changed_at),
        "creator_user_id": draft.author,
        "owner_org": key[0],
        "organization": ckan_organisation(key, name, language),
        "groups": [
            ckan_group(one, *topics[one], language) for one in content["groups"] if one in topics
        ],
        "tags": tags,
        "num_tags": len(tags),
        "resources": resources,
        "num_resources": len(resources),
        "extras": [{"key": one, "value": value} for one, value in content["extras"]],
        "relationships_as_subject": [],
        "relationships_as_object": [],
        "xihu": {"draft_of": draft.of, "version": draft.number, "page": page},
    }


TEXTS = (
    *("name", "title", "notes", "url", "version"),
    *("author", "author_email", "maintainer", "maintainer_email", "license_id"),
)
"""The fields of a package that have one text."""


def _resource(draft: EntryDraft, one: _Json, position: int) -> _Json:
    made = ckan_moment(draft.changed_at)
    return {
        **RESOURCE,
        "created": ckan_moment(draft.made_at),
        **one,
        "package_id": draft.id,
        "position": position,
        "state": "active",
        "metadata_modified": made,
        "datastore_active": False,
    }


def compared(content: DraftContent) -> dict[str, str]:
    """What a person compares of a draft: names of fields to lines of text."""
    extras = {name: value for name, value in content["extras"] if name not in COMPUTED}
    found = {one: str(content[one] or "") for one in TEXTS if one != "name"}
    found["tags"] = "\n".join(sorted(content["tags"]))
    found["groups"] = "\n".join(content["groups"])
    found["extras"] = "\n".join(f"{name}: {value}" for name, value in sorted(extras.items()))
    shown = [(one.get("name") or "", one.get("url") or "") for one in content["resources"]]
    found["resources"] = "\n".join(f"{name} {url}".strip() for name, url in shown)
    return found


def content_of_package(package: _Json) -> DraftContent:
    """What a writer decides of a package of an entry."""
    return {
        **{one: package[one] or "" for one in TEXTS},
        "tags": [one["name"] for one in package["tags"]],
        "groups": [one["name"] for one in package["groups"]],
        "extras": [[one["key"], one["value"]] for one in package["extras"]],
        "resources": package["resources"],
    }
