"""Playground: the widget with controls for model, mode and thresholds, for one notebook cell."""

import base64
import threading
from dataclasses import replace
from typing import Any

import ipywidgets

from demo.engine.catalogue import Catalogue
from demo.notebook.widget import PromptWidget
from esam_core.errors import EsamError
from esam_core.everything import preset, segment_everything
from esam_core.figures import Figure
from esam_core.images import ImageSource
from esam_core.masks import Masks
from esam_core.saliency.masks import SalientSettings, salient_masks
from esam_core.text import (
    OFFLINE,
    TEXT_ENCODERS,
    RegionFeatures,
    TextEncoder,
    embed_regions,
    load_text_encoder,
    propose,
    rank_masks,
    split_texts,
)
from esam_core.visualize import caption, draw_masks, panel

MODES = {
    "Points and box": "points",
    "Everything": "everything",
    "Salient objects": "salient",
    "Text": "text",
}


class Playground(ipywidgets.VBox):
    """A photo to click on, and what can be set about it.

    ``masks`` are the masks on show, ``figure()`` a page of them that needs no browser. The button
    "Segment" works in a thread of its own, so that "Cancel" is heard; ``segment()`` works where it
    is called.

    Args:
        image: The photo, in any form that ``load_rgb`` reads.
        model: A name, or ``auto``.
        device: As for ``load_segmenter``.
        points_per_side: Of the grid of "Everything".
        seed: Of the random points of "Salient objects".
        text: What "Text" looks for at first; several texts are separated by commas.
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
        text: str = "",
        catalogue: Catalogue | None = None,
    ):
        self.canvas = PromptWidget(image, model, device=device, catalogue=catalogue)
        self.seed = seed
        self._found: Masks | None = None
        self._stopped = threading.Event()
        wide = {"description_width": "11em"}
        self.model = ipywidgets.Dropdown(
            options=self.canvas.models, value=self.canvas.model, description="Model", style=wide
        )
        self.mode = ipywidgets.ToggleButtons(options=list(MODES.items()), value="points")
        grid = preset("fast", self.canvas.model)
        self.predicted_iou = _slider("Predicted IoU above", grid.pred_iou_thresh, wide)
        self.stability = _slider("Stability from", grid.stability_score_thresh, wide)
        self.saliency = _slider("Salient from", 0.5, wide)
        self.grid = ipywidgets.IntSlider(
            points_per_side, 2, 64, description="Points per side", style=wide
        )
        self.text = ipywidgets.Text(text, description="Texts", style=wide)
        self.match = _slider("Match from", TEXT_ENCODERS[OFFLINE].threshold, wide)
        self.run = ipywidgets.Button(description="Segment", button_style="primary")
        self.stop = ipywidgets.Button(description="Cancel", disabled=True)
        self.bar = ipywidgets.IntProgress()
        self.count = ipywidgets.Label()
        self.work = ipywidgets.HBox([self.run, self.stop, self.bar, self.count])
        self.note = ipywidgets.Label()
        self.model.observe(self._on_model, "value")
        self.mode.observe(self._on_mode, "value")
        self.run.on_click(lambda _: threading.Thread(target=self.segment, daemon=True).start())
        self.stop.on_click(lambda _: self._stopped.set())
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
        find = {"everything": self._everything, "salient": self._salient, "text": self._text}
        self._stopped.clear()
        self.run.disabled, self.stop.disabled = True, False
        self._progress(0, 1)
        try:
            self._found, said = find[self.mode.value]()
            self.canvas.show(self._found)
            self.note.value = f"{said} {caption(self.canvas.segmenter)}"
        except EsamError as error:
            self.note.value = str(error)
        finally:
            self.run.disabled, self.stop.disabled = False, True
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

    def _everything(self) -> tuple[Masks, str]:
        settings = replace(
            preset("fast", self.canvas.model),
            points_per_side=self.grid.value,
            pred_iou_thresh=self.predicted_iou.value,
            stability_score_thresh=self.stability.value,
        )
        engine = self.canvas.engine
        segmenter, embedding, _ = engine.embed(self.canvas.photo, self.canvas.model)
        found = engine.work(
            lambda: segment_everything(
                segmenter, embedding, settings, progress=self._progress, cancel=self._cancel
            )
        )
        return found, f"{len(found)} masks."

    def _salient(self) -> tuple[Masks, str]:
        settings = SalientSettings(threshold=self.saliency.value, seed=self.seed)
        engine = self.canvas.engine
        segmenter, embedding, _ = engine.embed(self.canvas.photo, self.canvas.model)
        found = engine.work(
            lambda: salient_masks(
                segmenter, self.canvas.image, embedding=embedding, settings=settings
            )
        )
        return found.masks, f"{len(found.masks)} masks."

    def _text(self) -> tuple[Masks, str]:
        engine, texts = self.canvas.engine, split_texts(self.text.value)
        encoder = engine.tools.get(("encoder", OFFLINE), load_text_encoder)
        for text in texts:  # before the slow part: a word may be unknown
            encoder.parse(text)
        masks, regions = self._proposals(encoder)
        ranking = engine.work(
            lambda: rank_masks(regions, texts, encoder, threshold=self.match.value), "click"
        )
        chosen = [ranking.chosen(i).tolist() for i in range(len(texts))]
        said = []
        for i, text in enumerate(texts):
            scores = ", ".join(f"{ranking.scores[mask, i]:.2f}" for mask in chosen[i])
            said.append(f"{text}: {scores or 'no match'}.")
        return masks[sum(chosen, [])], " ".join(said)

    def _proposals(self, encoder: TextEncoder) -> tuple[Masks, RegionFeatures]:
        """Find the masks that texts choose from, once per photo and model."""
        engine, photo = self.canvas.engine, self.canvas.photo
        segmenter, embedding, _ = engine.embed(photo, self.canvas.model)

        def make() -> tuple[Masks, RegionFeatures]:
            masks = engine.work(
                lambda: propose(
                    segmenter,
                    photo.image,
                    embedding=embedding,
                    progress=self._progress,
                    cancel=self._cancel,
                )
            )
            return masks, engine.work(lambda: embed_regions(photo.image, masks, encoder))

        return engine.memo.get(("playground", segmenter.name, photo.digest), make)

    def _progress(self, done: int, total: int) -> None:
        self.bar.max, self.bar.value = total, done
        self.count.value = f"{done} of {total} points" if done else ""

    def _cancel(self) -> bool:
        self.canvas.engine.give_way()
        return self._stopped.is_set()

    def _on_model(self, change: Any) -> None:
        self.canvas.model = change["new"]
        grid = preset("fast", change["new"])
        self.predicted_iou.value = grid.pred_iou_thresh
        self.stability.value = grid.stability_score_thresh
        self._found = None
        self.note.value = f"{caption(self.canvas.segmenter)}"

    def _on_mode(self, _: Any = None) -> None:
        mode = self.mode.value
        sliders = {
            "points": [],
            "everything": [self.grid, self.predicted_iou, self.stability, self.work],
            "salient": [self.saliency, self.work],
            "text": [self.text, self.match, self.work],
        }
        self.settings.children = sliders[mode]
        self._found = None
        self.canvas.mode = "points" if mode == "points" else "pick"
        self.note.value = caption(self.canvas.segmenter)


def _slider(name: str, value: float, style: dict[str, str]) -> ipywidgets.FloatSlider:
    return ipywidgets.FloatSlider(
        value, min=0.05, max=0.95, step=0.05, description=name, style=style
    )
