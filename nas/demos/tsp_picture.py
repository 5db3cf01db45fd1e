"""The tour that was found, and how the best tour became shorter, as one SVG picture."""

from __future__ import annotations

from html import escape

from nas.demos.tsp import CITIES, START, Course, length, optimum

_SIDE, _MARGIN, _RADIUS = 280, 36, 13
_INK, _MUTED, _TOUR, _FOUND = "#1f2933", "#7a879b", "#4285f4", "#d9731a"


def tour_picture(course: Course) -> str:
    """A file that stands alone; the same bytes for the same course."""
    width, height = 2 * _SIDE + 3 * _MARGIN, _SIDE + 2 * _MARGIN + 16
    shown = f"{START}{course.winner}{START}"
    title = f"Tour {shown}, length {length(course.winner):.4f}"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
        'role="img" font-family="sans-serif" font-size="13">',
        f"<title>{escape(title)}</title>",
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
        _text(_MARGIN, 24, title),
        _tour(shown),
        _fitness(course),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _tour(shown: str) -> str:
    """The cities where they lie, the tour as a line through them."""
    across = max(x for x, _ in CITIES.values())
    up = max(y for _, y in CITIES.values())
    inner = _SIDE - 2 * _RADIUS

    def place(city: str) -> tuple[float, float]:
        x, y = CITIES[city]
        return _MARGIN + _RADIUS + x / across * inner, _MARGIN + 12 + _RADIUS + (1 - y / up) * inner

    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in map(place, shown))
    drawn = [f'<polyline points="{line}" fill="none" stroke="{_TOUR}" stroke-width="2" stroke-linejoin="round"/>']
    for city in CITIES:
        x, y = place(city)
        ground, ink = (_INK, "#ffffff") if city == START else ("#ffffff", _INK)
        drawn.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{_RADIUS}" fill="{ground}" stroke="{_INK}"/>')
        drawn.append(_text(x, y + 4.5, city, anchor="middle", ink=ink))
    return "\n".join(drawn)


def _fitness(course: Course) -> str:
    """The best length of each generation over the generations; the shortest there is as a dashed line."""
    lengths = [length(chromosome) for chromosome in course.best]
    low, high = optimum()[0], max(length(chromosome) for chromosome in course.initial)
    left, top, side = 2 * _MARGIN + _SIDE, _MARGIN + 12, _SIDE
    span = max(high - low, 1e-9)

    def at(generation: int, value: float) -> tuple[float, float]:
        x = left + generation / max(len(lengths) - 1, 1) * side
        return x, top + 10 + (high - value) / span * (side - 20)

    steps = [at(0, lengths[0])]
    for generation, value in enumerate(lengths[1:], start=1):
        steps += [at(generation, lengths[generation - 1]), at(generation, value)]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in steps)
    floor = at(0, low)[1]
    return "\n".join(
        [
            f'<rect x="{left}" y="{top}" width="{side}" height="{side}" fill="none" stroke="{_MUTED}"/>',
            f'<line x1="{left}" y1="{floor:.1f}" x2="{left + side}" y2="{floor:.1f}" stroke="{_MUTED}" '
            'stroke-dasharray="4 4"/>',
            f'<polyline points="{line}" fill="none" stroke="{_FOUND}" stroke-width="2"/>',
            _text(left + side - 6, top + 22, f"longest at first {high:.2f}", anchor="end", ink=_MUTED),
            _text(left + side - 6, floor - 6, f"shortest there is {low:.2f}", anchor="end", ink=_MUTED),
            _text(left, top + side + 18, "generation 0", ink=_MUTED),
            _text(left + side, top + side + 18, str(len(lengths) - 1), anchor="end", ink=_MUTED),
            _text(left, 24, "Shortest tour of each generation"),
        ]
    )


def _text(x: float, y: float, text: str, *, anchor: str = "start", ink: str = _INK) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{ink}">{escape(text)}</text>'
