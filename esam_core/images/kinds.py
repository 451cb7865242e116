"""What a file is that cannot be read as a picture, told from its first bytes."""

from codecs import getincrementaldecoder

DEVELOP = "Develop it with your camera's program (or darktable) and save it as JPEG or TIFF"
STILL = "Save one frame of it as JPEG or PNG"
UNPACK = "Unpack it and give one picture"

# (how it begins, what it is, what to do); longer beginnings go first.
BEGINNINGS: tuple[tuple[bytes, str, str], ...] = (
    (b"%PDF", "a PDF document", "Export the page as PNG first"),
    (b"%!PS", "a PostScript drawing", "Export it as PNG first"),
    (b"\xc5\xd0\xd3\xc6", "a PostScript drawing", "Export it as PNG first"),
    (b"8BPS", "a Photoshop document (PSD)", "Save a flat copy as PNG or TIFF"),
    (b"8BPB", "a Photoshop document (PSB)", "Save a flat copy as PNG or TIFF"),
    (b"gimp xcf", "a GIMP document (XCF)", "Export it as PNG"),
    (b"\xff\x0a", "a JPEG XL picture", "Save it as JPEG or PNG"),
    (b"\x00\x00\x00\x0cJXL ", "a JPEG XL picture", "Save it as JPEG or PNG"),
    (b"II\xbc\x01", "a JPEG XR picture", "Save it as JPEG or PNG"),
    (b"\x76\x2f\x31\x01", "an OpenEXR picture", "Save it as TIFF or PNG"),
    (b"#?RADIANCE", "a Radiance picture (HDR)", "Save it as TIFF or PNG"),
    (b"#?RGBE", "a Radiance picture (HDR)", "Save it as TIFF or PNG"),
    (b"FUJIFILMCCD-RAW", "a camera's raw file (RAF)", DEVELOP),
    (b"IIRO", "a camera's raw file (ORF)", DEVELOP),
    (b"IIRS", "a camera's raw file (ORF)", DEVELOP),
    (b"MMOR", "a camera's raw file (ORF)", DEVELOP),
    (b"IIU\x00", "a camera's raw file (RW2)", DEVELOP),
    (b"FOVb", "a camera's raw file (X3F)", DEVELOP),
    (b"\x93NUMPY", "a numpy array", "Give the array itself: load_rgb(numpy.load(path))"),
    (b"SIMPLE  =", "a FITS file", "Read it with astropy and give the array"),
    (b"\x89HDF\r\n\x1a\n", "an HDF5 file", "Read it with h5py and give the array of the picture"),
    (b"CDF", "a netCDF file", "Read it with netCDF4 and give the array of the picture"),
    (b"PK\x03\x04", "a ZIP archive or an office document", UNPACK),
    (b"PK\x05\x06", "an empty ZIP archive", UNPACK),
    (b"\x1f\x8b", "a gzip archive", UNPACK),
    (b"7z\xbc\xaf", "a 7-Zip archive", UNPACK),
    (b"Rar!", "a RAR archive", UNPACK),
    (b"BZh", "a bzip2 archive", UNPACK),
    (b"\xfd7zXZ", "an XZ archive", UNPACK),
    (b"\x1aE\xdf\xa3", "a video (Matroska or WebM)", STILL),
    (b"\x00\x00\x01\xba", "a video (MPEG)", STILL),
    (b"FLV", "a video (Flash)", STILL),
    (b"OggS", "an Ogg sound or video", STILL),
    (b"\x00\x00\x01\x00", "an icon (ICO)", "Save it as PNG"),
    (b"DDS ", "a texture (DDS)", "Save it as PNG"),
    (b"\xd7\xcd\xc6\x9a", "a drawing (WMF)", "Export it as PNG first"),
    (b"version https://git-lfs", "a pointer to a file that Git LFS holds", "Run git lfs pull"),
)
# Brands of ISO media files (bytes 8 to 12), for what is neither AVIF nor HEIF.
RAW_BRANDS = (b"crx ",)
HEIF_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1", b"heif")
# Pictures that are read: what cannot be decoded, though it begins like one, is damaged.
PICTURES: tuple[tuple[bytes, str], ...] = (
    (b"\xff\xd8\xff", "JPEG"),
    (b"\x89PNG", "PNG"),
    (b"GIF8", "GIF"),
    (b"BM", "BMP"),
    (b"II*\x00", "TIFF"),
    (b"MM\x00*", "TIFF"),
    (b"II+\x00", "TIFF"),
    (b"MM\x00+", "TIFF"),
    (b"\x00\x00\x00\x0cjP  ", "JPEG 2000"),
    (b"\xff\x4f\xff\x51", "JPEG 2000"),
)


