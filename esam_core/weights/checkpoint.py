"""Read the tensors of a weights file without executing code from it."""

import io
import pickle
from pathlib import Path
from typing import TYPE_CHECKING, Any

from esam_core.errors import WeightsMismatch, WeightsNotFound
from esam_core.weights.digests import describe_wrong_kind, open_checkpoint

if TYPE_CHECKING:
    from torch import Tensor


def load_state_dict(path: Path | str) -> "dict[str, Tensor]":
    """Read a state dict from ``.safetensors``, ``.pt``/``.pth``, or a zip archive of one ``.pt``.

    Accepts EfficientSAM's layout, ``{"model": {...}}``, and a bare ``{name: tensor}``.
    Half-precision tensors are converted to float32: precision is chosen when a model is loaded.

    Raises:
        WeightsNotFound: There is no such file.
        WeightsMismatch: The file is damaged or contains more than tensors; no code was executed.
    """
    path = Path(path)
    if not path.is_file():
        raise WeightsNotFound(f"{path} is not a file; name a .pt, .pt.zip or .safetensors file.")
    content = _read_safetensors(path) if path.suffix == ".safetensors" else _read_pickle(path)
    if isinstance(content, dict) and isinstance(content.get("model"), dict):
        content = content["model"]
    return _only_tensors(path, content)


def _read_safetensors(path: Path) -> Any:
    # Imported here so that listing and downloading weights do not load torch.
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        return load_file(path, device="cpu")
    except SafetensorError as error:
        raise WeightsMismatch(_damaged(path, error)) from error


def _read_pickle(path: Path) -> Any:
    import torch

    try:
        with open_checkpoint(path) as stream:
            # torch seeks a lot, which is slow in a zip archive's stream.
            return torch.load(io.BytesIO(stream.read()), map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise WeightsMismatch(
            f"{path} holds more than tensors, or is damaged{describe_wrong_kind(path)}; it was "
            "not loaded, because reading such a file can run code. Use a file that was saved "
            'with torch.save({"model": model.state_dict()}) or as .safetensors.'
        ) from error
    except Exception as error:  # torch raises many types of errors for a damaged file
        raise WeightsMismatch(_damaged(path, error)) from error


def _only_tensors(path: Path, content: Any) -> "dict[str, Tensor]":
    import torch

    if not isinstance(content, dict) or not content:
        raise WeightsMismatch(f"{path} holds a {type(content).__name__}, not a dict of tensors.")
    wrong = [k for k, v in content.items() if not isinstance(v, torch.Tensor)]
    if wrong:
        raise WeightsMismatch(
            f"{path} holds {wrong[0]!r} beside its tensors; save the state dict alone, "
            'or under the key "model".'
        )
    half = (torch.float16, torch.bfloat16)
    return {str(k): v.float() if v.dtype in half else v for k, v in content.items()}


def _damaged(path: Path, error: Exception) -> str:
    reason = str(error).partition("\n")[0]
    return (
        f"{path} cannot be read as weights{describe_wrong_kind(path)}: {reason}. "
        "Delete it and get it again."
    )
