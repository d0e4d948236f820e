"""A granted dataset is to be sent to the requester's database: from the form to the end of it."""

import re

from tests.asking import acted_province
from tests.province import Province
from tests.test_portals.official.test_request import do, get, hidden, post, words
from xihu_catalog.exchange.models import ExchangeBatchRow
from xihu_catalog.exchange.records import exchange_sealing, get_exchange
from xihu_platform.database import transaction

__all__ = ["acted_province"]  # a fixture
PATH, NEW = "/official/exchanges", "/official/matters/new/batch_exchange"
PARCELS = "zr_land_parcels"
"""Granted to chen's district by the department of jin and hua."""
TARGET = [
    *(("dataset", PARCELS), ("host", "db.example.gov.cn"), ("port", "5432")),
    *(("database", "land"), ("schema", "public"), ("user", "xihu"), ("cycle", "daily")),
]
ARTICLE = "《政务数据共享条例》第二十七条"


def asked(province: Province, table: str, *other: tuple[str, str]) -> str:
    """The page of the matter, or what was wrong."""
    form = hidden(get(province, "chen", NEW), "open")
    form.pop("csrf")
    said = {**dict(TARGET), "table": table, **dict(other)}
    answer = post(province, "chen", NEW, [*form.items(), *said.items()])
    if answer.status_code != 303:
        return words(answer)
    return answer.headers["location"].partition("?")[0]


def ended(province: Province, matter: str) -> None:
    """Nothing of it waits any more."""
    assert do(province, "chen", matter, "certify", [("evidence", "XH-2026-9")]).status_code == 303
    assert do(province, "jin", matter, "confirm_disposal").status_code == 303


def test_from_the_form_to_the_password_and_to_its_end(province: Province) -> None:
    assert f'value="{PARCELS}"' in get(province, "chen", NEW).text
    matter = asked(province, "parcels")
    assert "提供部门审核" in words(get(province, "hua", matter))
    assert do(province, "hua", matter, "agree").status_code == 303
    assert f'href="{PATH}"' in get(province, "chen", matter).text
    number = re.search(r"BX-\d{6}", words(get(province, "chen", PATH)))
    assert number is not None
    mine, theirs = (words(get(province, who, PATH)) for who in ("chen", "hua"))
    assert "等待需求部门提交口令" in mine and "db.example.gov.cn:5432/land public.parcels" in mine
    assert "本单位接收" in mine and "由本单位提供" in theirs
    assert 'type="password"' not in get(province, "hua", PATH).text
    assert "本单位没有批量交换" in words(get(province, "he", PATH))
    overseen = get(province, "luo", PATH)
    assert number[0] in words(overseen) and "由示例省自然资源厅提供" in words(overseen)
    assert 'type="password"' not in overseen.text and matter not in overseen.text

    said = [("position", "chen-xihu"), ("password", "s3cret-word")]
    short = post(province, "chen", f"{PATH}/{number[0]}", [said[0], ("password", "short")])
    assert short.status_code == 422 and "8 至 200 个字符" in words(short)
    assert post(province, "hua", f"{PATH}/{number[0]}", said).status_code == 404
    assert post(province, "luo", f"{PATH}/{number[0]}", said).status_code == 404
    done = post(province, "chen", f"{PATH}/{number[0]}", said)
    assert done.status_code == 303
    saved = get(province, "chen", done.headers["location"])
    assert f"{number[0]} 的口令已保存" in words(saved) and "s3cret-word" not in saved.text
    assert "还没有送出" in words(saved)
    node = province.services.node
    kept = get_exchange(node.database, number[0], exchange_sealing(node.keyring))
    assert (kept.password, kept.organisation) == ("s3cret-word", kept.organisation)
    with transaction(node.database) as session:
        for row in (
            {"number": 1, "state": "committed", "rows": 12_345, "added": 12_345},
            {"number": 2, "state": "refused", "error_zh": "授权已暂停", "error_en": "suspended"},
        ):
            started = node.clock()
            session.add(ExchangeBatchRow(exchange=kept.matter, started=started, **row))
    shown = words(get(province, "hua", PATH))
    assert "12,345" in shown and "授权已暂停" in shown and "未获许可，没有写入" in shown

    end = [("reason", "系统停用"), ("article", ARTICLE)]
    assert do(province, "hua", matter, "end", end).status_code == 303
    assert "已结束" in words(get(province, "chen", PATH))
    assert get_exchange(node.database, number[0]).password is None
    again = post(province, "chen", f"{PATH}/{number[0]}", said)
    assert again.status_code == 422 and "已经结束" in words(again)
    ended(province, matter)


def test_what_is_no_target_and_what_is_taken_is_said(province: Province) -> None:
    wrong = {
        ("host", "https://db.example.gov.cn/x"): "主机须为主机名",
        ("port", "70000"): "65535",
        ("database", "Aid"): "数据库名只能有小写字母",
        ("user", "a-b"): "用户名只能有小写字母",
    }
    for other, said in wrong.items():
        assert said in asked(province, "parcels", other), other
    matter = asked(province, "parcels")
    second = asked(province, "parcels_too")
    assert do(province, "hua", matter, "agree").status_code == 303
    taken = do(province, "hua", second, "agree")
    assert taken.status_code == 409 and "已在批量交换" in words(taken)
    assert "已在批量交换" in asked(province, "parcels")
    assert do(province, "chen", second, "withdraw").status_code == 303
    assert do(province, "chen", matter, "stop").status_code == 303
    ended(province, matter)


def test_without_a_grant_there_is_nothing_to_ask_for(province: Province) -> None:
    assert not asked(province, "parcels", ("dataset", "ga_residents")).startswith("/")
