"""What a run says of itself in OpenLineage: START, then COMPLETE or FAIL, never a value of a row.

Facets carry names, types, counts and rule ids. Minimum, maximum and samples are left out on
purpose: an event leaves the platform by a door that knows no policy.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from openlineage.client import event_v2 as ol
from openlineage.client import facet_v2 as facets
from openlineage.client.facet_v2 import column_lineage_dataset as columns
from openlineage.client.facet_v2 import data_quality_assertions_dataset as assertions
from openlineage.client.facet_v2 import data_quality_metrics_input_dataset as metrics
from openlineage.client.facet_v2 import output_statistics_output_dataset as statistics
from openlineage.client.facet_v2 import schema_dataset as schema

from xihu_catalog.contracts.model import Contract, Field, Rule
from xihu_catalog.lineage.columns import INDIRECT, ColumnOrigin, Lineage, column_lineage
from xihu_platform.lake.summary import LoadCounts
from xihu_platform.words import Text

NAMESPACE = "xihu"
INTAKE = "xihu-intake"
PRODUCER = "urn:xihu:pipelines"
ol.set_producer(PRODUCER)  # the client takes the producer of facets from here alone
_TREATMENTS = {
    "pseudonym": Text("替换为带密钥的脱敏编号", "replaced by a keyed pseudonym"),
    "mask": Text("只存脱敏形式", "only the masked form is stored"),
}
_CAST = Text("检查并转换类型", "checked and cast")


@dataclass(frozen=True, slots=True)
class RunSubject:
    """The run that an event is about. `query` and `inputs` are those of a derived dataset."""

    dataset: str
    run_id: UUID
    nominal_at: datetime
    title: Text
    contract: Contract | None = None
    query: str | None = None
    inputs: Mapping[str, tuple[str, ...]] | None = None


@dataclass(frozen=True, slots=True)
class FinishedLoad:
    """What a finished load did; `rules` holds failing records by rule id."""

    counts: LoadCounts
    rules: Mapping[str, int]
    snapshot_id: int
    size_bytes: int | None = None
    references: Mapping[str, int] = field(default_factory=dict)
    """The snapshot of each dataset that references were checked against."""


def start_event(subject: RunSubject, at: datetime) -> ol.RunEvent:
    return _event(subject, at, ol.RunState.START)


def complete_event(subject: RunSubject, at: datetime, load: FinishedLoad) -> ol.RunEvent:
    return _event(subject, at, ol.RunState.COMPLETE, load)


def fail_event(
    subject: RunSubject, at: datetime, reason: Text, rules: Mapping[str, int] | None = None
) -> ol.RunEvent:
    """`reason` is a text of ours: what a library raised may quote a row and is not passed on."""
    message = f"{reason.zh}\n{reason.en}"
    facet = facets.error_message_run.ErrorMessageRunFacet(
        message=message, programmingLanguage="PYTHON"
    )
    event = _event(subject, at, ol.RunState.FAIL)
    event.run.facets = {**(event.run.facets or {}), "errorMessage": facet}
    if rules and subject.contract and event.inputs:
        found = _assertions(subject.contract, rules)
        event.inputs[0].inputFacets = {"dataQualityAssertions": found}
    return event


def _event(
    subject: RunSubject, at: datetime, state: ol.RunState, load: FinishedLoad | None = None
) -> ol.RunEvent:
    nominal = facets.nominal_time_run.NominalTimeRunFacet(subject.nominal_at.isoformat())
    return ol.RunEvent(
        eventTime=at.isoformat(),
        eventType=state,
        run=ol.Run(runId=str(subject.run_id), facets={"nominalTime": nominal}),
        job=_job(subject),
        inputs=_inputs(subject, load),
        outputs=_outputs(subject, load),
        producer=PRODUCER,
    )


def _job(subject: RunSubject) -> ol.Job:
    words = f"{subject.title.zh} {subject.title.en}"
    about: dict[str, facets.JobFacet] = {
        "documentation": facets.documentation_job.DocumentationJobFacet(description=words),
        "jobType": facets.job_type_job.JobTypeJobFacet(
            processingType="BATCH", integration="XIHU", jobType="LOAD"
        ),
    }
    if subject.query:
        about["sql"] = facets.sql_job.SQLJobFacet(query=subject.query, dialect="duckdb")
    return ol.Job(namespace=NAMESPACE, name=f"{subject.dataset}_load", facets=about)


def _inputs(subject: RunSubject, load: FinishedLoad | None) -> list[ol.InputDataset]:
    contract = subject.contract
    if contract is None:
        return []
    read = [ol.InputDataset(namespace=NAMESPACE, name=name) for name in subject.inputs or ()]
    return [*(read or [_file(contract, load)]), *_referred(subject, contract, load)]


def _referred(
    subject: RunSubject, contract: Contract, load: FinishedLoad | None
) -> Iterator[ol.InputDataset]:
    """Datasets that no value comes from, but that decide which rows are kept."""
    names = {r.dataset for r in contract.references} - {contract.dataset, *(subject.inputs or ())}
    for name in sorted(names):
        made = ol.InputDataset(namespace=NAMESPACE, name=name)
        if load is not None and name in load.references:
            made.facets = {"version": _version(load.references[name])}
        yield made


def _version(snapshot_id: int) -> facets.dataset_version_dataset.DatasetVersionDatasetFacet:
    return facets.dataset_version_dataset.DatasetVersionDatasetFacet(
        datasetVersion=str(snapshot_id)
    )


def _file(contract: Contract, load: FinishedLoad | None) -> ol.InputDataset:
    names = dict.fromkeys(field.source_column for field in contract.fields)
    found: dict[str, facets.InputDatasetFacet] = {}
    if load is not None:
        found = {
            "dataQualityMetrics": metrics.DataQualityMetricsInputDatasetFacet(
                columnMetrics={}, rowCount=load.counts.received, bytes=load.size_bytes
            ),
            "dataQualityAssertions": _assertions(contract, load.rules),
        }
    source = ol.InputDataset(
        namespace=INTAKE,
        name=contract.source.path,
        facets={
            "schema": schema.SchemaDatasetFacet(
                fields=[schema.SchemaDatasetFacetFields(name=name) for name in names]
            ),
            "dataSource": facets.datasource_dataset.DatasourceDatasetFacet(
                name=INTAKE, uri=f"{INTAKE}:{contract.provider}"
            ),
        },
    )
    source.inputFacets = found
    return source


def _outputs(subject: RunSubject, load: FinishedLoad | None) -> list[ol.OutputDataset]:
    contract = subject.contract
    if contract is None:
        return [ol.OutputDataset(namespace=NAMESPACE, name=subject.dataset)]
    about: dict[str, facets.DatasetFacet] = {
        "schema": _schema(contract),
        "dataSource": facets.datasource_dataset.DatasourceDatasetFacet(
            name=NAMESPACE, uri=f"xihu://{contract.dataset}"
        ),
        "columnLineage": _column_lineage(subject, contract),
    }
    made = ol.OutputDataset(namespace=NAMESPACE, name=contract.dataset, facets=about)
    if load is not None:
        about["version"] = _version(load.snapshot_id)
        made.outputFacets = {
            "outputStatistics": statistics.OutputStatisticsOutputDatasetFacet(
                rowCount=load.counts.accepted
            )
        }
    return [made]


def _schema(contract: Contract) -> schema.SchemaDatasetFacet:
    return schema.SchemaDatasetFacet(
        fields=[
            schema.SchemaDatasetFacetFields(
                name=f.name, type=f.type, description=f.title.zh, ordinal_position=number
            )
            for number, f in enumerate(contract.fields, start=1)
        ]
    )


def _assertions(
    contract: Contract, broken: Mapping[str, int]
) -> assertions.DataQualityAssertionsDatasetFacet:
    """Each rule with its count; the rule's own condition may hold a value and stays here."""
    rules = {rule.id: rule for rule in contract.all_rules}
    names = dict.fromkeys((*rules, *broken))  # a load counts what no rule declares too: repeats
    return assertions.DataQualityAssertionsDatasetFacet(
        assertions=[_assertion(name, rules.get(name), broken.get(name, 0)) for name in names]
    )


