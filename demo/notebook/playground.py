"""Playground: the widget with controls for model, mode and thresholds, for one notebook cell."""

import base64
import html
import threading
from collections.abc import Callable
from typing import Any

import ipywidgets

from demo.engine.catalogue import Catalogue
from demo.handlers import encoders, everything, salient, text
from demo.handlers.encoders import OFFLINE
from demo.handlers.errors import Reply
from demo.notebook.widget import PromptWidget
from esam_core.figures import PaperFigure
from esam_core.figures.drawing import draw_page
from esam_core.figures.layout import Panel
from esam_core.images import ImageSource
from esam_core.masks import Masks
from esam_core.text import TextEncoder
from esam_core.visualize import caption, draw_masks

MODES = {
    "Points and box": "points",
    "Everything": "everything",
    "Salient objects": "salient",
    "Text": "text",
}


class Playground(ipywidgets.VBox):
    """A photo to click on, with controls for model, mode and thresholds.

    ``masks`` are the visible masks, ``figure()`` draws them without a browser. The button "Segment"
    works in a separate thread, so that "Cancel" can stop it; ``segment()`` blocks until it is done.

    Args:
        image: The photo, in any form that ``load_rgb`` reads.
        model: A name, or ``auto``.
        device: As for ``load_segmenter``.
        points_per_side: Points per side of the grid of "Everything".
        seed: Seed of the random points of "Salient objects".
        text: Initial query of "Text"; several texts are separated by commas.
        encoder: What reads the texts: a name of ``TEXT_ENCODERS``, or one loaded by
            ``load_text_encoder``, for example from a file.
        catalogue: Where models come from, in place of esam_core's.

    Raises:
        WeightsNotFound: The encoder is not on this machine; the message says how to get it.
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
        encoder: str | TextEncoder = OFFLINE,
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
        self.mode = ipywidgets.ToggleButtons(
            options=list(MODES.items()), value="points", style={"button_width": "auto"}
        )
        filters = everything.filters_for(self.canvas.model)
        self.predicted_iou = _slider("Predicted IoU above", filters["predicted_iou"], wide)
        self.stability = _slider("Stability from", filters["stability"], wide)
        self.saliency = _slider("Salient from", 0.5, wide)
        self.grid = ipywidgets.IntSlider(
            points_per_side, 2, 64, description="Points per side", style=wide
        )
        self.text = ipywidgets.Text(text, description="Texts", style=wide)
        chosen = encoders.text_encoder(self.canvas.engine, encoder) if encoder != OFFLINE else None
        name = OFFLINE if chosen is None else chosen.name
        self.encoder = ipywidgets.Dropdown(
            options=[o for o in encoders.encoder_menu() if o[1] == name or encoders.is_here(o[1])],
            value=name,
            description="Texts are read by",
            style=wide,
        )
        self.match = _slider("Match from", encoders.threshold_of(name), wide)
        self.compete = ipywidgets.Checkbox(description="Texts compete for a mask", style=wide)
        self.help = ipywidgets.HTML()
        self.run = ipywidgets.Button(description="Segment", button_style="primary")
        self.stop = ipywidgets.Button(description="Cancel", disabled=True)
        self.bar = ipywidgets.IntProgress()
        self.count = ipywidgets.Label()
        self.work = ipywidgets.HBox([self.run, self.stop, self.bar, self.count])
        self.note = ipywidgets.Label()
        self.model.observe(self._on_model, "value")
        self.mode.observe(self._on_mode, "value")
        self.encoder.observe(self._on_encoder, "value")
        self.canvas.observe(self._on_photo, "_photo")
        self.run.on_click(lambda _: threading.Thread(target=self.segment, daemon=True).start())
        self.text.on_msg(self._on_submit)
        self.stop.on_click(lambda _: self._stopped.set())
        self.settings = ipywidgets.VBox()
        row = ipywidgets.HBox([self.model, self.mode])
        super().__init__([row, self.settings, self.canvas, self.note])
        self._explain()
        self._on_mode()

    @property
    def masks(self) -> Masks:
        """The visible masks (n, h, w): the candidates of the clicks, or the result of a mode."""
        return self.canvas.masks if self._found is None else self._found

    def segment(self) -> Masks:
        """Run the selected mode with the selected thresholds, and show its masks."""
        find: dict[str, Callable[..., Reply]] = {
            "everything": self._everything,
            "salient": self._salient,
            "text": self._text,
        }
        if self.mode.value not in find:
            return self.masks
        photo = self.canvas.photo
        self._stopped.clear()
        self.run.disabled, self.stop.disabled = True, False
        self._progress(0, 1)
        try:
            # In a notebook, masks have the size of the photo; on the page, that of a screen.
            reply = find[self.mode.value](
                max_side=None, progress=self._progress, cancel=self._stopped.is_set
            )
        finally:
            self.run.disabled, self.stop.disabled = False, True
        if self.canvas.photo is photo:  # and not another one, opened during the search
            self._show(reply)
        return self.masks

    def figure(self) -> PaperFigure:
        """Draw photo and masks side by side, with model and weights in the caption."""
        canvas = self.canvas
        drawn = canvas.picture() if self._found is None else draw_masks(canvas.image, self._found)
        text = f"{len(self.masks)} masks. {self._signature}."
        panels = [Panel(canvas.image, title="photo"), Panel(drawn, title=self.mode.label)]
        return draw_page("playground", [panels], text)

    def _repr_mimebundle_(self, **options: Any) -> dict[str, Any]:
        """Add a static picture for viewers without widgets."""
        bundle = super()._repr_mimebundle_(**options)
        picture = base64.b64encode(self.figure()._repr_jpeg_()).decode()
        return {**bundle, "image/jpeg": picture}

    def _everything(self, **how: Any) -> Reply:
        filters = everything.filters_for(self.canvas.model) | {
            "predicted_iou": self.predicted_iou.value,
            "stability": self.stability.value,
            "min_area": 0.0,
        }
        canvas, side = self.canvas, self.grid.value
        return everything.find(
            canvas.engine, canvas.payload, "fast", filters, points_per_side=side, **how
        )

    def _salient(self, **how: Any) -> Reply:
        settings = {"threshold": self.saliency.value, "seed": self.seed}
        return salient.find(self.canvas.engine, self.canvas.payload, settings, **how)

    def _text(self, **how: Any) -> Reply:
        canvas = self.canvas
        return text.find(
            canvas.engine,
            canvas.payload,
            self.text.value,
            self.match.value,
            self.encoder.value,
            self.compete.value,
            **how,
        )

    def _show(self, reply: Reply) -> None:
        """Show what was found, or say why nothing was."""
        if "found" not in reply:
            self.note.value = reply.get("error") or reply["message"]
            return
        found: Masks = reply["found"]
        self._found = found
        self.canvas.show(found)
        scores = [f"{h['label']}: {h['score']:.2f}." for h in reply.get("hits", ()) if h["chosen"]]
        sentences = [f"{len(found)} masks.", *scores, reply["message"], self._signature]
        self.note.value = " ".join(filter(None, sentences))

    @property
    def _segmenter(self) -> Any:
        return self.canvas.segmenter

    @property
    def _signature(self) -> str:
        """Say which models made the visible masks, and with which weights."""
        if self.mode.value != "text" or self._found is None:
            return caption(self._segmenter)
        reader = encoders.text_encoder(self.canvas.engine, self.encoder.value)
        return f"{caption(self._segmenter)}. {encoders.read_by(reader)}"

    def _progress(self, done: int, total: int) -> None:
        self.bar.max, self.bar.value = total, done
        self.count.value = f"{done} of {total}" if done else ""

    def _on_model(self, change: Any) -> None:
        self.canvas.model = change["new"]
        filters = everything.filters_for(change["new"])
        self.predicted_iou.value = filters["predicted_iou"]
        self.stability.value = filters["stability"]
        self._found = None
        self.note.value = caption(self._segmenter)

    def _on_encoder(self, change: Any) -> None:
        self.match.value = encoders.threshold_of(change["new"])
        self._found = None
        self._explain()

    def _explain(self) -> None:
        """Say what the number of a match is, and which encoders could be had."""
        name = self.encoder.value
        self.compete.disabled = not encoders.competes(name)
        sentences = [encoders.about_score(name), encoders.elsewhere()]
        self.help.value = "<br>".join(html.escape(s) for s in sentences if s)

    def _on_photo(self, _: Any) -> None:
        """Drop what was found in the photo before, and stop a search in it."""
        self._stopped.set()
        self._found = None
        self.bar.value, self.count.value = 0, ""
        self.note.value = caption(self._segmenter)

    def _on_submit(self, _: Any, content: Any, __: Any) -> None:
        """Search when Enter is pressed in the text field."""
        if content.get("event") == "submit" and not self.run.disabled:
            self.run.click()

    def _on_mode(self, _: Any = None) -> None:
        mode = self.mode.value
        sliders = {
            "points": [],
            "everything": [self.grid, self.predicted_iou, self.stability, self.work],
            "salient": [self.saliency, self.work],
            "text": [self.text, self.encoder, self.match, self.compete, self.help, self.work],
        }
        self.settings.children = sliders[mode]
        self._found = None
        self.canvas.mode = "points" if mode == "points" else "pick"
        self.note.value = caption(self._segmenter)


def _slider(name: str, value: float, style: dict[str, str]) -> ipywidgets.FloatSlider:
    return ipywidgets.FloatSlider(
        value, min=0.05, max=0.95, step=0.05, description=name, style=style
    )
