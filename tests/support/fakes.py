"""Fake models with exact, immediate results, without torch."""

import threading
from collections.abc import Callable

import numpy as np

from demo.engine.catalogue import ModelEntry
from esam_core.errors import InvalidPrompt
from esam_core.images import check_rgb, image_digest
from esam_core.masks import Masks, rank_masks_by
from esam_core.prompts import PointLabel, Prompt
from esam_core.segmenter import ImageEmbedding, LowResMasks
from esam_core.segmenter.queries import check_queries

RADII = (30, 15, 60)
SCORES = (0.9, 0.7, 0.5)


class FakeSegmenter:
    """A click returns a disc around it, a box its rectangle; background discs are cut away."""

    provenance = "fake"
    device = "cpu"
    batch_size = 8

    def __init__(
        self, name: str = "fake", title: str = "Fake", understands_background=True, precision="fp32"
    ):
        self.name, self.title, self.precision = name, title, precision
        self.understands_background = understands_background
        self.embedded = 0
        self.prompts: list[Prompt] = []
        self.batches: list[int] = []
        self._alone = threading.Lock()

    def embed(self, image: np.ndarray) -> ImageEmbedding:
        image_hw = check_rgb(image).shape[:2]
        self.embedded += 1
        return ImageEmbedding(None, None, image_hw, self.name, image_digest(image))

    def predict(self, embedding, prompt, *, rule="predicted_iou", subtract_background=False):
        self._check(embedding)
        prompt = prompt.validated(embedding.image_hw)
        assert self._alone.acquire(blocking=False), "two predictions at once"
        try:
            self.prompts.append(prompt)
            masks = [self._mask(embedding.image_hw, prompt, r, subtract_background) for r in RADII]
            found = Masks.from_data(np.stack(masks), np.array(SCORES), np.array(SCORES))
            return found[rank_masks_by(found, rule, box_xyxy=prompt.box_xyxy)]
        finally:
            self._alone.release()

    def predict_batch(self, embedding, prompts, *, rule="predicted_iou"):
        self.batches.append(len(prompts))
        return [self.predict(embedding, prompt, rule=rule) for prompt in prompts]

    def decode(self, embedding, point_coords, point_labels):
        import torch

        self._check(embedding)
        queries = zip(*check_queries(point_coords, point_labels, embedding.image_hw), strict=True)
        prompts = [_prompt(coords, labels) for coords, labels in queries]
        masks = np.zeros((len(prompts), len(RADII), *embedding.image_hw), bool)
        for i, prompt in enumerate(prompts):
            masks[i] = [self._mask(embedding.image_hw, prompt, r, False) for r in RADII]
        logits = torch.where(torch.from_numpy(masks), 8.0, -8.0)
        return LowResMasks(logits, torch.tensor([SCORES] * len(prompts)).view(-1, len(SCORES)))

    def decode_if(self, embedding, point_coords, point_labels, wanted):
        low = self.decode(embedding, point_coords, point_labels)
        kept = wanted(low.predicted_iou).any(-1).nonzero()[:, 0]
        return LowResMasks(low.logits[kept], low.predicted_iou[kept]), kept

    def upscale(self, logits, image_hw):
        import torch.nn.functional as F

        return F.interpolate(logits[None], image_hw, mode="bilinear", align_corners=False)[0]

    def _check(self, embedding):
        if embedding.model != self.name:
            raise InvalidPrompt(f"the embedding was made by {embedding.model}, not {self.name}.")

    def _mask(self, image_hw, prompt, radius, subtract):
        yy, xx = np.mgrid[: image_hw[0], : image_hw[1]]
        mask = np.zeros(image_hw, bool)
        if prompt.box_xyxy is not None:
            x0, y0, x1, y1 = prompt.box_xyxy
            mask |= (xx >= x0) & (xx < x1) & (yy >= y0) & (yy < y1)
        discs = [
            ((xx - x) ** 2 + (yy - y) ** 2 <= radius**2, label)
            for (x, y), label in zip(prompt.point_coords, prompt.point_labels, strict=True)
        ]
        for disc, label in discs:
            if label == 1:
                mask |= disc
        for disc, label in discs:
            if label == 0 and (self.understands_background or subtract):
                mask &= ~disc
        return mask


def _prompt(coords, labels) -> Prompt:
    """Read a query's tokens (t, 2) and labels (t,) as a prompt."""
    points = labels <= PointLabel.FOREGROUND
    points &= labels != PointLabel.PADDING
    prompt = Prompt(tuple(map(tuple, coords[points].tolist())), tuple(labels[points].tolist()))
    corners = coords[labels >= PointLabel.BOX_TOP_LEFT]
    return prompt.with_box(*corners.ravel().tolist()) if len(corners) else prompt


class FakeCatalogue:
    """Two present models and an absent one; the second does not read background points."""

    compiled = False

    def __init__(self, load: Callable[[str], object] | None = None, precision: str = "fp32"):
        self.made: list[FakeSegmenter] = []
        self.precision = precision
        self._load = load
        self.present = {"fake", "plain"}

    def entries(self):
        return [
            ModelEntry("fake", "Fake", 1_500_000, "free", bundled=True),
            ModelEntry("plain", "Plain", 20_000_000, "free", understands_background=False),
            ModelEntry(
                "absent",
                "Absent",
                30_000_000,
                "free",
                present="absent" in self.present,
                download_bytes=12_000_000,
                recommended=True,
            ),
        ]

    def load(self, name, precision=None, *, compiled=False):
        if self._load:
            return self._load(name)
        precision = precision or self.precision
        self.made.append(FakeSegmenter(name, name.title(), name != "plain", precision))
        return self.made[-1]

    def warm_up(self, segmenter):
        pass

    def download(self, name, progress):
        progress(1, 2)
        self.present.add(name)


def payload_of(engine, source) -> dict:
    """Open a photo; return the payload that the canvas sends for it."""
    return {"token": engine.open_photo(source).token, "model": "mini"}
