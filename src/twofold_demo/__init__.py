"""The demonstration organisation: Harbourline, two AI systems on real data, and their governance.

It stands beside the server and uses it as an organisation would: people through the actions, machine
learning through the SDK over HTTP. Nothing imports it; the command `twofold demo` is an entry point.
"""
