"""What all may read is plain text and a Web address; attackers' texts are refused or harmless."""

import pytest

from xihu_catalog.voices.plain import host_of, named_in, text_faults
from xihu_platform.words import Text

TITLE = Text("评论内容", "Comment")


def said(text: str, *, one_line: bool = False) -> str:
    return "; ".join(one.en for one in text_faults(TITLE, text, one_line=one_line))


@pytest.mark.parametrize(
    "text",
    [
        "很好用",
        "第一行\r\n第二行",
        "<b>粗</b> & “引号”",
        "Tiếng Việt ở Hà Nội",
        "שָׁלוֹם",
        "好👍",
        "a\tb",
    ],
)
def test_what_people_write_is_taken_as_it_is(text: str) -> None:
    assert said(text) == ""


@pytest.mark.parametrize("mark", [*"\u202a\u202b\u202c\u202d\u202e", *"\u2066\u2067\u2068\u2069"])
def test_marks_of_direction_are_refused(mark: str) -> None:
    assert said(f"gov.cn{mark}moc.live") == "“Comment” has invisible characters"


@pytest.mark.parametrize(
    "mark", [*"\u200b\u200c\u200d\u200e\u200f\ufeff\u2060\x00\x07\x1b\x85\u2028"]
)
def test_what_nobody_sees_is_refused(mark: str) -> None:
    assert said(f"a{mark}b") == "“Comment” has invisible characters"


def test_marks_that_run_over_the_lines_around_are_refused() -> None:
    assert "marks piled" in said("a" + "\u0301" * 4)
    assert said("a" + "\u0301" * 3) == ""


def test_a_text_has_an_end_and_a_title_one_line() -> None:
    assert said("\n".join("字" * 30)) == ""
    assert "more than 30 lines" in said("\n".join("字" * 31))
    assert said("两\n行", one_line=True) == "“Comment” has one line"


def test_where_a_number_is_is_said_and_never_the_number() -> None:
    text = said("请联系 13900000000")
    assert "a mobile number at character 5" in text and "1390" not in text


@pytest.mark.parametrize(
    ("address", "host"),
    [
        ("https://example.com", "example.com"),
        ("https://Map.Example.COM/a/b?c=d&e=%E5%A5%BD#f", "map.example.com"),
        ("https://xn--fsqu00a.xn--fiqs8s/", "xn--fsqu00a.xn--fiqs8s"),
        ("https://medium.com/@someone/a", "medium.com"),
    ],
)
def test_a_web_address_is_known_by_its_domain(address: str, host: str) -> None:
    assert host_of(address) == host


@pytest.mark.parametrize(
    "address",
    [
        *("", "example.com", "http://example.com", "HTTPS://example.com", "//example.com"),
        *("javascript:alert(1)", "data:text/html,x", "https:example.com", "https://"),
        *("https://gov.cn@evil.com/", "https://gov.cn:x@evil.com/", "https://evil.com\\@gov.cn"),
        *("https://10.0.0.1/", "https://[::1]/", "https://localhost/", "https://0x7f.1/"),
        *("https://example.com:8443/", "https://example.com./", "https://-a.com", "https://a..com"),
        *("https://ехample.com", "https://例子.中国", "https://a.com/好", "https://a.com/ b"),
        *('https://a.com/"onclick=x', "https://a.com/<script>", "https://a.com/\nb"),
        *("https://a.com/\u202e", f"https://{'a' * 64}.com", f"https://{'a.' * 130}com"),
        "https://%67ov.cn/",
    ],
)
def test_nothing_else_is_a_web_address(address: str) -> None:
    assert host_of(address) is None


@pytest.mark.parametrize(
    "name",
    [
        *("示例省数据局", "示例省 数据局", "示例省数据局（官方）", "THE data  BUREAU"),
        *("示例省\ufe0f数据局", "示例省\U000e0100数据局", "示例省·数据局", "省数据局数据管理员"),
        *("西湖数据平台", "官方", "Official news", "一家企业", "A Resident"),
    ],
)
def test_nobody_passes_for_an_organisation(name: str) -> None:
    assert named_in(name, [Text("示例省数据局", "Data Bureau")])


def test_other_names_are_one_s_own() -> None:
    assert not named_in("西湖边的程序员", [Text("示例省数据局", "Data Bureau"), Text("", "")])
