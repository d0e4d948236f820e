"""How plausible a reading of undeclared bytes is: encodings of East Asia share most of theirs.

Text of EUC-KR and EUC-JP is valid GB 2312 almost always, and becomes other Chinese characters. So
what reads as Korean or Japanese at least as well as it reads as Chinese is for nobody to guess.
"""

import re
from functools import lru_cache

# The characters that stand most often in Chinese text and in tables of people, places and firms.
_HAN = (
    "的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出就分对成会可主发年动同工也能下过子说产种面而方"
    "后多定行学法所民得经十三之进着等部度家电力里如水化高自二理起小物现实加量都两体制机当使点从业本去把性好应开"
    "它合还因由其些然前外天政四日那社义事平形相全表间样与关各重新线内数正心反明看原又利比或但质气第向道命此变条"
    "只没结解问意建月公无系军情者最立代想已通并提直题党程展五果料象员革位入常文总次品式活设及管特件长求老头基资"
    "边流路级少图山统接知较将组见计别手角期根论运农指几九区强放决西被干做必战先回则任取据处世车口委治北七六八百"
    "万千亿元号名称编码代类型类别性别男女出身份证住址电话联系姓备注日期金额单位部门省市县镇乡村街办事处环保卫健"
    "教育税务司法院局厅科室中心企业公司有限责任股份商贸实业集团厂店银行状态正常注销登记审批许可项目序站点监测杭州"
    "宁波温绍兴嘉湖华衢丽舟台京海南东江河浙苏安福广桥城滨萧余富临建德淳庐王李张刘陈杨赵黄周吴徐孙胡朱林何郭马罗"
    "梁宋郑谢韩唐冯董程曹袁邓许傅沈曾彭吕甲乙丙丁戊己伟芳娜秀英敏静磊洋勇艳杰娟涛超兰霞刚桂志建国华玉梅红春"
)
_HANGUL = (
    "가각간감강개거건게겨결경계고공과관광교구국군권그금기김까나난남내네년노는니다단당대더도동되된두드들등라"
    "람러로록르를리마만면명모목무문물미민바박반발방번법보본부분북비사산상새서석선설성세소속수술시식신실심아"
    "안않앞야약어업에여역연열영예오온와외요용우운울원월위유은을음의이인일임입있자작장재저적전정제조종주중지"
    "직진차참책천청체초최추출충치카타터트특파평포표품하학한할함합해행향현형호화확환황회후별이름주소전화"
)
_KANA = re.compile("[\u3041-\u3096\u30a1-\u30fa]")
_SOME_KANA = 0.1
_SOME_FAULTS = 0.02  # of a sample that may end within a character


def plausibility(sample: bytes, encoding: str) -> float:
    """The share of common characters among those that are not ASCII."""
    text = _beyond_ascii(sample, encoding)
    return 1 - len(_common(encoding).sub("", text)) / len(text) if text else 0.0


def foreign_readings(sample: bytes) -> tuple[str, ...]:
    """Encodings of other languages that fit the bytes as well as a Chinese one does."""
    text = _beyond_ascii(sample, "gb18030")
    if not text:
        return ()
    found = []
    japanese = _beyond_ascii(sample, "euc_jp", errors="replace")
    # Text of Big5 has second bytes that EUC does not, and much of it is kana by the first one.
    whole = japanese.count("\ufffd") <= _SOME_FAULTS * len(japanese)
    if whole and len(_KANA.findall(japanese)) > _SOME_KANA * len(japanese):
        found.append("euc-jp")
    korean = _beyond_ascii(sample, "euc_kr", errors="replace")
    hangul = sum("가" <= c <= "힣" for c in korean)
    if hangul > 0.9 * len(korean) and _share(korean, _HANGUL) > _share(text, _HAN):
        found.append("euc-kr")
    return tuple(found)


def _share(text: str, common: str) -> float:
    known = frozenset(common)
    return sum(c in known for c in text) / len(text)


def _beyond_ascii(sample: bytes, encoding: str, errors: str = "ignore") -> str:
    return re.sub(r"[\x00-\x7f]+", "", sample.decode(encoding, errors))


@lru_cache
def _common(encoding: str) -> re.Pattern[str]:
    """The characters that the standard itself counts as common (GB 2312 level 1, Big5 level 1)."""
    leads, trails = {
        "gb18030": (range(0xB0, 0xD8), (*range(0xA1, 0xFF),)),
        "big5": (range(0xA4, 0xC7), (*range(0x40, 0x7F), *range(0xA1, 0xFF))),
    }[encoding]
    codes = b"".join(bytes((lead, trail)) for lead in leads for trail in trails)
    return re.compile(f"[{re.escape(codes.decode(encoding, 'ignore'))}]")
