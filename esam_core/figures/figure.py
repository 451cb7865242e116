"""A figure: one page that is displayed in notebooks and saved as PNG and PDF."""

import io
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from esam_core.datasets.annotated import AnnotatedPhoto, annotated_photos
from esam_core.errors import InvalidImage
from esam_core.files import make_folder, writing
from esam_core.images import asset
from esam_core.models import MODELS
from esam_core.segmenter import Segmenter
from esam_core.visualize import caption

Progress = Callable[[int, int], None]
SHOWN = 1200  # width in pixels in a notebook
DPI = 200  # a page of 1400 pixels prints 7 inches wide, the text width of a paper


@dataclass(frozen=True, slots=True, eq=False)
class Figure:
    """A finished page.

    Args:
        name: Stem of its file names, such as ``fig1_point_prompts``.
        page: (h, w, 3) uint8 RGB.
        caption: The text at the bottom of the page.
        left_out: What it should show and does not, one text each, such as a bad box of a file.
    """

    name: str
    page: np.ndarray
    caption: str
    left_out: tuple[str, ...] = ()

    def save(self, folder: str | Path | None = None) -> tuple[Path, Path]:
        """Write PNG and PDF.

        Args:
            folder: Output folder; default is ``figures`` in the working folder.

        Returns:
            The paths of the PNG and the PDF.

        Raises:
            EsamError: The folder or a file cannot be written.
        """
        folder = make_folder(Path("figures" if folder is None else folder))
        png, pdf = (folder / f"{self.name}{suffix}" for suffix in (".png", ".pdf"))
        picture = Image.fromarray(self.page)
        with writing(png):
            picture.save(png, optimize=True, dpi=(DPI, DPI))
        with writing(pdf):
            picture.save(pdf, resolution=DPI, quality=90, title=self.name)
        return png, pdf

    def _repr_jpeg_(self) -> bytes:
        """Display the page in a notebook, as a downscaled JPEG to keep notebook files small."""
        stream, picture = io.BytesIO(), Image.fromarray(self.page)
        picture.thumbnail((SHOWN, 10 * SHOWN), Image.Resampling.LANCZOS)
        picture.save(stream, "JPEG", quality=80)
        return stream.getvalue()

    def __repr__(self) -> str:
        """Return name and caption, for text search and screen readers in a notebook."""
        return f"{self.name}: {self.caption}"


class Stopwatch:
    """Sums the seconds that a model runs, without drawing."""

    def __init__(self) -> None:
        self.seconds = 0.0

    @contextmanager
    def running(self) -> Iterator[None]:
        """Add the time of the block."""
        started = time.perf_counter()
        yield
        self.seconds += time.perf_counter() - started


def example_photos(names: Sequence[str]) -> list[AnnotatedPhoto]:
    """Find example photos by number, ``285`` or ``000000000285``.

    Raises:
        InvalidImage: There is no such photo among those that come with the project.
    """
    photos = {photo.path.stem.lstrip("0"): photo for photo in annotated_photos(asset("photos"))}
    keys = [str(name).lstrip("0") for name in names]
    for key in keys:
        if key not in photos:
            raise InvalidImage(f"there is no example photo {key!r}; see {asset('photos')}.")
    return [photos[key] for key in keys]


def signed(what: str, segmenters: Sequence[Segmenter], seconds: float) -> str:
    """Return a figure's caption: what it shows, and the models with their running time."""
    models = "; ".join(caption(segmenter) for segmenter in segmenters)
    stand_in = ""
    if all(segmenter.name in MODELS and MODELS[segmenter.name].bundled for segmenter in segmenters):
        stand_in = (
            f" {segmenters[0].title} is the small model that comes with the project and stands in "
            "for EfficientSAM, whose weights were not on this machine."
        )
    return f"{what}{stand_in}\n{models}, {seconds:.1f} s."


def progress_bar(title: str) -> Progress:
    """Return a progress callback that draws a bar, on a terminal or in Jupyter.

    The bar appears with the first call, so that an earlier error is printed on its own line.
    """
    from tqdm.auto import tqdm

    bar: Any = None

    def progress(done: int, total: int) -> None:
        nonlocal bar
        if bar is None:
            bar = tqdm(desc=title, leave=False)
        bar.total = total
        bar.update(done - bar.n)
        if done >= total:
            bar.close()

    return progress


def tick(progress: Progress | None, done: int, total: int) -> None:
    """Report progress if a callback was given."""
    if progress is not None:
        progress(done, total)
