"""A small sound catalogue on disk, one line of which a test makes faulty."""

from pathlib import Path

import pytest

from twofold.catalog.errors import CatalogError
from twofold.catalog.load import load

FRAMEWORKS = """\
[[framework]]
id = "sec"
title = "Security of things"
short_title = "Security"
edition = "2024"
certifiable = true
files = ["sec.toml"]

[[framework.group]]
id = "sec:A"
title = "Controls"

[[framework]]
id = "ai"
title = "AI of things"
short_title = "AI"
edition = "1.0"
certifiable = false
files = ["ai.toml"]
"""
SEC = """\
[[requirement]]
id = "sec:4"
title = "Context"
kind = "clause"
auditable = false

[[requirement]]
id = "sec:A.1"
title = "Logging"
kind = "control"
parent = "sec:A"
auditable = true
summary = "Logs are kept."
evidence = ["A log", "Another log"]
questions = ["Which log?", "Whose log?"]
"""
AI = """\
[[requirement]]
id = "ai:1"
title = "Records"
kind = "subcategory"
auditable = true
summary = "Records are kept."
evidence = ["A record", "Another record"]
questions = ["Which record?", "Whose record?"]
"""
CROSSWALK = """\
source,target,relation,strength,rationale
sec:A.1,ai:1,intersects,5,"Both keep, and neither throws away"
"""
CONTROLS = """\
[[control]]
id = "TF-1"
title = "Keeping"
purpose = "What is kept can be shown."
activities = ["Keep it", "Show it"]
owner_role = "Keeper"

[[control.evidence]]
kind = "kept"
title = "What was kept"
period_days = 31

[[control.requirement]]
id = "sec:A.1"
relation = "equal"
strength = 10
rationale = "Keeping is all that is asked."

[[control.requirement]]
id = "ai:1"
relation = "subset"
strength = 6
rationale = "Keeping is a part of what is asked."
"""
FILES = {
    "frameworks.toml": FRAMEWORKS,
    "sec.toml": SEC,
    "ai.toml": AI,
    "crosswalk.csv": CROSSWALK,
    "controls.toml": CONTROLS,
}


def write(folder: Path) -> Path:
    """Write the sound catalogue and return its folder."""
    for name, text in FILES.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def change(folder: Path, name: str, old: str, new: str) -> None:
    """Replace the first occurrence of a text of a file; it must be there."""
    path = folder / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8", newline="")


def refusal(folder: Path) -> tuple[str, int, str]:
    """Load a folder that must be refused; return the file's name, the line and the reason."""
    with pytest.raises(CatalogError) as caught:
        load(folder)
    fault = caught.value
    assert fault.path.parent == folder
    assert str(fault) == f"{fault.path.name}, line {fault.line}: {fault.reason}"
    return fault.path.name, fault.line, fault.reason
