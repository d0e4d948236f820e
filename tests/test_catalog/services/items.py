"""Items for tests: one of each way of the law."""

from typing import Any

from pydantic import TypeAdapter

from xihu_catalog.services.item import ServiceItem

_ITEM = TypeAdapter(ServiceItem)


def words(zh: str, en: str) -> dict[str, str]:
    return {"zh": zh, "en": en}


def item(**more: Any) -> ServiceItem:  # Any: fields of an item
    said: dict[str, Any] = {
        "id": "food_permit",
        "version": 1,
        "name": words("食品经营许可", "Food business licence"),
        "summary": words("开餐饮店、卖食品要办", "For whoever serves or sells food"),
        "basic_code": "0000131073",
        "implementation_code": "000013107300033010600001",
        "type": "01",
        "way": "licensing",
        "law": words("《食品安全法》第三十五条", "Food Safety Law art. 35"),
        "level": "4",
        "body": "113399001001109609",
        "audience": ["2"],
        "channels": ["1", "2", "3"],
        "limit": {
            "value": 20,
            "article": "42",
            "name": words("作出行政许可决定", "Decide on a licence"),
            "extension": 10,
            "extended_by": words("经本行政机关负责人批准", "with the consent of the organ's head"),
            "verified": True,
        },
        "result": words("食品经营许可证", "Food business licence"),
        "materials": [
            {
                "id": "business_licence",
                "name": words("营业执照", "Business licence"),
                "issuer": words("市场监督管理部门", "Market regulation"),
                "source": {"dataset": "sg_firms", "fields": ["uscc", "name"]},
            },
            {
                "id": "floor_plan",
                "name": words("经营场所平面图", "Plan of the premises"),
                "issuer": words("申请人自备", "the applicant"),
                "deferrable_days": 5,
            },
        ],
        "form": [{"id": "premises", "title": words("经营场所", "Premises")}],
        "first_version": {"papers": 2, "fields": 4},
        "counter": {
            "name": words(
                "示例区政务服务中心二楼 12 号窗口", "Service centre, 2nd floor, counter 12"
            ),
            "address": words("示例路 1 号", "1 Example Road"),
            "hours": words("工作日 9:00–17:00", "working days 9 to 17"),
            "phone": "0571-00000000",
        },
    }
    return _ITEM.validate_python(said | more)


_TOWN = {
    "body": "11339900100160001R",
    "limit": {"value": 15, "article": "13", "name": words("街道报送", "The street hands on")},
}
_VISIT = [{"id": "visit", "title": words("入户调查", "Home visit"), "kind": "visit"}]
WAYS: dict[str, dict[str, Any]] = {
    "licensing": {"steps": _VISIT},
    "information": {"id": "ogi", "type": "20", "way": "information"},
    "once": {"id": "once_item", "type": "20", "way": "once", "commitment": True},
    "benefit": {
        "id": "low_income",
        "type": "05",
        "way": "benefit",
        "deciders": 2,
        "intake": _TOWN,
        "steps": _VISIT,
    },
    "plain": {"id": "elder_card", "type": "20", "way": "plain", "promise": 3, "immediate": True},
    "fee": {
        "id": "property",
        "type": "07",
        "way": "plain",
        "deciders": 2,
        "fee_cny": "80.00",
        "fee_basis": words("不动产登记收费标准", "Fees of the land registry"),
    },
}
BUNDLE: dict[str, Any] = {
    "id": "two_items",
    "type": "20",
    "way": "plain",
    "promise": 5,
    "parts": [
        {"item": name, "version": 1, "questions": {}, "fields": {}, "papers": {}}
        for name in ("elder_card", "low_income")
    ],
}
