"""Pictures: fully decoded, and compared by what a viewer would notice. Pure."""

from __future__ import annotations

import io
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from playbook.core import door

if TYPE_CHECKING:
    from PIL.Image import Image

# Formats that browsers show and an optimiser would deliver.
FORMATS = {"AVIF": "image/avif", "WEBP": "image/webp", "JPEG": "image/jpeg", "PNG": "image/png"}
_MODES = {"RGB", "RGBA", "RGBX", "P", "PA", "L", "LA", "1"}
_SAID = re.compile(
    rb"(?:fatal |parse )?(?:error|warning|notice|deprecated|exception|traceback)\b[ -~]{0,60}", re.IGNORECASE
)
_CHANNELS = ("red", "green", "blue")
_OPAQUE = 250  # of 255
_LONGEST = 1000  # longer side in pixels at which two pictures are compared

# Tolerance for a correct optimisation. tests/unit/measure/images/test_pictures.py holds the figures: JPEG, WebP
# and AVIF at qualities 30 to 95, chroma subsampled or not, scaled down to a quarter by the usual filters, and 256
# colours are within it; a picture damaged in one place, or a tenth darker, is not.
_FINE, _FINE_MOST = 8, 30  # side of a tile in pixels; levels of 255 by which a channel of it may differ
_COARSE, _COARSE_MOST = 25, 12
_MEAN_MOST = 5.0  # levels by which the mean of a channel may differ
# Detail is the brightness minus its blurred copy.
_BLUR = 2  # pixels
_LEAST_DETAIL = 4.0  # levels; a smoother picture, or region, has no detail to compare
_LEAST_LIKENESS = 0.72  # correlation of the details
_GAIN = (0.65, 1.35)  # detail of the result relative to the original's
_REGION = 100  # side of a region in pixels
_LEAST_REGION_LIKENESS = 0.45
_REGION_GAIN = (0.35, 2.0)


@dataclass(frozen=True, slots=True)
class Picture:
    """A fully decoded image.

    Attributes:
        format: from its own bytes, e.g. ``WEBP``.
        width, height: in pixels, upright.
        size: bytes.
        frames: 1 where it is not animated.
        mode: Pillow's name for its channels, e.g. ``RGB``.
        pixels: upright, in RGB, or in RGBA where parts of it are transparent.
    """

    format: str
    width: int
    height: int
    size: int
    frames: int = 1
    mode: str = "RGB"
    pixels: Image | None = field(default=None, repr=False, compare=False)

    def __str__(self) -> str:
        return f"{self.format} {self.width} × {self.height}, {self.size:,} bytes"


def decode(data: bytes) -> tuple[Picture | None, str]:
    """The picture, or a description of the bytes. It is decoded completely, as a valid header proves nothing."""
    # The two plugins: Pillow loads few at first, and for a format of another one all sixty.
    from PIL import AvifImagePlugin, Image, ImageOps, UnidentifiedImageError, WebPImagePlugin  # noqa: F401

    try:
        with Image.open(io.BytesIO(data)) as opened:
            kind = opened.format or "unknown"
            frames = int(getattr(opened, "n_frames", 1))
            opened.load()
            mode = opened.mode
            upright = _in_srgb(ImageOps.exif_transpose(opened))
            pixels = _as_rgb(upright)
    except UnidentifiedImageError:
        return None, f"{len(data):,} bytes that are not an image"
    except (OSError, SyntaxError, ValueError, EOFError, Image.DecompressionBombError) as error:
        return None, f"{len(data):,} bytes that cannot be decoded: {error}"
    if _ends_early(kind, data):
        return None, f"{len(data):,} bytes that cannot be decoded: the {kind} ends before its end mark"
    if said := _SAID.search(_after(kind, data)):
        return (
            None,
            f"{len(data):,} bytes, an image followed by what a program says: {door.quoted(said[0].decode(), 60)}",
        )
    return Picture(kind, pixels.width, pixels.height, len(data), frames, mode, pixels), ""


