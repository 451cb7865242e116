"""The models that a figure shows, one column each."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from esam_core.errors import InvalidSettings
from esam_core.models import MODELS, available_models, best_model, load_segmenter, model_spec
from esam_core.segmenter import Segmenter
from esam_core.weights import find_weights

Models = Segmenter | Sequence[Segmenter]
Weights = str | Path | Mapping[str, str | Path] | None


def load_models(
    names: str | Sequence[str] = "auto",
    *,
    weights: Weights = None,
    device: str = "auto",
    precision: str = "auto",
    download: bool = False,
) -> list[Segmenter]:
    """Load the models of a figure.

    Args:
        names: Names of ``MODELS``, also as one text with commas; ``auto`` stands for all whose
            weights are on this machine or in the folder ``weights``, smallest first.
        weights: A weights file for the only model, a folder for all that it holds, or one of these
            for each name; by default the usual places.
        device: As for ``load_segmenter``.
        precision: As for ``load_segmenter``.
        download: Download official weights that are missing.

    Raises:
        InvalidSettings: No name, or weights for a model that is not asked for.
        EsamError: What ``load_segmenter`` raises.
    """
    listed = names.split(",") if isinstance(names, str) else names
    chosen = list(dict.fromkeys(name.strip() for name in listed if name.strip()))
    if not chosen:
        raise InvalidSettings(f"no model is named; use auto or some of {', '.join(MODELS)}.")
    folder = weights if isinstance(weights, str | Path) and Path(weights).is_dir() else None
    if "auto" in chosen:
        chosen = list(dict.fromkeys([*(n for n in chosen if n != "auto"), *_present(folder)]))
    places = _places([model_spec(name).name for name in chosen], weights)
    return [
        load_segmenter(
            name,
            weights=places.get(name),
            device=device,
            precision=precision,
            download=download,
        )
        for name in chosen
    ]


def as_models(segmenters: Models) -> list[Segmenter]:
    """Return one or several models as a list.

    Raises:
        InvalidSettings: There is none.
    """
    models = list(segmenters) if isinstance(segmenters, Sequence) else [segmenters]
    if not models:
        raise InvalidSettings("a figure needs at least one model; see load_models.")
    return models


def _present(folder: str | Path | None) -> list[str]:
    """Return the models with weights in a folder or the usual places, smallest first."""
    inside = [name for name in MODELS if folder and _is_in(folder, name)]
    present = dict.fromkeys([*inside, *available_models()])
    return sorted(present or [best_model()], key=lambda name: MODELS[name].parameters)


def _is_in(folder: str | Path, name: str) -> bool:
    spec = MODELS[name]
    return not spec.missing_packages and find_weights(spec.weights, folder) is not None


def _places(names: Sequence[str], weights: Weights) -> Mapping[str, str | Path]:
    """Return the weights of each model that has some of its own."""
    if weights is None:
        return {}
    if isinstance(weights, Mapping):
        for name in weights:
            if name not in names:
                raise InvalidSettings(
                    f"weights are given for {name!r}, which is not drawn; the models are "
                    f"{', '.join(names)}."
                )
        return weights
    if len(names) > 1 and Path(weights).is_file():
        raise InvalidSettings(
            f"one weights file, {weights}, is given for {len(names)} models; name its model, as "
            f"in {{{names[0]!r}: {str(weights)!r}}}, or draw that model alone."
        )
    if len(names) == 1:
        return {names[0]: weights}
    return {name: weights for name in names if _is_in(weights, name)}
