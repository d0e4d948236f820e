"""Sends a batch in a process of its own, which says each step and is killed in one of them."""

import os
from pathlib import Path

from tests.test_pipelines.exchange.world import Rows, exchange_world

ROWS = 20_000


def rows(version: int) -> Rows:
    """Every third is another one in each version, and every tenth is there in one of two."""
    return {
        f"S{n:06d}": (f"站{n}", n + (version if n % 3 == 0 else 0), None, None, None, None)
        for n in range(ROWS)
        if n % 10 or (n // 10) % 2 == version % 2
    }


def send(folder: Path, pipe: int) -> None:
    port = int((folder / "port").read_text())

    def say(name: str) -> None:
        os.write(pipe, f"{name}\n".encode())

    with exchange_world(folder, port, fresh=False) as world:
        world.send(step=say)
