"""The demonstration organisation: Harbourline, two AI systems on real data, their governance.

It stands beside the server and uses it as an organisation would: people through the actions,
machine learning through the SDK over HTTP. Nothing imports it; `twofold demo` is an entry point.
"""
