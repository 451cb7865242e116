"""Table 1: parameters and throughput, set as a table of a paper."""

from collections.abc import Sequence

from esam_core.benchmark.table1 import Row, as_cells, describe_machine
from esam_core.figures.figure import Figure
from esam_core.visualize.table import table


def table1_efficiency(rows: Sequence[Row]) -> Figure:
    """Set what ``esam_core.benchmark.table1.measure`` measured as a page."""
    head, cells = as_cells(rows)
    random = [row.title for row in rows if row.provenance == "random"]
    note = (
        f" Weights of {', '.join(random)} are random: they were not on this machine, and speed "
        "does not depend on their values."
        if random
        else ""
    )
    text = (
        f"Table 1. Efficiency. {describe_machine(rows)} The paper's numbers are for one A100 and "
        f"one box prompt.{note}"
    )
    return Figure("table1_efficiency", table(head, cells, footer=text), text)
