"""Adds the quality of a dataset to its graph, in the Data Quality Vocabulary (W3C DQV)."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from rdflib import RDF, RDFS, SKOS, XSD, Graph, Literal, Namespace
from rdflib import URIRef as Iri

from xihu_platform.words import Text

DQV = Namespace("http://www.w3.org/ns/dqv#")


@dataclass(frozen=True, slots=True)
class QualityValue:
    """One dimension as everyone may know it: a share from 0 to 1."""

    id: str
    name: Text
    value: Decimal


def add_quality(graph: Graph, iri: str, values: Sequence[QualityValue]) -> None:
    """Each value is a measurement of the dataset, with its metric and its dimension."""
    graph.bind("dqv", DQV)
    for one in values:
        made, metric = Iri(f"{iri}#quality-{one.id}"), Iri(f"{iri}#metric-{one.id}")
        dimension = Iri(f"{iri}#dimension-{one.id}")
        graph.add((Iri(iri), DQV.hasQualityMeasurement, made))
        graph.add((made, RDF.type, DQV.QualityMeasurement))
        graph.add((made, DQV.computedOn, Iri(iri)))
        graph.add((made, DQV.isMeasurementOf, metric))
        graph.add((made, DQV.value, Literal(one.value, datatype=XSD.decimal)))
        graph.add((metric, RDF.type, DQV.Metric))
        graph.add((metric, DQV.expectedDataType, XSD.decimal))
        graph.add((metric, DQV.inDimension, dimension))
        graph.add((dimension, RDF.type, DQV.Dimension))
        for language in ("zh", "en"):
            label = Literal(one.name.zh if language == "zh" else one.name.en, lang=language)
            graph.add((dimension, SKOS.prefLabel, label))
            graph.add((metric, RDFS.label, label))
