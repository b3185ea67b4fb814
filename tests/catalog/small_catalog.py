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

[[framework]]
id = "law"
title = "Law of things"
short_title = "Law"
edition = "2026"
certifiable = false
guidance = true
files = ["law.toml"]
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
LAW = """\
[[requirement]]
id = "law:Art. 1"
title = "Keeping by law"
kind = "article"
auditable = true
addressee = "provider"
applies_from = "2027-12-02"
applies_note = "What was kept before is exempt."
summary = "Records are kept by law."
evidence = ["A lawful record", "Another lawful record"]
questions = ["Which law?", "Whose law?"]
"""
CROSSWALK = """\
source,target,relation,strength,rationale
sec:A.1,ai:1,intersects,5,"Both keep, and neither throws away"
"""
NONE = """\
requirement,framework,rationale
law:Art. 1,ai,"The law asks, and nothing answers"
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

[[control.check]]
id = "kept-lately"
title = "Something was kept in the last month"
kind = "count"
of = "evidence"
need = "kept"
days = 31
at_least = 1
"""
CERTIFICATION = """\
[[predicate]]
id = "S1"
stage = 1
level = "design"
title = "Logging is designed"
expects = "A way to keep logs that somebody answers for."
requirements = ["sec:A.1", "ai:1"]

[[predicate]]
id = "S2"
stage = 2
level = "operation"
title = "Logging works"
expects = "Logs of more than one month."
requirements = ["sec:A.1"]
"""
CROSSWALK_FILE = "crosswalk/sec-ai.csv"
NONE_FILE = "crosswalk/law-ai.none.csv"
CONTROLS_FILE = "controls/keeping.toml"
CERTIFICATION_FILE = "certification.toml"
FILES = {
    "frameworks.toml": FRAMEWORKS,
    "sec.toml": SEC,
    "ai.toml": AI,
    "law.toml": LAW,
    CROSSWALK_FILE: CROSSWALK,
    NONE_FILE: NONE,
    CONTROLS_FILE: CONTROLS,
    CERTIFICATION_FILE: CERTIFICATION,
}


def write(folder: Path) -> Path:
    """Write the sound catalogue and return its folder."""
    for name, text in FILES.items():
        put(folder, name, text)
    return folder


def put(folder: Path, name: str, text: str) -> None:
    """Write one file of the catalogue as it is given, in whatever folder it belongs to."""
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="")


def change(folder: Path, name: str, old: str, new: str) -> None:
    """Replace the first occurrence of a text of a file; it must be there."""
    path = folder / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8", newline="")


def refusal(folder: Path) -> tuple[str, int, str]:
    """Load a folder that must be refused; return the file within it, the line and the reason."""
    with pytest.raises(CatalogError) as caught:
        load(folder)
    fault = caught.value
    assert str(fault) == f"{fault.path.name}, line {fault.line}: {fault.reason}"
    return fault.path.relative_to(folder).as_posix(), fault.line, fault.reason
