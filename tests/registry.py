"""The demo's registry, which every process of tests and benchmarks reads."""

from xihu_catalog.registry.folder import use_registry
from xihu_pipelines.demo.folder import REGISTRY as DEMO

REGISTRY = use_registry(DEMO)
