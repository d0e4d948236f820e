"""Pages at a moment in the past: rows and numbers as the API has them, kept in every link."""

import asyncio
import re
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

import httpx
import pytest
from sqlalchemy import delete

from tests.province import Province
from tests.test_portals.api.callers import Call, send
from tests.test_portals.api.test_versions import gone
from tests.test_portals.versioned import DATASET, only_what_there_is, world
from xihu_platform.access.models import ErasureRow
from xihu_platform.clock import SHANGHAI
from xihu_platform.database import transaction

__all__ = ["only_what_there_is", "world"]  # fixtures

METRIC = "penalties"
EXPLORE = [(f"/datasets/{DATASET}/explore", ""), (f"/official/datasets/{DATASET}/explore", "sun")]
METRICS = [(f"/metrics/{METRIC}", ""), (f"/official/metrics/{METRIC}", "zhou")]
BOTH = [*EXPLORE, *METRICS]


def fetch(world: Province, address: str, who: str = "") -> httpx.Response:
    if who:
        return send(world, Call("GET", address, "", who), "right")

    async def once() -> httpx.Response:
        async with world.client() as client:
            return await client.get(address)

    return asyncio.run(once())


def moments(world: Province) -> tuple[int, int, datetime]:
    """The older and the newer snapshot, and the moment at which the newer one came."""
    new, old = world.services.node.lake.summaries(f"data.{DATASET}")
    found = fetch(world, f"/api/v1/datasets/{DATASET}/versions").json()["versions"]
    (at,) = (one["loaded_at"] for one in found if one["snapshot"] == str(new))
    return old, new, datetime.fromisoformat(at)


def before(world: Province) -> str:
    """Half a minute before the newer one, as somebody writes it: Beijing time, no zone."""
    moment = moments(world)[2] - timedelta(seconds=30)
    return moment.astimezone(SHANGHAI).replace(tzinfo=None, microsecond=0).isoformat()


def links(text: str, path: str) -> list[dict[str, str]]:
    """The parameters of each link and form of a page to itself."""
    main = text.partition("<main")[2].partition("</main>")[0]
    hrefs = [unescape(one) for one in re.findall(r'href="([^"]*)"', main)]
    return [dict(parse_qsl(urlsplit(one).query)) for one in hrefs if urlsplit(one).path == path]


@pytest.mark.parametrize(("path", "who"), EXPLORE)
def test_rows_are_those_of_the_moment(world: Province, path: str, who: str) -> None:
    old, new, at = moments(world)
    added = "?filter=penalty_no:eq:XH-NEW-1"
    assert "XH-NEW-1" in fetch(world, f"{path}{added}", who).text.partition('id="rows"')[2]
    then = fetch(world, f"{path}{added}&as_of={quote(before(world))}", who)
    assert then.status_code == 200
    assert "没有记录同时符合这些条件" in then.text
    whole = fetch(world, f"{path}?as_of={quote(before(world))}", who).text
    assert f"快照 {old}" in whole and f"快照 {new}" not in whole
    shown = at.astimezone(SHANGHAI) - timedelta(seconds=30)
    assert f"{shown:%H:%M}" in whole.partition('id="as-of"')[2].partition("</p>")[0]
    same = at.astimezone(SHANGHAI).replace(tzinfo=None) + timedelta(seconds=1)
    assert f"快照 {new}" in fetch(world, f"{path}?as_of={quote(same.isoformat())}", who).text


@pytest.mark.parametrize(("path", "who"), EXPLORE)
def test_the_next_page_is_of_the_same_moment(world: Province, path: str, who: str) -> None:
    old, _, _ = moments(world)
    first = fetch(world, f"{path}?as_of={quote(before(world))}", who).text
    href = unescape(re.findall(r'rel="next" href="([^"]*)"', first)[-1])
    following = fetch(world, href, who)
    assert (following.status_code, dict(parse_qsl(urlsplit(href).query))["as_of"]) == (
        *(200, before(world)),
    )
    assert f"快照 {old}" in following.text
    rows = [
        one.partition('id="rows"')[2].partition("</table>")[0] for one in (first, following.text)
    ]
    assert rows[0] != rows[1]


