"""Where weights files are searched, and the errors for missing or wrong files."""

import hashlib
import io
import os
import pickle
import zipfile
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from esam_core.errors import WeightsMismatch, WeightsNotFound
from esam_core.weights import (
    EFFICIENT_SAM_S,
    EFFICIENT_SAM_TI,
    MINI,
    WEIGHTS,
    WeightsFile,
    WeightsSource,
    cache_folder,
    find_weights,
    load_state_dict,
    provenance,
    resolve_weights,
    search_folders,
    verify_weights,
)

BODY = b"pretend these are tensors"
FILE = WeightsFile(
    "tiny.pt",
    (WeightsSource("https://example.org/tiny.pt"),),
    len(BODY),
    hashlib.sha256(BODY).hexdigest(),
)


@pytest.fixture(autouse=True)
def places(monkeypatch, tmp_path) -> Path:
    """Point the cache at an empty folder of the test's own, and make FILE a known file."""
    monkeypatch.setitem(WEIGHTS, "tiny", FILE)
    monkeypatch.delenv("ESAM_WEIGHTS", raising=False)
    monkeypatch.setenv("ESAM_CACHE", str(tmp_path / "cache"))
    (tmp_path / "cache").mkdir()
    return tmp_path


def put(folder: Path, body: bytes = BODY, name: str = "tiny.pt") -> Path:
    folder.mkdir(exist_ok=True)
    (folder / name).write_bytes(body)
    return folder / name


# Rows


def test_every_row_has_addresses_and_well_formed_digests(monkeypatch):
    monkeypatch.delitem(WEIGHTS, "tiny")
    for name, file in WEIGHTS.items():
        assert len(file.sha256) == 64, name
        assert file.bundled or len(file.sources) >= 2, name
        for source in file.sources:
            assert source.url.startswith("https://")
            assert source.git_blob is None or len(source.git_blob) == 40


def test_the_official_hub_is_tried_first_and_the_authors_repository_second():
    for file in (EFFICIENT_SAM_TI, EFFICIENT_SAM_S):
        assert "huggingface.co/yunyangx/EfficientSAM" in file.sources[0].url
        assert "github.com/yformer/EfficientSAM/raw/d525f622" in file.sources[1].url


def test_bundled_mini_is_the_file_that_its_row_describes():
    path = resolve_weights(MINI)
    verify_weights(MINI, path)
    assert provenance(MINI, path) == "bundled mini, sha256 d896da11"


# Places


