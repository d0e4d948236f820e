"""The OpenAPI document in the reader's language: words, examples, who may ask."""

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import orjson
from fastapi import FastAPI
from fastapi.routing import APIRoute

from xihu_platform.words import Language, Text
from xihu_portals.api.auth import may_be_anonymous
from xihu_portals.api.errors import describe_error
from xihu_portals.api.schemas.base import CHINESE

SUMMARIES: dict[str, Text] = {
    "search_datasets": Text("搜索数据目录", "Search the catalogue"),
    "get_dataset": Text(
        "查看一个数据集，以及您能看哪些字段", "One dataset, and what you may see of it"
    ),
    "get_contract": Text("下载数据集的契约（ODCS）", "The dataset's contract (ODCS)"),
    "get_rows": Text("按条件逐页读取记录", "Rows by filter, page by page"),
    "download": Text("下载全部记录", "Download all rows"),
    "get_quality": Text("查看数据集的质量", "The quality of a dataset"),
    "list_dataset_voices": Text(
        "列出数据集的评论和再利用案例", "What people say of a dataset and built with it"
    ),
    "list_versions": Text("列出数据集的各个版本", "The versions of a dataset"),
    "get_version": Text("查看一个版本，按引用中的快照编号", "One version, as a citation names it"),
    "get_diff": Text("比较两个版本的记录", "What changed between two versions"),
    "download_diff": Text("下载两个版本的差异", "Download what changed between two versions"),
    "get_lineage": Text("查看血缘：从哪来、到哪去", "Where something comes from, and goes"),
    "get_impact": Text("一个字段变了会影响什么", "What breaks if a field changes"),
    "report_lineage": Text(
        "上报平台外的数据血缘（OpenLineage）",
        "Report lineage outside of the platform (OpenLineage)",
    ),
    "list_metrics": Text("列出全部指标及其口径", "All metrics with their definitions"),
    "get_metric": Text("查看一个指标的口径", "One metric's definition"),
    "query_metric": Text("查询指标的数值", "A metric's values"),
    "get_me": Text("查看平台认定的您的身份", "Who the platform takes you for"),
    "get_my_uses": Text("谁查过我的信息", "Who looked up my data"),
    "get_proof": Text("下载一条查阅记录的证明", "Proof of an entry about you"),
    "get_any_proof": Text(
        "下载任意一条记录的证明（审计岗位）", "Proof of any entry, for an auditor"
    ),
    "get_head": Text(
        "日志最新的签名头（审计岗位）", "The log's newest signed head, for an auditor"
    ),
    "push": Text("推送一批记录（提供部门）", "Push records, as the provider"),
    "get_push": Text("查询一次推送的结果", "What became of a push"),
    "list_repeats": Text("列出重复采集的线索", "What departments collect more than once"),
    "get_catalogue_report": Text(
        "取目录报告：全量，或者自上一份以来的变化",
        "The catalogue's report, or its changes since one",
    ),
    "list_backflow": Text("列出应当回流的数据", "Data that is to be returned"),
    "list_uncatalogued": Text("列出尚未编目的系统、数据表和文件", "What is not catalogued yet"),
    "list_subscriptions": Text("列出我的订阅", "One's own subscriptions"),
    "subscribe": Text("订阅", "Subscribe to a dataset or a search"),
    "get_subscription": Text("一个订阅和它的发送记录", "One subscription with its log"),
    "set_subscription_state": Text("暂停、恢复或退订", "Pause, resume or end a subscription"),
    "delete_subscription": Text("删除订阅和记录", "Delete a subscription with its log"),
    "list_grounds": Text("列出本岗位的业务事由", "Grounds of the position"),
    "list_attachments": Text("事项的附件", "The files of a matter"),
    "get_attachment": Text("下载一个附件", "One file of a matter"),
    "add_attachment": Text("添加附件", "Attach a file to a matter"),
    "open_ground": Text("开立业务事由", "Open a ground"),
    "list_matters": Text("列出待办和经办的事项", "Matters that wait, and those handled before"),
    "open_matter": Text(
        "提出数据需求、投诉举报，或者报告安全事件和漏洞",
        "Say what data is needed, complain, or report an incident or a flaw",
    ),
    "get_matter_metrics": Text(
        "部门之间的答复情况", "How departments answer each other, in figures"
    ),
    "get_matter": Text(
        "查看一个事项，以及您能办理哪一步", "One matter, and which step of it you may do"
    ),
    "request_data": Text("申请使用其他部门的数据集", "Request another department's dataset"),
    "report_record": Text("对一条记录提出校核", "Report a record as wrong"),
    "act_in_matter": Text("办理事项的一步", "Do a step of a matter"),
    "verify_claim": Text("核验一个人的一项内容", "Verify a claim about one person"),
    "verify_list": Text("核验一份名单", "Verify a claim about everybody of a list"),
    "get_credential": Text("查询一份证照的状态", "The state of a licence"),
    "get_status_list": Text("证照状态列表", "A list of the states of licences"),
    "list_cases": Text("列出本系统的办件", "Cases of the calling system"),
    "get_case": Text("查看办件和申请人提交的内容", "A case with what was given"),
    "report_step": Text("回填办件的一步", "Report a step of a case"),
    "get_case_file": Text("下载办件的一个附件", "One file of a case"),
    "add_case_file": Text("向办件添加文书", "Attach a document to a case"),
    "list_services": Text("列出政务服务事项", "The services that offices offer"),
    "list_slots": Text("查看一个事项可预约的时段", "When one can come for a service"),
    "get_service": Text("查看一个事项的办事指南", "The guide of one service"),
    "list_code_lists": Text("列出代码表", "The code lists"),
    "get_codes": Text("查看一个代码表，可按日期", "The entries of a code list, on a day or all"),
    "list_elements": Text("列出数据元", "The data elements"),
    "get_data_element": Text("查看一个数据元", "One data element with its attributes"),
    "health": Text("服务是否正常", "Whether the service is alive"),
}
ANSWERED: dict[str, Text] = {
    "200": Text("成功", "The answer"),
    "201": Text("已建立", "Made"),
    "202": Text("已收妥，随后装载", "Taken and durable; loaded soon after"),
    "304": Text("没有变化", "Not changed"),
    "503": Text("服务不正常", "The service is not well"),
}
PARAMETERS: dict[str, Text] = {
    "subscription": Text("订阅编号", "Id of the subscription"),
    "q": Text("要找的词：中文、拼音、地名都可以", "What to look for: words, pinyin, places"),
    "facet": Text("筛选条件，写作 名称:值，可重复", "name:value, repeated"),
    "offset": Text("从第几条开始", "Where to begin"),
    "limit": Text("最多返回多少条", "How many at most"),
    "dataset": Text("数据集编号", "Id of the dataset"),
    "form": Text("文件格式", "File format"),
    "fields": Text("要哪些字段，用逗号隔开；不写就是全部", "Fields, by commas; all if empty"),
    "filter": Text(
        "筛选条件：记录写作 字段:运算:值，指标写作 维度:值，可重复，最多 50 个",
        "field:operator:value for rows, dimension:value for metrics, repeated, 50 at most",
    ),
    "sort": Text("排序字段，前面加 - 表示从大到小，可重复", "field or -field, repeated"),
    "snapshot": Text("读哪个快照；不写就是最新的", "Snapshot to read; the newest if absent"),
    "node": Text("节点编号，如 dataset:数据集编号", "Id of a node, such as dataset: and its id"),
    "depth": Text("看几步以内", "Steps from the node"),
    "direction": Text("上游、下游或都要", "Upstream, downstream or both"),
    "detail": Text("只到数据集，还是细到字段", "Whole datasets, or each of their fields"),
    "field": Text("字段名", "Name of the field"),
    "as_of": Text(
        "读哪个时刻的快照；不带时区按北京时间",
        "The snapshot of this moment, Beijing time if it names no zone",
    ),
    "kind": Text("只要哪一类：删去、新增、变更", "Only rows of one kind"),
    "changed": Text("只要这个字段有变更的记录", "Only rows in which this field changed"),
    "refs": Text(
        "是否给出每条记录的引用，用于提出校核",
        "Whether each row comes with a reference, to report it as wrong by",
    ),
    "cursor": Text(
        "翻页标记，取自同一查询上一页的 next", "Page cursor, from the page before of the same query"
    ),
    "readers": Text(
        "CSV 给谁看：people 带中文表头和代码名称，programs 供程序读取",
        "For CSV: people for headers in words and names beside codes, programs for programs",
    ),
    "purpose": Text("用途", "Purpose"),
    "case": Text("业务事由编号", "Number of the ground"),
    "subject": Text("业务事由的第几个当事人", "Which of the ground's subjects, by number"),
    "why": Text("为什么要用", "Why it is needed"),
    "metric": Text("指标编号", "Id of the metric"),
    "grain": Text("时间粒度", "Grain of time"),
    "level": Text("地区层级", "Level of regions"),
    "parent": Text("只要这个地区以内的，写行政区划代码", "Only what lies in this region's code"),
    "by": Text("按哪个维度细分，可重复", "Dimension to break down by, repeated"),
    "from": Text("从哪天起", "From this day"),
    "to": Text("到哪天止", "Up to this day"),
    "latest": Text("只要最近几期", "The newest periods only"),
    "compare": Text("加上同比和环比", "Add comparisons"),
    "before": Text("只要这个编号以前的", "Entries before this number"),
    "entry": Text("记录编号", "Number of the entry"),
    "matter": Text("事项序号，即编号中的数字", "Number of the matter: the digits of its number"),
    "box": Text(
        "哪个列表：待办、我发起的、我办过的、本单位在办、本单位办结",
        "Which list: what waits, what the caller started or did, what their organisation has open "
        "or closed",
    ),
    "page": Text("第几页，每页 50 条", "Page of the list, fifty on each"),
    "key": Text("推送时用的编号", "The push's own key"),
    "token": Text("证照地址的最后一段", "The last part of the licence's address"),
    "list_number": Text("状态列表编号，证照中写明", "Number of the list, as a licence names it"),
    "attachment": Text("附件编号", "Number of the file"),
    "state": Text("只要处于这个状态的", "Only those in this state"),
    "since": Text(
        "只要此后有新情况的：上一轮的 next_since",
        "Only those in which something was written down since: `next_since` of the round before",
    ),
    "number": Text("办件编号", "Number of the case"),
    "service": Text("事项标识", "Id of the service"),
    "audience": Text("给谁办：person 个人，firm 企业", "Whom it is for: person or firm"),
    "name": Text("文件名，带扩展名", "Name of the file, with its ending"),
    "Idempotency-Key": Text(
        "这次操作的编号：用同一编号重发，只算一次",
        "Names this act: sent again under it, it is done once",
    ),
    "code_list": Text("代码表标识", "Id of the code list"),
    "element": Text("数据元标识符", "Id of the data element"),
    "on": Text("只要这一天有效的；不写就是全部", "Those in force on this day; all if absent"),
    "lang": Text(
        "答复的语言：zh 或 en；不写则看 Accept-Language",
        "Language of the answer: zh or en; as Accept-Language says if absent",
    ),
    "x-xihu-position": Text("以哪个岗位办事", "The position acted in"),
    "x-xihu-mandate": Text("代谁办理", "Whom one acts for"),
}


