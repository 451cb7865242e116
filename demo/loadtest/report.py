"""The results of a round, as a record and as a table row."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from demo.loadtest.visitors import VisitStats

HEAD = (
    "visitors  photo p50/p95 ms  clicks  click p50/p95 ms  clicks/s  errors  wrong photo  "
    "click outside  sent again  RSS MiB"
)


def summary(
    stats: VisitStats, visitors: int, seconds: float, memory_mb: float | None
) -> dict[str, Any]:
    """Summarize the statistics of a round.

    Args:
        stats: Statistics of its visitors.
        visitors: Number of visitors.
        seconds: Duration of the round.
        memory_mb: Resident memory of the server in MiB, if known.
    """
    return {
        "visitors": visitors,
        "photo_p50_ms": percentile(stats.photo_ms, 50),
        "photo_p95_ms": percentile(stats.photo_ms, 95),
        "clicks": len(stats.click_ms),
        "click_p50_ms": percentile(stats.click_ms, 50),
        "click_p95_ms": percentile(stats.click_ms, 95),
        "clicks_per_s": round(len(stats.click_ms) / seconds, 1),
        "errors": len(stats.errors),
        "wrong_photo": stats.wrong_photo,
        "click_outside": stats.click_outside,
        "sent_again": stats.sent_again,
        "rss_mb": memory_mb,
    }


def percentile(values: Sequence[float], percent: float) -> float | None:
    """Return a percentile (one of the values), or None without values."""
    if not values:
        return None
    return round(float(np.percentile(values, percent, method="higher")), 1)


def table_line(row: dict[str, Any]) -> str:
    """Format one round as a row under ``HEAD``."""
    photo, click = (
        " / ".join("-" if row[key] is None else f"{row[key]:.0f}" for key in keys)
        for keys in (("photo_p50_ms", "photo_p95_ms"), ("click_p50_ms", "click_p95_ms"))
    )
    rss = "-" if row["rss_mb"] is None else f"{row['rss_mb']:.0f}"
    return (
        f"{row['visitors']:8}  {photo:>16}  {row['clicks']:6}  {click:>16}  "
        f"{row['clicks_per_s']:8}  {row['errors']:6}  {row['wrong_photo']:11}  "
        f"{row['click_outside']:13}  {row['sent_again']:10}  {rss:>7}"
    )
