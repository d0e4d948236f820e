"""Runs schemathesis as one person; it takes seconds to import, so only its test does."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

import orjson
import schemathesis
from schemathesis import SerializationContext
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import events, from_schema
from starlette.types import Receive, Scope, Send

from tests.province import Province
from tests.test_portals.api.answers import own_entry
from tests.test_portals.api.callers import POSITIONS, token_headers
from xihu_portals.api.openapi import document

AFTER_ANOTHER = ("wang", "wu", "dept-yb")
"""Who also asks for what earlier answers name: a citizen, an auditor, a system."""
SEED = 20261123
BY_DATASET = (
    *("/api/v1/datasets/{dataset}/rows", "/api/v1/datasets/{dataset}/download.{form}"),
    *("/api/v1/brain/metrics/{metric}/query", "/api/v1/ingest/{dataset}"),
)
"""What may be asked there is the dataset's: its fields, dimensions and snapshots are in no schema.
So a question that meets the schema may be refused with 422, 410 or, if too large, 413."""
ACCEPTED = ["2xx", "401", "403", "404", "409", "429", "410", "413", "422"]


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


def run(province: Province, who: str) -> Run:
    asked = Counter[tuple[str, int]]()
    found: list[str] = []
    for event in from_schema(schema_for(province, who)).execute():
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


def schema_for(province: Province, who: str) -> Any:  # Any: the library's base of all schemas
    config = {
        "seed": SEED,
        "generation": {"max-examples": 2, "database": "none", "deterministic": True},
        "continue-on-failure": True,
        "phases": {
            "stateful": {
                "enabled": who in AFTER_ANOTHER,
                "max-steps": 3,
                "generation": {"max-examples": 2},
            }
        },
        "headers": token_headers(province, "right" if who else "no_token", who),
        "operations": [
            {
                "include-path": list(BY_DATASET),
                "checks": {"positive_data_acceptance": {"expected-statuses": ACCEPTED}},
            }
        ],
    }
    described = document_for(province, who)
    schema = schemathesis.openapi.from_dict(described, config=SchemathesisConfig.from_dict(config))
    schema.app = without_lifespan(province)
    return schema


def document_for(province: Province, who: str) -> dict[str, Any]:  # Any: an OpenAPI document
    """With an entry about wang, and without the headers by which this caller is nobody known."""
    entry = own_entry(province)
    described: dict[str, Any] = orjson.loads(orjson.dumps(document(province.app, "en")))
    unused = {"x-xihu-mandate"} if who in POSITIONS else {"x-xihu-mandate", "x-xihu-position"}
    for methods in described["paths"].values():
        for operation in methods.values():
            if who != "zhao":
                operation["parameters"] = [
                    one for one in operation["parameters"] if one["name"] not in unused
                ]
            for one in operation["parameters"]:
                if one["name"] == "entry":
                    one["example"] = entry
    return described


def without_lifespan(province: Province) -> Any:  # Any: an ASGI application
    """The application without what `xihu run` starts beside it: nothing loads what was pushed."""

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            raise NotImplementedError
        await province.app(scope, receive, send)

    return application
