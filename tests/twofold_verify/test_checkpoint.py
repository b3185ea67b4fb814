import pytest
from hypothesis import given
from hypothesis import strategies as st

from twofold_verify.checkpoint import Checkpoint, CheckpointError, parse

#: The example of C2SP tlog-checkpoint.
KNOWN = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
ROOT = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
LINES = st.text(st.characters(exclude_characters="\n", exclude_categories=["Cs"]), min_size=1)


def test_example_of_the_specification_is_read_and_written_alike():
    checkpoint = parse(KNOWN)
    assert checkpoint.origin == "example.com/behind-the-sofa"
    assert checkpoint.size == 20_852_163
    assert checkpoint.root.hex().startswith("0ac5186a91863e8e")
    assert checkpoint.text() == KNOWN


@given(LINES, st.integers(0, 2**63 - 1), st.binary(min_size=32, max_size=32), st.lists(LINES))
def test_every_checkpoint_comes_back_from_its_text(origin, size, root, extensions):
    checkpoint = Checkpoint(origin, size, root, tuple(extensions))
    assert parse(checkpoint.text()) == checkpoint


@pytest.mark.parametrize(
    "text",
    [
        "",
        "origin\n",
        f"origin\n1\n{ROOT}",
        f"origin\n{ROOT}\n",
        f"\n1\n{ROOT}\n",
        f"origin\n01\n{ROOT}\n",
        f"origin\n-1\n{ROOT}\n",
        f"origin\n+1\n{ROOT}\n",
        f"origin\n 1\n{ROOT}\n",
        f"origin\n1_0\n{ROOT}\n",
        f"origin\n\u0661\n{ROOT}\n",
        f"origin\n{2**63}\n{ROOT}\n",
        f"origin\n{'9' * 30}\n{ROOT}\n",
        "origin\n1\nAAAA\n",
        f"origin\n1\n{ROOT[:-2]}B=\n",
        f"origin\n1\n{ROOT} \n",
        f"origin\n1\n{ROOT}\n\n",
        f"origin\n1\n{ROOT}\nmore\n\n",
    ],
)
def test_malformed_checkpoint_is_refused(text):
    with pytest.raises(CheckpointError):
        parse(text)


@pytest.mark.parametrize(
    "arguments",
    [
        ("", 1, bytes(32)),
        ("a\nb", 1, bytes(32)),
        ("a", -1, bytes(32)),
        ("a", 2**63, bytes(32)),
        ("a", 1, bytes(31)),
        ("a", 1, bytes(32), ("",)),
        ("a", 1, bytes(32), ("b\nc",)),
    ],
)
def test_impossible_checkpoint_is_not_made(arguments):
    with pytest.raises(CheckpointError):
        Checkpoint(*arguments)
