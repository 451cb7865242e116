"""How the values of a deep picture (more than 8 bits) become 0 to 255.

The range is the picture's own, of all colour channels together: from the least to the most value,
or, if a few values lie far outside, the range without 0.1 % of the values at either end. A range
that (nearly) fills a usual scale, as that of a photo with 12 or 16 bits does, uses that whole
scale, so that such a photo looks as it does with 8 bits.
"""

from dataclasses import dataclass

import numpy as np

PERCENTILES = (0.1, 99.9)
SPAN = 0.75  # a few values lie far outside if the percentiles span less of the range than this
# Ends of usual scales: of floats, of 8 to 16 bits, and of reflectance.
TOPS = (1.0, 255.0, 1023.0, 4095.0, 10_000.0, 16383.0, 65535.0)
FILLED = (0.05, 0.8)  # a range fills a scale from at most, and to at least, these parts of it
NO_DATA = 1e30  # floats beyond this mark missing values in files of many programs
VOIDS = (-9999.0, -32768.0, -32767.0, -99999.0)  # what many programs write where nothing is known
SAMPLE = 4_000_000  # values from which percentiles are taken
BLOCK = 2_000_000  # values that are scaled at a time


@dataclass(frozen=True, slots=True)
class Range:
    """The values ``low`` and ``high`` that become 0 and 255.

    Args:
        low: Value that becomes 0, as all below it.
        high: Value that becomes 255, as all above it.
        note: A sentence that says so.
        usual: Whether it is a usual scale, so that nobody need wonder.
    """

    low: float
    high: float
    note: str
    usual: bool


def known(values: np.ndarray, nodata: float | None = None) -> np.ndarray:
    """Return which values count for the range: finite, and not marked as missing.

    Args:
        values: Colours (h, w, channels) of any real type.
        nodata: The value that stands for missing ones, if the file names it.

    Returns:
        (h, w, channels) bool.
    """
    if np.issubdtype(values.dtype, np.floating):
        valid = np.isfinite(values)
        if values.dtype.itemsize > 2:  # 16-bit floats end far below it
            valid &= np.abs(values) < NO_DATA
    else:
        valid = np.ones(values.shape, bool)
    if nodata is None or not np.isfinite(nodata):
        return _without_voids(values, valid)
    if _fits(values.dtype, nodata):
        valid &= values != values.dtype.type(nodata)
    return valid


def find_range(values: np.ndarray, valid: np.ndarray, scale: str) -> Range:
    """Return the range of values that is shown.

    Args:
        values: Colours (h, w, channels) of any real type.
        valid: Which of them count, of the same shape.
        scale: "data" for the picture's own range, "full" for the fixed scale of its type.
    """
    depth = depth_of(values.dtype)
    found = values if valid.all() else values[valid]
    if not found.size:
        return Range(0.0, 1.0, f"No {depth} value is known; all are shown as black.", False)
    least, most = float(found.min()), float(found.max())
    if scale == "full" or least == most:
        top = _full_top(values.dtype, most)
        what = f"{say(least)} to {say(most)}" if least < most else f"all {say(least)}"
        note = f"{depth} values ({what}) are shown on the fixed scale of 0 to {say(top)}."
        return Range(0.0, top, note, scale == "full")
    low, high = _robust(found, least, most)
    usual = _filled(values.dtype, low, high)
    if usual is not None:
        note = f"{depth} values ({say(least)} to {say(most)}) are shown on a scale of 0 to "
        return Range(0.0, usual, f"{note}{say(usual)}.", True)
    full = say(_full_top(values.dtype, most))
    part = f" ({PERCENTILES[0]} % to {PERCENTILES[1]} % of {say(least)} to {say(most)})"
    note = (
        f"{depth} values {say(low)} to {say(high)}{'' if (low, high) == (least, most) else part} "
        f"are shown as 0 to 255; the scale “full” would show 0 to {full}."
    )
    return Range(low, high, note, False)


