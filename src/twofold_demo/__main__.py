"""`python -m twofold_demo`: the demonstration without the installed command."""

import os

import django


def main() -> None:
    """Run the command on the installation that the environment names."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "twofold.config.settings")
    django.setup()
    # The models can be loaded only now.
    from twofold_demo.command import demo  # noqa: PLC0415

    demo()


if __name__ == "__main__":
    main()
