"""The shape of an ODCS 3.1.0 file as far as the platform reads it (Bitol, Apache-2.0 schema).

Keys ODCS knows and we do not need pass through; a key nobody knows is refused with its line.
"""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

_CONTRACT = {
    *("version", "kind", "apiVersion", "id", "name", "tenant", "tags", "status", "servers"),
    *("dataProduct", "description", "domain", "schema", "support", "price", "team", "roles"),
    *("slaDefaultElement", "slaProperties", "authoritativeDefinitions", "customProperties"),
    "contractCreatedTs",
}
_ELEMENT = {
    *("id", "name", "physicalType", "description", "businessName", "authoritativeDefinitions"),
    *("tags", "customProperties", "logicalType", "physicalName", "relationships", "quality"),
}
_OBJECT = {*_ELEMENT, "dataGranularityDescription", "properties"}
_PROPERTY = {
    *_ELEMENT,
    *("primaryKey", "primaryKeyPosition", "logicalTypeOptions", "required", "unique"),
    *("partitioned", "partitionKeyPosition", "classification", "encryptedName"),
    *("transformSourceObjects", "transformLogic", "transformDescription", "examples"),
    *("criticalDataElement", "items", "properties"),
}


class _Odcs(BaseModel):
    model_config = ConfigDict(extra="allow", frozen=True, coerce_numbers_to_str=True)
    known: set[str] = Field(default=set(), exclude=True)

    @model_validator(mode="before")
    @classmethod
    def _no_unknown_key(cls, value: Any) -> Any:
        # Any: this is the raw YAML.
        known = cls.model_fields["known"].default
        if isinstance(value, dict) and known and (odd := set(map(str, value)) - known):
            raise ValueError(f"unknown key {', '.join(sorted(odd))}")
        return value


class CustomProperty(BaseModel):
    property: str
    value: Any  # ODCS allows any type here
    description: str | None = None


class OdcsQuality(_Odcs):
    id: str | None = None
    name: str | None = None
    type: Literal["library", "sql", "text", "custom"] = "library"
    severity: str | None = None
    metric: str | None = None
    query: str | None = None
    arguments: dict[str, Any] = {}  # each metric has its own
    customProperties: list[CustomProperty] = []


class Relationship(_Odcs):
    """Of a field or, with `from`, of several: values that must stand in another dataset."""

    known: set[str] = Field(default={"type", "from", "to", "customProperties"}, exclude=True)
    type: Literal["foreignKey"] = "foreignKey"
    from_: str | list[str] | None = Field(default=None, alias="from")
    to: str | list[str]
    customProperties: list[CustomProperty] = []


class Property(_Odcs):
    known: set[str] = Field(default=_PROPERTY, exclude=True)
    name: str
    businessName: str
    description: str = ""
    logicalType: Literal["string", "integer", "number", "boolean", "date", "timestamp"]
    physicalType: str
    required: bool = False
    unique: bool = False
    primaryKey: bool = False
    classification: Literal["L1", "L2", "L3", "L4"]
    logicalTypeOptions: dict[str, Any] = {}  # numbers, texts and booleans by name
    relationships: list[Relationship] = []
    quality: list[OdcsQuality] = []
    customProperties: list[CustomProperty] = []


class SchemaObject(_Odcs):
    known: set[str] = Field(default=_OBJECT, exclude=True)
    name: str
    properties: list[Property] = Field(min_length=1)
    relationships: list[Relationship] = []
    quality: list[OdcsQuality] = []
    customProperties: list[CustomProperty] = []


class OdcsServer(_Odcs):
    server: str
    type: str
    path: str | None = None
    format: str | None = None
    customProperties: list[CustomProperty] = []


class Description(_Odcs):
    purpose: str = ""
    limitations: str = ""
    usage: str = ""


class Sla(_Odcs):
    property: str
    value: Any  # a number or a text
    unit: str | None = None


class Odcs(_Odcs):
    known: set[str] = Field(default=_CONTRACT, exclude=True)
    apiVersion: str
    kind: Literal["DataContract"]
    id: str
    version: str
    status: str
    name: str
    domain: str
    description: Description = Description()
    tags: list[str] = []
    schema_: list[SchemaObject] = Field(alias="schema", min_length=1, max_length=1)
    servers: list[OdcsServer] = Field(min_length=1)
    slaProperties: list[Sla] = []
    customProperties: list[CustomProperty] = []
