"""Segment-anything's ``SamPredictor``: set one image, then predict from prompts."""

import numpy as np
import torch
from torch import Tensor

from esam_core.errors import InvalidImage, InvalidPrompt, UnsupportedPrompt
from esam_core.prompts import Prompt
from esam_core.sam.model import SameCoordinates, SamModel
from esam_core.segmenter import ImageEmbedding, Segmenter


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

        Args:
            point_coords: (n, 2) as (x, y).
            point_labels: (n,): 1 foreground, 0 background.
            box: (4,) as (x0, y0, x1, y1).
            mask_input: Not supported by EfficientSAM.
            multimask_output: Three masks, or only the one with the highest predicted IoU.
            return_logits: Return logits instead of bool masks; above 0 is inside.

        Returns:
            Masks (c, h, w), predicted IoU (c,), low-resolution logits (c, h', w').

        Raises:
            RuntimeError: No image was set.
            UnsupportedPrompt: A mask prompt, or background points for a model without them.
            InvalidPrompt: An empty prompt, too many points, missing labels, or a point outside.
        """
        coords, labels, boxes, mask = (
            None if given is None else torch.from_numpy(np.array(given))[None]
            for given in (point_coords, point_labels, box, mask_input)
        )
        masks, scores, low = self.predict_torch(
            coords, labels, boxes, mask, multimask_output, return_logits
        )
        return masks[0].cpu().numpy(), scores[0].cpu().numpy(), low[0].cpu().numpy()

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
        """Segment b prompts in one batch: points (b, n, 2), labels (b, n), boxes (b, 4).

        Returns:
            Masks (b, c, h, w), predicted IoU (b, c), low-resolution logits (b, c, h', w').

        Raises:
            RuntimeError: No image was set.
            UnsupportedPrompt: A mask prompt, or background points for a model without them.
            InvalidPrompt: An empty prompt, too many points, missing labels, or a point outside.
        """
        embedding = self._require_image()
        if mask_input is not None:
            raise UnsupportedPrompt(
                "EfficientSAM has no mask prompt: it was trained with points and boxes only. "
                "Leave mask_input out, and add points or a box instead."
            )
        coords, labels = self._tokens(point_coords, point_labels, boxes)
        segmenter = self.model.segmenter
        low = [
            segmenter.decode(embedding, c, t)
            for c, t in zip(
                coords.split(segmenter.batch_size), labels.split(segmenter.batch_size), strict=True
            )
        ]
        logits, scores = (torch.cat(column) for column in zip(*low, strict=True))
        if not multimask_output:
            best = scores.argmax(1, keepdim=True)
            scores = scores.gather(1, best)
            logits = logits[torch.arange(len(logits), device=logits.device)[:, None], best]
        full = (segmenter.upscale(part, embedding.image_hw) for part in logits)
        masks = torch.stack([part if return_logits else part >= 0 for part in full])
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

    def _tokens(
        self, coords: Tensor | None, labels: Tensor | None, boxes: Tensor | None
    ) -> tuple[Tensor, Tensor]:
        """Convert points and boxes to the tokens of b prompts: coords (b, t, 2), labels (b, t)."""
        columns: list[tuple[Tensor, Tensor]] = []
        if coords is not None:
            if labels is None:
                raise InvalidPrompt("point_coords came without point_labels; give one per point.")
            if (labels == 0).any() and not self.model.segmenter.understands_background:
                raise UnsupportedPrompt(
                    "EfficientSAM was not trained with background points (label 0). Leave them "
                    "out, or use Segmenter.predict, which ranks candidates by them."
                )
            columns.append((coords.float(), labels.long()))
        if boxes is not None:
            image_hw = self._require_image().image_hw
            inside = [Prompt.box(*box).within(image_hw).box_xyxy for box in boxes.tolist()]
            corners = torch.tensor(inside).view(-1, 2, 2)
            columns.append((corners, torch.tensor([2, 3]).expand(len(corners), 2)))
        if not columns:
            raise InvalidPrompt("the prompt is empty; give point_coords or a box.")
        tokens, kinds = (
            torch.cat([part.cpu() for part in column], 1) for column in zip(*columns, strict=True)
        )
        return tokens, kinds
