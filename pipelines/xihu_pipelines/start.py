"""Chooses the registry of a process, the first thing that each process of ours does."""

from pathlib import Path

from xihu_catalog.registry.folder import use_registry
from xihu_pipelines.demo.folder import REGISTRY
from xihu_platform.settings import Settings


def open_registry(settings: Settings) -> Path:
    """The setting's folder, else the demo's. Raises BadInput where the folder is missing."""
    return use_registry(settings.registry_dir or REGISTRY)
