"""Which models the page offers, and how one is loaded; torch is imported only when asked."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from demo import texts
from demo.startup import collector_at_rest
from esam_core.prompts import Prompt

MINI = "mini"
RECOMMENDED = "efficient_sam_ti"


@dataclass(frozen=True, slots=True)
class ModelRow:
    """What the page says about one model.

    Args:
        name: The name that requests carry.
        title: The name that a person reads.
        about: Size and licence.
        present: Whether its weights lie on this machine.
        command: How to get the weights.
        download_label: What the download button says.
        understands_background: Whether it was trained with background points.
        note: One line shown while this model answers, or nothing.
        note_command: The command that belongs to the note.
    """

    name: str
    title: str
    about: str = ""
    present: bool = True
    command: str = ""
    download_label: str = ""
    understands_background: bool = True
    note: str = ""
    note_command: str = ""


class Catalogue(Protocol):
    """Where an engine gets its models from."""

    compiled: bool

    def rows(self) -> list[ModelRow]:
        """Return one row per model, the best present one first."""

    def load(self, name: str, precision: str | None = None, *, compiled: bool = False) -> Any:
        """Load one model as a Segmenter, in its own precision unless another is asked for."""

    def warm_up(self, segmenter: Any) -> None:
        """Run a model once on nothing."""

    def download(self, name: str, progress: Callable[[int, int], None]) -> None:
        """Fetch the weights of one model."""


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

    def rows(self) -> list[ModelRow]:
        """Return one row per model, those with weights first."""
        with collector_at_rest():
            from esam_core.models import MODELS, available_models

        present = list(MODELS) if self.random else available_models()
        if self.weights is not None and self.weights_of in MODELS:
            present = [self.weights_of, *(name for name in present if name != self.weights_of)]
        absent = [name for name in MODELS if name not in present]
        return [self._row(MODELS[name], name in present) for name in (*present, *absent)]

    def load(self, name: str, precision: str | None = None, *, compiled: bool = False) -> Any:
        """Load one model, in the catalogue's precision unless another is asked for.

        Raises:
            EsamError: Unknown name, no weights, or weights of another model.
        """
        with collector_at_rest():
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
        """Run a model once on a grey picture: the first run of anything takes longer."""
        embedding = segmenter.embed(np.full((480, 640, 3), 127, np.uint8))
        segmenter.predict(embedding, Prompt.point(320, 240))

    def download(self, name: str, progress: Callable[[int, int], None]) -> None:
        """Fetch the official weights of one model.

        Raises:
            DownloadFailed: No connection, or a file with another digest.
        """
        from esam_core.models import MODELS
        from esam_core.weights import download_weights

        download_weights(MODELS[name].weights, progress=progress)

    def _row(self, spec: Any, present: bool) -> ModelRow:
        millions = spec.parameters / 1e6
        about = texts.ABOUT_MODEL if millions >= 10 else texts.ABOUT_SMALL_MODEL
        note = texts.MINI_NOTE if spec.name == MINI else ""
        note = texts.RANDOM_NOTE if self.random else note
        size = spec.weights.size or 0
        return ModelRow(
            name=spec.name,
            title=spec.title,
            about=about.format(parameters=millions, licence=spec.licence),
            present=present,
            command=texts.GET_COMMAND.format(name=spec.name),
            download_label=texts.DOWNLOAD.format(megabytes=round(size / 1e6)),
            understands_background=spec.understands_background,
            note=note,
            note_command=texts.GET_COMMAND.format(name=RECOMMENDED) if note else "",
        )
