"""The table of weights files: name, size, digest and download addresses."""

from dataclasses import dataclass


@dataclass(frozen=True)
class WeightsSource:
    """One address of a weights file.

    Attributes:
        url: An http or https address.
        member: The file's name inside the archive, if the address serves a zip archive.
        git_blob: Git's object id of the served data; for some archives the only known digest.
        size: Size of the served data in bytes; None if unknown or equal to the file's.
        sha256: Digest of the served data, if it differs from the file's.
        md5: MD5 of the served data, for publishers that give no other digest.
    """

    url: str
    member: str | None = None
    git_blob: str | None = None
    size: int | None = None
    sha256: str | None = None
    md5: str | None = None


@dataclass(frozen=True)
class WeightsFile:
    """One weights file, identified by its content.

    Attributes:
        filename: File name.
        sources: Addresses, tried in this order.
        size: Size in bytes.
        sha256: Digest of the content, in hexadecimal.
        md5: Second digest, for files whose publisher gives only this one.
        bundled: Short name of a file that comes with the project, see ``esam_core.bundled``.
    """

    filename: str
    sources: tuple[WeightsSource, ...]
    size: int
    sha256: str
    md5: str | None = None
    bundled: str | None = None


@dataclass(frozen=True)
class HubModel:
    """A model's folder on the hub, in the layout of ``save_pretrained`` of transformers.

    The hub's client keeps it in its own cache and records the commit that it fetched.

    Attributes:
        name: Name of the folder among other weights.
        title: Name in messages.
        repository: Where the hub has it.
        size: Size of the download in bytes.
        revision: The commit to use; None for the newest one at the time of the download.
        files: Files of the folder that must be there, the weights last.
    """

    name: str
    title: str
    repository: str
    size: int
    revision: str | None = None
    files: tuple[str, ...] = ("config.json", "model.safetensors")

    @property
    def filename(self) -> str:
        """Name of the folder."""
        return self.name

    @property
    def url(self) -> str:
        """The model's page."""
        return f"{_HUB}/{self.repository}"


Weights = WeightsFile | HubModel

_HUB = "https://huggingface.co"
# The last commit of the authors' repository, pinned because raw files have no other version.
_GITHUB = (
    "https://github.com/yformer/EfficientSAM/raw/d525f622e6f640acf5a0fc37c7ca1f243da5bde0/weights"
)

EFFICIENT_SAM_TI = WeightsFile(
    filename="efficient_sam_vitt.pt",
    sources=(
        WeightsSource(f"{_HUB}/yunyangx/EfficientSAM/resolve/main/efficient_sam_vitt.pt"),
        WeightsSource(
            f"{_GITHUB}/efficient_sam_vitt.pt",
            git_blob="af883c49e33c68f01107be52df0ecad26a48355f",
        ),
        WeightsSource(
            f"{_HUB}/merve/EfficientSAM/resolve/38bb0b55425abf62274ba4a8c51249e3d7298b70"
            "/efficient_sam_vitt.pt"
        ),
    ),
    size=40_982_470,
    sha256="dff858b19600a46461cbb7de98f796b23a7a888d9f5e34c0b033f7d6eb9e4e6a",
)

EFFICIENT_SAM_S = WeightsFile(
    filename="efficient_sam_vits.pt",
    sources=(
        WeightsSource(f"{_HUB}/yunyangx/EfficientSAM/resolve/main/efficient_sam_vits.pt"),
        # GitHub does not accept files over 100 MB, so the authors publish this one zipped.
        WeightsSource(
            f"{_GITHUB}/efficient_sam_vits.pt.zip",
            member="efficient_sam_vits.pt",
            git_blob="fa4e9f05f753e109dbde052f97d37903b833cf53",
        ),
        WeightsSource(f"{_HUB}/Adapter/DragonDiffusion/resolve/main/model/efficient_sam_vits.pt"),
    ),
    size=105_742_022,
    sha256="339376940b92351ae26dd1162e2305a1cc6f5cde735105e91286251abd9a6b65",
)

MINI = WeightsFile(
    filename="esam_mini.safetensors",
    sources=(),
    size=11_735_072,
    sha256="d896da11de2758876884d3001122981dc469726eebd6b7ec63f5d161d5a4c652",
    bundled="mini",
)

IMAGENET_LITE2 = WeightsFile(
    filename="imagenet_lite2.safetensors",
    sources=(),
    size=12_566_016,
    sha256="d0ad3e69b7f99960ff942b0d51d2f76e8d6e8cb0b0095a1aaeb63f11c0b2a420",
    bundled="imagenet_lite2",
)

U2NETP = WeightsFile(
    filename="u2netp.onnx",
    sources=(),
    size=4_574_861,
    sha256="309c8469258dda742793dce0ebea8e6dd393174f89934733ecc8b14c76f4ddd8",
    md5="8e83ca70e441ab06c318d82300c84806",
    bundled="u2netp",
)

_REMBG = "https://github.com/danielgatis/rembg/releases/download/v0.0.0"

U2NET = WeightsFile(
    filename="u2net.onnx",
    sources=(
        WeightsSource(f"{_REMBG}/u2net.onnx"),
        WeightsSource(
            f"{_HUB}/Heliosoph/u2net-onnx/resolve/7fc34deee10329bc039c10a73b98090d0c6f5c59"
            "/u2net.onnx"
        ),
    ),
    size=175_997_641,
    sha256="8d10d2f3bb75ae3b6d527c77944fc5e7dcd94b29809d47a739a7a728a912b491",
    md5="60024c5c889badc19c04ad937298a77b",
)

ISNET_GENERAL_USE = WeightsFile(
    filename="isnet-general-use.onnx",
    sources=(
        WeightsSource(f"{_REMBG}/isnet-general-use.onnx"),
        WeightsSource(
            f"{_HUB}/BritishWerewolf/IS-Net/resolve/9783722d9f964c0286a411e7e8e6fede947d5a53"
            "/onnx/model.onnx"
        ),
    ),
    size=178_648_008,
    sha256="60920e99c45464f2ba57bee2ad08c919a52bbf852739e96947fbb4358c0d964a",
    md5="fc16ebd8b0c10d971d3513d564d01e29",
)

# Sizes are those of the parameters in float32; the configurations take a few kilobytes more.
SAM_VIT_B = HubModel("sam_vit_b", "SAM ViT-B", "facebook/sam-vit-base", 374_943_936)
SAM_VIT_L = HubModel("sam_vit_l", "SAM ViT-L", "facebook/sam-vit-large", 1_249_373_376)
SAM_VIT_H = HubModel("sam_vit_h", "SAM ViT-H", "facebook/sam-vit-huge", 2_564_364_480)

# Names on the command line: `python -m esam_core weights download efficient_sam_ti`.
WEIGHTS: dict[str, WeightsFile] = {
    "mini": MINI,
    "efficient_sam_ti": EFFICIENT_SAM_TI,
    "efficient_sam_s": EFFICIENT_SAM_S,
    "imagenet_lite2": IMAGENET_LITE2,
    "u2netp": U2NETP,
    "u2net": U2NET,
    "isnet-general-use": ISNET_GENERAL_USE,
}
