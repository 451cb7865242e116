"""Tensors are read from TorchScript archives, and no code in them is run."""

import io
import pickle
import warnings
import zipfile

import pytest
import torch
from torch import nn

from esam_core.errors import WeightsMismatch
from esam_core.weights import is_torchscript, read_torchscript


class Part(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(3, 2), nn.LayerNorm(2))
        self.table = nn.Parameter(torch.arange(6.0).reshape(2, 3).t())  # not contiguous
        self.register_buffer("size", torch.tensor(224))
        self.register_buffer("none", torch.zeros(0))
        self.count, self.shape = 7, [1, 2]

    def forward(self, x):
        return self.layers(x @ self.table)


class Busy(nn.Module):
    """Its state is set by code of its own, which would fail."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(3, 2)

    def forward(self, x):
        return self.layer(x)

    @torch.jit.export
    def __getstate__(self) -> tuple[torch.Tensor, bool]:
        return self.layer.weight, self.training

    @torch.jit.export
    def __setstate__(self, state: tuple[torch.Tensor, bool]):
        assert not state[1], "the archive's code was run"


def script(module, path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch.jit warns of its own age
        torch.jit.script(module).save(str(path))
    return path


def rewritten(path, to, **records):
    """Write an archive again with other content of some of its files."""
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(to, "w") as new:
        for name in old.namelist():
            short = name.partition("/")[2]
            new.writestr(name, records.get(short.partition(".")[0], old.read(name)))
    return to


@pytest.mark.parametrize("convert", [nn.Module.float, nn.Module.half, nn.Module.bfloat16])
def test_every_tensor_is_what_was_saved(convert, tmp_path):
    module = convert(Part())
    path = script(module, tmp_path / "part.pt")
    assert is_torchscript(path)
    found, wanted = read_torchscript(path), module.state_dict()
    assert found.keys() == wanted.keys()
    for name, tensor in wanted.items():
        assert found[name].dtype == tensor.dtype
        assert torch.equal(found[name], tensor)


def test_code_in_an_archive_is_not_run(tmp_path):
    path = script(Busy(), tmp_path / "busy.pt")
    with warnings.catch_warnings(), pytest.raises(Exception, match="the archive's code was run"):
        warnings.simplefilter("ignore")
        torch.jit.load(str(path))
    with pytest.raises(WeightsMismatch, match="Nothing in it was run"):
        read_torchscript(path)


class Mean:
    def __reduce__(self):
        return print, ("the pickle was run",)


@pytest.mark.parametrize(
    "content", [pickle.dumps(Mean()), b"", b"\x80\x02.", pickle.dumps({"a": 1}), b"\xff" * 40]
)
def test_another_pickle_inside_is_refused(content, tmp_path, capsys):
    good = script(Part(), tmp_path / "part.pt")
    bad = rewritten(good, tmp_path / "bad.pt", data=content)
    assert is_torchscript(bad)
    with pytest.raises(WeightsMismatch, match="bad.pt"):
        read_torchscript(bad)
    assert capsys.readouterr().out == ""


def test_tensors_that_reach_beyond_their_numbers_are_refused(tmp_path):
    good = script(nn.Linear(3, 2), tmp_path / "linear.pt")
    short = tmp_path / "short.pt"
    with zipfile.ZipFile(good) as old, zipfile.ZipFile(short, "w") as new:
        for name in old.namelist():
            numbers = name.rpartition("/")[0].endswith("/data")
            new.writestr(name, old.read(name)[: 4 if numbers else None])
    with pytest.raises(WeightsMismatch, match="storage"):
        read_torchscript(short)


def test_other_files_are_told_apart(tmp_path):
    (tmp_path / "words.txt").write_text("no archive")
    stream = io.BytesIO()
    torch.save({"a": torch.zeros(1)}, stream)
    (tmp_path / "state.pt").write_bytes(stream.getvalue())
    assert not is_torchscript(tmp_path / "words.txt")
    assert not is_torchscript(tmp_path / "state.pt")
