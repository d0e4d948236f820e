"""What strace watches: one load, or one push, acknowledged by a line on the standard output."""

import sys
from pathlib import Path

from tests.harness import victims
from xihu_pipelines.ingest.load import load_file
from xihu_pipelines.push import spool


def main(what: str, folder: Path) -> None:
    node = victims.node(folder)
    if what == "load":
        load_file(node, victims.contract(), folder / victims.SECOND)
    else:
        body = b'{"number": "E00000001", "amount": "5"}\n'
        spool.accept(node, victims.contract(), "sender", "key", body, "jsonl")
    sys.stdout.write("ACKNOWLEDGED\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
