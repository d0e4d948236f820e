"""A clerk at the screen, and a program with the lines the page gives it."""

import csv
import io
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser

from tests.test_portals.pages.air import AirRow, accepted
from tests.test_portals.pages.clerk import Clerk
from tests.test_portals.pages.explored import Explored, address_of
from tests.test_portals.pages.live import Live, serving, sign_in, take_office, visit
from tests.test_portals.pages.looked import check

pytestmark = pytest.mark.browser

AIR = "hb_air_quality_hourly"
START = datetime(2026, 11, 28, tzinfo=UTC)
NASTY = (
    "it's \"$HOME\" `id` $(id) \\ %s #{x} 西湖；\n'); import os #",
    "';touch broken;'",
    "a,b&c=d+e f",
)


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    with serving(tmp_path_factory.mktemp("explore")) as served:
        yield served


def of_xihu(live: Live) -> list[tuple[datetime, AirRow]]:
    read = accepted(live.province.services.node.settings.data_dir)
    return [
        (at, row)
        for row in read
        if row["区划"] == "330106"
        and isinstance(at := row["监测时间"], datetime)
        and at.month == 11
    ]


@pytest.mark.parametrize(("scripts", "keys"), [(True, False), (False, False), (True, True)])
def test_a_clerk_gets_one_county_and_one_month_in_five_taps(
    live: Live, browser: Browser, scripts: bool, keys: bool
) -> None:
    context = browser.new_context(
        viewport={"width": 1280, "height": 900}, locale="zh-CN", java_script_enabled=scripts
    )
    page = context.new_page()
    sign_in(page, live.base, "sun", at="/official/")
    take_office(page, "sun-rs")
    page.goto(f"{live.base}/official/datasets/{AIR}")
    clerk = Clerk(page, context, keys)
    clerk.tap(page.locator(f'a[href="/official/datasets/{AIR}/explore"]'))
    for facet in ("杭州市", "西湖区", "2026年11月"):
        clerk.tap(page.locator(f'.facets a:has-text("{facet}")'))
    mine = of_xihu(live)
    assert page.locator("h2.count").inner_text() == f"{len(mine):,} 行符合条件"
    times = page.locator(".explore-table tbody td:nth-child(2)").all_inner_texts()
    assert times == [
        f"{at.year}年{at.month}月{at.day}日 {at:%H:%M}" for at, _ in mine[: len(times)]
    ]
    kept = clerk.keep(page.locator('a[href*="download.csv?filter"]'))
    assert clerk.taps <= 5
    lines = list(csv.DictReader(io.StringIO(Path(kept).read_text("utf-8"))))
    assert [line["measured_at"] for line in lines] == [str(at) for at, _ in mine]
    for name, column in (("aqi", "空气质量指数"), ("no2_ug_m3", "NO2"), ("co_mg_m3", "CO")):
        values = [row[column] for _, row in mine]
        assert [line[name] for line in lines] == ["" if v is None else str(v) for v in values]
    page.go_back()
    assert "西湖区" in page.locator("main").inner_text()
    context.close()


def test_the_form_works_with_keys_alone(live: Live, browser: Browser) -> None:
    context = visit(browser)
    page = context.new_page()
    page.goto(f"{live.base}{address_of(AIR)}")
    page.locator("#is-county_code").focus()
    page.keyboard.press("ArrowDown")  # the first city as a whole
    page.keyboard.press("Tab")
    page.locator("input[name='from.measured_at']").fill("2026-11-20")
    page.locator("input[name='to.measured_at']").fill("2026-11-20")
    page.locator("input[name='to.measured_at']").press("Enter")
    page.wait_for_url("**/explore?filter=*")
    read = accepted(live.province.services.node.settings.data_dir)
    hangzhou = [r for r in read if str(r["区划"]).startswith("3301")]
    day = [r for r in hangzhou if str(r["监测时间"]).startswith("2026-11-20")]
    assert page.locator("h2.count").inner_text() == f"{len(day):,} 行符合条件"
    context.close()


