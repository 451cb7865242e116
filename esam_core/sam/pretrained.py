"""Networks of ``transformers``, read from a folder that ``save_pretrained`` wrote."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from esam_core.errors import WeightsMismatch


def read_pretrained(kind: Any, folder: Path, title: str) -> Any:
    """Build a network from its configuration and weights, without network access.

    Args:
        kind: The class of ``transformers``, such as ``SamModel``.
        folder: Has ``config.json`` and ``model.safetensors``.
        title: The model that is wanted, for errors.

    Raises:
        WeightsMismatch: The folder is another kind of network's, damaged, or lacks parameters.
    """
    wanted, found = kind.config_class.model_type, _model_type(folder)
    if found != wanted:
        raise WeightsMismatch(
            f"{folder} holds a network of the type {found!r}, and {title} is of the type "
            f"{wanted!r}. Name a folder of that type, or choose the model it belongs to."
        )
    try:
        with _quiet():
            network, read = kind.from_pretrained(
                folder, local_files_only=True, use_safetensors=True, output_loading_info=True
            )
    except Exception as error:  # errors of several libraries, without a common base class
        raise WeightsMismatch(
            f"{folder} does not hold the weights of {title}: {str(error).strip()[:300]} Fetch "
            "them again, or name another folder."
        ) from error
    if missing := sorted(read["missing_keys"]):
        raise WeightsMismatch(
            f"{folder} lacks {len(missing)} parameters of {title}, such as {missing[0]}. Fetch "
            "them again, or name another folder."
        )
    return network


def _model_type(folder: Path) -> str:
    try:
        return json.loads((folder / "config.json").read_text(encoding="utf-8"))["model_type"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise WeightsMismatch(
            f"{folder / 'config.json'} is no configuration of transformers: it names no "
            "model_type. Name the folder that save_pretrained wrote."
        ) from error


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep the progress bar and the report of ``transformers`` off stderr inside the block."""
    from transformers.utils import logging

    bars, level = logging.is_progress_bar_enabled(), logging.get_verbosity()
    logging.disable_progress_bar()
    logging.set_verbosity_error()
    try:
        yield
    finally:
        logging.set_verbosity(level)
        if bars:
            logging.enable_progress_bar()