def is_tiff(head: bytes) -> bool:
    """Return whether a file begins like a TIFF, BigTIFF included."""
    return _picture(head) == "TIFF"


def is_heif(head: bytes) -> bool:
    """Return whether a file begins like a HEIC or HEIF picture, and not like an AVIF."""
    if head[4:8] != b"ftyp":
        return False
    length = int.from_bytes(head[:4], "big")
    brands = [head[8:12], *(head[i : i + 4] for i in range(16, min(length, len(head)), 4))]
    return brands[0] in HEIF_BRANDS and b"avif" not in brands


def refusal(head: bytes) -> str:
    """Return what a file is and what to do, to follow its name: "is ..., ...".

    Args:
        head: Its first bytes.
    """
    for tell in (_begins, _media, _inside, _damaged, _text):
        if told := tell(head):
            return told
    return "is not a picture that can be read. Use JPEG, PNG, WebP, TIFF or HEIC."


def _begins(head: bytes) -> str | None:
    if not head:
        return "is empty: it is not a picture. Copy or download it again."
    for start, what, advice in BEGINNINGS:
        if head.startswith(start):
            return f"is {what}, not a picture that can be read. {advice}."
    return None


def _media(head: bytes) -> str | None:
    if head[:4] == b"RIFF" and head[8:12] in (b"AVI ", b"WAVE"):
        what = "a video (AVI)" if head[8:12] == b"AVI " else "a sound (WAV)"
        return f"is {what}, not a picture. {STILL}."
    if head[4:8] in (b"moov", b"mdat", b"wide", b"free"):
        return f"is a video (MOV), not a picture. {STILL}."
    if head[4:8] != b"ftyp":
        return None
    brand = head[8:12]
    if brand in RAW_BRANDS:
        return f"is a camera's raw file (CR3), not a picture that can be read. {DEVELOP}."
    if is_heif(head) or brand in (b"avif", b"avis"):
        kind = "HEIC" if is_heif(head) else "AVIF"
        return f"is a damaged or unusual {kind} picture. Save it again as JPEG or PNG."
    kind = "MOV" if brand == b"qt  " else "MP4"
    return f"is a video ({kind}), not a picture. {STILL}."


def _inside(head: bytes) -> str | None:
    """Tell kinds whose mark does not stand at the beginning."""
    if head[128:132] == b"DICM":
        return (
            "is a DICOM file, not a picture that can be read. Read it with pydicom and give its "
            "pixel_array, or export it as PNG."
        )
    if head[257:262] == b"ustar":
        return f"is a tar archive, not a picture. {UNPACK}."
    return None


def _damaged(head: bytes) -> str | None:
    kind = _picture(head)
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        kind = "WebP"
    if kind is None:
        return None
    return (
        f"begins like a {kind} but is not a picture that can be read: it is damaged or cut off. "
        "Copy or download it again."
    )


def _text(head: bytes) -> str | None:
    lower = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if b"<svg" in lower:
        return "is an SVG drawing, not a photo. Export it as PNG first."
    if lower.startswith((b"<!doctype html", b"<html")) or b"<html" in lower:
        return (
            "is a web page (HTML), not a picture: perhaps a download asked for a login. Download "
            "the picture itself."
        )
    if not _is_text(head):
        return None
    what = "JSON text" if lower.startswith((b"{", b"[")) else "text"
    return f"is {what}, not a picture that can be read. Use JPEG, PNG, WebP, TIFF or HEIC."


def _is_text(head: bytes) -> bool:
    try:
        text = getincrementaldecoder("utf-8")().decode(head)  # the last letter may be cut
    except UnicodeDecodeError:
        return False
    return all(each.isprintable() or each.isspace() for each in text)


def _picture(head: bytes) -> str | None:
    return next((kind for start, kind in PICTURES if head.startswith(start)), None)
