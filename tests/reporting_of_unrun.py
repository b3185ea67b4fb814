"""The line in the ordinary output about what a checkout that stands alone did not run.

Some tests compare with public or cross-checked material that lies beside the checkout and is read
in place. Without it, answers of the project's own are checked instead, and that is said.
"""

import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

SHARED = Path(__file__).parents[2] / "shared"


@dataclass(frozen=True)
class Beside:
    """Material beside the checkout; a pytest plugin that says what did not run without it.

    Attributes:
        parts: files or folders of it that tests read.
        tests: what is tested with it; instead: what is tested in any case.
    """

    folder: Path
    parts: tuple[str, ...]
    tests: str
    instead: str

    @property
    def absent(self) -> tuple[str, ...]:
        """The parts that are not there."""
        return tuple(part for part in self.parts if not (self.folder / part).exists())

    @property
    def unrun(self) -> str:
        """The line that says what did not run; blank when everything is there."""
        if not self.absent:
            return ""
        missing = ", ".join(self.absent)
        return f"NOT RUN: {self.tests} ({missing}): not in {self.folder}. {self.instead}"

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self.unrun:
            terminalreporter.write_line(self.unrun)

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        # Where the tests are spread, the process that writes the summary collects nothing and so
        # does not know this plugin: the first worker says it.
        worker = getattr(session.config, "workerinput", {}).get("workerid")
        if worker == "gw0" and self.unrun:
            capture = session.config.pluginmanager.getplugin("capturemanager")
            with capture.global_and_fixture_disabled():
                sys.stderr.write(f"\n{self.unrun}\n")


FRAMEWORK_FACTS = Beside(
    SHARED / "domain",
    ("iso27001-2022.json", "iso42001-2023.json", "nist-ai-rmf-1.0.json", "eu-ai-act.json"),
    tests="identifiers and titles of the catalogue against cross-checked lists",
    instead="Their counts and a sample of them were checked instead.",
)
OSCAL_CATALOGUE = Beside(
    SHARED / "samples" / "oscal",
    ("NIST_SP-800-53_rev5_HIGH-baseline-resolved-profile_catalog-min.json",),
    tests="the catalogue of NIST SP 800-53 read whole",
    instead="A small catalogue of the project's own was read instead.",
)