def scaled(values: np.ndarray, shown: Range, valid: np.ndarray) -> np.ndarray:
    """Return values as uint8 of the same shape; those that do not count become 0."""
    if values.dtype.kind in "iu" and values.dtype.itemsize == 2:  # by a table of all 16-bit values
        native = values.astype(values.dtype.newbyteorder("="), copy=False)
        table = _shrunk(np.arange(65536, dtype=np.uint16).view(native.dtype), shown)
        return np.where(valid, table[native.view(np.uint16)], np.uint8(0))
    out = np.empty(values.shape, np.uint8)
    rows = max(1, BLOCK // max(1, values[0].size))
    for start in range(0, len(values), rows):
        part = slice(start, start + rows)
        out[part] = _shrunk(np.where(valid[part], values[part], shown.low), shown)
    return out


def _shrunk(values: np.ndarray, shown: Range) -> np.ndarray:
    share = (values.astype(np.float64) - shown.low) * (255 / (shown.high - shown.low))
    return share.clip(0, 255).round().astype(np.uint8)


def scaled_alpha(alpha: np.ndarray) -> np.ndarray:
    """Return opacity (h, w) as uint8: by the smallest usual depth that holds it."""
    if alpha.dtype == np.uint8:
        return alpha
    alpha = np.nan_to_num(alpha.astype(np.float64), nan=0.0, posinf=0.0, neginf=0.0).clip(0)
    top = alpha.max(initial=0)
    full = next((each for each in TOPS if each >= top), top)
    return (alpha * (255 / full)).round().astype(np.uint8)


def depth_of(dtype: np.dtype) -> str:
    """Return the words for a type, such as "16-bit" or "32-bit float"."""
    return f"{8 * dtype.itemsize}-bit" + (" float" if dtype.kind == "f" else "")


def say(value: float) -> str:
    """Return a value for people: integers in full, others with four digits."""
    return f"{value:.0f}" if value == round(value) and abs(value) < 1e15 else f"{value:.4g}"


def _fits(dtype: np.dtype, value: float) -> bool:
    """Return whether a value can stand in an array of this type."""
    if dtype.kind == "f":
        return abs(value) <= float(np.finfo(dtype).max)
    limits = np.iinfo(dtype)
    return value == round(value) and limits.min <= value <= limits.max


def _without_voids(values: np.ndarray, valid: np.ndarray) -> np.ndarray:
    """Leave out a well-known void value that lies further below the rest than the rest spans."""
    found = values[valid]
    least = float(found.min()) if found.size else 0.0
    if least not in VOIDS:
        return valid
    rest = found[found != found.dtype.type(least)]
    if not rest.size or float(rest.min()) - least <= float(rest.max()) - float(rest.min()):
        return valid
    return valid & (values != values.dtype.type(least))


def _robust(found: np.ndarray, least: float, most: float) -> tuple[float, float]:
    """Return the percentiles of values if few values lie far outside them, or all their range."""
    flat = found.reshape(-1)
    if flat.size > SAMPLE:
        flat = flat[np.random.default_rng(0).integers(0, flat.size, SAMPLE)]
    low, high = np.percentile(flat.astype(np.float64), PERCENTILES)
    far = 0 < high - low < SPAN * (most - least)
    return (float(low), float(high)) if far else (least, most)


def _filled(dtype: np.dtype, low: float, high: float) -> float | None:
    """Return the end of the usual scale that a range fills, or None."""
    tops = TOPS if dtype.kind == "f" else TOPS[1:]
    top = next((each for each in tops if each >= high), None)
    if top is None or not 0 <= low <= FILLED[0] * top or high < FILLED[1] * top:
        return None
    return top


def _full_top(dtype: np.dtype, most: float) -> float:
    """Return the end of the fixed scale: of the type, or of 1, 255 or 65535 for floats."""
    if dtype.kind != "f":
        top = float(np.iinfo(dtype).max)
        # Wide integers mostly hold 16 bits, as grey PNG files do in Pillow.
        return top if top <= 65535 or most > 65535 else 65535.0
    return next((each for each in (1.0, 255.0, 65535.0) if most <= each), most)
