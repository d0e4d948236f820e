"""Story 1, a mother's recognition: seven papers fewer, and one register put right.

Wang, on a phone in elder mode, applies for her mother Xu Guiying, of 71, of whom the register says
that she still pays social insurance. The clock begins on Thursday 2026-11-26, 09:00. Days by hand
on the official calendar, without a holiday before the year's end.

The mother agrees by her own sign-in, on her own phone; her daughter reads her the code. The mandate
is for the service alone: Wang sees the correction that she began and who looked under her case;
what else is known of her mother, the mother alone.
"""

import csv
import re
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta
from itertools import product
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from playwright.sync_api import Browser, Page, expect
from pypdf import PdfReader

from tests.test_platform.files.made import png
from tests.test_portals.pages.live import Live, do, office, serving, sign_in, visit
from tests.test_portals.pages.looked import axe, overflow
from tests.test_portals.stories.applying import act_for, begin, bring, decide, hand_in, take, write
from tests.test_portals.stories.test_four_laws import citizen, desk, main
from tests.test_portals.stories.test_ground_story import CIVIL_AFFAIRS, GRANTED, derive, shown
from xihu_catalog.lineage.emit import open_emitter
from xihu_node.cli.licence import licence
from xihu_pipelines.runner.local import run_all
from xihu_pipelines.runner.steps import RunContext
from xihu_platform.access.models import GrantRow
from xihu_platform.clock import civil_date
from xihu_platform.credentials.identity import open_identity
from xihu_platform.database import transaction

pytestmark = [pytest.mark.browser, pytest.mark.harness, pytest.mark.timeout(240)]
ITEM, MOTHER, NUMBER = "最低生活保障边缘家庭认定", "许桂英", "339999195506150320"
DAUGHTER = "陈知夏"
"""Under age: her name stands on nothing that is posted."""
PHONE = "0571-00001203"
PROPERTY, INSURANCE = "zr_property_registrations", "rs_social_insurance"
ITEM_FIELDS = {"address", "floor_area_m2", "registered_on"}
"""What the item says that a proof of real estate is: by hand from its file."""


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    with serving(tmp_path_factory.mktemp("story1")) as served:
        with transaction(served.province.services.node.database) as session:
            for number, (dataset, organisation) in enumerate(product(GRANTED, CIVIL_AFFAIRS), 1):
                session.add(
                    GrantRow(
                        id=f"G-2026-900{number}",
                        dataset=dataset,
                        organisation=organisation,
                        fields=GRANTED[dataset],
                        purpose_zh="核对申请救助的家庭",
                        purpose_en="Checking a household",
                        valid_from=date(2026, 1, 1),
                        valid_to=date(2027, 12, 31),
                        rules=[],
                    )
                )
        served.on(datetime(2026, 11, 26, 9))
        yield served


def test_a_mothers_recognition(live: Live, browser: Browser, tmp_path: Path) -> None:
    wang = visit(browser, width=360).new_page()
    wang.set_default_timeout(15_000)
    she_finds_it_by_her_own_word(live, wang)
    she_acts_for_her_mother(live, browser, wang)
    case = she_applies(live, wang)
    correction = she_follows_it(live, browser, wang, case)
    the_street_looks_into_it(live, browser, case)
    live.on(datetime(2026, 12, 1, 9))
    the_register_is_put_right(live, browser, wang, correction)
    live.on(datetime(2026, 12, 4, 9))  # the notice was up for seven days, to 3 December
    street = desk(live, browser, "xxjd-cases-1", case)
    assert decide(street, live, case, "forward", opinion="符合条件，建议认定") == "已报送，待决定"
    chen = the_district_asks_for_what_it_may_not_see(live, browser, case)
    another_county_is_refused(live, browser, case)
    it_is_granted(live, browser, chen, case)
    a_stranger_verifies_it(live, browser, case, tmp_path)
    she_sees_who_looked(live, browser, case)
    the_chief_sees_seven_of_nine(live, browser)


