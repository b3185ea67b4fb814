"""What import-linter cannot see: foreign keys named by string, and writes outside actions."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps

# Lowest first; the order of the layers in pyproject.toml.
ORDER = [
    "ledger",
    "people",
    "evidence",
    "inventory",
    "telemetry",
    "documents",
    "training",
    "controls",
    "findings",
    "risk",
    "oversight",
    "monitoring",
    "incidents",
    "lifecycle",
    "assurance",
    "governance",
]
RANK = {label: place for place, label in enumerate(ORDER)}
SRC = Path(__file__).parents[2] / "src"
PRODUCT = SRC / "twofold"
ADAPTERS = ("web", "api", "cli")
WRITES = {
    "save",
    "create",
    "bulk_create",
    "bulk_update",
    "update_or_create",
    "get_or_create",
    "delete",
}
LONGEST_FILE = 400
# All that an auditor has to install beside the verifier; decision 14 says why.
VERIFIER_NEEDS = {"cryptography", "rfc3161_client"}
# The first gives waiting entries their places: nobody decides anything, and no record changes. The
# second takes notes, each of which names its own actor and time.
NOBODYS = {"twofold/ledger/actions.py:sequence", "twofold/ledger/actions.py:append_all"}


def upward_keys() -> Iterator[str]:
    for model in apps.get_models():
        own = RANK.get(model._meta.app_label)
        for field in model._meta.get_fields():
            target = field.related_model if field.is_relation and not field.auto_created else None
            if own is None or target is None or isinstance(target, str):
                continue
            if RANK.get(target._meta.app_label, -1) > own:
                yield f"{model._meta.label}.{field.name} -> {target._meta.label}"


def writes(source: str) -> list[str]:
    """Calls by which rows are written; the cache holds no record."""
    return [
        f"{node.lineno} .{node.func.attr}()"
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in WRITES
        and not (isinstance(node.func.value, ast.Name) and node.func.value.id == "cache")
    ]


def anonymous(source: str) -> list[str]:
    """Public functions that are not told by whom and when, both by keyword."""
    return [
        node.name
        for node in ast.parse(source).body
        if isinstance(node, ast.FunctionDef)
        and not node.name.startswith("_")
        and not {"by", "at"} <= {argument.arg for argument in node.args.kwonlyargs}
    ]


def action_files() -> list[Path]:
    files = [*PRODUCT.glob("*/actions.py"), *PRODUCT.glob("*/actions/*.py")]
    return [path for path in files if path.name != "__init__.py"]


def test_every_context_with_tables_has_its_place_in_the_order() -> None:
    contexts = {
        config.label for config in apps.get_app_configs() if Path(config.path).parent == PRODUCT
    }

    assert contexts - set(ADAPTERS) <= set(ORDER)
    assert {"ledger", "people", "evidence"} <= contexts


def test_foreign_keys_point_down() -> None:
    assert list(upward_keys()) == []


def test_foreign_key_that_points_up_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(RANK, "people", len(ORDER))

    assert any(" -> people.Person" in key for key in upward_keys())


def test_adapters_write_through_actions() -> None:
    found = [
        f"{path.relative_to(SRC)}:{write}"
        for adapter in ADAPTERS
        for path in (PRODUCT / adapter).rglob("*.py")
        for write in writes(path.read_text(encoding="utf-8"))
    ]

    assert found == []


def test_write_in_an_adapter_is_found() -> None:
    assert writes("def view(request):\n    Risk.objects.create(title='x')") == ["2 .create()"]
    assert writes("cache.delete('count')") == []


def imported(source: str) -> set[str]:
    """First names of the modules that a file imports; the standard library's are left out."""
    named = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            named |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            named.add(node.module)
    return {name.partition(".")[0] for name in named} - sys.stdlib_module_names - {"_typeshed"}


def test_verifier_needs_little() -> None:
    needed = {
        name
        for path in (SRC / "twofold_verify").rglob("*.py")
        for name in imported(path.read_text(encoding="utf-8"))
    }

    assert needed == {"twofold_verify", *VERIFIER_NEEDS}


def test_import_of_another_package_is_found() -> None:
    assert imported("import json\nfrom django.db import models\nimport a.b") == {"django", "a"}


def test_files_stay_short() -> None:
    long = {
        str(path.relative_to(SRC)): lines
        for path in SRC.rglob("*.py")
        if "migrations" not in path.parts
        and (lines := path.read_text(encoding="utf-8").count("\n")) > LONGEST_FILE
    }

    assert long == {}


def test_actions_say_who_and_when() -> None:
    found = [
        f"{path.relative_to(SRC)}:{name}"
        for path in action_files()
        for name in anonymous(path.read_text(encoding="utf-8"))
    ]

    assert set(found) == NOBODYS


def test_action_without_a_person_is_found() -> None:
    assert anonymous("def accept(risk, by, *, at): ...\ndef _save(risk): ...") == ["accept"]
