"""The models that the page offers, and how to load one; torch is imported on first use."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from esam_core.prompts import Prompt

if TYPE_CHECKING:
    from esam_core.models import ModelSpec


@dataclass(frozen=True, slots=True)
class ModelEntry:
    """A model as listed on the page.

    Args:
        name: Its name in requests.
        title: Its name for display.
        parameters: Number of parameters.
        licence: Of its weights.
        present: Whether its weights are on this machine.
        download_bytes: Size of its weights, 0 if unknown.
        understands_background: Whether it was trained with background points.
        bundled: Whether its weights come with the project.
        recommended: Whether to suggest it where only bundled models are present.
        random: Whether it runs with random weights.
    """

    name: str
    title: str
    parameters: int = 0
    licence: str = ""
    present: bool = True
    download_bytes: int = 0
    understands_background: bool = True
    bundled: bool = False
    recommended: bool = False
    random: bool = False


class Catalogue(Protocol):
    """The source of an engine's models."""

    @property
    def compiled(self) -> bool:
        """Whether to compile models after loading them."""

    def entries(self) -> list[ModelEntry]:
        """Return one entry per model, the best present one first."""

    def load(self, name: str, precision: str | None = None, *, compiled: bool = False) -> Any:
        """Load a model as a Segmenter; without ``precision``, in the catalogue's own."""

    def warm_up(self, segmenter: Any) -> None:
        """Run a model once on an empty image."""

    def download(self, name: str, progress: Callable[[int, int], None]) -> None:
        """Download the weights of a model."""


@dataclass(frozen=True, slots=True)
class CoreCatalogue:
    """The models of esam_core, all with one choice of device, precision and weights.

    Args:
        device: ``auto``, ``cpu``, ``cuda``, ``mps``.
        precision: ``auto``, ``fp32``, ``bf16``, ``fp16``.
        weights: A weights file for the model named ``weights_of``.
        weights_of: The model that ``weights`` belongs to.
        random: Load random weights, to try the page without any file.
        compiled: Let torch.compile rewrite the models; until that is done they run as they are.
    """

    device: str = "auto"
    precision: str = "auto"
    weights: Path | None = None
    weights_of: str = "auto"
    random: bool = False
    compiled: bool = False

    def entries(self) -> list[ModelEntry]:
        """Return one entry per model, those with weights first.

        Models that need packages beyond the requirements are listed where they can be loaded, or
        if ``weights_of`` names them.
        """
        from esam_core.models import MODELS, available_models

        own = [name for name, spec in MODELS.items() if not spec.needs]
        named = [self.weights_of] if self.weights_of in MODELS else []
        present = list(dict.fromkeys(own + named)) if self.random else available_models()
        if self.weights is not None:
            present = list(dict.fromkeys(named + present))
        absent = [name for name in dict.fromkeys(own + named) if name not in present]
        return [self._entry(MODELS[name], name in present) for name in (*present, *absent)]

    def load(self, name: str, precision: str | None = None, *, compiled: bool = False) -> Any:
        """Load a model; without ``precision``, in the catalogue's own.

        Raises:
            EsamError: Unknown name, no weights, or weights of another model.
        """
        from esam_core.models import load_segmenter

        return load_segmenter(
            name,
            weights=self.weights if name == self.weights_of else None,
            device=self.device,
            precision=precision or self.precision,
            random=self.random,
            compiled=compiled,
        )

    def warm_up(self, segmenter: Any) -> None:
        """Run a model once on a grey image, because the first run is slow."""
        embedding = segmenter.embed(np.full((480, 640, 3), 127, np.uint8))
        segmenter.predict(embedding, Prompt.point(320, 240))

    def download(self, name: str, progress: Callable[[int, int], None]) -> None:
        """Download the official weights of a model.

        Raises:
            MissingPackage: The model could not be loaded afterwards.
            DownloadFailed: No connection, or a file with another digest.
        """
        from esam_core.models import MODELS
        from esam_core.weights import download_weights

        MODELS[name].check_packages()
        download_weights(MODELS[name].weights, progress=progress)

    def _entry(self, spec: "ModelSpec", present: bool) -> ModelEntry:
        return ModelEntry(
            name=spec.name,
            title=spec.title,
            parameters=spec.parameters,
            licence=spec.licence,
            present=present,
            download_bytes=spec.weights.size or 0,
            understands_background=spec.understands_background,
            bundled=spec.bundled,
            recommended=spec.recommended,
            random=self.random,
        )