@dataclass(frozen=True, slots=True)
class Example:
    """A worked example: a question and the address that answers it."""

    title: Text
    path: str


EXAMPLES = (
    Example(
        Text("找一找有没有空气方面的数据", "Is there data on the air?"),
        "/api/v1/datasets?q=kongqi",
    ),
    Example(
        Text(
            "一个监测站最近五个小时的空气质量", "The last five hours of air quality at one station"
        ),
        "/api/v1/datasets/hb_air_quality_hourly/rows"
        "?filter=station_code:eq:330106A01&sort=-measured_at&limit=5",
    ),
    Example(
        Text("各市最近一个月的规上工业总产值", "Industrial output of each city, last month"),
        "/api/v1/brain/metrics/industrial_output/query?level=city&latest=1",
    ),
)
BEARER: dict[str, Any] = {
    "type": "http",
    "scheme": "bearer",
    "bearerFormat": "JWT",
    "description": "An access token; open data is read without one",
    CHINESE: "访问令牌；读开放数据不用",
}
DATASETS = {
    "push": "yb_hospital_visits",
    "get_push": "yb_hospital_visits",
    "request_data": "rs_social_insurance",
    "report_record": "fg_penalties",
}
"""The dataset of an operation's examples, where it is another."""
VALUES: dict[str, Any] = {
    "dataset": "hb_air_quality_hourly",
    "metric": "industrial_output",
    "node": "dataset:hb_air_quality_hourly",
    "field": "aqi",
    "form": "csv",
    "service": "food_permit",
    "code_list": "sex",
    "element": "XH00012",
    "number": "BJ-000001",
    "attachment": 1,
    "entry": 4,
    "matter": 1,
    "list_number": 1,
    "token": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    "key": "2026-11-23-0001",
    "Idempotency-Key": "2026-11-23-0001",
}
"""A value for each parameter that must be given."""