def she_finds_it_by_her_own_word(live: Live, wang: Page) -> None:
    wang.goto(f"{live.base}/")
    wang.locator("header").get_by_role("button", name="长辈版").or_(
        wang.locator("header").get_by_role("link", name="长辈版")
    ).first.click()
    wang.wait_for_load_state()
    wang.goto(f"{live.base}/services?q=低保")
    wang.locator("ol.hits a").first.click()
    wang.wait_for_load_state()
    said = main(wang)
    assert ITEM in wang.locator("h1").inner_text() and "最多带 2 份" in said
    assert PHONE in said and "示例街道便民服务中心 3 号窗口" in said
    # five working days, fifteen of the street, five of the district
    assert "最迟 2026年12月31日 有结果" in said
    assert "街道完成调查、公示并报送：最迟 2026年12月24日 《浙江省社会救助条例》第十三条" in said


def she_acts_for_her_mother(live: Live, browser: Browser, wang: Page) -> None:
    """Refused with the way; asked for by a code that the mother types in and agrees to."""
    sign_in(wang, live.base, "wang", at="/services/low_income/apply")
    act_for(wang, MOTHER)
    said = main(wang, f"{live.base}/services/low_income/apply")
    assert f"{MOTHER}给您的授权不包括“{ITEM}”" in said and "在“授权与代办”请对方增加" in said
    assert wang.get_by_role("button", name="开始填写").count() == 0
    way = wang.get_by_role("link", name="请对方授权这个事项").get_attribute("href")
    act_for(wang, "")
    said = main(wang, f"{live.base}{way}")
    assert wang.locator("[name=services][value=low_income]").is_checked()
    assert wang.locator("#ask-until").input_value() == "2027-02-26"  # three months
    assert axe(wang) == [] and overflow(wang) == []
    wang.get_by_role("button", name="生成授权码").click()
    code = wang.locator(".licence-code").inner_text()
    assert "2026年11月27日 09:00" in main(wang)  # 24 hours
    her_mother_agrees(live, browser, code)
    act_for(wang, MOTHER)  # in force in that commit
    main(wang, f"{live.base}/services/low_income/apply")
    assert wang.get_by_role("button", name="开始填写").count() == 1


def her_mother_agrees(live: Live, browser: Browser, code: str) -> None:
    mother = citizen(live, browser, "guiying")
    main(mother, f"{live.base}/my/mandates")
    mother.get_by_label("授权码", exact=True).fill(code.lower())
    mother.get_by_role("button", name="下一步：看内容").click()
    mother.wait_for_load_state()
    said = main(mother)
    assert "王＊＊请您授权代办" in said and ITEM in said and "现在还没有授权" in said
    assert axe(mother) == [] and overflow(mother) == []
    until = mother.locator("article input[name=until]")
    assert until.input_value() == "2027-02-26"
    until.fill("2026-12-31")  # she shortens it
    mother.get_by_role("button", name="同意授权").click()
    mother.wait_for_url("**done=agree")
    line = mother.locator("li.matter-line", has_text=ITEM).inner_text()
    assert "王若溪" in line and "2026年12月31日 止" in line and "收回授权" in line
    mother.context.close()


def she_applies(live: Live, wang: Page) -> int:
    answers = dict.fromkeys(("lives_together", "married", "employed", "ill"), "yes")
    case = begin(wang, live, "low_income", **answers)
    said = main(wang)
    assert "来自示例省人力资源和社会保障厅 · 数据截至 2026年10月1日" in said
    assert wang.locator("[name=f_insured][value=paid]").is_checked()
    assert axe(wang) == []
    wang.locator("[name=f_insured][value=arrears]").check()
    write(wang, address="示例路 8 号", mobile="13800001234", members="2")
    assert "需要您提供 2 份" in main(wang) and "这 7 份不用交" in main(wang)
    wang.locator("details:has(form.upload) > summary").click()
    paper = {"name": "停保证明.png", "mimeType": "image/png", "buffer": png()}
    wang.locator("#f-insurance").set_input_files(paper)  # type: ignore[arg-type]
    wang.locator("form.upload:has(#f-insurance) button").click()
    wang.wait_for_load_state()
    bring(wang)
    said = main(wang)
    assert "免交 7/9 份" in said and "欠费 您已更正" in said and "登记信息：正常缴费" in said
    assert axe(wang) == []
    assert hand_in(wang) == f"BJ-{case:06d}"
    return case


