"""Numbers in reports and messages."""

import pytest

from pad_nerfstudio.short_number import short_number


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "0"), (0.012345, "0.0123"), (4.5678, "4.57"), (197.006, "197"), (999.6, "1e+03"), (4330.2, "4330")],
)
def test_three_digits_and_no_exponent(value: float, text: str) -> None:
    assert short_number(value) == text.replace("1e+03", "1000")
