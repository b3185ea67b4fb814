"""`make bench`: runs the benchmarks, prints a table and writes bench/results.json.

Each part runs in a process of its own. `make bench ONLY=ledger` runs one part and keeps the
figures of the others as they stand in the file.
"""

import argparse
import importlib
import json
import os
import platform
import subprocess
import sys
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

PARTS = (
    "ingest",
    "ledger",
    "ledger_append",
    "ledger_verify",
    "posture",
    "breach",
    "readiness",
    "pages",
    "statements",
    "evidence",
)
FOLDER = Path(__file__).parent
RESULTS = FOLDER / "results.json"


def main() -> int:
    """Run the parts that are asked for; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help=f"one of: {', '.join(PARTS)}")
    parser.add_argument("--part", default="", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.part:
        print(json.dumps([asdict(figure) for figure in _figures(options.part)]))
        return 0
    wanted = [options.only] if options.only else list(PARTS)
    if not set(wanted) <= set(PARTS):
        print(f"ONLY must be one of {', '.join(PARTS)}.", file=sys.stderr)
        return 2
    kept = {figure["name"]: figure for figure in _standing()}
    for part in wanted:
        print(f"{part} ...", flush=True)
        for figure in _run(part):
            kept[figure["name"]] = figure
    _write(sorted(kept.values(), key=lambda figure: figure["name"]))
    return 0


def _figures(part: str) -> list[object]:
    sys.path.insert(0, str(FOLDER))
    return importlib.import_module(part).run()  # type: ignore[no-any-return]


def _run(part: str) -> list[dict[str, object]]:
    done = subprocess.run(
        [sys.executable, __file__, "--part", part],
        check=True,
        capture_output=False,
        stdout=subprocess.PIPE,
        env=os.environ,
    )
    return json.loads(done.stdout.splitlines()[-1])  # type: ignore[no-any-return]


def _standing() -> list[dict[str, object]]:
    if not RESULTS.exists():
        return []
    return json.loads(RESULTS.read_text())["figures"]  # type: ignore[no-any-return]


def _write(figures: list[dict[str, object]]) -> None:
    document = {
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": f"{os.cpu_count()} cores, {platform.machine()}, "
        f"Python {platform.python_version()}",
        "figures": figures,
    }
    RESULTS.write_text(json.dumps(document, indent=1) + "\n")
    width = max(len(str(figure["name"])) for figure in figures)
    for figure in figures:
        baseline = figure["baseline"]
        beside = f"  baseline {baseline:,} ({figure['baseline_is']})" if baseline else ""
        print(f"{figure['name']:{width}}  {figure['value']:>12,} {figure['unit']}{beside}")
        print(f"{'':{width}}  {figure['size']}")


if __name__ == "__main__":
    sys.exit(main())
