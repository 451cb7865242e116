"""Playground: the widget with controls for model, mode and thresholds, for one notebook cell."""

import base64
from dataclasses import replace
from typing import Any

import ipywidgets

from demo.catalogue import Catalogue
from demo.widget import PromptWidget
from esam_core.errors import EsamError
from esam_core.everything import preset, segment_everything
from esam_core.figures import Figure
from esam_core.images import ImageSource
from esam_core.masks import Masks
from esam_core.salient import SalientSettings, salient_masks
from esam_core.visualize import caption, draw_masks, panel

MODES = {"Points and box": "points", "Everything": "everything", "Salient objects": "salient"}


class Playground(ipywidgets.VBox):
    """A photo to click on, and what can be set about it.

    ``masks`` are the masks on show, ``figure()`` a page of them that needs no browser.

    Args:
        image: The photo, in any form that ``load_rgb`` reads.
        model: A name, or ``auto``.
        device: As for ``load_segmenter``.
        points_per_side: Of the grid of "Everything".
        seed: Of the random points of "Salient objects".
        catalogue: Where models come from, in place of esam_core's.
    """

    def __init__(
        self,
        image: ImageSource,
        model: str = "auto",
        *,
        device: str = "auto",
        points_per_side: int = 16,
        seed: int = 0,
        catalogue: Catalogue | None = None,
    ):
        self.canvas = PromptWidget(image, model, device=device, catalogue=catalogue)
        self.seed = seed
        self._found: Masks | None = None
        wide = {"description_width": "11em"}
        self.model = ipywidgets.Dropdown(
            options=self.canvas.models, value=self.canvas.model, description="Model", style=wide
        )
        self.mode = ipywidgets.ToggleButtons(options=list(MODES.items()), value="points")
        grid = preset("fast", self.canvas.model)
        self.predicted_iou = _slider("Predicted IoU above", grid.predicted_iou_threshold, wide)
        self.stability = _slider("Stability from", grid.stability_threshold, wide)
        self.saliency = _slider("Salient from", 0.5, wide)
        self.grid = ipywidgets.IntSlider(
            points_per_side, 2, 64, description="Points per side", style=wide
        )
        self.run = ipywidgets.Button(description="Segment", button_style="primary")
        self.bar = ipywidgets.IntProgress(layout={"visibility": "hidden"})
        self.note = ipywidgets.Label()
        self.model.observe(self._on_model, "value")
        self.mode.observe(self._on_mode, "value")
        self.run.on_click(lambda _: self.segment())
        self.settings = ipywidgets.VBox()
        row = ipywidgets.HBox([self.model, self.mode])
        super().__init__([row, self.settings, self.canvas, self.note])
        self._on_mode()

    @property
    def masks(self) -> Masks:
        """The masks on show: the candidates of the clicks, or what the other modes found."""
        return self.canvas.masks if self._found is None else self._found

    def segment(self) -> Masks:
        """Run the chosen mode with the chosen thresholds, and show what it finds."""
        if self.mode.value == "points":
            return self.masks
        self.run.disabled, self.bar.value = True, 0
        self.bar.layout.visibility = "visible"
        try:
            self._found = self._everything() if self.mode.value == "everything" else self._salient()
            self.canvas.show(self._found)
            self.note.value = f"{len(self._found)} masks. {caption(self.canvas.segmenter)}"
        except EsamError as error:
            self.note.value = str(error)
        finally:
            self.run.disabled = False
            self.bar.layout.visibility = "hidden"
        return self.masks

    def figure(self) -> Figure:
        """Draw photo and masks side by side, with model and weights below."""
        canvas = self.canvas
        drawn = canvas.picture() if self._found is None else draw_masks(canvas.image, self._found)
        text = f"{len(self.masks)} masks. {caption(canvas.segmenter)}."
        page = panel([[canvas.image, drawn]], titles=["photo", self.mode.label], footer=text)
        return Figure("playground", page, text)

    def _repr_mimebundle_(self, **options: Any) -> dict[str, Any]:
        """Offer a picture beside the controls, for where no browser is attached."""
        bundle = super()._repr_mimebundle_(**options)
        picture = base64.b64encode(self.figure()._repr_jpeg_()).decode()
        return {**bundle, "image/jpeg": picture}

    def _everything(self) -> Masks:
        settings = replace(
            preset("fast", self.canvas.model),
            points_per_side=self.grid.value,
            predicted_iou_threshold=self.predicted_iou.value,
            stability_threshold=self.stability.value,
        )
        segmenter, embedding, _ = self.canvas.engine.embed(self.canvas.photo, self.canvas.model)
        return segment_everything(segmenter, embedding, settings, progress=self._progress)

    def _salient(self) -> Masks:
        settings = SalientSettings(threshold=self.saliency.value, seed=self.seed)
        segmenter, embedding, _ = self.canvas.engine.embed(self.canvas.photo, self.canvas.model)
        found = salient_masks(self.canvas.image, segmenter, embedding=embedding, settings=settings)
        return found.masks

    def _progress(self, done: int, total: int) -> None:
        self.bar.max, self.bar.value = total, done

    def _on_model(self, change: Any) -> None:
        self.canvas.model = change["new"]
        grid = preset("fast", change["new"])
        self.predicted_iou.value = grid.predicted_iou_threshold
        self.stability.value = grid.stability_threshold
        self._found = None
        self.note.value = f"{caption(self.canvas.segmenter)}"

    def _on_mode(self, _: Any = None) -> None:
        mode = self.mode.value
        sliders = {
            "points": [],
            "everything": [self.grid, self.predicted_iou, self.stability, self.run, self.bar],
            "salient": [self.saliency, self.run],
        }
        self.settings.children = sliders[mode]
        self._found = None
        self.canvas.mode = "points" if mode == "points" else "pick"
        self.note.value = caption(self.canvas.segmenter)


def _slider(name: str, value: float, style: dict[str, str]) -> ipywidgets.FloatSlider:
    return ipywidgets.FloatSlider(
        value, min=0.05, max=0.95, step=0.05, description=name, style=style
    )
