"""我的订阅: the list, its inbox, pausing and ending with a way back, and no one else's."""

from collections.abc import Iterator

import pytest

from tests.entries import unpublished_meanwhile
from tests.province import Province
from tests.test_portals.api.test_subscription_feed import AIR, subscribed_to
from tests.test_portals.official.test_request import get, post, words
from xihu_catalog.subscriptions.service import Subscriptions, Wanted, forget_person

PATH = "/my/subscriptions"


@pytest.fixture(autouse=True)
def _tidy(province: Province) -> Iterator[None]:
    yield
    forget_person(province.services.node.database, "p-citizen3")


def room(province: Province) -> Subscriptions:
    return Subscriptions(province.services.node.database, province.services)


def test_without_any_it_says_how_to_begin(province: Province) -> None:
    assert "您还没有订阅" in words(get(province, "wang", PATH))
    assert "You have no subscriptions yet" in words(get(province, "wang", PATH, "en"))


def test_what_happened_is_listed_until_it_is_read(province: Province) -> None:
    one = subscribed_to(province)
    page = get(province, "wang", PATH)
    assert f'href="{PATH}/{one.id}"' in page.text
    assert (
        "未读" in words(page)
        and "空气质量" in words(page)
        and "空气质量指数 不小于 0" in words(page)
    )
    newest = room(province).events(one.id)[0].id
    sent = post(province, "wang", PATH, [("position", ""), ("act", "read"), ("up_to", str(newest))])
    assert sent.status_code == 303
    assert "未读" not in words(get(province, "wang", PATH))


def test_a_pause_is_taken_back_by_one_press(province: Province) -> None:
    one = subscribed_to(province)
    said = [("position", ""), ("subscription", one.id)]
    sent = post(province, "wang", PATH, [*said, ("act", "paused")])
    after = get(province, "wang", sent.headers["location"])
    assert "已暂停" in words(after) and "撤销" in words(after)
    assert room(province).get(province.citizen("wang"), one.id).state == "paused"
    assert 'name="act" value="active"' in after.text
    assert post(province, "wang", PATH, [*said, ("act", "active")]).status_code == 303
    assert room(province).get(province.citizen("wang"), one.id).state == "active"


def test_one_that_was_ended_is_deleted_with_its_log(province: Province) -> None:
    one = subscribed_to(province)
    said = [("position", ""), ("subscription", one.id)]
    post(province, "wang", PATH, [*said, ("act", "ended")])
    assert "删除订阅和记录" in words(get(province, "wang", PATH))
    assert post(province, "wang", PATH, [*said, ("act", "delete")]).status_code == 303
    assert room(province).find(one.id) is None


def test_no_one_sees_or_changes_anothers(province: Province) -> None:
    one = subscribed_to(province)
    assert one.id not in get(province, "zhao", PATH).text
    for act in ("paused", "delete"):
        said = [("position", ""), ("subscription", one.id), ("act", act)]
        assert post(province, "zhao", PATH, said).status_code == 404
    assert room(province).get(province.citizen("wang"), one.id).state == "active"


def test_the_title_of_what_is_not_published_any_more_is_gone(province: Province) -> None:
    one = subscribed_to(province)
    title = province.services.catalogue.contracts.get(AIR).title.zh
    assert title in words(get(province, "wang", PATH))
    with unpublished_meanwhile(province.services.node.database, AIR):
        page = words(get(province, "wang", PATH))
    assert title not in page and one.id in page


def test_without_its_token_nothing_changes(province: Province) -> None:
    one = subscribed_to(province)
    said = [("position", ""), ("subscription", one.id), ("act", "ended")]
    assert post(province, "wang", PATH, said, csrf="wrong").status_code in {409, 422}
    assert room(province).get(province.citizen("wang"), one.id).state == "active"


def test_all_of_them_are_deleted_at_once_and_no_one_elses(province: Province) -> None:
    one = subscribed_to(province)
    services, other = province.services, province.citizen("zhao")
    theirs = room(province).subscribe(
        services.known_to(other), other, Wanted("late", AIR), services.node.clock()
    )
    said = [("position", ""), ("act", "delete_all")]
    assert post(province, "wang", PATH, said).status_code == 303
    assert room(province).find(one.id) is None
    assert room(province).find(theirs.id) is not None
    forget_person(services.node.database, other.id)
    assert room(province).find(theirs.id) is None
