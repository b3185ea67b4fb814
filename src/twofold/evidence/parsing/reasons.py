"""Why a file cannot be taken apart, in words for whoever added it."""


class Unreadable(Exception):  # noqa: N818 - a refusal, told as such
    """The file cannot be taken apart; the message says why."""
