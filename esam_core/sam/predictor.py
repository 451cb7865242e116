"""Segment-anything's ``SamPredictor``: set one image, then predict from prompts."""

import numpy as np
import torch
from torch import Tensor

from esam_core.errors import InvalidImage, UnsupportedPrompt
from esam_core.prompts import PointLabel, Prompt
from esam_core.sam.model import SameCoordinates, SamModel
from esam_core.sam.tokens import join_tokens
from esam_core.segmenter import ImageEmbedding, Segmenter
from esam_core.segmenter.queries import check_queries
from esam_core.values import count_rows


class SamPredictor:
    """Segments one image at a time; see segment-anything's class of this name.

    Args:
        sam_model: From ``sam_model_registry``, or a segmenter.
    """

    def __init__(self, sam_model: SamModel | Segmenter) -> None:
        self.model = sam_model if isinstance(sam_model, SamModel) else SamModel(sam_model)
        self.transform = SameCoordinates()
        self.is_image_set = False
        self.features: Tensor | None = None
        self._embedding: ImageEmbedding | None = None
        self.original_size: tuple[int, int] | None = None
        self.input_size: tuple[int, int] | None = None

    def set_image(self, image: np.ndarray, image_format: str = "RGB") -> None:
        """Embed an image (h, w, 3) uint8.

        Raises:
            InvalidImage: Wrong shape, type or format.
        """
        if image_format not in ("RGB", "BGR"):
            raise InvalidImage(f"image_format is {image_format!r}; it must be RGB or BGR.")
        if image_format == "BGR":
            image = np.ascontiguousarray(image[..., ::-1])
        self.reset_image()
        self._embedding = self.model.segmenter.embed(image)
        self.features = self._embedding.features.embedding
        self.original_size = self.input_size = self._embedding.image_hw
        self.is_image_set = True

    def set_torch_image(
        self, transformed_image: Tensor, original_image_size: tuple[int, ...]
    ) -> None:
        """Embed an image (1, 3, h, w) with values 0 to 255, in its original size.

        Raises:
            InvalidImage: The image was resized, or is a batch of several.
        """
        size = tuple(transformed_image.shape)
        if len(size) != 4 or size[:2] != (1, 3) or size[2:] != tuple(original_image_size):
            raise InvalidImage(
                f"set_torch_image got {size} for an image of {tuple(original_image_size)}; give "
                "(1, 3, height, width) in the image's own size, the model resizes it itself."
            )
        image = transformed_image[0].permute(1, 2, 0).round().clamp(0, 255).to(torch.uint8)
        self.set_image(np.ascontiguousarray(image.cpu().numpy()))

    def predict(
        self,
        point_coords: np.ndarray | None = None,
        point_labels: np.ndarray | None = None,
        box: np.ndarray | None = None,
        mask_input: np.ndarray | None = None,
        multimask_output: bool = True,
        return_logits: bool = False,
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Segment the object that points and a box, in pixels of the image, describe.

        What is allowed is what ``Prompt`` and ``Prompt.validated`` allow.

        Args:
            point_coords: (n, 2) as (x, y).
            point_labels: (n,): 1 foreground, 0 background.
            box: (4,) or (1, 4) as (x0, y0, x1, y1), any two opposite corners; what stands out of
                the image is clipped.
            mask_input: Low-resolution logits (1, h', w') from an earlier call that the prompt
                corrects, for models that understand them; EfficientSAM does not.
            multimask_output: Three masks, or only the one with the highest predicted IoU.
            return_logits: Return logits instead of bool masks; above 0 is inside.

        Returns:
            Masks (c, h, w), predicted IoU (c,), low-resolution logits (c, h', w').

        Raises:
            RuntimeError: No image was set.
            UnsupportedPrompt: A mask prompt or background points for a model without them.
            InvalidPrompt: No foreground point and no box, several boxes, too many points, missing
                labels, values that are no numbers, or a point or a whole box outside.
        """
        embedding = self._require_image()
        corrects = mask_input is not None
        prompt = Prompt(
            () if point_coords is None else point_coords,  # type: ignore[arg-type]
            () if point_labels is None else point_labels,  # type: ignore[arg-type]
            box[0] if box is not None and count_rows(box, 4) == 1 else box,  # type: ignore[arg-type]
        ).validated(embedding.image_hw, corrects_mask=corrects)
        self._refuse_background(bool(prompt.background_points))
        coords, labels = (array[None] for array in prompt.tokens())
        mask = None if mask_input is None else _one_mask(mask_input)
        found = self._decode(embedding, coords, labels, mask, multimask_output, return_logits)
        masks, scores, low = (column[0].cpu().numpy() for column in found)
        return masks, scores, low

    @torch.inference_mode()
    def predict_torch(
        self,
        point_coords: Tensor | None,
        point_labels: Tensor | None,
        boxes: Tensor | None = None,
        mask_input: Tensor | None = None,
        multimask_output: bool = True,
        return_logits: bool = False,
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Segment b prompts, each by the rules of ``predict``; all are checked before any is run.

        Args:
            point_coords: (b, n, 2) as (x, y), in pixels of the image.
            point_labels: (b, n): 1 foreground, 0 background, -1 padding.
            boxes: (b, 4) as (x0, y0, x1, y1).
            mask_input: Low-resolution logits (b, 1, h', w') that the prompts correct, for models
                that understand them.
            multimask_output: Three masks, or only the one with the highest predicted IoU.
            return_logits: Return logits instead of bool masks; above 0 is inside.

        Returns:
            Masks (b, c, h, w), predicted IoU (b, c), low-resolution logits (b, c, h', w').

        Raises:
            RuntimeError: No image was set.
            UnsupportedPrompt: A mask prompt or background points for a model without them.
            InvalidPrompt: As for ``predict``, or shapes that do not fit together.
        """
        embedding = self._require_image()
        tokens = join_tokens(point_coords, point_labels, boxes)
        corrects = mask_input is not None
        coords, labels = check_queries(
            *tokens,
            embedding.image_hw,
            corrects_mask=corrects,
            most=self.model.segmenter.max_tokens,
        )
        self._refuse_background(bool((labels == PointLabel.BACKGROUND).any()))
        return self._decode(embedding, coords, labels, mask_input, multimask_output, return_logits)

    @torch.inference_mode()
    def _decode(
        self,
        embedding: ImageEmbedding,
        coords: np.ndarray,
        labels: np.ndarray,
        mask_input: np.ndarray | Tensor | None,
        multimask_output: bool,
        return_logits: bool,
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Decode tokens (b, t, 2) with labels (b, t); see ``predict_torch``."""
        segmenter = self.model.segmenter
        starts = range(0, max(len(coords), 1), segmenter.batch_size)
        parts = [slice(start, start + segmenter.batch_size) for start in starts]
        low = [
            segmenter.decode(
                embedding,
                coords[part],
                labels[part],
                None if mask_input is None else mask_input[part],
            )
            for part in parts
        ]
        logits, scores = (torch.cat(column) for column in zip(*low, strict=True))
        if not multimask_output:
            best = scores.argmax(1, keepdim=True)
            scores = scores.gather(1, best)
            logits = logits[torch.arange(len(logits), device=logits.device)[:, None], best]
        dtype = logits.dtype if return_logits else torch.bool
        masks = logits.new_empty((*scores.shape, *embedding.image_hw), dtype=dtype)
        for mask, part in zip(masks, logits, strict=True):
            full = segmenter.upscale(part, embedding.image_hw)
            mask[:] = full if return_logits else full >= 0
        return masks, scores, logits

    def get_image_embedding(self) -> Tensor:
        """Return the embedding (1, c, h', w') of the image that was set.

        Raises:
            RuntimeError: No image was set.
        """
        return self._require_image().features.embedding

    @property
    def device(self) -> torch.device:
        """The device the model runs on."""
        return self.model.device

    def reset_image(self) -> None:
        """Forget the image."""
        self.is_image_set = False
        self.features = self._embedding = self.original_size = self.input_size = None

    def _require_image(self) -> ImageEmbedding:
        if self._embedding is None:
            raise RuntimeError("no image is set; call set_image(image) before predicting.")
        return self._embedding

    def _refuse_background(self, given: bool) -> None:
        if given and not self.model.segmenter.understands_background:
            raise UnsupportedPrompt(
                "EfficientSAM was not trained with background points (label 0). Leave them "
                "out, or use Segmenter.predict, which ranks candidates by them."
            )


def _one_mask(mask_input: np.ndarray) -> np.ndarray:
    """Return the mask prompt of one query as (1, h', w'); it may be given as (h', w')."""
    mask = np.asarray(mask_input)
    return mask[None] if mask.ndim == 2 else mask
