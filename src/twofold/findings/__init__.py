"""Findings: nonconformities and opportunities, with the corrective action that closes them."""
