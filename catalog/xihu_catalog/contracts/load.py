"""From a contract's file to a `Contract`: every fault is found at once, with its line."""

import re
from dataclasses import replace
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal, get_args

import yaml
from pydantic import ValidationError

from xihu_catalog.contracts import model, odcs, rules
from xihu_catalog.contracts.claims import read_claims
from xihu_catalog.contracts.document import line_of, read_document
from xihu_catalog.contracts.errors import BadContract, Finding
from xihu_catalog.contracts.loading import Loading, read_loading
from xihu_catalog.contracts.references import read_references, with_reference_rules
from xihu_catalog.contracts.remote import fetched_file, read_remote
from xihu_catalog.contracts.source import read_source
from xihu_catalog.contracts.steps import check_steps, read_steps, step_rules
from xihu_catalog.contracts.unconfirmed import is_open, open_paths
from xihu_platform.access.policy import Identifier, OpenClass, ShareClass, ShareRule
from xihu_platform.errors import BadInput
from xihu_platform.lake.types import iceberg_type
from xihu_platform.words import Text

NAME = re.compile(r"[a-z][a-z0-9_]{1,62}")
_Path = tuple[int | str, ...]
_GRAINS: dict[str, Literal["month", "quarter", "year"]] = {
    "yyyy-MM": "month",
    "yyyy-'Q'q": "quarter",
    "yyyy": "year",
}
"""By the `format` of a date, as ODCS has it (Java's DateTimeFormatter)."""


def load_contract(path: Path) -> model.Contract:
    """Read one contract. Raises BadContract with file, line and remedy of each fault."""
    content = path.read_bytes()
    return parse_contract(content, path.name)


@lru_cache(maxsize=256)  # a check of a registry asks five times for each of its contracts
def parse_contract(content: bytes, file: str) -> model.Contract:
    """The contract, or BadContract with every fault; `file` is the name that faults are told by."""
    raw, node = read_document(content, file)
    try:
        document = odcs.Odcs.model_validate(raw)
    except ValidationError as invalid:
        raise BadContract(
            [
                Finding(file, line_of(node, error["loc"]), _words(error["loc"], error["msg"]))
                for error in invalid.errors()
            ]
        ) from None
    reader = _Reader(document, node, file)
    reader.check_decided(raw)
    contract = reader.contract(sha256(content).hexdigest())
    if reader.findings or contract is None:
        raise BadContract(reader.findings)
    return contract


def load_contracts(folder: Path) -> dict[str, model.Contract]:
    """All contracts of a folder by dataset id. Raises BadContract at the first bad file."""
    loaded = (load_contract(path) for path in sorted(folder.glob("*.odcs.yaml")))
    return {contract.dataset: contract for contract in loaded}


def _words(path: _Path, message: str) -> Text:
    where = ".".join(str(step) for step in path) or "contract"
    message = message.removeprefix("Value error, ")
    return Text(
        f"{where}：{message}，请按契约说明改正", f"{where}: {message}; see contracts/README"
    )


