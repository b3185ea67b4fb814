"""The base class of every refusal in this package; each module defines its own beside the cause."""


class VerificationError(ValueError):
    """Input does not have its form or does not prove its claim; the message is for people."""

    code = "verify"
