"""Models that read photos on a GPU lent for the length of a call, as ZeroGPU of Spaces lends it.

There the package ``spaces`` decorates functions: a decorated one runs in a forked process that has
a GPU, its arguments and its result pass through pickle, and CUDA must not be touched outside. Each
call costs the visitor's quota and the time of lending, so only the image encoder borrows; prompts
are decoded on the CPU, in milliseconds. https://huggingface.co/docs/hub/spaces-zerogpu
"""

import logging
import os
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np

from demo.engine.catalogue import CoreCatalogue, ModelEntry
from esam_core.segmenter.protocol import ImageEmbedding

log = logging.getLogger(__name__)

Lend = Callable[..., Callable]  # spaces.GPU: lend(duration=seconds)(function)
SECONDS = 20  # of a call at most: the first one in a process loads the weights


def lender() -> Lend | None:
    """Return the decorator that lends a GPU, or None where nobody lends one.

    To be called before torch is used: ``spaces`` refuses a process that has touched CUDA.
    """
    if os.environ.get("SPACES_ZERO_GPU", "").lower() not in ("1", "t", "true"):
        return None
    import spaces
    import torch

    # spaces pretends in this process that there is a GPU, for models that are placed on it in the
    # main thread; here they are loaded in others, and ``auto`` has to mean the CPU.
    torch.cuda.is_available = lambda: False
    return spaces.GPU


class BorrowingCatalogue:
    """A catalogue whose models read photos on a lent GPU.

    Args:
        own: The models, all on the CPU.
        lend: See ``lender``.
        device: Where a lent model computes.
    """

    compiled = False  # a forked process would compile for itself each time

    def __init__(self, own: CoreCatalogue, lend: Lend, device: str = "cuda"):
        self.own = own
        there = replace(own, device=device, compiled=False)

        # What a process has loaded stays for the next call that gets the same process.
        @cache
        def loaded(name: str, precision: str) -> Any:
            return there.load(name, precision)

        def read(name: str, precision: str, image: np.ndarray) -> ImageEmbedding:
            embedding = loaded(name, precision).embed(image)
            return on_cpu(replace(embedding, image=None), precision)

        self._read = lend(duration=SECONDS)(read)

    def entries(self) -> list[ModelEntry]:
        """Return one entry per model, the best present one first."""
        return self.own.entries()

    def load(self, name: str, precision: str | None = None, *, compiled: bool = False) -> Any:
        """Load a model on the CPU; it borrows, unless reading a photo there costs next to nothing.

        Raises:
            EsamError: Unknown name, no weights, or weights of another model.
        """
        here = self.own.load(name, precision)
        return here if here.quick else Borrowing(here, self._read)

    def warm_up(self, segmenter: Any) -> None:
        """Run a model once on the CPU, at nobody's expense."""
        self.own.warm_up(segmenter.here if isinstance(segmenter, Borrowing) else segmenter)

    def download(self, name: str, progress: Callable[[int, int], None]) -> None:
        """Download the weights of a model."""
        self.own.download(name, progress)


class Borrowing:
    """A ``Segmenter`` on the CPU whose images are read elsewhere.

    Args:
        here: The segmenter, which does all else.
        read: Takes its name, its precision and an image (h, w, 3) uint8 RGB, and returns the
            embedding with tensors on the CPU, without the image.
    """

    def __init__(self, here: Any, read: Callable[[str, str, np.ndarray], ImageEmbedding]):
        self.here = here
        self._read = read

    def __getattr__(self, name: str) -> Any:
        return getattr(self.here, name)

    def embed(self, image: np.ndarray) -> ImageEmbedding:
        """Encode an image (h, w, 3) uint8 RGB elsewhere, or here if nothing is lent.

        Raises:
            InvalidImage: Another shape or type; use ``load_rgb``.
        """
        try:
            embedding = self._read(self.here.name, self.here.precision, image)
        except Exception as error:  # no quota, no GPU free, or it broke: spaces has no type for it
            log.warning("no GPU was lent, so the CPU reads this photo: %s", error)
            return self.here.embed(image)
        return replace(embedding, image=image)


def on_cpu(value: Any, precision: str) -> Any:
    """Return an embedding, or what it is made of, with its tensors on the CPU in a precision.

    On a GPU half precision leaves some tensors in float32, on a CPU none.
    """
    import torch

    from esam_core.devices import DTYPES

    if isinstance(value, torch.Tensor):
        return value.to("cpu", DTYPES[precision] if value.is_floating_point() else value.dtype)
    if isinstance(value, ImageEmbedding):
        features, context = (on_cpu(part, precision) for part in (value.features, value.context))
        return replace(value, features=features, context=context)
    if isinstance(value, tuple):
        parts = (on_cpu(part, precision) for part in value)
        return type(value)(*parts) if hasattr(value, "_fields") else tuple(parts)
    return value
