"""PromptWidget: the page's canvas in Jupyter, by anywidget.

Photo and masks are sent as messages and are not widget state, so that a notebook saved with its
widgets stays small.
"""

from functools import cached_property
from typing import Any, NamedTuple

import anywidget
import numpy as np
import traitlets

from demo.engine import Engine
from demo.engine.catalogue import Catalogue, CoreCatalogue
from demo.engine.photos import Photo
from demo.handlers import photos, points
from demo.handlers.pictures import drawing_colours, labels_url, photo_url
from demo.handlers.requests import Json, read_request, text_of, values_of
from demo.static import bundle, styles
from demo.texts import page as texts
from esam_core.errors import InvalidPrompt
from esam_core.images import ImageSource
from esam_core.masks import Masks
from esam_core.prompts import Prompt
from esam_core.values import shown
from esam_core.visualize import draw_masks, draw_prompt, palette

MODES = ("points", "pick")


class NamedMask(NamedTuple):
    """An object of the photo: its name, its mask (h, w) bool, and the score of the mask."""

    name: str
    mask: np.ndarray
    predicted_iou: float


class PromptWidget(anywidget.AnyWidget):
    """Click points on a photo, drag a box, see the mask.

    ``prompt`` holds the clicks and ``masks`` the candidates, best first; both can be read at any
    time, and ``prompt`` can be set. ``choice`` is the index of the candidate that is shown.
    ``objects`` are all objects of the photo; ``prompt`` and ``masks`` belong to the selected one.
    A photo is opened by its button, by dropping it on the canvas, or by setting ``image``.

    Args:
        image: The photo, in any form that ``load_rgb`` reads.
        model: A name, or ``auto`` for the best one whose weights are present.
        device: As for ``load_segmenter``.
        precision: As for ``load_segmenter``.
        height: Height of the widget in CSS pixels.
        catalogue: Where models come from, in place of esam_core's.
    """

    # Text, because anywidget would watch files for changes.
    _esm = bundle("widget.js") + "export default { render: entry.render };\n"
    _css = styles("canvas.css", "objects.css", "widget.css")

    _prompt = traitlets.Dict(Prompt().to_json()).tag(sync=True)
    _steps: traitlets.List[dict] = traitlets.List().tag(sync=True)
    _photo = traitlets.Unicode().tag(sync=True)
    _texts = traitlets.Dict(texts.PAGE | texts.WIDGET).tag(sync=True)
    _colours = traitlets.Dict(drawing_colours()).tag(sync=True)
    model = traitlets.Unicode().tag(sync=True)
    mode = traitlets.Enum(MODES, "points").tag(sync=True)
    picked: traitlets.List[int] = traitlets.List().tag(sync=True)
    choice = traitlets.Int(0).tag(sync=True)
    _objects: traitlets.List[dict] = traitlets.List().tag(sync=True)
    _active = traitlets.Int(0).tag(sync=True)  # index of the selected object
    height = traitlets.Int(560).tag(sync=True)

    def __init__(
        self,
        image: ImageSource,
        model: str = "auto",
        *,
        device: str = "auto",
        precision: str = "auto",
        height: int = 560,
        catalogue: Catalogue | None = None,
    ):
        self.engine = Engine(catalogue or CoreCatalogue(device, precision), model=model)
        self.engine.models.start()
        # Raises if the model cannot be loaded.
        self.segmenter_name = self.engine.models.segmenter().name
        self.photo = self.engine.open_photo(image)
        self._answered: tuple[str, Masks] | None = None
        self._received = bytearray()  # of a file that the browser is sending
        super().__init__(_photo=self.photo.token, model=self.segmenter_name, height=height)
        self.on_msg(self._on_message)

    @property
    def image(self) -> np.ndarray:
        """The photo (h, w, 3) uint8 RGB."""
        return self.photo.image

    @image.setter
    def image(self, source: ImageSource) -> None:
        self._take(self.engine.open_photo(source))

    def _take(self, photo: Photo) -> None:
        self.engine.close_photo(self.photo.token)
        self.photo = photo
        with self.hold_sync():  # the browser must not answer one of these before it has all
            self._prompt, self._steps, self._objects = Prompt().to_json(), [], []
            self.picked, self.choice, self._active = [], 0, 0
            self._photo = self.photo.token

    @property
    def prompt(self) -> Prompt:
        """The clicks in pixels of the photo; more than six tokens are merged as on the page.

        A prompt that is set is checked at once and clipped to the photo; an empty one clears.

        Raises:
            InvalidPrompt: The browser sent an invalid prompt, or what is set is none, points at
                nothing or lies outside the photo.
        """
        if self._prompt in ({}, Prompt().to_json()):
            return Prompt()
        return read_request({"prompt": self._prompt}, self.image.shape[:2]).prompt

    @prompt.setter
    def prompt(self, prompt: Prompt) -> None:
        if not isinstance(prompt, Prompt):
            raise InvalidPrompt(
                f"{shown(prompt)} is not a Prompt; give one, such as Prompt.point(30, 20)."
            )
        checked = prompt if prompt.is_empty else prompt.validated(self.image.shape[:2])
        given: Json = {"prompt": checked.to_json(), "steps": [], "choice": 0}
        given |= {"model": self.model, "hidden": False}
        with self.hold_sync():
            self._prompt, self._steps, self.choice = given["prompt"], [], 0
            self._objects = [
                {**values_of(sent), **given} if i == self._active else sent
                for i, sent in enumerate(self._objects)
            ]

    @property
    def masks(self) -> Masks:
        """The candidates for the prompt, best first; none without a prompt.

        Clicks made in the browser correct each other in their order, as the widget shows.
        """
        payload: Json = {"prompt": self._prompt, "steps": self._steps, "model": self.model}
        if self._active < len(self._objects):
            payload["subtract"] = values_of(self._objects[self._active]).get("subtract")
        if not self._steps and self.prompt.is_empty:
            return Masks.empty(self.image.shape[:2])
        key = repr((self._photo, payload))
        if self._answered is None or self._answered[0] != key:
            request = read_request(payload, self.image.shape[:2])
            self._answered = key, points.search(self.engine, self.photo, request).masks
        return self._answered[1]

    @property
    def objects(self) -> list[NamedMask]:
        """The objects that were clicked, in their order; those without a click are left out.

        An object keeps the model that made it when another model is selected.

        Raises:
            InvalidPrompt: The browser sent an invalid prompt.
        """
        found = []
        # The browser names objects; until it has, there is the one that was set here.
        only = {"prompt": self._prompt, "choice": self.choice, "name": f"{texts.PAGE['object']} 1"}
        for sent in map(values_of, self._objects or [only]):
            if not sent.get("steps") and Prompt.from_json(sent.get("prompt") or {}).is_empty:
                continue
            payload = {**sent, "model": sent.get("model") or self.model}
            request = read_request(payload, self.image.shape[:2])
            masks = points.search(self.engine, self.photo, request).masks
            best = masks[min(request.choice, len(masks) - 1)]
            name = text_of(sent.get("name")) or ""
            found.append(NamedMask(name, best.data[0], float(best.predicted_iou[0])))
        return found

    @property
    def segmenter(self) -> Any:
        """The selected model."""
        return self.engine.models.segmenter(self.model)

    @cached_property
    def models(self) -> list[str]:
        """The models whose weights are present, best first."""
        return [entry.name for entry in self.engine.models.entries if entry.present]

    def show(self, masks: Masks) -> None:
        """Show masks over the photo, to pick from by hover and click; see ``picked``.

        This sets the mode to ``pick``; ``widget.mode = "points"`` goes back.
        """
        png = labels_url(masks)
        layer = {"kind": "labels", "token": self._photo, "png": png, "mode": "pick"}
        self.mode, self.picked = "pick", []
        self.send({"layers": {"masks": layer}})

    def picture(self) -> np.ndarray:
        """Draw photo, prompt and best mask (h, w, 3) uint8, without a browser."""
        best = draw_masks(self.image, self._chosen, colours=palette(1))
        return draw_prompt(best, self.prompt)

    def _repr_mimebundle_(self, **options: Any) -> Any:
        """Add a static picture for viewers without widgets."""
        bundle = super()._repr_mimebundle_(**options)
        data, *rest = bundle if isinstance(bundle, tuple) else (bundle,)
        if data is None:
            return bundle
        try:
            url = photo_url(self.picture())
        except InvalidPrompt:  # from the browser; reading the prompt says why
            url = photo_url(self.image)
        data = {**data, "image/jpeg": url.split(",", 1)[1]}
        return (data, *rest) if rest else data

    @property
    def payload(self) -> Json:
        """The payload for handlers: the photo and the model of this widget."""
        return {"token": self._photo, "model": self.model}

    @property
    def _chosen(self) -> Masks:
        masks = self.masks
        return masks[self.choice : self.choice + 1] if self.choice < len(masks) else masks[:1]

    def _open(self, payload: Any, data: bytes) -> Json:
        """Take a part of a photo file, and open the photo with the last part.

        Jupyter's connection ends at a message above 10 MB, so large files come in parts. On an
        error the old photo stays.
        """
        sent = values_of(payload)
        if sent.get("start") == 0:
            self._received = bytearray()
        if sent.get("start") != len(self._received):
            return photos.upload(self.engine, None)
        self._received += data
        if not sent.get("last"):
            return {}
        whole, self._received = bytes(self._received), bytearray()
        reply = photos.upload(self.engine, whole, text_of(sent.get("name")) or "")
        if "error" not in reply:
            self._take(self.engine.photo(reply["token"]))
        return reply

    def _on_message(self, _: object, content: Any, buffers: Any) -> None:
        """Reply to a message of the browser; every request gets a reply."""
        if not isinstance(content, dict) or "id" not in content:
            return
        kind = text_of(content.get("kind"))
        if kind == "prompt":
            payload = {**values_of(content.get("payload")), **self.payload}
            reply = points.prompt(self.engine, payload)
        elif kind == "open":
            data = bytes(buffers[0]) if buffers else b""
            reply = self._open(content.get("payload"), data)
        elif kind == "photo":
            reply = photos.described(self.photo)
        else:
            reply = photos.embed(self.engine, self.payload)
        self.send({"id": content["id"], "reply": reply})
