"""The program that takes one file apart: `python -m twofold.evidence.parsing.child JOB ...`.

The file is its standard input. It answers with `+` and the result, or `-` and why there is none;
where the system ends it first, with nothing.
"""

import resource
import sys
from collections.abc import Callable

_MEMORY_BYTES = 1536 * 1024 * 1024
_PROCESSOR_S = 20
_LIMITS = {
    resource.RLIMIT_AS: _MEMORY_BYTES,
    resource.RLIMIT_CPU: _PROCESSOR_S,
    # It writes no file and starts no program.
    resource.RLIMIT_FSIZE: 0,
    resource.RLIMIT_NPROC: 0,
    resource.RLIMIT_NOFILE: 64,
    resource.RLIMIT_CORE: 0,
}


def main() -> None:
    """Do the job that is named on the command line."""
    for which, most in _LIMITS.items():
        resource.setrlimit(which, (most, most))
    name, *arguments = sys.argv[1:]
    try:
        answer = b"+" + _jobs()[name](sys.stdin.buffer, *arguments)
    except MemoryError:
        answer = b"-It takes too much memory to take apart."
    except Exception as failure:  # noqa: BLE001 - whatever a parser meets, the file is the reason
        answer = b"-" + _reason(failure).encode()
    sys.stdout.buffer.write(answer)


def _jobs() -> dict[str, Callable[..., bytes]]:
    # Imported under the limits.
    from twofold.evidence.parsing import documents, pictures, tables  # noqa: PLC0415 - the child alone needs it

    return {
        "text": documents.text,
        "table": tables.table,
        "pages": pictures.pages,
        "page": pictures.page,
        "picture": pictures.picture,
    }


def _reason(failure: Exception) -> str:
    from twofold.evidence.parsing.reasons import Unreadable  # noqa: PLC0415 - the child alone needs it

    if isinstance(failure, Unreadable):
        return str(failure)
    return f"It is damaged or of an unusual form ({type(failure).__name__})."


if __name__ == "__main__":
    main()
