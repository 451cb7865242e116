"""Read the tensors of a TorchScript archive (``torch.jit.save``) without running its code.

``torch.jit.load`` compiles the code in the archive and runs its ``__setstate__``; ``torch.load``
with ``weights_only=True`` refuses such files. Weights are data: here the archive's pickle is read
with a list of what it may name, and the code beside it is not opened.
"""

import pickle
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from esam_core.errors import WeightsMismatch

if TYPE_CHECKING:
    from torch import Tensor

MARK = "/constants.pkl"  # what torch itself tells such an archive by
STORAGES = {
    "DoubleStorage": "float64",
    "FloatStorage": "float32",
    "HalfStorage": "float16",
    "BFloat16Storage": "bfloat16",
    "LongStorage": "int64",
    "IntStorage": "int32",
    "ShortStorage": "int16",
    "CharStorage": "int8",
    "ByteStorage": "uint8",
    "BoolStorage": "bool",
}


def is_torchscript(path: Path) -> bool:
    """Whether a file is a TorchScript archive, told by its table of contents."""
    if not zipfile.is_zipfile(path):
        return False
    with zipfile.ZipFile(path) as archive:
        return any(name.endswith(MARK) for name in archive.namelist())


def read_torchscript(path: Path) -> "dict[str, Tensor]":
    """Return the tensors of a TorchScript archive by their names, such as ``visual.proj``.

    Parameters, buffers and tensors that are plain attributes are not told apart.

    Raises:
        WeightsMismatch: The archive is damaged, or names more than modules and tensors.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            root = next(n for n in archive.namelist() if n.endswith(MARK)).removesuffix(MARK)
            with archive.open(f"{root}/data.pkl") as stream:
                return dict(_tensors(_Unpickler(stream, archive, root).load()))
    except Exception as error:  # a damaged pickle raises errors of many types
        raise WeightsMismatch(
            f"{path} is not a TorchScript archive of weights alone, or it is damaged "
            f"({str(error).strip()[:200]}). Nothing in it was run. Get the file again, or give one "
            "in .safetensors."
        ) from error


class _Module:
    """A module of the archive: its attributes, without its code."""


class _Unpickler(pickle.Unpickler):
    def __init__(self, stream: IO[bytes], archive: zipfile.ZipFile, root: str):
        super().__init__(stream)
        self._archive, self._root = archive, root
        self._storages: dict[str, Tensor] = {}

    def find_class(self, module: str, name: str) -> Any:
        import torch

        if module.partition(".")[0] == "__torch__":
            return _Module
        if module == "torch" and name in STORAGES:
            return getattr(torch, STORAGES[name])
        if module == "torch.jit._pickle" and name.startswith("build_"):
            return list
        known = {
            ("torch._utils", "_rebuild_tensor_v2"): _rebuilt,
            ("collections", "OrderedDict"): dict,
        }
        if (module, name) not in known:
            raise pickle.UnpicklingError(f"it names {module}.{name}")
        return known[module, name]

    def persistent_load(self, pid: Any) -> "Tensor":
        """Return the numbers of a storage, (n,); ``pid`` is (kind, dtype, key, device, n)."""
        import torch

        _, dtype, key, _, _ = pid
        if key not in self._storages:
            content = bytearray(self._archive.read(f"{self._root}/data/{key}"))
            empty = torch.empty(0, dtype=dtype)
            self._storages[key] = torch.frombuffer(content, dtype=dtype) if content else empty
        return self._storages[key]


def _rebuilt(storage: "Tensor", offset: int, size: Any, stride: Any, *_: Any) -> "Tensor":
    return storage.as_strided(size, stride, offset)  # checks that it lies inside the storage


def _tensors(module: Any, prefix: str = "") -> "Iterator[tuple[str, Tensor]]":
    import torch

    for name, value in vars(module).items():
        if isinstance(value, _Module):
            yield from _tensors(value, f"{prefix}{name}.")
        elif isinstance(value, torch.Tensor):
            yield prefix + name, value
