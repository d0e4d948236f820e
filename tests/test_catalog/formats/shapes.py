"""SEMIC's SHACL shapes of DCAT-AP 3.0.1, which the catalogue has, over a graph of ours."""

from collections import Counter
from functools import cache

from pyshacl import validate
from rdflib import Graph
from rdflib.namespace import SH

from tests.vendored import DCAT_AP_SHAPES

FOLDER = DCAT_AP_SHAPES


@cache
def _shapes(*names: str) -> Graph:
    made = Graph()
    for name in names:
        made.parse(FOLDER / f"{name}.ttl", format="turtle")
    return made


def violations(graph: Graph) -> Counter[str]:
    """By path: what must hold and does not, ranges included."""
    return _results(graph, "shapes", "range")


def missing_recommended(graph: Graph) -> Counter[str]:
    """By path: recommended properties that are missing."""
    return _results(graph, "shapes_recommended")


def _results(graph: Graph, *names: str) -> Counter[str]:
    _, report, _ = validate(graph, shacl_graph=_shapes(*names), inference="none")
    assert isinstance(report, Graph)
    found = report.subjects(SH.resultMessage)
    return Counter(str(report.value(one, SH.resultPath)) for one in found)
