"""Runs schemathesis as one person; it takes seconds to import, so only its test does."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

import orjson
import schemathesis
from schemathesis import SerializationContext
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import events, from_schema
from sqlalchemy import select
from starlette.types import Receive, Scope, Send

from tests import casing
from tests.province import Province
from tests.test_portals.api.answers import own_entry
from tests.test_portals.api.callers import POSITIONS, token_headers
from xihu_catalog.subscriptions.service import Subscriptions, Wanted
from xihu_platform.access.grounds import GroundRow
from xihu_platform.database import transaction
from xihu_portals.api.openapi import document

SEED = 20261123
MADE_UP = {"": 5, "wang": 5, "sun": 5, "wu": 5, "dept-yb": 5}
"""Questions of each operation that are made up for one of each kind: nobody, a citizen, a steward,
an auditor, a system. The others ask what the document itself gives: examples and limits."""
BY_DATASET = (
    *("/api/v1/datasets/{dataset}/rows", "/api/v1/datasets/{dataset}/download.{form}"),
    *("/api/v1/datasets/{dataset}/versions", "/api/v1/datasets/{dataset}/versions/{snapshot}"),
    *("/api/v1/datasets/{dataset}/diff", "/api/v1/datasets/{dataset}/diff.{form}"),
    *("/api/v1/brain/metrics/{metric}/query", "/api/v1/ingest/{dataset}"),
    *("/api/v1/datasets/{dataset}/requests", "/api/v1/matters/{matter}/events"),
    *("/api/v1/grounds", "/api/v1/datasets/{dataset}/corrections"),
    *("/api/v1/matters", "/api/v1/cases", "/api/v1/cases/{number}/events"),
    *("/api/v1/subscriptions", "/api/v1/lineage"),
)
"""What may be asked there is the dataset's: its fields, dimensions and snapshots are in no schema,
what an event takes is its kind's, and which items there are is the office's.
So a question that meets the schema may be refused with 422, 410 or, if too large, 413; one that
names a mark may be answered 304."""
ACCEPTED = ["2xx", "304", "400", "401", "403", "404", "409", "429", "410", "413", "422"]


@dataclass(frozen=True)
class Run:
    """What schemathesis asked as one person, and what it found."""

    asked: Counter[tuple[str, int]]
    """By operation and status."""
    found: tuple[str, ...]

    @property
    def answered(self) -> set[str]:
        return {operation for operation, status in self.asked if 200 <= status < 300}


@schemathesis.serializer("application/x-ndjson", "application/jsonl")
def lines(_context: SerializationContext, value: Any) -> bytes:  # Any: what it made up
    """The body of a push as it goes out."""
    return value.encode() if isinstance(value, str) else orjson.dumps(value)


def run(province: Province, who: str, described: dict[str, Any] | None = None) -> Run:
    # Any: an OpenAPI document, the province's own if none is given.
    """Asks examples, limits and wrong types of every parameter, then made-up questions."""
    schema = schemathesis.openapi.from_dict(
        described or document_for(province, who), config=config_for(province, who)
    )
    schema.app = without_lifespan(province)
    asked = Counter[tuple[str, int]]()
    found: list[str] = []
    for event in from_schema(schema).execute():
        if isinstance(event, events.ScenarioFinished):
            record = event.recorder
            for number, sent in record.interactions.items():
                if sent.response is not None:
                    label = record.cases[number].value.operation.label
                    asked[label, sent.response.status_code] += 1
            for checks in record.checks.values():
                failures = (one.failure_info for one in checks if one.failure_info is not None)
                found += [f"{one.failure}\n{one.code_sample}" for one in failures]
        elif isinstance(event, events.NonFatalError | events.FatalError):
            found.append(str(event.info if isinstance(event, events.NonFatalError) else event))
    return Run(asked, tuple(found))


def config_for(province: Province, who: str) -> SchemathesisConfig:
    made_up = MADE_UP.get(who, 0)
    config = {
        "seed": SEED,
        "generation": {"max-examples": made_up or 1, "database": "none", "deterministic": True},
        "continue-on-failure": True,
        "phases": {
            "fuzzing": {"enabled": bool(made_up)},
            "stateful": {
                "enabled": bool(made_up),
                "max-steps": 3,
                "generation": {"max-examples": made_up or 1},
            },
        },
        "headers": token_headers(province, "right" if who else "no_token", who),
        "operations": [
            {
                "include-path": list(BY_DATASET),
                "checks": {"positive_data_acceptance": {"expected-statuses": ACCEPTED}},
            }
        ],
    }
    return SchemathesisConfig.from_dict(config)


def document_for(province: Province, who: str) -> dict[str, Any]:  # Any: an OpenAPI document
    """With an entry about wang, a licence and a subscription of theirs and a case of dept-yb as
    examples, and without
    the headers for a position or a mandate that this caller does not have: with any value in them
    every question ends in 404."""
    known = {"entry": own_entry(province), "token": casing.licensed(province)}
    known["number"] = a_case(province)
    known["subscription"] = a_subscription(province)
    described: dict[str, Any] = orjson.loads(orjson.dumps(document(province.app, "en")))
    unused = {"x-xihu-mandate"} if who in POSITIONS else {"x-xihu-mandate", "x-xihu-position"}
    for methods in described["paths"].values():
        for operation in methods.values():
            if who != "zhao":
                operation["parameters"] = [
                    one for one in operation["parameters"] if one["name"] not in unused
                ]
            snapshot = a_snapshot(province, operation["parameters"])
            for one in operation["parameters"]:
                if one["name"] in known:
                    one["example"] = known[one["name"]]
                elif one["name"] in {"snapshot", "from", "to"} and snapshot:
                    one["example"] = snapshot
    return described


def a_snapshot(province: Province, parameters: list[dict[str, Any]]) -> int | None:
    """Of the dataset that is the example of an operation. Any: OpenAPI."""
    named = next((one.get("example") for one in parameters if one["name"] == "dataset"), None)
    found = province.services.node.lake.find_snapshot(f"data.{named}") if named else None
    return found.id if found is not None else None


def a_case(province: Province) -> str:
    query = select(GroundRow.number).where(GroundRow.item == "svc_care_elsewhere")
    with transaction(province.services.node.database) as session:
        return session.scalars(query).first() or "BJ-000001"


def a_subscription(province: Province) -> str:
    services, who = province.services, province.citizen("wang")
    room = Subscriptions(services.node.database, services)
    wanted = Wanted("late", "hb_air_quality_hourly")
    return room.subscribe(services.known_to(who), who, wanted, services.node.clock()).id


def without_lifespan(province: Province) -> Any:  # Any: an ASGI application
    """The application without what `xihu run` starts beside it: nothing loads what was pushed."""

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            raise NotImplementedError
        await province.app(scope, receive, send)

    return application
