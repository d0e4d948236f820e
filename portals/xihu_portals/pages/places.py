"""A region in a page's address: the rows of a dataset that lie in it."""

from urllib.parse import urlencode

from xihu_catalog.contracts.model import Contract
from xihu_catalog.registry.codes import divisions
from xihu_platform.access.query import Filter
from xihu_platform.errors import BadInput
from xihu_platform.regions import Region


def region_filters(contract: Contract, code: str | None) -> tuple[Filter, ...]:
    """Filters for the rows of a city or a county; none for the province or without a code.

    Raises BadInput for a code that is no division, or a dataset without regions.
    """
    if not code:
        return ()
    known = divisions().get(code)
    field = next((f.name for f in contract.fields if f.region), None)
    if known is None or field is None:
        raise BadInput(
            f"数据集 {contract.dataset} 不能按地区“{code[:12]}”筛选",
            f"dataset {contract.dataset} cannot be narrowed to the region “{code[:12]}”",
        )
    if known.level == "province":
        return ()
    if known.level == "city":
        return (Filter(field, "starts", Region(code).prefix),)
    return (Filter(field, "eq", code),)


def with_region(href: str, code: str | None) -> str:
    """The address with the region kept."""
    return f"{href}?{urlencode({'region': code})}" if code else href
