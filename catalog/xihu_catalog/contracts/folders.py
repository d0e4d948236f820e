"""Where contracts are. Nothing heavy is imported: an Airflow DAG processor comes here often."""

from pathlib import Path

from xihu_catalog.registry.folder import registry_folder
from xihu_platform.settings import Settings

CONTRACTS = "contracts"


def contract_folders(settings: Settings) -> tuple[Path, ...]:
    """The registry's contracts, then those that departments published: a later one wins."""
    return registry_folder() / CONTRACTS, settings.data_dir / "contracts"
