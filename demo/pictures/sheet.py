"""Pictures of the page as small files, and all of them on one sheet."""

from collections.abc import Sequence
from pathlib import Path

from PIL import Image

from esam_core.errors import EsamError
from esam_core.files import writing

GAP = 12  # pixels between two pictures of the sheet
BACKGROUND = "white"


def sheet(pictures: Sequence[Image.Image]) -> Image.Image:
    """Put the first picture above the others, which share its width; all are of one size.

    Raises:
        EsamError: Fewer than two pictures.
    """
    if len(pictures) < 2:
        raise EsamError(f"a sheet needs two pictures or more, not {len(pictures)}.")
    first, *others = pictures
    width = (first.width - GAP * (len(others) - 1)) // len(others)
    height = round(width * first.height / first.width)
    whole = Image.new("RGB", (first.width, first.height + GAP + height), BACKGROUND)
    whole.paste(first, (0, 0))
    for i, picture in enumerate(others):
        small = picture.resize((width, height), Image.Resampling.LANCZOS)
        whole.paste(small, (i * (width + GAP), first.height + GAP))
    return whole


def save(picture: Image.Image, path: Path) -> None:
    """Write a picture as a PNG of 256 colours, a third of the size of one with all colours.

    Raises:
        EsamError: The place cannot be written to.
    """
    few = picture.convert("RGB").quantize(
        256, Image.Quantize.MEDIANCUT, kmeans=1, dither=Image.Dither.NONE
    )
    with writing(path):
        few.save(path, optimize=True)
