"""A figure: a page of matplotlib that is displayed in notebooks and saved as PNG and PDF."""

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from esam_core.files import make_folder, writing
from esam_core.visualize.style import paper_style

SHOWN = 1200  # width in pixels in a notebook
FOLDER = "outputs"
SCREEN_DPI, PRINT_DPI = 200, 300


class PaperFigure(Figure):
    """A ``matplotlib.figure.Figure`` in the style of a paper, with a name and a caption.

    Its axes, in ``axes``, can be changed like those of any other figure; pyplot does not know it,
    so it is gone when nothing refers to it.

    Args:
        name: Stem of its file names, such as ``fig1_point_prompts``.
        caption: The text at the bottom of the page.
        left_out: What it should show and does not, one text each, such as a bad box of a file.
        how: Arguments of ``Figure``, such as ``figsize`` in inches.
    """

    def __init__(self, name: str, caption: str, left_out: Sequence[str] = (), **how: Any):
        super().__init__(**how)
        FigureCanvasAgg(self)
        self.name, self.caption, self.left_out = name, caption, tuple(left_out)

    def savefig(self, fname: Any, **how: Any) -> None:
        """Save as matplotlib does, with fonts embedded as the style says.

        EPS knows no transparency, so masks hide the photo there; give a PDF or an SVG instead.
        """
        with paper_style():
            super().savefig(fname, **how)

    def save(
        self, folder: str | Path | None = None, *, dpi: float | None = None
    ) -> tuple[Path, Path]:
        """Write PNG and PDF.

        Args:
            folder: Output folder; default is ``outputs`` in the working folder.
            dpi: Pixels per inch of the PNG and of the photos in the PDF; by default 200 and 300.

        Returns:
            The paths of the PNG and the PDF.

        Raises:
            EsamError: The folder or a file cannot be written.
        """
        folder = make_folder(Path(FOLDER if folder is None else folder))
        png, pdf = (folder / f"{self.name}{suffix}" for suffix in (".png", ".pdf"))
        about = {"Title": self.name, "Subject": self.caption, "CreationDate": None}
        with writing(png):
            self.savefig(
                png, dpi=dpi or SCREEN_DPI, metadata={"Title": self.name, "Software": None}
            )
        with writing(pdf):
            self.savefig(pdf, dpi=dpi or PRINT_DPI, metadata=about)
        return png, pdf

    def _repr_jpeg_(self) -> bytes:
        """Display the page in a notebook, as a JPEG to keep notebook files small."""
        stream = io.BytesIO()
        with paper_style():
            super().savefig(stream, format="png", dpi=SHOWN / self.get_figwidth())
        picture, shown = Image.open(stream).convert("RGB"), io.BytesIO()
        picture.save(shown, "JPEG", quality=80)
        return shown.getvalue()

    def __repr__(self) -> str:
        """Return name and caption, for text search and screen readers in a notebook."""
        return f"{self.name}: {self.caption}"