class _Reader:
    """Walks one validated file; collects findings, so that a department mends all in one go."""

    def __init__(self, document: odcs.Odcs, node: yaml.Node, file: str) -> None:
        self.document = document
        self.node = node
        self.file = file
        self.findings: list[Finding] = []
        self.custom = _custom(document.customProperties)

    def fault(self, path: _Path, zh: str, en: str) -> None:
        self.findings.append(Finding(self.file, line_of(self.node, path), Text(zh, en)))

    def _line(self, path: _Path) -> int:
        return line_of(self.node, path)

    def check_decided(self, raw: Any) -> None:
        """A draft's marks. Any: this is raw YAML."""
        for path, what in open_paths(raw):
            self.fault(
                path,
                f"{what} 尚待确认（TO CONFIRM），请由有权决定的人填写",
                f"{what} is still TO CONFIRM: whoever may decide it writes it here",
            )

    def contract(self, digest: str) -> model.Contract | None:
        document = self.document
        self._check_name()
        fields = self._fields()
        self._check_classes()
        names = [f.name for f in fields]
        for twice in sorted({n for n in names if names.count(n) > 1}):
            self.fault(("schema",), f"字段 {twice} 出现两次", f"field {twice} stands twice")
        if sum(f.subject_key for f in fields) > 1:
            self.fault(("schema",), "subjectKey 只能有一个", "only one field is the subjectKey")
        self._check_vault(fields)
        source = self._source()
        row_rules = self._rules(document.schema_[0].quality, None, names, ("schema", 0, "quality"))
        keys = tuple(p.name for p in document.schema_[0].properties if p.primaryKey)
        loading = self._loading(fields, keys)
        references = read_references(document, fields, self._line, self.fault)
        share_rules = self._share_rules()
        claims = read_claims(document, fields, self.fault)
        if self.findings or source is None:
            return None
        return model.Contract(
            dataset=document.id,
            version=document.version,
            title=Text(document.name, self._text("nameEn", document.name)),
            summary=Text(document.description.purpose, self._text("summaryEn")),
            conditions=Text(document.description.limitations, self._text("conditionsEn")),
            topic=document.domain,
            tags=tuple(document.tags),
            provider=self._text("provider"),
            resource_code=self._text("resourceCode"),
            base_database=self.custom.get("baseDatabase"),
            update_cycle=self.custom["updateCycle"],
            share_class=self.custom["shareClass"],
            share_conditions=self._pair("shareConditions"),
            share_basis=self._pair("shareBasis"),
            open_class=self.custom["openClass"],
            synthetic=bool(self.custom.get("synthetic", False)),
            licence=self.custom.get("licence"),
            shared_kinds=self._text("sharedKinds", "none"),
            source=source,
            fields=with_reference_rules(fields, references),
            rules=(*row_rules, *(r.rule for r in references if r.rule.field is None)),
            key=keys,
            retention=_retention(document.slaProperties),
            loading=loading,
            declassified=self._pair("declassified"),
            digest=digest,
            references=references,
            share_rules=share_rules,
            standing_consent=bool(self.custom.get("standingConsent", False)),
            claims=claims,
        )

    def _loading(self, fields: tuple[model.Field, ...], keys: tuple[str, ...]) -> Loading:
        marked = {
            mark: prop.name
            for prop in self.document.schema_[0].properties
            for mark in ("validFrom", "validTo")
            if _custom(prop.customProperties).get(mark)
        }
        types = {f.name: f.type for f in fields}
        return read_loading(
            self.custom,
            types,
            marked,
            keys,
            lambda name, zh, en: self.fault(self._at(name), zh, en),
        )

    def _text(self, name: str, default: str = "") -> str:
        return str(self.custom.get(name) or default)

    def _pair(self, name: str) -> Text | None:
        return _pair(self.custom, name)

    def _check_name(self) -> None:
        document = self.document
        if not document.apiVersion.startswith("v3.1"):
            self.fault(("apiVersion",), "apiVersion 应为 v3.1.0", "apiVersion must be v3.1.0")
        if not NAME.fullmatch(document.id):
            self.fault(
                ("id",),
                f"id“{document.id}”只能用小写字母、数字和下划线",
                f"id “{document.id}” may hold lower-case letters, digits and _ only",
            )
        if document.schema_[0].name != document.id:
            self.fault(
                ("schema", 0, "name"),
                f"schema 名称须与 id“{document.id}”相同",
                f"the schema's name must be the id “{document.id}”",
            )

    def _check_classes(self) -> None:
        allowed: dict[str, tuple[str, ...]] = {
            "shareClass": get_args(ShareClass),
            "openClass": get_args(OpenClass),
            "updateCycle": get_args(model.UpdateCycle),
        }
        for name, values in allowed.items():
            value = self.custom.get(name)
            if value not in values and not is_open(value):
                self.fault(
                    self._at(name),
                    f"{name} 须为 {'、'.join(values)} 之一（条例第十三条）",
                    f"{name} must be one of {', '.join(values)} (Order 809 art. 13)",
                )
        share = self.custom.get("shareClass")
        if share == "conditional" and not self.custom.get("shareConditions"):
            self.fault(
                self._at("shareConditions"),
                "有条件共享须写明 shareConditions（条例第十四条）",
                "conditional sharing must state shareConditions (Order 809 art. 14)",
            )
        if share == "refused" and not self.custom.get("shareBasis"):
            self.fault(
                self._at("shareBasis"),
                "不予共享须写明法律依据 shareBasis（条例第十五条）",
                "refused sharing must cite its law in shareBasis (Order 809 art. 15)",
            )
        if share != "unconditional" and self.custom.get("standingConsent"):
            self.fault(
                self._at("standingConsent"),
                "standingConsent 只能用于无条件共享的数据（条例第十四条）",
                "standingConsent is for unconditionally shared data alone (Order 809 art. 14)",
            )
        secrecy = self.custom.get("secrecy")
        if secrecy != "none" and not is_open(secrecy):
            self.fault(
                self._at("secrecy"),
                "须声明 secrecy: none；国家秘密和工作秘密不得进入平台（条例第三条）",
                "secrecy: none must be declared; secrets never enter (Order 809 art. 3)",
            )
        for name in ("provider", "resourceCode"):
            if not self.custom.get(name):
                self.fault(("customProperties",), f"缺少 {name}", f"{name} is missing")

    def _share_rules(self) -> frozenset[ShareRule]:
        """`shareRules`: what the conditions in words come to, for the access gateway."""
        given = self.custom.get("shareRules") or []
        known = get_args(ShareRule)
        if not isinstance(given, list) or any(rule not in known for rule in given):
            self.fault(
                self._at("shareRules"),
                f"shareRules 须为列表，取值 {'、'.join(known)}",
                f"shareRules must be a list of {', '.join(known)}",
            )
            return frozenset()
        return frozenset(given)

    def _at(self, name: str) -> _Path:
        """Where a custom property stands, or would stand."""
        names = [p.property for p in self.document.customProperties]
        found = (names.index(name),) if name in names else ()
        return ("customProperties", *found)

    def _source(self) -> model.Source | None:
        server = self.document.servers[0]
        custom = _custom(server.customProperties)
        if self._is_derived:
            return self._derived(custom)
        try:
            remote = read_remote(server, custom)
            source = read_source(*fetched_file(server, remote, custom, self.document.id))
            return replace(source, remote=remote)
        except BadInput as bad:
            self.fault(("servers", 0), bad.text.zh, bad.text.en)
            return None

    @property
    def _is_derived(self) -> bool:
        """ODCS knows no `derived` among its servers; `custom` with a query of no database is it."""
        server = self.document.servers[0]
        custom = _custom(server.customProperties)
        own_query = "query" in custom and "connection" not in custom
        return server.type == "derived" or (server.type == "custom" and own_query)

    def _derived(self, custom: dict[str, Any]) -> model.Source | None:
        query = custom.get("query")
        if not isinstance(query, str) or not query.strip():
            self.fault(
                ("servers", 0),
                "派生数据集须在 servers[0] 写明 query：对其他数据集的查询",
                "a derived dataset says its query over other datasets in servers[0]",
            )
            return None
        return model.Source(path=f"{self.document.id}.arrow", format="arrow", query=query)

    def _fields(self) -> tuple[model.Field, ...]:
        properties = self.document.schema_[0].properties
        names = [p.name for p in properties]
        return tuple(self._field(p, i, names) for i, p in enumerate(properties))

    def _field(self, prop: odcs.Property, index: int, names: list[str]) -> model.Field:
        path: _Path = ("schema", 0, "properties", index)
        custom = _custom(prop.customProperties)
        self._check_field(prop, custom, path)
        unit = custom.get("unit")
        declared = model.Field(
            name=prop.name,
            title=Text(prop.businessName, str(custom.get("nameEn", prop.name))),
            description=Text(prop.description, str(custom.get("descriptionEn", ""))),
            logical_type=prop.logicalType,
            type=prop.physicalType.upper().replace(" ", ""),
            grade=prop.classification,
            source_column=str(custom.get("sourceColumn", prop.name)),
            source_format=custom.get("sourceFormat"),
            required=prop.required or prop.primaryKey,
            unique=prop.unique,
            options=_options(prop.logicalTypeOptions),
            data_element=custom.get("dataElement"),
            code_list=custom.get("codeList"),
            identifier=custom.get("identifier"),
            protect=custom.get("protect"),
            vault=bool(custom.get("vault", False)),
            subject_key=bool(custom.get("subjectKey", False)),
            firm_key=bool(custom.get("firmKey", False)),
            region=bool(custom.get("region", False)),
            time=bool(custom.get("time", False)),
            unit=Text(str(unit), str(custom.get("unitEn", unit))) if unit else None,
            steps=self._steps(prop, custom, names, path),
            protected=self._is_derived,
            declassified=_pair(custom, "declassified"),
        )
        self._check_steps(declared, path)
        own = self._rules(prop.quality, prop.name, names, (*path, "quality"))
        made = rules.implied_rules(declared)
        return _with_rules(declared, (*made, *step_rules(declared), *own))

    def _steps(
        self, prop: odcs.Property, custom: dict[str, Any], names: list[str], path: _Path
    ) -> tuple[model.Step, ...]:
        try:
            return read_steps(custom.get("steps", []), prop.name, names)
        except BadInput as bad:
            self.fault(path, bad.text.zh, bad.text.en)
            return ()

    def _check_steps(self, field: model.Field, path: _Path) -> None:
        properties = self.document.schema_[0].properties
        try:
            check_steps(field, {p.name: p.physicalType.upper() for p in properties})
        except BadInput as bad:
            self.fault(path, bad.text.zh, bad.text.en)

    def _check_field(self, prop: odcs.Property, custom: dict[str, Any], path: _Path) -> None:
        if not NAME.fullmatch(prop.name):
            self.fault(
                (*path, "name"),
                f"字段名“{prop.name}”只能用小写字母、数字和下划线，以字母开头",
                f"field name “{prop.name}”: lower-case letters, digits and _, a letter first",
            )
        column = str(custom.get("sourceColumn", prop.name))
        if column.lower() in model.RESERVED_COLUMNS:
            self.fault(
                path,
                f"sourceColumn“{column}”是平台内部使用的名称，请在文件中改名",
                f"sourceColumn “{column}” is a name that the platform keeps for itself: rename the "
                "column in the file",
            )
        try:
            iceberg_type(prop.physicalType.upper().replace(" ", ""))
        except BadInput as bad:
            self.fault((*path, "physicalType"), bad.text.zh, bad.text.en)
        kind = custom.get("identifier")
        if kind is not None and kind not in get_args(Identifier):
            self.fault(
                path,
                f"identifier 须为 {'、'.join(get_args(Identifier))} 之一",
                f"identifier must be one of {', '.join(get_args(Identifier))}",
            )
        protect = custom.get("protect")
        if kind in {"citizen_id", "document_number"} and protect != "pseudonym":
            self.fault(
                path,
                f"{prop.name} 是个人证件号码，须 protect: pseudonym，不得明文入湖",
                f"{prop.name} identifies a person: protect: pseudonym is compulsory",
            )
        number = kind in {"citizen_id", "document_number", "uscc"} or protect == "pseudonym"
        if number and prop.physicalType.upper() != "VARCHAR":
            self.fault(
                (*path, "physicalType"),
                f"{prop.name} 是号码，physicalType 须为 VARCHAR",
                f"{prop.name} is the number of somebody or something: its physicalType is VARCHAR",
            )
        if protect not in {None, "pseudonym", "mask"}:
            self.fault(path, "protect 只能是 pseudonym 或 mask", "protect is pseudonym or mask")
        if custom.get("subjectKey") and protect != "pseudonym":
            self.fault(path, "subjectKey 须是脱敏编号", "the subjectKey must be a pseudonym")

    def _check_vault(self, fields: tuple[model.Field, ...]) -> None:
        """A raw value is found, and erased, by a pseudonym: its own or its row's subject's."""
        if any(f.subject_key for f in fields):
            return
        for number, field in enumerate(fields):
            if field.vault and field.protect != "pseudonym":
                self.fault(
                    ("schema", 0, "properties", number),
                    f"{field.name} 的原值入保管库须能按人查找和删除：契约须有一个 subjectKey 字段",
                    f"the raw values of {field.name} in the vault must be found and erased by "
                    "person: the contract needs a subjectKey",
                )

    def _rules(
        self, found: list[odcs.OdcsQuality], field: str | None, names: list[str], path: _Path
    ) -> tuple[model.Rule, ...]:
        made = []
        for index, quality in enumerate(found):
            try:
                made.append(rules.declared_rule(quality, field, names, index))
            except BadInput as bad:
                self.fault((*path, index), bad.text.zh, bad.text.en)
        return tuple(made)


def _custom(properties: list[odcs.CustomProperty]) -> dict[str, Any]:
    # Any: ODCS lets a custom property hold any type.
    return {p.property: p.value for p in properties}


def _pair(custom: dict[str, Any], name: str) -> Text | None:
    """A text in both languages: the English one under the name with `En`."""
    zh = custom.get(name)
    return Text(str(zh), str(custom.get(f"{name}En") or zh)) if zh else None


def _options(raw: dict[str, Any]) -> model.Options:
    def text(name: str) -> str | None:
        return None if raw.get(name) is None else str(raw[name])

    return model.Options(
        pattern=raw.get("pattern"),
        min_length=raw.get("minLength"),
        max_length=raw.get("maxLength"),
        minimum=text("minimum"),
        maximum=text("maximum"),
        grain=_GRAINS.get(str(raw.get("format"))),
    )


def _with_rules(field: model.Field, made: tuple[model.Rule, ...]) -> model.Field:
    return replace(field, rules=made)


def _retention(slas: list[odcs.Sla]) -> str | None:
    return next((f"{s.value}{s.unit or ''}" for s in slas if s.property == "retention"), None)
