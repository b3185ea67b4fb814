"""People: persons, organisational units, roles and access."""
