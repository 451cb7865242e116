"""Fake models with exact, immediate results, without torch."""

import threading
from collections.abc import Callable
from types import SimpleNamespace

import numpy as np

from demo.engine.catalogue import ModelEntry
from esam_core.errors import InvalidPrompt, UnsupportedPrompt
from esam_core.images import check_rgb, image_digest
from esam_core.masks import Masks, rank_masks_by
from esam_core.prompts import PointLabel, Prompt
from esam_core.segmenter import ImageEmbedding, LowResMasks
from esam_core.segmenter.mask_inputs import check_mask_inputs
from esam_core.segmenter.queries import check_queries

RADII = (30, 15, 60)
SCORES = (0.9, 0.7, 0.5)


class FakeSegmenter:
    """A click returns a disc around it, a box its rectangle; background discs are cut away.

    One that understands masks adds the discs to the mask that it corrects.
    """

    provenance = "fake"
    device = "cpu"
    batch_size = 8
    quick = False

    def __init__(
        self,
        name: str = "fake",
        title: str = "Fake",
        understands_background=True,
        precision="fp32",
        understands_mask_input=False,
    ):
        self.understands_mask_input = understands_mask_input
        self.max_tokens = 24 if understands_mask_input else 6
        self.name, self.title, self.precision = name, title, precision
        self.understands_background = understands_background
        self.embedded = 0
        self.prompts: list[Prompt] = []
        self.batches: list[int] = []
        self._alone = threading.Lock()

    def embed(self, image: np.ndarray) -> ImageEmbedding:
        image_hw = check_rgb(image).shape[:2]
        self.embedded += 1
        return ImageEmbedding(None, None, image_hw, self.name, image_digest(image), image)

    def predict(
        self,
        embedding,
        prompt,
        *,
        rule="predicted_iou",
        subtract_background=False,
        mask_input=None,
        look_again="auto",
    ):
        self._check(embedding)
        before = self._before(embedding, mask_input, 1)
        prompt = prompt.validated(embedding.image_hw, corrects_mask=mask_input is not None)
        assert self._alone.acquire(blocking=False), "two predictions at once"
        try:
            self.prompts.append(prompt)
            masks = np.stack(
                [
                    self._mask(embedding.image_hw, prompt, r, subtract_background, before[0])
                    for r in RADII
                ]
            )
            scores, low = np.array(SCORES), np.where(masks, np.float32(8), np.float32(-8))
            found = Masks.from_data(masks, scores, scores, low_res_logits=low)
            return found[rank_masks_by(found, rule, box_xyxy=prompt.box_xyxy)]
        finally:
            self._alone.release()

    def predict_batch(
        self, embedding, prompts, *, rule="predicted_iou", mask_inputs=None, look_again="auto"
    ):
        self.batches.append(len(prompts))
        earlier = [None] * len(prompts) if mask_inputs is None else mask_inputs
        return [
            self.predict(embedding, prompt, rule=rule, mask_input=mask, look_again=look_again)
            for prompt, mask in zip(prompts, earlier, strict=True)
        ]

    def decode(self, embedding, point_coords, point_labels, mask_input=None):
        import torch

        self._check(embedding)
        corrects, hw = mask_input is not None, embedding.image_hw
        coords, labels = check_queries(
            point_coords, point_labels, hw, corrects_mask=corrects, most=self.max_tokens
        )
        before = self._before(embedding, mask_input, len(coords))
        masks = np.zeros((len(coords), len(RADII), *hw), bool)
        for i, (tokens, kinds) in enumerate(zip(coords, labels, strict=True)):
            prompt = _prompt(tokens, kinds)
            self.prompts.append(prompt)
            masks[i] = [self._mask(hw, prompt, r, False, before[i]) for r in RADII]
        logits = torch.where(torch.from_numpy(masks), 8.0, -8.0)
        return LowResMasks(logits, torch.tensor([SCORES] * len(coords)).view(-1, len(SCORES)))

    def decode_if(self, embedding, point_coords, point_labels, wanted):
        low = self.decode(embedding, point_coords, point_labels)
        kept = wanted(low.predicted_iou).any(-1).nonzero()[:, 0]
        return LowResMasks(low.logits[kept], low.predicted_iou[kept]), kept

    def low_res_hw(self, image_hw):
        return image_hw

    def upscale(self, logits, image_hw):
        import torch.nn.functional as F

        return F.interpolate(logits[None], image_hw, mode="bilinear", align_corners=False)[0]

    def _check(self, embedding):
        if embedding.model != self.name:
            raise InvalidPrompt(f"the embedding was made by {embedding.model}, not {self.name}.")

    def _before(self, embedding, mask_input, count):
        if mask_input is None:
            return [None] * count
        if not self.understands_mask_input:
            raise UnsupportedPrompt(f"{self.title} has no mask prompt.")
        hw = embedding.image_hw
        return check_mask_inputs(mask_input, count, hw, hw) >= 0

    def _mask(self, image_hw, prompt, radius, subtract, before=None):
        yy, xx = np.mgrid[: image_hw[0], : image_hw[1]]
        mask = np.zeros(image_hw, bool) if before is None else before.copy()
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


def _prompt(coords, labels) -> SimpleNamespace:
    """Read a query's tokens (t, 2) and labels (t,) as a prompt, of any length."""
    points = labels <= PointLabel.FOREGROUND
    points &= labels != PointLabel.PADDING
    corners = coords[labels >= PointLabel.BOX_TOP_LEFT]
    return SimpleNamespace(
        point_coords=coords[points].tolist(),
        point_labels=labels[points].tolist(),
        box_xyxy=corners.ravel().tolist() if len(corners) else None,
    )


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
