"""Pictures drawn from the record: a chart of weekly measurements against their limit."""

import io
import itertools
from collections.abc import Sequence
from datetime import date

from PIL import Image, ImageDraw, ImageFont

from twofold.inventory.models import AISystem
from twofold.monitoring.models import Measurement
from twofold_demo.case import Case
from twofold_demo.documents.document import Document

_FIELDS = {"wind_mph": "#0b63b0", "humidity_pct": "#b0540b", "visibility_mi": "#4d7a1f"}
_WIDTH, _HEIGHT = 1120, 560
_LEFT, _TOP, _RIGHT, _BOTTOM = 80, 100, 1010, 480
#: Between two figures at the axis, the first of which there are not too many.
_STEPS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0)
_MOST_STEPS = 7
#: Drawn twice as large and made smaller, so that slanting lines are smooth.
_SCALE = 2
_INK, _QUIET, _LIMIT = "#1a1a1a", "#5c5c5c", "#b3261e"

Point = tuple[float, float]


def weather_drift(case: Case, system: AISystem, on: date) -> Document:
    """Return a chart of the drift of each weather field over the played weeks."""
    measured = {field: _measured(system, field) for field in _FIELDS}
    chart = _Chart(measured)
    file = io.BytesIO()
    chart.drawn(f"{system.name}: drift of the weather, {case.first_day} to {case.last_day}").save(
        file, "PNG", optimize=True
    )
    return Document(
        f"drift-of-weather-{on}.png",
        "image/png",
        file.getvalue(),
        case.first_day,
        case.last_day,
        "Drawn from the measurements of the monitors",
    )


def _measured(system: AISystem, field: str) -> list[Measurement]:
    rows = Measurement.objects.filter(
        monitor__system=system, monitor__metric="drift.psi", monitor__field=field
    )
    return list(rows.select_related("monitor").order_by("window_start"))


class _Chart:
    """Lines of weekly values; a week without a value leaves a gap."""

    def __init__(self, measured: dict[str, list[Measurement]]) -> None:
        rows = [row for line in measured.values() for row in line]
        self._measured = measured
        self._days = sorted({row.window_start for row in rows})
        self._limit = max((row.monitor.breach for row in rows), default=0.25)
        values = [row.value for row in rows if row.value is not None]
        self._top = max(self._limit, *values, 0.0) * 1.1
        self._image = Image.new("RGB", (_WIDTH * _SCALE, _HEIGHT * _SCALE), "white")
        self._draw = ImageDraw.Draw(self._image)

    def drawn(self, title: str) -> Image.Image:
        """Return the picture."""
        self._text((_LEFT, 24), title, 22, _INK)
        self._axes()
        self._line([(_LEFT, self._y(self._limit)), (_RIGHT, self._y(self._limit))], _LIMIT)
        self._text((_RIGHT + 8, self._y(self._limit) - 10), f"limit {self._limit:g}", 15, _LIMIT)
        for number, (field, rows) in enumerate(self._measured.items()):
            self._values(rows, _FIELDS[field])
            self._legend(rows[0].monitor.name if rows else field, number, _FIELDS[field])
        return self._image.resize((_WIDTH, _HEIGHT), Image.Resampling.LANCZOS)

    def _legend(self, name: str, number: int, colour: str) -> None:
        x = _LEFT + 190 * number
        self._dot((x, 69), colour)
        self._text((x + 12, 58), name, 17, colour)

    def _axes(self) -> None:
        self._line([(_LEFT, _BOTTOM), (_RIGHT, _BOTTOM)], _QUIET)
        step = next((step for step in _STEPS if self._top / step < _MOST_STEPS), _STEPS[-1])
        for number in range(int(self._top / step) + 1):
            self._text((28, self._y(number * step) - 9), f"{number * step:g}", 15, _QUIET)
        for number, day in enumerate(self._days):
            self._text((self._x(number) - 20, _BOTTOM + 12), f"{day:%d %b}", 14, _QUIET)
        self._text((_LEFT, _HEIGHT - 40), "Population stability index per week", 15, _QUIET)

    def _values(self, rows: Sequence[Measurement], colour: str) -> None:
        points = [(self._x(self._days.index(row.window_start)), row.value) for row in rows]
        for (x, value), (next_x, following) in itertools.pairwise(points):
            if value is not None and following is not None:
                self._line([(x, self._y(value)), (next_x, self._y(following))], colour)
        for x, value in points:
            if value is not None:
                self._dot((x, self._y(value)), colour)

    def _x(self, number: int) -> float:
        return _LEFT + 30 + (_RIGHT - _LEFT - 60) * number / max(len(self._days) - 1, 1)

    def _y(self, value: float) -> float:
        return _BOTTOM - (_BOTTOM - _TOP) * value / self._top

    def _line(self, points: Sequence[Point], colour: str) -> None:
        self._draw.line([(x * _SCALE, y * _SCALE) for x, y in points], colour, 2 * _SCALE)

    def _dot(self, at: Point, colour: str) -> None:
        self._draw.circle((at[0] * _SCALE, at[1] * _SCALE), 4 * _SCALE, colour)

    def _text(self, at: Point, text: str, size: int, colour: str) -> None:
        font = ImageFont.load_default(size * _SCALE)
        self._draw.text((at[0] * _SCALE, at[1] * _SCALE), text, colour, font)
