"""``python -m esam_core text``: effects of its options."""

import esam_core.text
from esam_core.cli import main
from esam_core.errors import EsamError


def test_device_and_precision_are_those_of_the_text_encoder_too(
    bear_file, tmp_path, monkeypatch, capsys
):
    given = {}

    def load_text_encoder(name, **options):
        given.update(options)
        raise EsamError("seen")

    monkeypatch.setattr("esam_core.text.encoders.load_text_encoder", load_text_encoder)
    monkeypatch.setattr(esam_core.text, "load_text_encoder", load_text_encoder, raising=False)
    argv = ["text", str(bear_file), "bear", "--out", str(tmp_path / "mask.png")]
    assert main([*argv, "--device", "cpu", "--precision", "fp32"]) == 2
    assert capsys.readouterr().err == "error: seen\n"
    assert (given["device"], given["precision"]) == ("cpu", "fp32")
