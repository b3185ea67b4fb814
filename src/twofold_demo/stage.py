"""The stage: what the scenes of the play act on."""

from dataclasses import dataclass

from twofold.controls.models import Implementation
from twofold.inventory.models import AISystem
from twofold_demo.case import Case
from twofold_demo.cast import Organisation


@dataclass(frozen=True)
class Stage:
    """The organisation and its systems once they are registered and governed.

    Attributes:
        systems: by code.
        implementations: by control and scope: the code of a system, or blank.
    """

    organisation: Organisation
    cases: tuple[Case, ...]
    systems: dict[str, AISystem]
    implementations: dict[tuple[str, str], Implementation]

    def case(self, code: str) -> Case:
        """Return the case of a system; raise KeyError when there is none."""
        return {case.code: case for case in self.cases}[code]
