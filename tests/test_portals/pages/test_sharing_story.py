"""A department's request from its first click to the disposal, in the browser, with a suspension
while 920,000 rows are on their way."""

from collections.abc import Iterator
from datetime import timedelta

import duckdb
import httpx
import orjson
import pytest
from playwright.sync_api import Browser
from sqlalchemy import select

from tests.contracts import document, field
from tests.entries import publish_entry
from tests.test_pipelines.ingest.referring import keep
from tests.test_portals.edge.clients import wait_until
from tests.test_portals.pages.live import Live, do, office, serving
from xihu_pipelines.ingest.load import load_file
from xihu_platform.audit.models import AuditEntry
from xihu_platform.clock import civil_date
from xihu_platform.database import transaction

pytestmark = [pytest.mark.browser, pytest.mark.harness]
ROWS = 920_000
COUNTS = "rs_training_places"
GIVER = "11339900100102741M"
"""The department of sun, he and fang."""


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    with serving(tmp_path_factory.mktemp("story"), send_buffer=1 << 16) as served:
        node = served.province.services.node
        fields = [
            field("code", key=True, grade="L2"),
            field("places", "INTEGER", grade="L2"),
            field("remark", grade="L2"),
        ]
        one = keep(node, document(COUNTS, fields, provider=GIVER, share="conditional"))
        publish_entry(node.database, COUNTS)
        path = node.settings.data_dir / f"{COUNTS}.csv"
        rows = f"SELECT 'P' || n code, n % 90 places, '职业技能培训' remark FROM range({ROWS}) t(n)"
        duckdb.sql(f"COPY ({rows}) TO '{path}' (HEADER)")
        assert load_file(node, one, path).counts.accepted == ROWS
        yield served


def outcomes(live: Live) -> list[dict[str, object]]:
    query = select(AuditEntry.body).where(
        AuditEntry.kind == "outcome", AuditEntry.dataset == COUNTS
    )
    with transaction(live.province.services.node.database) as session:
        return [orjson.loads(body) for body in session.scalars(query.order_by(AuditEntry.seq))]


def test_the_whole_way(live: Live, browser: Browser) -> None:
    chen, ding = (
        office(live, browser, "chen", "chen-xihu"),
        office(live, browser, "ding", "ding-xihu"),
    )
    sun, fang = office(live, browser, "sun", "sun-rs"), office(live, browser, "fang", "fang-rs")
    luo = office(live, browser, "luo", "luo-sj")
    dataset = f"{live.base}/official/datasets/{COUNTS}"
    chen.goto(dataset)
    assert "尚未获准使用" in chen.locator(".decision").inner_text()
    chen.get_by_role("link", name="申请使用").click()
    today = civil_date(live.province.services.node.clock())
    chen.locator("#open-basis").fill("《就业促进法》第四十四条")
    chen.locator("#open-scene").fill("为低保对象安排培训")
    chen.locator("#open-scope").fill("本区低保经办岗位")
    chen.locator("input[name=method][value=download]").check()
    chen.locator("#open-until").fill((today + timedelta(days=100)).isoformat())
    chen.get_by_role("button", name="保存并检查").click()
    chen.wait_for_url("**done=1")
    matter = chen.url.partition("?")[0]
    assert do(chen, matter, "submit") == "本部门审核"
    assert do(ding, matter, "approve_inside") == "提供部门审核"
    assert (
        do(sun, matter, "ask_extension", extension="5", reason="需与业务处会商") == "提供部门审核"
    )
    assert do(luo, matter, "consent_extension", extension="5") == "提供部门审核"
    chen.goto(matter)
    assert "已延长 5" in chen.locator("main").inner_text()
    assert do(sun, matter, "assess", opinion="可以共享") == "提供部门负责人签批"
    assert do(fang, matter, "agree") == "使用中"

    chen.goto(dataset)
    assert "以现在的岗位可以用：3 个数据项，能看到 3 个" in chen.locator(".decision").inner_text()
    assert chen.locator("#preview tbody tr").count() == 20

    cookies = {one["name"]: one["value"] for one in chen.context.cookies()}
    received = 0
    with (
        httpx.Client(cookies=cookies, timeout=60) as client,
        client.stream("GET", f"{dataset}/download.csv") as answer,
    ):
        assert answer.status_code == 200
        lines = answer.iter_raw(1 << 16)
        for _ in range(4):
            received += next(lines).count(b"\n")
        law = "《政务数据共享条例》第二十六条"
        assert do(fang, matter, "suspend", reason="数据质量核查", article=law) == "已暂停"
        with pytest.raises(httpx.RemoteProtocolError):
            for chunk in lines:
                received += chunk.count(b"\n")
    assert wait_until(lambda: len(outcomes(live)) == 1)
    (outcome,) = outcomes(live)
    assert outcome["finished"] is False
    sent = outcome["rows"]
    assert isinstance(sent, int)
    assert received - 1 <= sent < ROWS // 2, (received, sent)
    chen.goto(dataset)
    assert "尚未获准使用" in chen.locator(".decision").inner_text()

    assert do(fang, matter, "resume") == "使用中"
    whole = httpx.get(f"{dataset}/download.csv", cookies=cookies, timeout=120)
    assert whole.text.count("\n") == ROWS + 1
    assert do(chen, matter, "finish", reason="安排完毕") == "处置数据"
    assert do(chen, matter, "certify", evidence="D-2026-7") == "确认处置"
    assert do(sun, matter, "confirm_disposal") == "已处置"
    chen.goto(dataset)
    assert "尚未获准使用" in chen.locator(".decision").inner_text()
