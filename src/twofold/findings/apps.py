"""The context of findings as Django starts it."""

from django.apps import AppConfig


class FindingsConfig(AppConfig):
    """Has the controls ask for findings before one is retired."""

    name = "twofold.findings"

    def ready(self) -> None:
        """Register the question; models can be imported from now on."""
        from twofold.controls.retirement import ask_before_retiring  # noqa: PLC0415 - models are there only once apps are ready
        from twofold.findings.queries import open_against  # noqa: PLC0415 - models are there only once apps are ready

        ask_before_retiring(open_against)
