"""HEIC is read; what is no picture is called by its kind, with what to do."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from esam_core import InvalidImage, asset, load_rgb
from esam_core.images import load_photo

HEIC = Path(__file__).with_name("turned.heic")  # 80 x 48, red in a corner, to be turned right
FTYP = b"\x00\x00\x00\x18ftyp"


def test_heic_is_turned_once():
    for source in (HEIC, HEIC.read_bytes()):
        image = load_photo(source).image.astype(int)
        assert image.shape == (80, 48, 3)
        red = np.abs(image - (230, 40, 30)).max(axis=2) < 30
        assert red[:18, -10:].all()
        assert not red[24:].any()
        assert not red[:, :32].any()


def test_without_its_package_heic_is_refused_with_the_way_out(monkeypatch):
    monkeypatch.setitem(sys.modules, "pi_heif", None)
    with pytest.raises(InvalidImage, match=r"'turned.heic' is a HEIC.*pip install pi-heif"):
        load_rgb(HEIC)


@pytest.mark.parametrize(
    ("data", "what", "advice"),
    [
        (b"", "is empty", "again"),
        (b"%PDF-1.7 ...", "PDF", "PNG"),
        (b"8BPS\0\x01" + bytes(20), "Photoshop", "PNG or TIFF"),
        (b"\xff\x0a\xfa\x1f" + bytes(20), "JPEG XL", "JPEG or PNG"),
        (b"\0\0\0\x0cJXL \r\n\x87\n" + bytes(20), "JPEG XL", "JPEG or PNG"),
        (b"v/1\x01" + bytes(20), "OpenEXR", "TIFF"),
        (b"#?RADIANCE\n", "Radiance", "TIFF"),
        (FTYP + b"qt  " + bytes(12), "MOV", "frame"),
        (FTYP + b"isom" + bytes(12), "MP4", "frame"),
        (b"\x1aE\xdf\xa3" + bytes(20), "WebM", "frame"),
        (b"RIFF\0\0\0\0AVI LIST", "AVI", "frame"),
        (FTYP + b"crx " + bytes(12), "raw file .CR3", "Develop"),
        (b"FUJIFILMCCD-RAW 0201", "raw file .RAF", "Develop"),
        (FTYP + b"heic" + bytes(12), "HEIC", "JPEG"),
        (bytes(128) + b"DICM" + bytes(20), "DICOM", "pydicom"),
        (b"\x93NUMPY\x01\0", "numpy array", "numpy.load"),
        (b"\x89HDF\r\n\x1a\n" + bytes(9), "HDF5", "h5py"),
        (b"PK\x03\x04" + bytes(30), "ZIP", "Unpack"),
        (b"\x1f\x8b\x08" + bytes(30), "gzip", "Unpack"),
        (b"<!DOCTYPE html><html><body>", "HTML", "login"),
        (b'{"error": "not found"}', "JSON", "JPEG"),
        ("größe,farbe\n1,rot\n".encode(), "text", "JPEG"),
        (b"<?xml version='1.0'?><svg/>", "SVG", "PNG"),
        (b"\xff\xd8\xff\xe0" + bytes(9), "JPEG", "again"),
        (bytes(range(200, 256)), "not a picture", "JPEG"),
    ],
)
def test_refusals_know_the_file(tmp_path, data, what, advice):
    path = tmp_path / "Bild (1) ä.jpg"
    path.write_bytes(data)
    for read in (lambda: load_photo(data, name=path.name), lambda: load_rgb(path)):
        with pytest.raises(InvalidImage, match=f"^'Bild .1. ä.jpg' .*{what}.*{advice}"):
            read()


def test_the_name_that_was_given_is_the_one_that_errors_use(tmp_path):
    path = tmp_path / "tmp8821.bin"
    path.write_bytes(asset("photos", "000000000285.jpg").read_bytes()[:5000])
    with pytest.raises(InvalidImage, match="^'Dune 👩‍🚀.jpg' is damaged"):
        load_photo(path, name="Dune 👩‍🚀.jpg")
    with pytest.raises(InvalidImage, match="^'wide.png' is 10000 x 10000"):
        load_photo(np.broadcast_to(np.uint8(0), (10_000, 10_000)), name="wide.png")
    assert load_photo(HEIC).name == "turned.heic"
    assert load_photo(HEIC, name="IMG 1.HEIC").name == "IMG 1.HEIC"


def test_plain_photos_load_none_of_the_packages_for_others():
    code = (
        "import sys; from esam_core.images import asset, load_rgb;"
        "load_rgb(asset('photos', '000000000285.jpg'));"
        "print([name for name in ('torch', 'tifffile', 'pi_heif') if name in sys.modules])"
    )
    root = Path(__file__).parents[3]
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "[]"