def she_follows_it(live: Live, browser: Browser, wang: Page, case: int) -> int:
    """One line; and the correction that opened by itself: its number."""
    main(wang, f"{live.base}/my/matters")
    (line,) = wang.locator("li.matter-line", has_text=ITEM).all_inner_texts()
    for words in (ITEM, "现由示例省西湖区示例街道办事处办理", "最迟 2026年12月3日"):
        assert words in line
    main(wang, f"{live.base}/my/matters/{case}")
    wang.locator("details.clock summary").first.click()
    assert "2026年12月3日 第 5 个工作日" in wang.locator("details.clock").first.inner_text()
    main(wang, f"{live.base}/my/matters")
    line = wang.locator("li.matter-line", has_text="个人信息更正申请").inner_text()
    assert "核实中" in line
    number = re.search(r"PC-(\d{6})", line)
    assert number is not None
    mother = citizen(live, browser, "guiying")
    main(mother, f"{live.base}/my/data")
    marked = mother.locator("article.holding", has_text="核实中").locator("h3").all_inner_texts()
    assert sorted(marked) == ["职工社会保险缴费记录", "职工逐月参保状态"]
    assert number[0] in main(mother, f"{live.base}/my/matters")
    return int(number[1])


def the_street_looks_into_it(live: Live, browser: Browser, case: int) -> None:
    street = desk(live, browser, "xxjd-cases-1", case)
    main(street, f"{live.base}/official/desk")
    assert f"BJ-{case:06d}" in street.locator("section", has_text="待办").first.inner_text()
    street.goto(f"{live.base}/official/cases/{case}")
    street.locator("[data-key=c]").click()
    street.wait_for_load_state()
    assert f"王若溪 代 {MOTHER} 申请" in main(street)
    first = street.locator("#compared tbody tr").first.inner_text()
    assert all(one in first for one in ("社会保险缴费状态", "欠费", "正常缴费", "不一致"))
    assert decide(street, live, case, "accept") == "审查"
    decide(street, live, case, "do_home_visit", finding="入户核实，停保属实")
    the_notice_names_no_child(street, live, case)
    decide(street, live, case, "do_posted", finding=f"已张贴：{MOTHER}户，公示七天")
    assert DAUGHTER not in main(street)
    assert "2026年11月26日至2026年12月3日（7 天）" in main(street, notice_of(live, case))
    main(street, f"{live.base}/official/cases/{case}")
    assert "街道完成调查、公示并报送：最迟 2026年12月17日" in main(street)


def notice_of(live: Live, case: int) -> str:
    return f"{live.base}/official/cases/{case}/notice"


def the_notice_names_no_child(street: Page, live: Live, case: int) -> None:
    """As it is printed: the applicant of age by name, how many they are, and where to object."""
    street.get_by_role("link", name="打印公示单").click()
    street.wait_for_url(notice_of(live, case))
    assert (axe(street), overflow(street)) == ([], [])
    street.emulate_media(media="print")
    printed = street.locator("body").inner_text()  # without who prints it
    for words in (f"{ITEM}公示", MOTHER, "2 人", "示例省西湖区民政局决定", PHONE):
        assert words in printed
    for words in (DAUGHTER, NUMBER, "经办", "示例路 8 号\n", "13800001234", "欠费"):
        assert words not in printed
    street.emulate_media(media="screen")
    main(street, f"{live.base}/official/cases/{case}")


def the_register_is_put_right(live: Live, browser: Browser, wang: Page, correction: int) -> None:
    """By its steward within five working days, to 3 December."""
    sun = office(live, browser, "sun", "sun-rs")
    matter = f"{live.base}/official/matters/{correction}"
    main(sun, matter)
    sun.locator("details.clock summary").first.click()
    assert "最迟 2026年12月3日" in sun.locator("details.clock").first.inner_text()
    assert do(sun, matter, "take_up") == "核实中"
    loaded = load_in_arrears(live)
    derive(live)
    result = "单位已停保，按停保证明更正"
    assert do(sun, matter, "correct", snapshot=loaded, result=result) == "已更正"
    mother = citizen(live, browser, "guiying")
    said = main(mother, f"{live.base}/my/data")
    assert "核实中" not in said and "欠费" in said
    sign_in(wang, live.base, "wang", at="/my/matters")  # days have passed
    act_for(wang, MOTHER)
    line = wang.locator("li.matter-line", has_text=f"PC-{correction:06d}").inner_text()
    assert "已更正" in line  # she is told, and so is her mother
    for page in (wang, mother):
        said = main(page, f"{live.base}/my/matters/{correction}")
        assert "已更正" in said and loaded in said and result in said


