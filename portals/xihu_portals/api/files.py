"""What OpenAPI says of answers and requests that are not made by a model: files and headers."""

from typing import Any

from xihu_platform.access.formats import MEDIA_TYPES
from xihu_portals.api.schemas.base import CHINESE

# Any: parts of an OpenAPI document.
_BINARY = {"type": "string", "format": "binary"}
_TEXT = {"type": "string"}


def _header(zh: str, en: str, **schema: Any) -> dict[str, Any]:
    return {"description": en, CHINESE: zh, "schema": {"type": "string", **schema}}


TAGGED: dict[str, Any] = {
    "headers": {
        "ETag": _header(
            "答案的标签；与个人有关的答案没有",
            "Tag of the answer; an answer about persons has none",
        ),
    }
}
"""Of answers that have a mark by which they can be told apart."""
UNCHANGED: dict[int | str, dict[str, Any]] = {304: {"description": "", **TAGGED}}
ASKED_AGAIN: dict[str, Any] = {
    "parameters": [
        {
            "name": "If-None-Match",
            "in": "header",
            "required": False,
            "description": "ETag of an earlier answer: 304 if it has not changed",
            CHINESE: "先前答案的 ETag；没有变化则答复 304",
            "schema": _TEXT,
        }
    ]
}
"""Of routes that answer 304 to whom the answer is known."""

YAML: dict[str, Any] = {
    "content": {
        "application/yaml": {
            "schema": {
                "type": "object",
                "description": "A data contract, ODCS 3.1",
                CHINESE: "数据契约，ODCS 3.1",
                "required": ["apiVersion", "kind", "id", "version", "status", "schema"],
            }
        }
    }
}

FILES: dict[str, Any] = {
    "content": {
        kind.partition(";")[0]: {"schema": _TEXT if kind.startswith("text/") else _BINARY}
        for kind in MEDIA_TYPES.values()
    },
    "headers": {
        "Content-Disposition": _header("文件名", "Name of the file"),
        "X-Xihu-Snapshot": _header("快照编号", "Id of the snapshot", pattern="^[0-9]+$"),
        "X-Xihu-Synthetic": _header(
            "是否为合成数据", "Whether the data is synthetic", enum=["true", "false"]
        ),
        "X-Xihu-Audit-Entry": _header(
            "本次下载的审计记录编号", "Number of the audit entry", pattern="^[0-9]+$"
        ),
    },
}

_TAKEN = ("application/pdf", "image/jpeg", "image/png")
ATTACHMENT: dict[str, Any] = {
    "content": {kind: {"schema": _BINARY} for kind in _TAKEN},
    "headers": {"Content-Disposition": _header("文件名", "Name of the file")},
}
ATTACHED: dict[str, Any] = {
    "required": True,
    "description": "The file; 5 MB at most",
    CHINESE: "文件；最多 5 MB",
    "content": {kind: {"schema": _BINARY} for kind in _TAKEN},
}
"""The body of a file that is attached, and the answer that gives it back."""

RECORDS: dict[str, Any] = {
    "required": True,
    "description": "Records with the columns of the contract's source; 32 MB at most",
    CHINESE: "记录，列名与契约所述来源一致；最多 32 MB",
    "content": {
        "application/x-ndjson": {"schema": _TEXT},
        "application/jsonl": {"schema": _TEXT},
        "text/csv": {"schema": _TEXT},
        "application/vnd.apache.arrow.stream": {"schema": _BINARY},
        "application/vnd.apache.arrow.file": {"schema": _BINARY},
    },
}
"""The body of a push."""

_UUID = {"type": "string", "format": "uuid"}
_NAMED = {
    "type": "object",
    "required": ["namespace", "name"],
    "properties": {
        "namespace": {"type": "string", "minLength": 1, "maxLength": 256},
        "name": {"type": "string", "minLength": 1, "maxLength": 512},
    },
}
LINEAGE_EVENT: dict[str, Any] = {
    "required": True,
    "description": "An OpenLineage RunEvent, spec 2-0-2; 1 MB at most",
    CHINESE: "OpenLineage 的 RunEvent（规范 2-0-2）；最多 1 MB",
    "content": {
        "application/json": {
            "schema": {
                "type": "object",
                "required": ["eventTime", "producer", "schemaURL", "run", "job"],
                "properties": {
                    "eventTime": {"type": "string", "format": "date-time"},
                    "eventType": {
                        "enum": ["START", "RUNNING", "COMPLETE", "ABORT", "FAIL", "OTHER"]
                    },
                    "producer": {"type": "string", "format": "uri", "maxLength": 512},
                    "schemaURL": {"type": "string", "format": "uri", "maxLength": 512},
                    "run": {
                        "type": "object",
                        "required": ["runId"],
                        "properties": {"runId": _UUID},
                    },
                    "job": _NAMED,
                    "inputs": {"type": "array", "maxItems": 100, "items": _NAMED},
                    "outputs": {"type": "array", "maxItems": 100, "items": _NAMED},
                },
            }
        }
    },
}
"""The body of reported lineage."""
