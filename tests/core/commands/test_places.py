"""A folder that cannot be written to is refused in one line, before a model is loaded."""

import pytest

from esam_core.cli import main
from esam_core.errors import EsamError
from esam_core.files import check_folder, make_folder


@pytest.mark.usefixtures("no_model")
@pytest.mark.parametrize("place", ["file", "file/below"])
def test_onnx_and_everything_refuse_an_impossible_folder(tmp_path, photo, capsys, place):
    (tmp_path / "file").touch()
    for argv in (["onnx", "mini"], ["everything", str(photo)], ["figures"]):
        assert main([*argv, "--out", str(tmp_path / place)]) == 2
        error = capsys.readouterr().err
        assert f"cannot make the folder {tmp_path / place}" in error
        assert error.count("\n") == 1


def test_checking_a_folder_does_not_make_it(tmp_path):
    check_folder(tmp_path / "new" / "folder")
    assert list(tmp_path.iterdir()) == []
    assert make_folder(tmp_path / "new" / "folder").is_dir()


def test_a_file_in_the_way_is_named(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(EsamError, match=f"{tmp_path / 'file'} is a file"):
        check_folder(tmp_path / "file" / "below")
    with pytest.raises(EsamError, match="cannot make the folder"):
        make_folder(tmp_path / "file" / "below")
