"""Guards and effects of batch exchange: the kind `batch_exchange` of the registry."""

import re
from collections.abc import Callable
from contextlib import suppress
from datetime import date
from ipaddress import ip_address

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from xihu_catalog.contracts.entries import is_hidden
from xihu_catalog.exchange.models import ExchangeRow
from xihu_platform.access.models import find_grants
from xihu_platform.access.policy import Policy, ShareRule
from xihu_platform.access.unpublished import no_dataset
from xihu_platform.clock import civil_date
from xihu_platform.database import erases
from xihu_platform.errors import BadInput, Conflict
from xihu_platform.identity.principal import Principal
from xihu_platform.matters.acts import ActContext, ActFunctions
from xihu_platform.matters.kernel import Opening
from xihu_platform.matters.who import MatterParty, party_as

FindPolicy = Callable[[str], Policy]
BATCH_EXCHANGE = "batch_exchange"
GUARDS = ("exchange_has_grant", "exchange_target_is_whole", "no_exchange_yet")
EFFECTS = ("open_exchange", "end_exchange")
"""What a kind may name."""
BARRING: frozenset[ShareRule] = frozenset({"aggregate_only", "per_case", "no_bulk"})
"""Conditions under which no rows leave in bulk."""
NAME = re.compile(r"[a-z_][a-z0-9_]{0,62}")
"""Of a database, schema, table or user, as PostgreSQL takes it without quotes."""
_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.\-]*[A-Za-z0-9])?")


def exchange_opening(session: Session, asker: Principal, policy: Policy) -> Opening:
    """Of a dataset that the asker's department has a grant for, to its provider.

    Raises NotFound for a dataset that others do not know of, Conflict for one's own.
    """
    requester = party_as(asker, "requester")
    if is_hidden(session, policy.dataset):
        raise no_dataset(policy.dataset)
    if requester.key == policy.provider:
        raise Conflict(
            f"数据集 {policy.dataset} 由本部门提供，无需申请批量交换",
            f"{policy.dataset} is your own department's: no exchange is needed",
        )
    parties = (requester, MatterParty("provider", "organisation", policy.provider))
    region = asker.position.region if asker.position is not None else ""
    return Opening(BATCH_EXCHANGE, parties, region, policy.dataset)


def may_exchange(session: Session, policy: Policy, organisation: str, today: date) -> bool:
    """Whether a grant in force gives the organisation rows of it in bulk."""
    if policy.rules & BARRING or policy.provider == organisation:
        return False
    found = find_grants(session, policy.dataset, organisation, today)
    return any(not one.rules & BARRING for one in found)


def exchange_acts(find_policy: FindPolicy) -> ActFunctions:
    """`find_policy` raises NotFound for a dataset that is not in force."""

    def exchange_has_grant(context: ActContext) -> None:
        (requester,) = context.matter.keys("requester")
        policy = find_policy(context.matter.about or "")
        if not may_exchange(context.session, policy, requester, civil_date(context.now)):
            raise Conflict(
                f"需求部门没有数据集 {policy.dataset} 可以批量使用的有效授权，请先提出共享申请",
                f"the requester has no grant in force for {policy.dataset} that allows bulk use: "
                "ask for the data first",
            )

    return ActFunctions(
        guards={
            "exchange_has_grant": exchange_has_grant,
            "exchange_target_is_whole": exchange_target_is_whole,
            "no_exchange_yet": no_exchange_yet,
        },
        effects={"open_exchange": open_exchange, "end_exchange": end_exchange},
    )


def exchange_target_is_whole(context: ActContext) -> None:
    """What could be read as anything but a name is refused: it goes into SQL and a connection."""
    facts = context.facts
    titles = context.matter.definition.values
    for name in ("database", "schema", "table", "user"):
        if str(facts[name]).startswith("pg_"):
            raise BadInput(
                "以 pg_ 开头的名称由 PostgreSQL 自己使用，请换一个",
                "names that begin with pg_ are PostgreSQL's own: name another one",
            )
        if not NAME.fullmatch(str(facts[name])):
            title = titles[name].title
            raise BadInput(
                f"{title.zh}只能有小写字母、数字和下划线，以字母或下划线开头，最多 63 个字符",
                f"{title.en}: lower-case letters, digits and underscores, a letter or underscore "
                "first, 63 characters at most",
            )
    if not is_host(str(facts["host"])):
        raise BadInput(
            "主机须为主机名或者 IP 地址，不带协议、端口和路径",
            "the host is a name or an address, without protocol, port or path",
        )
    if not 1 <= int(facts["port"]) <= 65535:
        raise BadInput("端口须在 1 到 65535 之间", "the port is a number from 1 to 65535")


def is_host(text: str) -> bool:
    """
    >>> is_host("db.example.gov.cn"), is_host("fe80::1"), is_host("a,b"), is_host("/tmp")
    (True, True, False, False)
    """
    with suppress(ValueError):
        return ip_address(text).version in {4, 6}
    return _HOST.fullmatch(text) is not None


def no_exchange_yet(context: ActContext) -> None:
    """One exchange of a dataset for a department, and one dataset for a table."""
    row, number = ExchangeRow, ExchangeRow.number
    pair, target = _pair(context), _target(context)
    if found := context.session.scalar(select(number).where(row.pair == pair)):
        raise Conflict(
            f"这个数据集已在批量交换：{found}；要换目标，先停止原来的",
            f"this dataset is exchanged already: {found}; to change its target, stop that first",
        )
    if context.session.scalar(select(number).where(row.target == target)) is not None:
        raise Conflict(
            "这张表不能用于批量交换，请换一个表名",
            "this table cannot be used: name another one",
        )


def _pair(context: ActContext) -> str:
    (requester,) = context.matter.keys("requester")
    return f"{context.matter.about} {requester}"


def _target(context: ActContext) -> str:
    facts = context.facts
    place = f"{facts['database']}/{facts['schema']}/{facts['table']}"
    return f"{str(facts['host']).lower()}:{facts['port']}/{place}"


def open_exchange(context: ActContext) -> None:
    """Raises Conflict where another one was opened in the same moment."""
    matter, facts = context.matter, context.facts
    (requester,), (provider,) = matter.keys("requester"), matter.keys("provider")
    made = ExchangeRow(
        matter=matter.id,
        number=matter.number,
        dataset=matter.about,
        organisation=requester,
        provider=provider,
        host=str(facts["host"]).lower(),
        port=int(facts["port"]),
        **{name: facts[name] for name in ("database", "schema", "table", "user", "cycle")},
        sealed=None,
        began=context.now,
        ended=None,
        target=_target(context),
        pair=_pair(context),
    )
    context.session.add(made)
    try:
        context.session.flush()
    except IntegrityError:
        raise Conflict(
            "刚刚有另一项批量交换用了同一数据集或者同一张表，请刷新后再办",
            "another exchange has just taken the same dataset or table: reload and look again",
        ) from None


def end_exchange(context: ActContext) -> None:
    """Nothing is sent from this commit on, and its password is gone."""
    row = ExchangeRow
    ended = update(row).where(row.matter == context.matter.id)
    erases(context.session)
    free = {"sealed": None, "target": None, "pair": None}
    context.session.execute(ended.values(ended=context.now, **free))