def _in_srgb(picture: Image) -> Image:
    """Colours as displayed, converted by the picture's embedded profile."""
    from PIL import ImageCms

    profile = picture.info.get("icc_profile")
    if not profile or picture.mode not in {"RGB", "L"}:
        return picture
    try:
        own = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        shown = ImageCms.profileToProfile(picture, own, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (ImageCms.PyCMSError, OSError) as error:
        raise ValueError(f"its colour profile cannot be used ({error})") from error
    return shown or picture


def _as_rgb(picture: Image) -> Image:
    """In RGB, or in RGBA where parts of it really are transparent."""
    if not picture.has_transparency_data:
        return picture.convert("RGB")
    whole = picture.convert("RGBA")
    low, _ = whole.getchannel("A").getextrema()
    # A lossy alpha channel may be slightly off.
    return whole if low < _OPAQUE else whole.convert("RGB")  # type: ignore[operator]


def _ends_early(kind: str, data: bytes) -> bool:
    """Whether the data is truncated. Decoders tolerate a missing end, but the last rows may be invented or
    missing.
    """
    if kind == "WEBP":
        return int.from_bytes(data[4:8], "little") + 8 > len(data)
    if kind == "JPEG":
        return b"\xff\xd9" not in data[data.rfind(b"\xff\xda") :]
    return kind == "PNG" and b"IEND\xae\x42\x60\x82" not in data


def _after(kind: str, data: bytes) -> bytes:
    """What follows the image's end. Some cameras and formats put another image there."""
    if kind == "WEBP":
        return data[int.from_bytes(data[4:8], "little") + 8 :]
    mark = {"JPEG": b"\xff\xd9", "PNG": b"IEND\xae\x42\x60\x82"}.get(kind)
    return data[data.rfind(mark) + len(mark) :] if mark else b""


def unlike(original: Picture, result: Picture) -> str:
    """How the result differs from the original, to follow "a picture"; empty where it does not.

    They are compared at the result's size: colours tile by tile, then the details.
    """
    if original.pixels is None or result.pixels is None:
        raise ValueError("expected two decoded pictures")
    if result.mode not in _MODES:
        return f"in {result.mode}, which browsers do not show alike"
    if result.frames != original.frames:
        return f"of {result.frames} frames, for an original of {original.frames}"
    if original.pixels.mode != result.pixels.mode:
        return "that is transparent" if result.pixels.mode == "RGBA" else "without the original's transparency"
    size = _compared_at(result)
    for ground in ("white", "black") if original.pixels.mode == "RGBA" else ("white",):
        before, after = (
            _rendered(picture.pixels, size, ground) for picture in (original, result) if picture.pixels
        )
        difference = _colours(before, after) or _details(before.convert("L"), after.convert("L"))
        if difference:
            return difference
    return ""


def _compared_at(result: Picture) -> tuple[int, int]:
    scale = min(1.0, _LONGEST / max(result.width, result.height))
    return max(1, round(result.width * scale)), max(1, round(result.height * scale))


def _rendered(picture: Image, size: tuple[int, int], ground: str) -> Image:
    from PIL import Image

    if picture.mode == "RGBA":
        under = Image.new("RGBA", picture.size, ground)
        picture = Image.alpha_composite(under, picture).convert("RGB")
    return picture if picture.size == size else picture.resize(size, Image.Resampling.BOX)


def _colours(before: Image, after: Image) -> str:
    """Where a tile's colour differs most; empty where all are within tolerance."""
    from PIL import ImageStat

    for side, most in ((_COARSE, _COARSE_MOST), (_FINE, _FINE_MOST)):
        channels = _tiles(before, after, side).split()
        worst, channel, name = max(
            ((_highest(channel), channel, name) for channel, name in zip(channels, _CHANNELS, strict=True)),
            key=lambda one: one[0],
        )
        if worst > most:
            place = list(channel.tobytes()).index(worst)
            return (
                f"that differs from the original by {worst} of 255 in {name}, "
                f"{_percent(place % channel.width + 0.5, channel.width)} from the left and "
                f"{_percent(place // channel.width + 0.5, channel.height)} from the top"
            )
        means = [ImageStat.Stat(one).mean[0] for one in channels]
        mean, name = max(zip(means, _CHANNELS, strict=True))
        if side == _COARSE and mean > _MEAN_MOST:
            return f"that differs from the original by {mean:.0f} of 255 in {name} on the whole"
    return ""


def _highest(channel: Image) -> int:
    return int(channel.getextrema()[1])  # type: ignore[arg-type]


def _tiles(before: Image, after: Image, side: int) -> Image:
    from PIL import Image, ImageChops

    grid = max(1, round(before.width / side)), max(1, round(before.height / side))
    one, other = (picture.resize(grid, Image.Resampling.BOX) for picture in (before, after))
    return ImageChops.difference(one, other)


def _percent(place: float, count: int) -> str:
    return f"{100 * place / count:.0f} %"


def _details(before: Image, after: Image) -> str:
    """Whether edges and textures are preserved, in total and in each region."""
    one, other = _detail(before), _detail(after)
    problem = _detail_difference(one, other, _LEAST_LIKENESS, _GAIN)
    if problem:
        return problem
    for left, top in _regions(before.size):
        box = left, top, min(left + _REGION, before.width), min(top + _REGION, before.height)
        problem = _detail_difference(one.crop(box), other.crop(box), _LEAST_REGION_LIKENESS, _REGION_GAIN)
        if problem:
            middle = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
            return (
                f"{problem}, {_percent(middle[0], before.width)} from the left and "
                f"{_percent(middle[1], before.height)} from the top"
            )
    return ""


def _regions(size: tuple[int, int]) -> Iterator[tuple[int, int]]:
    for top in range(0, size[1], _REGION):
        for left in range(0, size[0], _REGION):
            yield left, top


def _detail(brightness: Image) -> Image:
    from PIL import ImageChops, ImageFilter

    return ImageChops.subtract(brightness, brightness.filter(ImageFilter.GaussianBlur(_BLUR)), 1, 128)


def _detail_difference(before: Image, after: Image, least: float, gains: tuple[float, float]) -> str:
    likeness, had, has = measures(before, after)
    if had < _LEAST_DETAIL:
        return "" if has < _LEAST_DETAIL * gains[1] else "with detail that the original does not have"
    if has < had * gains[0]:
        return f"with {100 * has / had:.0f} % of the original's detail"
    if has > had * gains[1]:
        return f"with {has / had:.1f} times the original's detail"
    return "" if likeness >= least else f"whose detail is like the original's by {100 * max(likeness, 0.0):.0f} %"


def measures(before: Image, after: Image) -> tuple[float, float, float]:
    """Of two pictures of detail: their correlation, and the amount of each in levels of 255."""
    from PIL import ImageChops

    one, other = _squares(before, 128), _squares(after, 128)
    both = (one + other - _squares(ImageChops.difference(before, after), 0)) / 2  # from (a - b)² = a² + b² - 2ab
    likeness = both / math.sqrt(one * other) if one and other else 0.0
    count = before.width * before.height
    return likeness, math.sqrt(one / count), math.sqrt(other / count)


def _squares(picture: Image, zero: int) -> int:
    """The sum of squared distances of all pixels from ``zero``, exact because a histogram holds all levels."""
    return sum(pixels * (level - zero) ** 2 for level, pixels in enumerate(picture.histogram()))
