"""An official subscribes in a position, for their duties."""

from collections.abc import Iterator

import pytest

from tests.province import Province
from tests.test_portals.official.test_request import get, post, words
from xihu_catalog.subscriptions.service import Subscriptions, forget_person

PATH = "/official/subscriptions"
FIRMS, PER_CASE = "sg_firms", "rs_social_insurance"


@pytest.fixture(autouse=True)
def _tidy(province: Province) -> Iterator[None]:
    yield
    forget_person(province.services.node.database, "p-steward")


def test_data_about_firms_is_told_of_without_a_condition(province: Province) -> None:
    way = f"{PATH}/new?dataset={FIRMS}"
    assert f'href="{way}"' in get(province, "sun", f"/official/datasets/{FIRMS}").text
    page = words(get(province, "sun", way))
    assert "只提醒“有更新”" in page and "本岗位没有登记邮箱" in page
    said = [("position", "sun-rs"), ("dataset", FIRMS), ("kind", "new_rows"), ("why", "核对企业")]
    answer = post(province, "sun", f"{PATH}/new", [*said, ("filter", "county_code:eq:330106")])
    assert answer.status_code == 422 and "不能按条件订阅" in words(answer)
    assert post(province, "sun", f"{PATH}/new", said).status_code == 303
    room = Subscriptions(province.services.node.database, province.services)
    (one,) = room.list_of(province.official("sun"))
    assert (one.position, one.purpose.code, one.purpose.words) == ("sun-rs", "duty", "核对企业")


@pytest.mark.parametrize("name", ["yb_hospital_visits", PER_CASE])
def test_what_the_position_may_not_read_is_refused(province: Province, name: str) -> None:
    said = [("position", "sun-rs"), ("dataset", name), ("kind", "new_rows")]
    answer = post(province, "sun", f"{PATH}/new", said)
    assert answer.status_code == 403
    room = Subscriptions(province.services.node.database, province.services)
    assert room.list_of(province.official("sun")) == []


def test_a_form_of_another_position_is_not_taken(province: Province) -> None:
    said = [("position", "chen-yb"), ("dataset", FIRMS), ("kind", "late")]
    assert post(province, "sun", f"{PATH}/new", said).status_code == 409
