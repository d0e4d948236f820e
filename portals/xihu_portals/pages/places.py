"""A region in a page's address: found by what people type, and the rows that lie in it."""

from functools import lru_cache
from urllib.parse import urlencode

from xihu_catalog.contracts.model import Contract
from xihu_catalog.registry.codes import Division, divisions, place_name
from xihu_catalog.registry.regions import divided_names, former_names
from xihu_platform.access.query import Filter
from xihu_platform.errors import BadInput
from xihu_platform.regions import Region
from xihu_portals.pages.describe import region_name

_KINDS = (" city", " county", " district", " province")
NAMED = 8  # places that a message names


def find_places(text: str) -> tuple[Division, ...]:
    """The divisions that a typed text may mean, in the order of their codes: by code, by Chinese
    name with or without its kind, by pinyin or English name; else by a name that it had before, or
    that what it is part of had; else those that begin so; else those whose Chinese name has it.
    """
    typed = _plain(text)
    if not typed:
        return ()
    known = _named_divisions()
    found = [one for one, names in known if typed in names]
    if not found:
        code, parts = former_names().get(typed), divided_names().get(typed, ())
        found = [one for one, _ in known if one.code == code or one.code in parts]
    found = found or [one for one, names in known if any(n.startswith(typed) for n in names)]
    found = found or [one for one, _ in known if typed in one.name.zh]
    return tuple(sorted(found, key=lambda one: one.code))


@lru_cache
def _named_divisions() -> tuple[tuple[Division, set[str]], ...]:
    return tuple((one, _names(one)) for one in divisions().values())


def _names(division: Division) -> set[str]:
    """
    >>> sorted(_names(divisions()["330106"]))
    ['330106', 'xihu', 'xihudistrict', '西湖', '西湖区']
    """
    found = {division.code}
    for name in (division.name, place_name(division.code) or division.name):
        en = name.en.lower()
        kind = next((kind for kind in _KINDS if en.endswith(kind)), "")
        found |= {_plain(name.zh), _plain(en), _plain(en.removesuffix(kind))}
        if len(name.zh) > 2:
            found.add(name.zh[:-1])
    return found


def _plain(text: str) -> str:
    return "".join(c for c in text.strip().lower() if c.isalnum())


def place_of(text: str) -> Division:
    """The one division that a typed text means. Raises BadInput for none, and for several."""
    found = find_places(text)
    if len(found) == 1:
        return found[0]
    if not found:
        raise BadInput(
            f"没有找到名为“{text[:40]}”的地区，请填市或县（市、区）的名称、拼音或六位代码，如“西湖区”",
            f"no place is called “{text[:40]}”: give the name of a city or county, in Chinese or "
            "pinyin, or its six-digit code, for example “Xihu District”",
        )
    zh = "、".join(f"{region_name(one.code).zh}（{one.code}）" for one in found[:NAMED])
    en = ", ".join(f"{region_name(one.code).en} ({one.code})" for one in found[:NAMED])
    more = len(found) > NAMED
    raise BadInput(
        f"“{text[:40]}”可能指几个地区：{zh}{'等' if more else ''}，请写全名称或代码",
        f"“{text[:40]}” may mean several places: {en}{' and others' if more else ''}; "
        "give the whole name or the code",
    )


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
