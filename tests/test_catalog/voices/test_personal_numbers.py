"""Numbers of persons are found however they are written; other numbers are left in peace."""

import pytest

from xihu_catalog.voices.personal_numbers import personal_numbers

IDENTITY, MOBILE, CARD = "an identity number", "a mobile number", "a bank card number"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("我叫张三，339999198804120289", [(6, IDENTITY)]),
        ("339999 19880412 0289", [(1, IDENTITY)]),
        ("33999919880412028X", [(1, IDENTITY)]),
        ("证号33999919880412028x。", [(3, IDENTITY)]),
        ("339999-19880412-028X", [(1, IDENTITY)]),
        ("３３９９９９１９８８０４１２０２８９", [(1, IDENTITY)]),
        ("٣٣٩٩٩٩١٩٨٨٠٤١٢٠٢٨٩", [(1, IDENTITY)]),
        ("电话13900000000", [(3, MOBILE)]),
        ("138-0013-8000 139-0013-9000", [(1, MOBILE), (15, MOBILE)]),
        ("+86 138 0013 8000", [(2, MOBILE)]),
        ("008613800138000", [(1, MOBILE)]),
        ("卡 6222 0212 3456 7890 128", [(3, CARD)]),
        ("4111111111111111", [(1, CARD)]),
        ("打 1 3 8 0 0 1 3 8 0 0 0", [(3, MOBILE)]),
        ("13 80 01 38 00 0", [(1, MOBILE)]),
        ("138   0013   8000", [(1, MOBILE)]),
        ("138\n0013\n8000", [(1, MOBILE)]),
        ("138/0013/8000", [(1, MOBILE)]),
        ("(138)00138000", [(2, MOBILE)]),
        ("138_0013_8000", [(1, MOBILE)]),
        ("138,0013,8000", [(1, MOBILE)]),
        ("138\u22120013\u20108000", [(1, MOBILE)]),
        ("1\ufe0f3\u03368001\u200d38000", [(1, MOBILE)]),
        ("一三八零零一三八〇〇〇", [(1, MOBILE)]),
        ("86 138 0013 8000", [(1, MOBILE)]),
        ("339999/19880412/0289", [(1, IDENTITY)]),
        ("33 99 99 19 88 04 12 02 89", [(1, IDENTITY)]),
        ("33999919880412028×", [(1, IDENTITY)]),
        ("33999919880412028\u0425", [(1, IDENTITY)]),
    ],
)
def test_it_is_found_where_it_begins(text: str, found: list[tuple[int, str]]) -> None:
    assert [(one.place, one.kind.en) for one in personal_numbers(text)] == found


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-11-30 10:53:00，2026-12-01",
        "统一社会信用代码 91330100710911865X，113399001001041148",
        "一共 1380013800 条",  # ten digits
        "1588239022123",  # milliseconds: thirteen digits
        "15 20 30 40 50 60",
        "2026 2027 2028 2029",
        "4111111111111112",  # its check digit is wrong
        "120.153576, 30.287459",
        "0571-12345678",
        "339999198813120289",  # no month has the number 13
        "v1.3800.138",
        "1500 2000 300",
        "1,500，2,000，300",
        "产值分别为 138.5、200.1、300.2 亿元",
        "一共一千三百八十万",
        "第一三八号，零零一",
    ],
)
def test_other_numbers_are_no_person_s(text: str) -> None:
    assert personal_numbers(text) == []