def load_in_arrears(live: Live) -> str:
    """The department writes her newest month as it was and loads its file: its snapshot."""
    services = live.province.services
    node, contracts = services.node, services.catalogue.contracts
    (path,) = (node.settings.data_dir / "intake").rglob("rs_社会保险缴费.csv")
    with path.open(encoding="gb18030", newline="") as file:
        head, *lines = list(csv.reader(file))
    who, month, state, paid = (
        head.index(one) for one in ("身份证号", "缴费年月", "缴费状态", "到账日期")
    )
    hers = [one for one in lines if one[who] == NUMBER]
    newest = max(hers, key=lambda one: one[month])
    unpaid = {one[state] for one in lines if not one[paid]} - {newest[state], ""}
    newest[state], newest[paid] = next(one for one in sorted(unpaid) if one in ARREARS), ""
    with path.open("w", encoding="gb18030", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([head, *lines])
    context = RunContext(node, open_emitter(node.settings), lambda _: None, contracts)
    for ended in run_all(context, time.sleep, only={INSURANCE}):
        assert ended.fault is None, ended.fault
    gateway = services.gateway
    return str(gateway.snapshot(gateway.policy(INSURANCE)).id)


ARREARS = {"欠费", "arrears", "2"}


def the_district_asks_for_what_it_may_not_see(live: Live, browser: Browser, case: int) -> Page:
    """Public security and social security answer; of real estate nothing, until both heads sign."""
    chen = office(live, browser, "chen", "chen-xihu")
    chen.set_viewport_size({"width": 1280, "height": 800})
    take(chen, live, case)
    assert "区民政局作出认定决定：最迟 2026年12月11日" in main(chen)
    chen.locator("[data-key=c]").click()
    chen.wait_for_load_state()
    compared = chen.locator("#compared").inner_text()
    assert "来自示例省公安厅" in compared and "来自示例省人力资源和社会保障厅" in compared
    paper = chen.locator("#paper-property")
    assert "您的单位尚未获准使用" in paper.inner_text()
    assert "示例省自然资源厅" not in paper.inner_text()
    paper.get_by_role("link", name="申请使用").click()
    chen.wait_for_load_state()
    ticked = chen.locator("[name=fields]:checked").all()
    assert {one.get_attribute("value") for one in ticked} == ITEM_FIELDS
    until = civil_date(live.province.services.node.clock()) + timedelta(days=365)
    chen.locator("#open-basis").fill("《浙江省社会救助条例》第四十九条")
    chen.locator("#open-scene").fill("认定最低生活保障边缘家庭时核对房产，家庭已授权")
    chen.locator("#open-scope").fill("本区救助经办岗位，申请家庭的成员")
    chen.locator("input[name=method][value=page]").check()
    chen.locator("#open-until").fill(until.isoformat())
    chen.get_by_role("button", name="保存并检查").click()
    chen.wait_for_url("**done=1")
    matter = chen.url.partition("?")[0]
    ding, jin, hua = (
        office(live, browser, who, position)
        for who, position in (("ding", "ding-xihu"), ("jin", "jin-zr"), ("hua", "hua-zr"))
    )
    assert do(chen, matter, "submit") == "本部门审核"
    assert do(ding, matter, "approve_inside") == "提供部门审核"
    assert do(jin, matter, "assess", opinion="属法定核对范围，可以共享") == "提供部门负责人签批"
    assert do(hua, matter, "agree") == "使用中"
    chen.goto(f"{live.base}/official/cases/{case}")
    chen.locator("[data-key=c]").click()  # in force in that commit: asked again
    chen.wait_for_load_state()
    assert "来自示例省自然资源厅" in paper.inner_text()
    return chen


def another_county_is_refused(live: Live, browser: Browser, case: int) -> None:
    """And he himself in his other position."""
    for who, position in (("mao", "mao-gs"), ("chen", "chen-yb")):
        page = office(live, browser, who, position)
        answer = page.goto(f"{live.base}/official/cases/{case}")
        assert answer is not None and answer.status == 404
        page.goto(f"{live.base}/official/datasets/ga_residents?case=BJ-{case:06d}&subject=1")
        assert "在您的岗位名下没有这个编号的在办业务事由" in main(page)
        page.context.close()


def it_is_granted(live: Live, browser: Browser, chen: Page, case: int) -> None:
    """Reviewed by one position, granted by another."""
    assert decide(chen, live, case, "review", opinion="符合条件，拟同意") == "已审查，待批准"
    pan = desk(live, browser, "pan-xihu", case, who="pan")
    assert decide(pan, live, case, "grant") == "准予，待送达"
    assert decide(pan, live, case, "deliver") == "已办结"


def a_stranger_verifies_it(live: Live, browser: Browser, case: int, folder: Path) -> None:
    wang = citizen(live, browser, "wang", MOTHER)
    main(wang, f"{live.base}/my/cases/{case}")
    wang.get_by_role("link", name="打开证照").click()
    wang.wait_for_load_state()
    said = main(wang)
    assert "有效" in said and MOTHER in said and f"BJ-{case:06d}" in said
    page = wang.locator("a[href^='/verify/']").first.get_attribute("href")
    with wang.expect_download() as download:
        wang.locator("a[download]").first.click()
    download.value.save_as(folder / "licence.pdf")
    printed = "".join(one.extract_text() for one in PdfReader(folder / "licence.pdf").pages)
    assert "样例" in printed and MOTHER in printed and f"BJ-{case:06d}" in printed
    stranger = visit(browser, width=360).new_page()
    said = main(stranger, f"{live.base}{page}")  # where the QR code leads
    assert "有效" in said and "许＊＊" in said and MOTHER not in said
    files_are_enough(folder, live, stranger)


def files_are_enough(folder: Path, live: Live, stranger: Page) -> None:
    """The sealed file, the authority's certificate, two status lists that anybody fetches whole."""
    node = live.province.services.node
    trust = open_identity(node.settings, node.keyring).trust
    (folder / "authority.pem").write_bytes(trust.authorities)
    words = ["verify", str(folder / "licence.pdf"), "--authority", str(folder / "authority.pem")]
    words += ["--at", node.clock().isoformat()]
    said = verified(words).output
    assert "签章: valid (签章有效，内容完整)" in said, said
    for number, address in enumerate(re.findall(r"http\S+/credentials/status/\d+", said)):
        (folder / f"{number}.jwt").write_bytes(stranger.request.get(address).body())
        words += ["--status", str(folder / f"{number}.jwt")]
    found = verified(words)
    assert found.exit_code == 0, found.output
    body = (folder / "licence.pdf").read_bytes()
    half = len(body) // 2
    changed = body[:half] + bytes([body[half] ^ 1]) + body[half + 1 :]
    (folder / "licence.pdf").write_bytes(changed)
    assert verified(words).exit_code == 1


def verified(words: list[str]) -> Result:
    """By the stranger's own program: in a thread without the browser's loop."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(CliRunner().invoke, licence, words, obj="zh").result()


def she_sees_who_looked(live: Live, browser: Browser, case: int) -> None:
    """Each read under her case with organisation and outcome, the refused ones too; a proof. The
    mother sees them, and other looks beside; Wang those of the case alone."""
    number, refused = f"BJ-{case:06d}", "已拒绝，对方什么也没有看到"
    expected = {
        ("示例省西湖区民政局", "允许"),
        ("示例省西湖区示例街道办事处", "允许"),
        ("示例省拱墅区民政局", refused),
        ("示例省医疗保障局", refused),
    }
    found = []
    for who, acts_for in (("guiying", ""), ("wang", MOTHER)):
        page = citizen(live, browser, who, acts_for)
        main(page, f"{live.base}/my/uses")
        seen = [shown(card) for card in page.locator("article.card[id]").all()]
        assert expected <= {(one[0], one[3]) for one in seen if one[2] == number}
        card = page.locator("article.card[id]", has_text="示例省拱墅区民政局").first
        card.locator("[data-proof] button").click()
        expect(card.locator("[data-proof]")).to_have_attribute("data-verdict", "holds")
        found.append({one[2] for one in seen})
    assert found[1] == {number} < found[0]


def the_chief_sees_seven_of_nine(live: Live, browser: Browser) -> None:
    zhou = office(live, browser, "zhou", "zhou-sj")
    zhou.goto(f"{live.base}/official/oversight")
    row = zhou.locator("#spared tr", has_text=ITEM)
    assert [one.strip() for one in row.locator("td").all_inner_texts()][-3:] == ["1", "7", "9"]
    assert MOTHER not in zhou.content() and "王若溪" not in zhou.content()
    assert overflow(zhou) == []
