"""Numbers as people read them."""


def short_number(value: float) -> str:
    """Three digits, and all of the whole part where it has more: 0.0123, 4.57, 197, 4330."""
    return f"{value:.0f}" if abs(value) >= 999.5 else f"{value:.3g}"
