"""The periods of a service item as duties: its own, and those of the law it goes by."""

import re

from xihu_catalog.services.item import LICENSING, ItemLimit, ServiceItem
from xihu_platform.statute.duty import Duty, PauseReason
from xihu_platform.words import Text

RULES = "service-items"
"""The rule set of the limits that items set."""
CHECK, DELIVERY = "CN-permits/permit_completion", "CN-permits/permit_delivery"
COMMITMENT = "ZJ-once/commitment_check"
STATEMENT = "LOCAL-targets/licence_statement"
"""For what the holder of a licence states before it is taken from them."""
LOCAL_CHECK, LOCAL_DELIVERY = "LOCAL-targets/case_check", "LOCAL-targets/case_delivery"
INFORMATION_CHECK = "CN-others/ogi_completion"
_ARTICLES = re.compile(r"(?<=》).*|,? arts?\. ?\d.*|,? arts \d.*")
_HEARING = PauseReason("hearing", "45", Text("听证", "hearing"))
_TESTS = (
    PauseReason("examination", "45", Text("检验、检测、鉴定", "inspection, test, appraisal")),
    PauseReason("expert_review", "45", Text("专家评审", "review by experts")),
)


def duties_of(item: ServiceItem) -> dict[str, Duty]:
    """The periods that an item sets, by `rule_set/id`: that of the decision, of the office that
    receives it where there is one, and of papers that may follow."""
    found = [_duty(item, item.limit, "", item.promise)]
    if item.intake is not None:
        found.append(_duty(item, item.intake.limit, "_intake", None))
    if days := max((one.deferrable_days for one in item.materials), default=0):
        found.append(_deferred(item, days))
    return {f"{RULES}/{one.id}": one for one in found}


def _duty(item: ServiceItem, limit: ItemLimit, suffix: str, promise: int | None) -> Duty:
    """What a promise shortens can be extended to the law's own day and by its extension, no more
    (浙江最多跑一次 12: the promise binds)."""
    value = promise or limit.value
    more = (limit.value - value) + (limit.extension or 0)
    pauses: tuple[PauseReason, ...] = _TESTS
    if item.type == LICENSING:
        pauses = (_HEARING, *_TESTS)
    elif item.parts:
        pauses = ()  # each part has its own clock, which its own law stops
    by = limit.extended_by.text() if limit.extended_by else _HEAD
    return Duty(
        id=f"{item.id}_{item.version}{suffix}",
        rule_set=RULES,
        source=law_of(item, limit),
        article=limit.article,
        name=limit.name.text(),
        value=value,
        unit=limit.unit,
        extension=more or None,
        extended_by=by if more else None,
        verified=limit.verified,
        on_incomplete="restart" if item.way == "information" else "defer",
        pauses=pauses,
        law=law_of(item, limit),
        target=bool(item.parts),
    )


def law_of(item: ServiceItem, limit: ItemLimit) -> Text:
    """The name alone of the law that sets a limit, since the limit names its article."""
    law = limit.law or item.law
    return Text(_ARTICLES.sub("", law.zh), _ARTICLES.sub("", law.en))


_HEAD = Text("经本单位负责人批准", "with the consent of the office's head")


def _deferred(item: ServiceItem, days: int) -> Duty:
    return Duty(
        id=f"{item.id}_{item.version}_papers",
        rule_set=RULES,
        source=Text(
            "浙江省人民代表大会常务委员会，2018-11-30",
            "Zhejiang Provincial People's Congress, 2018-11-30",
        ),
        article="11",
        name=Text("补齐容缺的材料", "Hand in the papers that were to follow"),
        value=days,
        unit="working_day",
        extension=None,
        extended_by=None,
        verified=False,
        law=Text("浙江省保障“最多跑一次”改革规定", "Zhejiang Rules on One Visit at Most"),
    )


def check_of(item: ServiceItem) -> str:
    """The duty to tell all gaps at once: of the law, where it sets a number of days."""
    if item.way == "licensing":
        return CHECK
    return INFORMATION_CHECK if item.way == "information" else LOCAL_CHECK


def decision_of(item: ServiceItem) -> str:
    return f"{RULES}/{item.id}_{item.version}"
