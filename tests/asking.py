"""Requests for data, played in the demo province by those whose step it is."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import count

import pytest

from tests.province import Province, make_province
from xihu_catalog.contracts.model import policy_of
from xihu_catalog.services.ratings import rate
from xihu_catalog.sharing.openings import opening_of
from xihu_catalog.sharing.requests import request_opening
from xihu_platform.access.policy import Policy
from xihu_platform.access.query import RowQuery
from xihu_platform.clock import civil_date
from xihu_platform.database import transaction
from xihu_platform.matters.command import Command, Value
from xihu_platform.matters.definition import OPEN

INSURANCE = "rs_social_insurance"
"""Shared on conditions by the department of sun and fang."""
VOICED = "/datasets/jy_pupils/voices"
"""Where zhao's comment and reuse are shown."""
_KEYS = count()


def key() -> str:
    return f"asking-{next(_KEYS):06d}"


def values(province: Province, dataset: str) -> dict[str, Value]:
    """What a request for every field of a dataset says."""
    contract = province.services.catalogue.contracts.get(dataset)
    last = civil_date(province.services.node.clock()) + timedelta(days=200)
    said: dict[str, Value] = {
        "basis": "《社会救助暂行办法》第五十七条",
        "scene": "核对家庭成员参保情况",
        "fields": [one.name for one in contract.fields if one.grade != "L4"],
        "until": last.isoformat(),
    }
    if contract.share_class == "conditional":
        said |= {"scope": "本区低保经办岗位", "method": "page"}
    return said


def draft(province: Province, dataset: str = INSURANCE, position: str = "chen-xihu") -> int:
    """A request that chen has written."""
    services, clerk = province.services, province.official("chen", position)
    assert clerk.position is not None
    today = civil_date(services.node.clock())
    policy = policy_of(services.catalogue.contracts.get(dataset))
    with transaction(services.node.database) as session:
        opening = request_opening(session, policy, clerk.position, today)
    command = Command(OPEN, key(), values=values(province, dataset))
    return services.matters.open(clerk, opening, command).matter


def act(
    province: Province,
    matter: int,
    who: str,
    position: str,
    event: str,
    said: dict[str, Value] | None = None,
    reason: str | None = None,
    article: str | None = None,
) -> str:
    """The state that a step leads to."""
    matters, principal = province.services.matters, province.official(who, position)
    version = matters.read(principal, matter).version
    command = Command(event, key(), version, said or {}, reason=reason, article=article)
    acted = matters.act(principal, matter, command)
    province.services.write_down()
    return acted.state


def sent(province: Province) -> int:
    """A request that the provider has to answer."""
    matter = draft(province)
    act(province, matter, "chen", "chen-xihu", "submit")
    act(province, matter, "ding", "ding-xihu", "approve_inside")
    return matter


def agreed(province: Province) -> int:
    matter = sent(province)
    act(province, matter, "sun", "sun-rs", "assess", {"opinion": "内部意见：同意"})
    act(province, matter, "fang", "fang-rs", "agree")
    return matter


def complaint(province: Province) -> int:
    """Wang complains about a department; the authority asks for more."""
    services, wang = province.services, province.citizen("wang")
    said: dict[str, Value] = {
        "respondent": "113399001001041148",
        "subject": "not_corrected",
        "claim": "就诊记录有误，多次反映没有更正",
    }
    today = civil_date(services.node.clock())
    with transaction(services.node.database) as session:
        opening = opening_of(session, "complaint", wang, said, None, today)
    matter = services.matters.open(wang, opening, Command(OPEN, key(), values=said)).matter
    act(province, matter, "luo", "luo-sj", "accept")
    act(province, matter, "luo", "luo-sj", "ask", {"question": "请说明是哪一天的就诊记录"})
    return matter


def to_rate(province: Province) -> int:
    """Wang's request to open data, withdrawn: it can be rated."""
    services, wang = province.services, province.citizen("wang")
    policy = policy_of(services.catalogue.contracts.get("zr_land_parcels"))
    said: dict[str, Value] = {"fields": [closed_field(policy)], "use": "做一张地图"}
    today = civil_date(services.node.clock())
    with transaction(services.node.database) as session:
        opening = opening_of(session, "opening_request", wang, said, policy, today)
    matter = services.matters.open(wang, opening, Command(OPEN, key(), values=said)).matter
    version = services.matters.read(wang, matter).version
    services.matters.act(wang, matter, Command("withdraw", key(), version))
    return matter


def voices(province: Province) -> str:
    """The page of what zhao says of a dataset and has built with it, shown by its department."""
    services, zhao = province.services, province.citizen("zhao")
    policy = policy_of(services.catalogue.contracts.get(VOICED.split("/")[2]))
    today = civil_date(services.node.clock())
    said: dict[str, dict[str, Value]] = {
        "data_comment": {"comment": "字段说明很清楚，希望按月更新。\n谢谢！", "name": "湖畔居民"},
        "data_reuse": {
            "title": "上学路上",
            "description": "按学校和区县看入学人数，给选校的家长用。",
            "address": "https://map.example.com/a-rather-long-name-of-a-page/2026",
        },
    }
    for kind, words in said.items():
        with transaction(services.node.database) as session:
            opening = opening_of(session, kind, zhao, {}, policy, today)
        matter = services.matters.open(zhao, opening, Command(OPEN, key(), values=words)).matter
        act(province, matter, "jy-head", "jy-head", "show")
    return VOICED


def rated(province: Province) -> int:
    """The same, rated as bad."""
    matter, wang = to_rate(province), province.citizen("wang")
    rate(province.services.matters, wang, matter, 4, "没有说清理由", key())
    return matter


def closed_field(policy: Policy) -> str:
    return next(one.name for one in policy.fields if one.grade != "L1")


def incident(province: Province) -> int:
    """Sun reports an incident."""
    services, sun = province.services, province.official("sun", "sun-rs")
    today = civil_date(services.node.clock())
    said: dict[str, Value] = {
        "severity": "considerable",
        "nature": "leaked",
        "found_on": today.isoformat(),
        "datasets": [INSURANCE],
        "account": "一个接口的口令外泄",
        "measures": "已停用该接口",
    }
    with transaction(services.node.database) as session:
        opening = opening_of(session, "incident", sun, said, None, today)
    return services.matters.open(sun, opening, Command(OPEN, key(), values=said)).matter


def everything() -> RowQuery:
    """All fields that may be seen."""
    return RowQuery()


def only(*fields: str) -> RowQuery:
    return RowQuery(fields=fields)


@pytest.fixture(scope="module", name="province")
def acted_province(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Province]:
    """One of the module's own: the shared one is only read."""
    yield from make_province(tmp_path_factory.mktemp("asking"))
