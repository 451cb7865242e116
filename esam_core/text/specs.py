"""The available text encoders, one row each; importing this module does not load torch."""

from dataclasses import dataclass

OFFLINE = "offline"  # the default, which needs no download
_CLIP_LOADER = "esam_core.text.clip:load_clip"


@dataclass(frozen=True, slots=True)
class TextEncoderSpec:
    """One text encoder.

    Args:
        name: Name in code and on the command line.
        title: Name in the interface and in captions.
        licence: Licence of the weights.
        model: Name of the architecture in open_clip; None if the encoder is not a CLIP model.
        pretrained: Tag of the weights in open_clip.
        size_mb: Size of the download in megabytes.
        needs: Packages to install with pip in addition to the project's requirements.
        threshold: Default threshold: masks with at least this score count as found.
        bundled: Whether the weights come with the project.
        repository: Where the hub has the weights.
        tokenizer: Where the hub has the tokenizer; "" if it comes with open_clip.
        loader: ``module:function`` that loads it, called with the row and the keyword arguments of
            ``load_text_encoder``.
    """

    name: str
    title: str
    licence: str
    model: str | None = None
    pretrained: str | None = None
    size_mb: int = 0
    needs: tuple[str, ...] = ()
    threshold: float = 0.5
    bundled: bool = False
    repository: str = ""
    tokenizer: str = ""
    loader: str = _CLIP_LOADER


_ROWS = (
    TextEncoderSpec(
        OFFLINE,
        "Offline vocabulary",
        "Apache-2.0 (classifier), WordNet licence (words)",
        threshold=0.2,
        bundled=True,
        loader="esam_core.text.offline:load_offline",
    ),
    TextEncoderSpec(
        "ViT-B-32",
        "CLIP ViT-B/32",
        "MIT",
        "ViT-B-32",
        "openai",
        605,
        repository="timm/vit_base_patch32_clip_224.openai",
    ),
    TextEncoderSpec(
        "ViT-L-14",
        "CLIP ViT-L/14",
        "MIT",
        "ViT-L-14",
        "openai",
        1710,
        repository="timm/vit_large_patch14_clip_224.openai",
    ),
    TextEncoderSpec(
        "MobileCLIP-S2",
        "MobileCLIP-S2",
        "Apple's sample code licence; weights for research use",
        "MobileCLIP-S2",
        "datacompdr",
        400,
        repository="apple/MobileCLIP-S2-OpenCLIP",
    ),
    TextEncoderSpec(
        "SigLIP",
        "SigLIP ViT-B/16",
        "Apache-2.0",
        "ViT-B-16-SigLIP",
        "webli",
        813,
        needs=("transformers", "sentencepiece"),
        repository="timm/ViT-B-16-SigLIP",
        tokenizer="timm/ViT-B-16-SigLIP",
    ),
)

TEXT_ENCODERS: dict[str, TextEncoderSpec] = {row.name: row for row in _ROWS}