def test_cache_folder_follows_the_environment(monkeypatch, tmp_path):
    assert cache_folder() == tmp_path / "cache"
    monkeypatch.delenv("ESAM_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert cache_folder() == tmp_path / "xdg" / "esam"
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert "esam" in cache_folder().parts


def test_file_in_the_cache_is_found_and_called_official(places):
    path = put(places / "cache")
    assert find_weights(FILE) == resolve_weights(FILE) == path
    assert provenance(FILE, path) == f"official, sha256 {FILE.sha256[:8]}"


def test_esam_weights_replaces_the_cache_folder(places, monkeypatch):
    put(places / "cache")
    (places / "mine").mkdir()
    monkeypatch.setenv("ESAM_WEIGHTS", str(places / "mine"))
    assert search_folders() == [places / "mine"]
    with pytest.raises(WeightsNotFound, match=r"ESAM_WEIGHTS names .*mine, which holds none of"):
        find_weights(FILE)
    with pytest.raises(WeightsNotFound, match=r"tiny\.pt: looked in .*mine \(named by ESAM_WEIGH"):
        resolve_weights(FILE)
    path = put(places / "mine")
    assert find_weights(FILE) == resolve_weights(FILE) == path


def test_esam_weights_may_name_one_file(places, monkeypatch):
    path = put(places / "mine")
    monkeypatch.setenv("ESAM_WEIGHTS", str(path))
    assert resolve_weights(FILE) == path
    assert find_weights(EFFICIENT_SAM_TI) is None


def test_esam_weights_that_does_not_exist_is_an_error(places, monkeypatch):
    monkeypatch.setenv("ESAM_WEIGHTS", str(places / "nowhere"))
    for look in (find_weights, resolve_weights):
        with pytest.raises(
            WeightsNotFound, match="ESAM_WEIGHTS names .*nowhere, which does not ex"
        ):
            look(FILE)


def test_esam_weights_that_is_another_file_is_an_error(places, monkeypatch):
    monkeypatch.setenv("ESAM_WEIGHTS", str(put(places, name="photo.jpg")))
    with pytest.raises(WeightsNotFound, match=r"names .*photo\.jpg, which is none of .*tiny\.pt"):
        find_weights(FILE)


@pytest.mark.parametrize("name", ["mine", "mine/tiny.pt"])
def test_esam_weights_that_holds_a_damaged_file_is_an_error(places, monkeypatch, name):
    put(places / "mine", BODY[:-3])
    monkeypatch.setenv("ESAM_WEIGHTS", str(places / name))
    with pytest.raises(WeightsNotFound, match="ESAM_WEIGHTS names .* 22 bytes, expected 25"):
        find_weights(FILE)


def test_esam_weights_that_holds_one_known_file_lacks_the_others(places, monkeypatch):
    put(places / "mine")
    monkeypatch.setenv("ESAM_WEIGHTS", str(places / "mine"))
    assert find_weights(EFFICIENT_SAM_TI) is None
    assert find_weights(EFFICIENT_SAM_S) is None


def test_bundled_file_is_there_whatever_esam_weights_says(places, monkeypatch):
    monkeypatch.setenv("ESAM_WEIGHTS", str(places / "nowhere"))
    assert resolve_weights(MINI).name == "esam_mini.safetensors"


def test_missing_file_error_names_place_address_and_command(places):
    with pytest.raises(WeightsNotFound) as caught:
        resolve_weights(EFFICIENT_SAM_TI)
    message = str(caught.value)
    assert str(places / "cache") in message
    assert "weights download efficient_sam_ti" in message
    assert EFFICIENT_SAM_TI.sources[0].url in message


def test_named_file_or_folder_is_taken_and_nothing_else(places):
    put(places / "cache")
    own = put(places / "own", b"my own training", "other.pt")
    assert resolve_weights(FILE, own) == own
    assert provenance(FILE, own).startswith("file, sha256 ")
    with pytest.raises(WeightsNotFound, match=r"own has no tiny\.pt"):
        resolve_weights(FILE, places / "own")
    with pytest.raises(WeightsNotFound, match="does not exist"):
        resolve_weights(FILE, places / "missing.pt")
    assert find_weights(FILE, places / "missing.pt") is None


def test_published_name_with_another_content_is_refused(places):
    put(places / "cache", BODY[::-1])
    with pytest.raises(WeightsMismatch, match=r"sha256 .*, expected .* Delete it"):
        resolve_weights(FILE)


def test_published_name_with_another_size_counts_as_absent_in_listings(places):
    put(places / "cache", BODY[:-3])
    assert find_weights(FILE) is None
    with pytest.raises(WeightsMismatch, match="22 bytes, expected 25"):
        resolve_weights(FILE)


def test_git_lfs_pointer_is_recognised(places):
    put(places / "cache", b"version https://git-lfs.github.com/spec/v1\noid sha256:00\n")
    with pytest.raises(WeightsMismatch, match="git lfs pull"):
        resolve_weights(FILE)


def test_digest_is_taken_again_when_a_file_changes(places):
    path = put(places / "cache")
    verify_weights(FILE, path)
    path.write_bytes(BODY[::-1])
    os.utime(path, ns=(1, 1))
    with pytest.raises(WeightsMismatch):
        verify_weights(FILE, path)


def test_official_zip_is_found_under_its_own_name_and_verified_by_its_content(places):
    path = places / "cache" / "tiny.pt.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("tiny.pt", BODY)
        archive.writestr("__MACOSX/._tiny.pt", b"")
    assert find_weights(FILE) == resolve_weights(FILE) == path
    assert provenance(FILE, path).startswith("official")


# Reading


STATE = {"a.weight": torch.arange(6.0).reshape(2, 3), "a.steps": torch.tensor(3)}


def same(left: dict, right: dict) -> bool:
    return left.keys() == right.keys() and all(torch.equal(left[k], right[k]) for k in left)


@pytest.mark.parametrize("content", [{"model": STATE}, STATE], ids=["official layout", "bare"])
@pytest.mark.parametrize("legacy", [False, True], ids=["zip format", "legacy format"])
def test_pickled_state_dict_is_read(tmp_path, content, legacy):
    torch.save(content, tmp_path / "w.pt", _use_new_zipfile_serialization=not legacy)
    assert same(load_state_dict(tmp_path / "w.pt"), STATE)


def test_checkpoint_inside_a_zip_is_read(tmp_path):
    torch.save({"model": STATE}, tmp_path / "w.pt")
    with zipfile.ZipFile(tmp_path / "w.pt.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(tmp_path / "w.pt", "w.pt")
    assert same(load_state_dict(tmp_path / "w.pt.zip"), STATE)


def test_half_tensors_become_float32_and_integers_stay(tmp_path):
    half = {"h": torch.ones(2).half(), "b": torch.ones(2).bfloat16(), "n": torch.tensor([7])}
    save_file(half, tmp_path / "w.safetensors")
    torch.save(half, tmp_path / "w.pth")
    for name in ("w.safetensors", "w.pth"):
        read = load_state_dict(tmp_path / name)
        assert read["h"].dtype == read["b"].dtype == torch.float32
        assert read["n"].dtype == torch.int64


class Evil:
    """Creates a file when it is unpickled."""

    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self):
        return (os.mkdir, (str(self.marker),))


def test_pickle_that_runs_code_is_refused_and_not_run(tmp_path):
    marker = tmp_path / "ran"
    torch.save({"model": {"w": Evil(marker)}}, tmp_path / "zip.pt")
    (tmp_path / "plain.pt").write_bytes(pickle.dumps(Evil(marker), protocol=2))
    with zipfile.ZipFile(tmp_path / "outer.pt.zip", "w") as archive:
        archive.write(tmp_path / "zip.pt", "zip.pt")
    for name in ("zip.pt", "plain.pt", "outer.pt.zip"):
        with pytest.raises(WeightsMismatch, match="can run code"):
            load_state_dict(tmp_path / name)
    assert not marker.exists()


def saved(content: object) -> bytes:
    stream = io.BytesIO()
    torch.save(content, stream)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("empty.pt", b""),
        ("text.pt", b"hello"),
        ("cut.pt", saved(STATE)[:700]),
        ("page.pt", b"<!DOCTYPE html><title>Sign in</title>"),
        ("list.pt", saved([torch.ones(1)])),
        ("mixed.pt", saved({"w": torch.ones(1), "epoch": 3})),
        ("none.pt", saved({})),
        ("cut.safetensors", b"\x10\0\0\0\0\0\0\0{}"),
        ("text.safetensors", b"hello"),
    ],
)
def test_damaged_file_is_an_error_that_names_the_file(tmp_path, name, body):
    (tmp_path / name).write_bytes(body)
    with pytest.raises(WeightsMismatch, match=name):
        load_state_dict(tmp_path / name)


def test_reading_a_file_that_is_not_there_is_weights_not_found(tmp_path):
    with pytest.raises(WeightsNotFound, match="is not a file"):
        load_state_dict(tmp_path / "w.pt")