def test_an_answer_that_takes_long_is_said_to_be_on_its_way(live: Live, browser: Browser) -> None:
    context = visit(browser)
    page = context.new_page()
    page.clock.install(time=START)
    page.goto(f"{live.base}{address_of(AIR)}")
    page.clock.pause_at(START + timedelta(hours=1))  # from here on only this test moves the time
    held = "form => form.addEventListener('submit', (event) => event.preventDefault())"
    page.locator(".explore-form").evaluate(held)  # as if no answer came
    page.locator(".explore-form button[type=submit]").click()
    page.clock.run_for(1900)
    assert not page.locator("#explore-wait").is_visible()
    page.clock.run_for(200)
    assert page.locator("#explore-wait").is_visible()
    context.close()


WRONG = "?filter=aqi:ge:x&filter=y&from.no2_ug_m3=lots&sort=-aqi&is.station_code=西湖"


@pytest.mark.harness
@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_page_that_says_what_is_wrong_is_sound(
    live: Live, browser: Browser, language: str, width: int
) -> None:
    context = visit(browser, language=language, width=width)
    page = context.new_page()
    for path in (f"/datasets/{AIR}/explore{WRONG}", "/datasets/sg_firms/explore"):
        page.goto(f"{live.base}{path}", wait_until="load")
        page.locator("details").evaluate_all("all => all.forEach((one) => { one.open = true; })")
        check(page, language)
    context.close()


def lines_of(live: Live, browser: Browser, *pairs: tuple[str, str]) -> dict[str, str]:
    """The lines as the clipboard gets them: the text of their boxes."""
    context = visit(browser)
    page = context.new_page()
    page.goto(f"{live.base}{address_of(AIR, *pairs)}")
    page.locator("#get details").first.evaluate("one => one.open = true")
    found = {
        name: page.locator(f"#{name}").text_content() or "" for name in ("curl", "python", "r")
    }
    context.close()
    return found


def run(command: list[str], folder: Path) -> None:
    environment = {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": "/nowhere"}
    subprocess.run(
        command, cwd=folder, env=environment, check=True, timeout=60, capture_output=True
    )


@pytest.mark.parametrize("tool", ["curl", "python"])
def test_the_lines_get_exactly_what_the_page_shows(
    live: Live, browser: Browser, tmp_path: Path, tool: str
) -> None:
    pairs = (("filter", "county_code:eq:330106"), ("filter", "aqi:ge:60"), ("sort", "-aqi"))
    lines = lines_of(live, browser, *pairs)[tool]
    command = ["bash", "-c", lines] if tool == "curl" else [sys.executable, "-c", lines]
    run(command, tmp_path)
    with (tmp_path / f"{AIR}.csv").open(encoding="utf-8", newline="") as file:
        got = [int(line["aqi"]) for line in csv.DictReader(file)]
    high = [
        int(str(r["空气质量指数"])) for _, r in of_xihu(live) if int(str(r["空气质量指数"])) >= 60
    ]
    assert got == sorted(high, reverse=True)
    assert got


@pytest.mark.parametrize("value", NASTY)
def test_nothing_that_is_filtered_by_becomes_a_command(
    live: Live, tmp_path: Path, value: str
) -> None:
    """A condition that no row meets keeps its lines only where something is found: `ne` does."""
    pairs = (("filter", f"station_code:ne:{value}"), ("filter", "county_code:eq:330106"))
    answer = httpx.get(f"{live.base}{address_of(AIR, *pairs)}", headers={"accept-language": "zh"})
    page = Explored(answer)
    boxes = {
        name: page.text.partition(f'<pre id="{name}"><code>')[2].partition("</code>")[0]
        for name in ("curl", "python", "r")
    }
    for name, command in (
        ("curl", ["bash", "-c", boxes["curl"]]),
        ("python", [sys.executable, "-c", boxes["python"]]),
    ):
        folder = tmp_path / name
        folder.mkdir()
        run(command, folder)
        assert [p.name for p in folder.iterdir()] == [f"{AIR}.csv"], name
        assert len((folder / f"{AIR}.csv").read_text().splitlines()) == page.total + 1
    address = boxes["r"].splitlines()[0]
    assert address.startswith('address <- "') and address.endswith('"')
    quoted = address.removeprefix('address <- "')[:-1]
    assert not set(quoted) & {'"', "\\", "`", "$", " ", "'"}
    assert httpx.get(quoted).text == (tmp_path / "curl" / f"{AIR}.csv").read_text()
