"""Pages of a list whose cost does not follow its length.

Rows are counted only so far ahead of the page that is asked for; beyond that a list says that
there are more. Each page can still be reached, one stretch after the other.
"""

from django.core.paginator import Paginator
from django.db.models import Model, QuerySet
from django.utils.functional import cached_property

#: How many rows past the page that is asked for are counted.
COUNTED_AHEAD = 1000


class BoundedPaginator(Paginator):  # type: ignore[type-arg]
    """Counts no further than a stretch beyond the page that is asked for."""

    object_list: QuerySet[Model]

    def __init__(self, rows: QuerySet[Model], per_page: int, asked: int) -> None:
        """Take the rows, how many stand on a page, and the number of the page asked for."""
        super().__init__(rows, per_page)
        self._limit = max(asked, 1) * per_page + COUNTED_AHEAD

    @cached_property
    def _counted(self) -> int:
        return self.object_list.order_by()[: self._limit + 1].count()

    @cached_property
    def count(self) -> int:
        """How many rows there are, as far as they were counted."""
        return min(self._counted, self._limit)

    @property
    def has_more(self) -> bool:
        """Whether there are more rows than were counted."""
        return self._counted > self._limit
