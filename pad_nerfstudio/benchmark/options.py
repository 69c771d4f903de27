"""What the numbers among the options of a benchmark may be."""

from typing import Any

from pad_nerfstudio.errors import UserError
from pad_nerfstudio.option_ranges import Range, check_ranges


def check_benchmark_options(options: Any) -> None:
    """Check every number of the options of `ns-pad-bench`.

    Raises:
        UserError: one lies where it means nothing
    """
    check_ranges(options, {"jobs": Range(1), "views_seed": Range(0)})
    if options.memory_gib is not None:
        check_ranges(options, {"memory_gib": Range(0, exclusive=True)})
    least = Range(1)
    for number in options.views:
        if number != "all" and number not in least:
            raise UserError(f"--views {number}: out of range; give {least}, or 'all'")
