"""Reads who runs the 12345 hotline of the node."""

from functools import lru_cache

from pydantic import TypeAdapter

from xihu_catalog.registry.folder import registry_folder
from xihu_catalog.registry.people import ORGANISATIONS, organisations
from xihu_catalog.registry.reading import ContentPart, bad, read_content

HOTLINE_FILE = "hotline.yaml"


class _Hotline(ContentPart):
    organisation: str | None = None


@lru_cache
def hotline_organisation() -> str | None:
    """Its USCC; None where the registry has no such file. Raises BadRegistry."""
    path = registry_folder() / HOTLINE_FILE
    found = read_content(path, TypeAdapter(_Hotline), _Hotline()).organisation
    if found is not None and found not in organisations():
        zh = f"机构 {found} 不在 {ORGANISATIONS} 中"
        raise bad(HOTLINE_FILE, 1, zh, f"the organisation {found} is not in {ORGANISATIONS}")
    return found
