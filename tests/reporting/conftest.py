import pytest
from django.db import connection
from factories import whole_record


@pytest.fixture
def whole(untriggered):
    """A whole record that an insider with the database may tamper with."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET LOCAL session_replication_role = replica")
    return whole_record.make()