def document(app: FastAPI, language: Language) -> dict[str, Any]:
    # Any: an OpenAPI document.
    """The application's OpenAPI document with its words in one language."""
    made = {**app.openapi()}
    routes = [route for route in app.routes if isinstance(route, APIRoute)]
    known = {(method.lower(), r.path): r for r in routes for method in r.methods}
    made["paths"] = {
        path: {
            method: _operation(operation, known[method, path], language)
            for method, operation in operations.items()
        }
        for path, operations in made["paths"].items()
    }
    schemas = made["components"]["schemas"]
    if language == "zh":
        schemas = {name: _without_description(schema) for name, schema in schemas.items()}
    made["components"] = {"schemas": schemas, "securitySchemes": {"bearer": BEARER}}
    translated: dict[str, Any] = _in_language(made, language)
    return translated


def _operation(operation: dict[str, Any], route: APIRoute, language: Language) -> dict[str, Any]:
    name = route.name
    summary = SUMMARIES.get(name)
    said = _without_description(operation) if language == "zh" else {**operation}
    said["summary"] = summary.to(language) if summary else operation["summary"]
    said["parameters"] = [
        _parameter(one, name, language) for one in operation.get("parameters", [])
    ]
    said["responses"] = {
        status: _response(status, response, name, language)
        for status, response in operation["responses"].items()
    }
    if "requestBody" in said:
        said["requestBody"] = _with_examples(said["requestBody"], f"{name} asked", language)
    anonymous = may_be_anonymous(route.dependant)
    if anonymous is not None:
        said["security"] = [{}, {"bearer": []}] if anonymous else [{"bearer": []}]
    return said


