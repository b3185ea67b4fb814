"""Check the branch coverage of each package against its floor, from what the last run measured."""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import Any

from steps import ROOT, VENV, SetupError, guarded, say

# What proofs and figures rest on is covered in full; the rest nearly so.
FLOORS = {
    "twofold.domain": 100.0,
    "twofold.catalog": 100.0,
    "twofold.ledger": 100.0,
    "twofold_verify": 100.0,
}
OTHER_FLOOR = 90.0


def main() -> int:
    """Print the coverage per package; return 1 when one is under its floor."""
    covered: defaultdict[str, int] = defaultdict(int)
    whole: defaultdict[str, int] = defaultdict(int)
    missing: defaultdict[str, list[str]] = defaultdict(list)
    for path, file in measured().items():
        package, summary = package_of(Path(path)), file["summary"]
        covered[package] += summary["covered_lines"] + summary["covered_branches"]
        whole[package] += summary["num_statements"] + summary["num_branches"]
        if gaps := [*file["missing_lines"], *(start for start, _ in file["missing_branches"])]:
            missing[package].append(f"{path}: {', '.join(map(str, sorted(set(gaps))))}")
    low = [package for package in sorted(whole) if not passes(package, covered, whole)]
    for package in low:
        say(f"\nNot covered in {package}:")
        say("\n".join(f"  {line}" for line in missing[package]))
    say(f"\nUnder the floor: {', '.join(low)}" if low else "\nAll floors hold.")
    return 1 if low else 0


def measured() -> dict[str, dict[str, Any]]:
    """Return what was measured, by file; raise `SetupError` when nothing was."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "coverage.json"
        command = [str(VENV / "bin" / "coverage"), "json", "-q", "-o", str(report)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        if done.returncode:
            raise SetupError(f"No coverage to read: {done.stdout.strip() or done.stderr.strip()}")
        return dict(json.loads(report.read_text())["files"])


def package_of(path: Path) -> str:
    """Return the package whose floor the file counts for: `twofold.risk`, `twofold_sdk`."""
    parts = path.with_suffix("").parts[1:]
    is_nested = parts[0] == "twofold" and len(parts) > 2
    return ".".join(parts[:2]) if is_nested else parts[0]


def passes(package: str, covered: dict[str, int], whole: dict[str, int]) -> bool:
    """Print the line of the package; tell whether it reaches its floor."""
    floor = FLOORS.get(package, OTHER_FLOOR)
    share = 100 * covered[package] / whole[package] if whole[package] else 100.0
    # Compared exactly: 99.96 % is not shown, nor counted, as 100 %.
    say(f"{package:24} {int(share * 10) / 10:6.1f} %   floor {floor:5.1f} %")
    return share >= floor


if __name__ == "__main__":
    guarded(main)
