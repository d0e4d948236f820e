"""The items of the registry: one YAML file for each version of each item, and of each bundle."""

from functools import lru_cache

from pydantic import TypeAdapter

from xihu_catalog.registry.folder import registry_folder
from xihu_catalog.registry.reading import read_content
from xihu_catalog.services.bundles import bundle_files, merged
from xihu_catalog.services.item import ServiceItem

SERVICES = "services"
_ITEM = TypeAdapter(ServiceItem)


@lru_cache
def item_versions() -> dict[tuple[str, int], ServiceItem]:
    """Every version of every item and bundle, by id and version: cases run on under the one they
    began with.

    Raises BadRegistry.
    """
    paths = sorted((registry_folder() / SERVICES).glob("*.yaml"))
    found = [read_content(path, _ITEM) for path in paths]
    known = {(o.id, o.version): o for o in sorted(found, key=lambda o: (o.id, o.version))}
    bundled = [merged(path, one, known) for path, one in bundle_files()]
    return known | {(o.id, o.version): o for o in sorted(bundled, key=lambda o: (o.id, o.version))}


def service_items() -> dict[str, ServiceItem]:
    """The newest version of each item and bundle, by id. Raises BadRegistry."""
    return {name: one for (name, _), one in item_versions().items()}