def _assertion(name: str, rule: Rule | None, count: int) -> assertions.Assertion:
    return assertions.Assertion(
        assertion=name,
        success=count == 0,
        column=rule.field if rule else None,
        severity="error" if rule and rule.severity == "block" else "warn",
        name=rule.title.en if rule else None,
        expected="0",
        actual=str(count),
    )


def _column_lineage(subject: RunSubject, contract: Contract) -> columns.ColumnLineageDatasetFacet:
    if subject.query and subject.inputs:
        return derived_lineage(column_lineage(subject.query, subject.inputs))
    return columns.ColumnLineageDatasetFacet(
        fields={f.name: columns.Fields([_from_file(contract, f)]) for f in contract.fields}
    )


def _from_file(contract: Contract, field: Field) -> columns.InputField:
    treatment = _TREATMENTS.get(field.protect or "")
    words = treatment or _CAST
    way = columns.Transformation(
        type="DIRECT",
        subtype="TRANSFORMATION" if treatment else "IDENTITY",
        description=f"{words.zh} {words.en}",
        masking=treatment is not None,
    )
    return columns.InputField(INTAKE, contract.source.path, field.source_column, [way])


def derived_lineage(lineage: Lineage) -> columns.ColumnLineageDatasetFacet:
    """What decides the rows, and so stands at every column, is said once for the dataset."""
    deciding = [
        {o for o in origins if o.table and o.kind in INDIRECT} for origins in lineage.values()
    ]
    common = set.intersection(*deciding) if deciding else set()
    fields = {
        name: columns.Fields([_from_dataset(o) for o in origins if o.table and o not in common])
        for name, origins in lineage.items()
    }
    return columns.ColumnLineageDatasetFacet(
        fields=fields, dataset=[_from_dataset(o) for o in sorted(common)]
    )


def _from_dataset(origin: ColumnOrigin) -> columns.InputField:
    kind = "INDIRECT" if origin.kind in INDIRECT else "DIRECT"
    way = columns.Transformation(type=kind, subtype=origin.kind, masking=False)
    return columns.InputField(NAMESPACE, origin.table, origin.column, [way])
