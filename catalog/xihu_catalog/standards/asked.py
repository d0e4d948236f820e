"""Codes in a question to a metric: those of the registry's lists, and no others."""

from xihu_catalog.registry.codes import code_list, divisions, place_name, province
from xihu_platform.brain.query import MetricQuery
from xihu_platform.brain.spec import MetricSpec
from xihu_platform.errors import BadInput


def check_codes(spec: MetricSpec, query: MetricQuery) -> None:
    """Raises BadInput for a region or a code that no list holds: its value would not be zero."""
    if query.parent is not None and query.parent not in divisions():
        whole = place_name(province().code) or province().name
        raise BadInput(
            f"没有地区代码“{query.parent[:20]}”，请用{whole.zh}内省、市、县的六位代码",
            f"there is no division code “{query.parent[:20]}”: use six digits of {whole.en}, a "
            "city or a county of it",
        )
    lists = {d.field: d.code_list for d in spec.dimensions}
    for field, value in query.filters:
        name = lists.get(field)
        if name is not None and value not in code_list(name):
            raise BadInput(
                f"{field} 没有代码“{value[:40]}”，可用的代码见代码表 {name}",
                f"{field} has no code “{value[:40]}”: see the code list {name}",
            )
