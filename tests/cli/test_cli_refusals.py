"""What goes wrong below the commands is one line on standard error and a status, never a trace."""

import pytest
from django.db import OperationalError


@pytest.mark.parametrize(
    ("failure", "told"),
    [
        (OperationalError("no route to it\nmore of it"), "The database refused: no route to it"),
        (PermissionError(13, "Permission denied", "/a/file"), "/a/file: Permission denied."),
        (OSError("out of luck"), "The system refused: out of luck."),
    ],
)
def test_a_failure_outside_the_product_is_told_in_a_sentence(run, db, monkeypatch, failure, told):
    def fail():
        raise failure

    monkeypatch.setattr("twofold.cli.commands.position", fail)

    ended = run("key")

    assert (ended.status, ended.out, ended.err) == (1, "", f"twofold: {told}\n")


def test_a_fault_of_ours_is_not_hidden(run, db, monkeypatch):
    def fail():
        raise LookupError("ours")

    monkeypatch.setattr("twofold.cli.commands.position", fail)

    with pytest.raises(LookupError, match="ours"):
        run("key")
