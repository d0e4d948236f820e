"""Periods and their days in words, for the command line and every page alike."""

import re

from xihu_platform.statute.due import DayStep, Why
from xihu_platform.statute.duty import Duty, OnIncomplete, Unit
from xihu_platform.words import Text

UNITS: dict[Unit, Text] = {
    "working_day": Text("个工作日", "working days"),
    "day": Text("日", "days"),
    "month": Text("个月", "months"),
    "year": Text("年", "years"),
    "hour": Text("小时", "hours"),
}
_TARGET = Text("本地办理目标，非法定期限", "a local target, not law")
_HAN = re.compile(r"[\u4e00-\u9fff]+")
INCOMPLETE: dict[OnIncomplete, Text] = {
    "run": Text("补正期间继续计算", "runs on while papers are missing"),
    "restart": Text("自收到补正材料之日起重新计算", "begins anew when missing papers come"),
    "defer": Text("材料齐全后才起算", "begins when the papers are complete"),
}
WHY: dict[Why, Text] = {
    "start": Text("起算日，不计入", "day zero, not counted"),
    "counted": Text("第 {number}", "number {number}"),
    "weekend": Text("双休日，不计入", "weekend, not counted"),
    "holiday": Text("节假日，不计入", "holiday, not counted"),
    "paused": Text("中止，不计入", "paused, not counted"),
    "moved": Text("最后一日为休息日，顺延", "the last day was a day off: moved on"),
}


def article_words(one: Duty) -> Text:
    """Its number alone, or with the name of its law where a rule set has several."""
    if one.article.isdigit():
        return Text(f"{one.rule_set} 第{one.article}条", f"{one.rule_set} art. {one.article}")
    return Text(f"{one.rule_set} {one.article}", f"{one.rule_set} {one.article}")


def numeral(number: int) -> str:
    """A number below a hundred as articles of laws are counted.

    >>> numeral(9), numeral(10), numeral(14), numeral(20), numeral(21)
    ('九', '十', '十四', '二十', '二十一')
    """
    digits = "一二三四五六七八九"
    tens, ones = divmod(number, 10)
    front = f"{digits[tens - 1] if tens > 1 else ''}十" if tens else ""
    return front + (digits[ones - 1] if ones else "")


def article_named(duty: Duty) -> Text:
    """《政务数据共享条例》第二十一条; in the words of the rule set where it has several laws."""
    if duty.target:
        return _TARGET
    if duty.law is None:
        return article_words(duty)
    plain = _HAN.sub("", duty.article).strip()
    if not duty.article.isdigit():
        return Text(duty.article.partition(" to ")[0], plain or "set by no article of a law")
    english = f"{duty.law.en}, art. {duty.article}"
    law = duty.law.zh if "《" in duty.law.zh else f"《{duty.law.zh}》"
    return Text(f"{law}第{numeral(int(duty.article))}条", english)


def day_words(step: DayStep, one: Duty) -> Text:
    """One day of a period: its number, or why it has none."""
    why, mark = _why(step, one), _mark(step)
    return Text(why.zh + mark.zh, why.en + mark.en)


def _why(step: DayStep, one: Duty) -> Text:
    said = WHY[step.why]
    if step.number is None:
        return said
    unit = UNITS[one.unit].zh
    zh, en = f"{said.zh.format(number=step.number)} {unit}", said.en.format(number=step.number)
    if one.unit == "working_day" and step.day.weekday() > 4:
        zh, en = f"{zh}（调休上班）", f"{en} (a weekend day that is worked)"
    return Text(zh, en)


def _mark(step: DayStep) -> Text:
    if not step.provisional:
        return Text("", "")
    return Text("（放假安排尚未公布）", " (calendar not published yet)")