def _without_description(part: dict[str, Any]) -> dict[str, Any]:
    """Docstrings are written for developers, in English; a parameter's is told beside it."""
    return {name: said for name, said in part.items() if name != "description"}


def _parameter(one: dict[str, Any], operation: str, language: Language) -> dict[str, Any]:
    name = one["name"]
    known = PARAMETERS.get(name)
    said = {**one, "schema": _without_description(one["schema"])}
    if known:
        said["description"] = known.to(language)
    if name in VALUES:
        own = DATASETS.get(operation) if name == "dataset" else None
        said["example"] = own or VALUES[name]
    return said


def _response(
    status: str, response: dict[str, Any], operation: str, language: Language
) -> dict[str, Any]:
    if _is_fault(response):
        return describe_error(int(status), response, language)
    words = ANSWERED.get(status, ANSWERED["200"]).to(language)
    return _with_examples({**response, "description": words}, f"{operation} {status}", language)


def _is_fault(response: dict[str, Any]) -> bool:
    schema = response.get("content", {}).get("application/json", {}).get("schema", {})
    return str(schema.get("$ref", "")).endswith("Fault")


def _with_examples(one: dict[str, Any], name: str, language: Language) -> dict[str, Any]:
    """A response or a request's body with the examples that are kept under this name."""
    kept = _examples().get(name, {})
    content = {
        kind: {**described, "examples": {"demo": {"value": kept[kind][language]}}}
        if kind in kept
        else described
        for kind, described in one.get("content", {}).items()
    }
    return {**one, "content": content} if content else one


@cache
def _examples() -> dict[str, Any]:
    """Answers of the demo, by operation and status, media type, language."""
    kept: dict[str, Any] = orjson.loads(
        files("xihu_portals.api").joinpath("examples.json").read_bytes()
    )
    return kept


def _in_language(part: Any, language: Language) -> Any:
    """Wherever a description has its Chinese beside it, the one that is asked for is left."""
    if isinstance(part, list):
        return [_in_language(one, language) for one in part]
    if not isinstance(part, dict):
        return part
    said = {name: _in_language(one, language) for name, one in part.items() if name != CHINESE}
    if CHINESE in part and language == "zh":
        said["description"] = part[CHINESE]
    return said
