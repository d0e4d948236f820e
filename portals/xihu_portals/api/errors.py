"""Errors of the API: the object that is answered, and how OpenAPI describes each."""

from typing import Any

from xihu_platform.access import reasons
from xihu_platform.audit.log import AuditUnavailable
from xihu_platform.errors import (
    BadInput,
    Conflict,
    Erased,
    NotFound,
    NotSignedIn,
    PlatformError,
    Reason,
    Refused,
    TerminalError,
    TooLarge,
    TooMany,
    TransientError,
)
from xihu_platform.matters.kernel import StaleMatter
from xihu_platform.words import Language, Text
from xihu_portals.api.schemas.base import (
    Fault,
    MatterNow,
    RefusalReason,
    RefusedFault,
    StaleFault,
)


class BadEvent(BadInput):
    """What was sent is no valid event: where, and what."""

    status = 400


Responses = dict[int | str, dict[str, Any]]
"""What FastAPI takes as `responses=`. Any: parts of an OpenAPI document."""

_WORDS: dict[int, Text] = {
    400: Text("不是有效的事件：哪里、哪一项", "No valid event: where, and what"),
    401: Text("没有登录，或登录凭证无效", "Not signed in, or the token is not valid"),
    403: Text("访问网关拒绝：原因、条款、怎么办", "Refused: the reason, the article, what to do"),
    404: Text(
        "没有所指的内容，或今天不担任所选岗位", "No such thing, or a position not held today"
    ),
    409: Text("现有状态不允许这样做", "What is there already does not allow it"),
    410: Text("原有内容已依法删除", "It was there, and was lawfully erased"),
    413: Text("超过一次所能处理的大小", "More than is taken or given in one piece"),
    422: Text("请求有误：哪里、怎么办", "Something in the request is wrong: what, and what to do"),
    429: Text("操作太频繁，请稍后再试", "Asked too often: try again later"),
    500: Text(
        "平台内部出错，请把编号告知管理员",
        "The platform failed; its administrator needs the number",
    ),
    503: Text("暂时无法处理，可原样重试", "Not possible at the moment: try again as it is"),
}


def _examples() -> tuple[PlatformError, ...]:
    """One error of each status, in the words that callers are given."""
    return (
        BadEvent(
            "不是有效的 OpenLineage 事件：run.runId：缺少这一项",
            "this is no valid OpenLineage event: run.runId: Field required",
        ),
        NotSignedIn(
            "登录凭证无效：已过期。请重新登录。",
            "The token does not hold: it has expired. Sign in again.",
        ),
        Refused(reasons.GRANT_NEEDED),
        NotFound(
            "目录中没有数据集“no_such_dataset”", "the catalogue has no dataset “no_such_dataset”"
        ),
        Conflict(
            "数据集 fg_penalties 的契约未声明 push: true，请以文件提交或先修改契约",
            "the contract of fg_penalties does not say push: true: hand a file in, or change it",
        ),
        Erased(
            "数据集 mz_aid_recipients 的快照 7 已于 2026-11-20 依法删除：个人申请；请改用最新版本",
            "snapshot 7 of mz_aid_recipients was erased on 2026-11-20: a person's request; "
            "use the newest version",
        ),
        TooLarge(
            "行数太多，Excel 放不下，请改下 CSV",
            "more than 100,000 rows do not fit Excel: take CSV instead",
        ),
        BadInput(
            "请求参数有误：limit：不得小于 1",
            "the request's parameters do not hold: "
            "limit: Input should be greater than or equal to 1",
        ),
        TooMany(
            "操作太频繁，请 3 秒后再试",
            "you ask too often: try again in 3 seconds",
            retry_after_s=3,
        ),
        TerminalError(
            "平台内部出错，编号 5c41d0a2f9e87b63，请告知管理员",
            "the platform failed; tell its administrator the number 5c41d0a2f9e87b63",
        ),
        AuditUnavailable(),
    )


def reason_answer(reason: Reason, lang: Language) -> RefusalReason:
    return RefusalReason(
        code=reason.code,
        text=reason.text.to(lang),
        article=reason.article.to(lang),
        remedy=reason.remedy.to(lang),
    )


def fault_answer(error: PlatformError, lang: Language) -> Fault:
    """What a caller is answered."""
    detail = error.text.to(lang)
    if isinstance(error, Refused):
        reason = reason_answer(error.reason, lang)
        return RefusedFault(error="Refused", detail=detail, reason=reason)
    if isinstance(error, StaleMatter):
        present = MatterNow(
            version=error.matter.version, state=error.matter.state, changed=error.changed
        )
        return StaleFault(error="StaleMatter", detail=detail, present=present)
    return Fault(error=type(error).__name__, detail=detail)


_MODELS: dict[type[PlatformError], type[Fault]] = {Refused: RefusedFault, StaleMatter: StaleFault}
"""Of the errors that say more than the others."""


def errors(*kinds: type[PlatformError]) -> Responses:
    """The responses of a route that may end in these errors; `describe_error` adds the words.

    >>> sorted(errors(NotFound, Refused)), errors(Refused)[403]["model"].__name__
    ([403, 404], 'RefusedFault')
    """
    return {kind.status: {"model": _MODELS.get(kind, Fault)} for kind in kinds}


EVERYWHERE = errors(BadInput, TerminalError)
"""Of every route: a parameter that is wrong, a fault of ours."""
OF_CALLERS = EVERYWHERE | errors(NotSignedIn, NotFound, TransientError)
"""Of routes that ask who is calling: a bad token, a position not held, an issuer that is away."""
OF_DECISIONS = errors(Refused, TooMany)
"""Of routes where the access gateway can refuse: refusals are logged, so they are limited."""
OF_SNAPSHOTS = OF_DECISIONS | errors(Erased)
"""Of routes that read the rows of a snapshot."""


def describe_error(status: int, response: dict[str, Any], lang: Language) -> dict[str, Any]:
    """A response of OpenAPI with its words, example and headers."""
    error = next(one for one in _examples() if one.status == status)
    content = response["content"]["application/json"]
    shown = {"value": fault_answer(error, lang).model_dump()}
    described = {
        **response,
        "description": _WORDS[status].to(lang),
        "content": {"application/json": {**content, "examples": {"demo": shown}}},
    }
    headers = _headers(status, lang)
    return {**described, "headers": headers} if headers else described


def _headers(status: int, lang: Language) -> dict[str, Any]:
    if status == 401:
        words = Text("恒为 Bearer", "Always `Bearer`")
        return {"WWW-Authenticate": _header(words.to(lang), {"type": "string"})}
    if status in {429, 503}:
        words = Text("多少秒后可以再试", "Seconds after which to try again")
        return {"Retry-After": _header(words.to(lang), {"type": "integer", "minimum": 0})}
    return {}


def _header(description: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": description, "schema": schema, "required": True}