@pytest.mark.parametrize(("path", "who"), BOTH)
def test_each_link_of_the_page_keeps_the_moment_but_the_one_to_now(
    world: Province, path: str, who: str
) -> None:
    moment = before(world)
    text = fetch(world, f"{path}?as_of={quote(moment)}", who).text
    found = links(text, path)
    without = [one for one in found if one.get("as_of") != moment]
    assert len(found) > 1
    assert without == [{}] or all("as_of" not in one and "snapshot" not in one for one in without)
    assert len(without) == 1, "the way back to now"
    first = text.partition("<main")[2].partition("<form")[2].partition("</form>")[0]
    assert f'name="as_of" value="{moment}"' in first
    assert 'id="as-of"' not in fetch(world, path, who).text


@pytest.mark.parametrize(("path", "who"), METRICS)
def test_numbers_are_those_of_the_api_at_the_moment(world: Province, path: str, who: str) -> None:
    old, new, _ = moments(world)
    moment = quote(before(world))
    text = fetch(world, f"{path}?as_of={moment}&place=330000", who).text
    assert f"快照 {old}" in text and "embed" not in text.partition('id="get"')[2]
    href = next(
        unescape(one)
        for one in re.findall(r'href="([^"]*)"', text)
        if "values.json" in one or "/query?" in one
    )
    said: dict[str, Any] = fetch(world, href, who).json()
    assert said["citation"]["snapshot_id"] == str(old)
    now: dict[str, Any] = fetch(world, re.sub(r"&as_of=[^&]*", "", href), who).json()
    assert now["citation"]["snapshot_id"] == str(new)
    file = fetch(world, f"{path}/download.csv?as_of={moment}&place=330000", who)
    assert file.headers["x-xihu-snapshot"] == str(old)
    assert f"?snapshot={old}" in file.text


@pytest.mark.parametrize(("path", "who"), BOTH)
def test_what_is_gone_or_never_was_is_refused_in_the_words_of_the_api(
    world: Province, path: str, who: str
) -> None:
    rows = f"/api/v1/datasets/{DATASET}/rows?limit=1&as_of="
    early = "2020-01-01T00:00:00"
    answer = fetch(world, f"{path}?as_of={early}", who)
    assert (answer.status_code, fetch(world, rows + early).status_code) == (404, 404)
    gone(world, DATASET, 8, "个人申请")
    for ground in ("个人申请", None):
        gone(world, DATASET, 8, ground)
        if ground is None:
            with transaction(world.services.node.database) as session:
                session.execute(delete(ErasureRow))
        moment = (moments(world)[2] - timedelta(days=100)).strftime("%Y-%m-%dT%H:%M:%S")
        answer = fetch(world, f"{path}?as_of={moment}", who)
        of_rows = fetch(world, rows + moment)
        assert (answer.status_code, of_rows.status_code) == (410, 410)
        assert of_rows.json()["detail"] in unescape(answer.text)


def first_version(world: Province) -> datetime:
    found = fetch(world, f"/api/v1/datasets/{DATASET}/versions").json()["versions"]
    return min(datetime.fromisoformat(one["loaded_at"]) for one in found).astimezone(SHANGHAI)


