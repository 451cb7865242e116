"""Pictures as they were stored, and how they become RGB: depth, alpha, ink, orientation."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from PIL import Image

from esam_core.errors import InvalidImage
from esam_core.images.pixels import check_size
from esam_core.images.scale import find_range, known, scaled, scaled_alpha

REAL = "buif"  # kinds of numpy types that a picture may have


@dataclass(slots=True, eq=False)
class Samples:
    """A picture as it was stored.

    Args:
        values: Its colours (h, w, 1 or 3), or inks (h, w, 4), of any real type.
        alpha: Opacity (h, w) of any real type.
        valid: Which values are known (h, w, channels) bool; all that are no ``nodata`` by default.
        nodata: The value that stands for missing ones, if the file names it.
        premultiplied: Whether the colours are stored multiplied by the opacity.
        inverted: Whether low values are light.
        orientation: EXIF orientation 1 to 8, still to be applied.
        notes: What reading it changed, one sentence each.
    """

    values: np.ndarray
    alpha: np.ndarray | None = None
    valid: np.ndarray | None = None
    nodata: float | None = None
    premultiplied: bool = False
    inverted: bool = False
    orientation: int = 1
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """A picture as RGB, with sentences on what reading changed.

    Args:
        image: The picture in mode RGB.
        notes: All sentences.
        loud: Those that somebody should see who only asked for pixels.
    """

    image: Image.Image
    notes: Sequence[str] = ()
    loud: Sequence[str] = ()


def from_array(array: np.ndarray, name: str) -> Samples:
    """Return an array (h, w) or (h, w, 1 to 4) as samples; the second or fourth channel is alpha.

    Values that a masked array hides are taken for missing ones.

    Raises:
        InvalidImage: Another shape or type, nothing in it, or too large.
    """
    if array.ndim == 2:
        array = array[..., None]
    if array.ndim != 3 or array.shape[2] not in (1, 2, 3, 4):
        raise InvalidImage(
            f"an array of shape {array.shape} is no photo; it must be (height, width), or "
            f"(height, width, 1 to 4).{_way_out(array)}"
        )
    check_size((array.shape[1], array.shape[0]), name)
    check_type(array.dtype, "an array")
    valid = None
    if isinstance(array, np.ma.MaskedArray):
        valid = ~np.ma.getmaskarray(array)
        array = array.filled(0)
    colours = array.shape[2] - (array.shape[2] + 1) % 2
    alpha = array[..., colours] if colours < array.shape[2] else None
    return Samples(array[..., :colours], alpha, None if valid is None else valid[..., :colours])


def check_type(dtype: np.dtype, what: str) -> None:
    """Refuse types that hold no brightness, such as complex numbers and text.

    Raises:
        InvalidImage: Such a type.
    """
    if dtype.kind not in REAL:
        raise InvalidImage(
            f"{what} of {dtype} is no photo; use integers, floats or bool, such as its magnitude."
        )


def drawn(samples: Samples, scale: str) -> Drawn:
    """Return samples as RGB over white, upright.

    Args:
        samples: The picture.
        scale: As for ``load_photo``.
    """
    notes, loud = list(samples.notes), list(samples.notes)
    values = samples.values
    if values.dtype == bool:
        values = values.astype(np.uint8) * 255
    elif values.dtype != np.uint8:
        values, note, usual = _shallow(samples, scale)
        notes.append(note)
        loud += [] if usual else [note]
    elif samples.valid is not None:
        values = np.where(samples.valid, values, 0).astype(np.uint8)
    values = 255 - values if samples.inverted else values
    rgb = _rgb(values)
    if samples.alpha is not None:
        alpha = scaled_alpha(samples.alpha)[..., None].astype(np.float32) / 255
        lit = rgb if samples.premultiplied else rgb * alpha
        rgb = (lit + 255 * (1 - alpha)).clip(0, 255).round().astype(np.uint8)
    upright = upright_array(rgb, samples.orientation)
    return Drawn(Image.fromarray(np.ascontiguousarray(upright)), notes, loud)


def upright_array(image: np.ndarray, orientation: int) -> np.ndarray:
    """Return an array (h, w, ...) turned as its EXIF orientation 1 to 8 says."""
    if orientation in (5, 6, 7, 8):
        image = image.swapaxes(0, 1)
    if orientation in (2, 3, 6, 7):
        image = image[:, ::-1]
    if orientation in (3, 4, 7, 8):
        image = image[::-1]
    return image


def _shallow(samples: Samples, scale: str) -> tuple[np.ndarray, str, bool]:
    """Return deep values as uint8, with the sentence on their range and whether it is usual."""
    values = samples.values
    valid = known(values, samples.nodata)
    if samples.valid is not None:
        valid &= samples.valid
    if values.shape[2] == 4:  # inks always use the whole scale of their type
        scale = "full"
    counted = valid
    if samples.alpha is not None and (visible := samples.alpha > 0).any():
        counted = valid & visible[..., None]
    shown = find_range(values, counted, scale)
    note = shown.note
    missing = 1 - np.count_nonzero(valid) / valid.size
    if missing and counted.any():
        note += f" {max(missing, 0.0001):.2%} of the values are missing and shown as the lowest."
    return scaled(values, shown, valid), note, shown.usual and not missing


def _rgb(values: np.ndarray) -> np.ndarray:
    if values.shape[2] == 1:
        return np.repeat(values, 3, axis=2)
    if values.shape[2] == 4:
        return np.asarray(Image.fromarray(np.ascontiguousarray(values), "CMYK").convert("RGB"))
    return values


def _way_out(array: np.ndarray) -> str:
    if array.ndim != 3:
        return ""
    if array.shape[0] in (1, 2, 3, 4):
        return " Put its channels last: array.transpose(1, 2, 0)."
    return " Choose three channels: array[..., :3]."
