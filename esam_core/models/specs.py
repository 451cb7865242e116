"""What a row of the table of models says; importing this module loads no network."""

from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any, NamedTuple

from esam_core.errors import MissingPackage
from esam_core.weights import Weights, is_bundled


class GridThresholds(NamedTuple):
    """Thresholds of segment everything that suit a model; see ``GridSettings``."""

    pred_iou_thresh: float
    stability_score_thresh: float
    stability_score_offset: float
    looks: int = 0  # of the preset fast; see ``GridSettings``
    crop_n_layers: int = 0
    crop_n_points_downscale_factor: int = 1


# The thresholds in the notebook of EfficientSAM's authors.
EFFICIENT_SAM_THRESHOLDS = GridThresholds(0.7, 0.9, 1.0)
# Defaults of segment-anything's SamAutomaticMaskGenerator.
SAM_THRESHOLDS = GridThresholds(0.88, 0.95, 1.0)
# Small models predict lower scores for the clicks of a grid: with EfficientSAM's thresholds the
# bundled one finds next to nothing. Low ones with a second look at the best masks find most; a
# coarser grid in four crops finds a fifth more, in twice the time (``eval everything``).
MINI_THRESHOLDS = GridThresholds(
    0.1, 0.3, 0.5, looks=90, crop_n_layers=1, crop_n_points_downscale_factor=2
)


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """One model.

    Args:
        name: Name in code and on the command line.
        title: Name in the interface and in captions.
        loader: ``module:function`` that makes the segmenter of this family of networks. It is
            called with the row, the path of the weights (None for random ones) and their
            provenance, and with ``device``, ``precision`` and ``compiled`` by name.
        config: What the loader needs to know of the network, such as its size.
        weights: The weights and their sources.
        parameters: Number of the network's parameters.
        licence: Licence of the weights.
        paper: The paper or document that describes it.
        needs: Packages of ``requirements-sam.txt`` without which it cannot be loaded.
        understands_background: Whether it was trained with background points (label 0).
        understands_mask_input: Whether it was trained to correct an earlier mask.
        quick: Whether second looks cost so little that they are always worth it.
        grid_thresholds: Default thresholds of segment everything.
        recommended: Whether to suggest its download to users who have only bundled models.
    """

    name: str
    title: str
    loader: str
    config: Any
    weights: Weights
    parameters: int
    licence: str
    paper: str
    needs: tuple[str, ...] = ()
    understands_background: bool = False
    understands_mask_input: bool = False
    quick: bool = False
    grid_thresholds: GridThresholds = EFFICIENT_SAM_THRESHOLDS
    recommended: bool = False

    @property
    def bundled(self) -> bool:
        """Whether the weights come with the project."""
        return is_bundled(self.weights)

    @property
    def missing_packages(self) -> tuple[str, ...]:
        """The packages of ``needs`` that are not installed; none of them is imported."""
        return tuple(name for name in self.needs if find_spec(name) is None)

    def check_packages(self) -> None:
        """Raise an error if a package that the model needs is not installed.

        Raises:
            MissingPackage: Says which, and how to install it.
        """
        if missing := self.missing_packages:
            raise MissingPackage(
                f"{self.title} needs {' and '.join(missing)}, which this installation lacks: "
                "pip install -r requirements-sam.txt."
            )