@pytest.mark.parametrize(
    ("path", "who", "title", "kept"),
    [
        (*EXPLORE[0], "行政处罚信息", ("filter", "penalty_no:eq:XH-NEW-1")),
        (*EXPLORE[1], "行政处罚信息", ("filter", "penalty_no:eq:XH-NEW-1")),
        (*METRICS[0], "行政处罚件数", ("place", "330100")),
        (*METRICS[1], "行政处罚件数", ("place", "330100")),
    ],
)
def test_before_the_first_version_the_page_says_so_and_asks_for_another_moment(
    world: Province, path: str, who: str, title: str, kept: tuple[str, str]
) -> None:
    first = first_version(world)
    asked = urlencode([kept, ("as_of", "2020-01-02T03:04")])
    answer = fetch(world, f"{path}?{asked}", who)
    assert answer.status_code == 404
    main = unescape(answer.text.partition("<main")[2].partition("</main>")[0])
    assert title in main
    assert "2020年1月2日 03:04（北京时间）时还没有数据" in main and "2020-01-02" not in main
    said = f"{first.year}年{first.month}月{first.day}日 {first:%H:%M}"
    assert f"最早的版本装载于{said}" in main
    form = main.partition("<form")[2].partition("</form>")[0]
    hidden = dict(re.findall(r'type="hidden" name="([^"]*)" value="([^"]*)"', form))
    assert hidden == {kept[0]: kept[1]} or (hidden[kept[0]] == kept[1] and "as_of" not in hidden)
    (least,) = re.findall(r' min="([^"]*)"', form)
    assert timedelta(0) <= datetime.fromisoformat(least) - first.replace(tzinfo=None)
    assert datetime.fromisoformat(least) - first.replace(tzinfo=None) < timedelta(seconds=1)
    sent = {**hidden, "as_of": least}
    there = fetch(world, f"{path}?{urlencode(sent)}", who)
    assert there.status_code == 200 and 'id="as-of"' in there.text
    now = [one for one in links(answer.text, path) if "as_of" not in one]
    assert [one.get(kept[0]) for one in now] == [kept[1]]
    english = fetch(world, f"{path}?{asked}&lang=en", who)
    assert "There was no data at 2 Jan 2020, 03:04 Beijing time" in unescape(english.text)


def test_a_day_alone_is_its_first_moment(world: Province) -> None:
    day = first_version(world).date()
    rows = f"/api/v1/datasets/{DATASET}/rows?limit=1&as_of="
    assert fetch(world, f"{rows}{day}").status_code == 404
    first = first_version(world).astimezone(UTC).isoformat().replace("+00:00", "Z")
    assert fetch(world, f"{rows}{first}").status_code == 200
    said = fetch(world, f"/datasets/{DATASET}/explore?as_of={day}").text
    assert f"{day.year}年{day.month}月{day.day}日 00:00" in said


@pytest.mark.parametrize(("path", "who"), BOTH)
def test_a_moment_that_is_to_come_is_refused(world: Province, path: str, who: str) -> None:
    """Nobody knows what the data will be then."""
    answer = fetch(world, f"{path}?as_of=2027-01-01", who)
    assert answer.status_code == 422
    assert "2027年1月1日 00:00还没有到" in unescape(answer.text)
    rows = fetch(world, f"/api/v1/datasets/{DATASET}/rows?limit=1&as_of=2027-01-01")
    assert rows.status_code == 422


@pytest.mark.parametrize(("path", "who"), BOTH)
def test_a_moment_that_is_none_is_refused(world: Province, path: str, who: str) -> None:
    answer = fetch(world, f"{path}?as_of=yesterday", who)
    assert answer.status_code == 422
    assert "as_of 的“yesterday”不是时间" in unescape(answer.text)
    assert fetch(world, f"{path}?as_of=", who).status_code == 200


@pytest.mark.parametrize(("path", "who"), EXPLORE)
def test_a_snapshot_and_a_moment_are_not_both(world: Province, path: str, who: str) -> None:
    old, _, _ = moments(world)
    answer = fetch(world, f"{path}?snapshot={old}&as_of={quote(before(world))}", who)
    assert answer.status_code == 422
    assert "snapshot 和 as_of 只能写一个" in unescape(answer.text)


def test_ckans_datastore_answers_as_of_a_moment(world: Province) -> None:
    old, new, _ = moments(world)
    path = f"/api/3/action/datastore_search?resource_id={DATASET}&limit=1"
    now = fetch(world, path).json()["result"]
    then = fetch(world, f"{path}&as_of={quote(before(world))}").json()["result"]
    assert (now["xihu"]["snapshot"], then["xihu"]["snapshot"]) == (str(new), str(old))
    assert "as_of=" in then["_links"]["next"]
    early = fetch(world, f"{path}&as_of=2020-01-01").json()
    assert early["error"]["__type"] == "Not Found Error"
    assert fetch(world, f"{path}&as_of=yesterday").status_code == 409
