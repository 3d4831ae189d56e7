"""Comparison of pictures: correct optimisations are the same picture, damage anywhere is not."""

import io
from functools import cache, lru_cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops, ImageCms, ImageDraw, ImageEnhance, ImageFilter, ImageOps

from playbook.measure.images.pictures import decode, unlike
from tests.project import ROOT

SAMPLE = (ROOT / "playbook" / "data" / "sample.jpg").read_bytes()
FILTERS = {
    "lanczos": Image.Resampling.LANCZOS,
    "bicubic": Image.Resampling.BICUBIC,
    "bilinear": Image.Resampling.BILINEAR,
    "box": Image.Resampling.BOX,
}


@cache
def photograph():
    """Changed in copies only, as the tests share it."""
    with Image.open(io.BytesIO(SAMPLE)) as opened:
        return opened.convert("RGB")


@cache
def smooth():
    """A photograph with a large plain sky: half of it has no detail to compare."""
    picture = photograph().copy()
    sky = Image.linear_gradient("L").resize((600, 200)).point(lambda level: 120 + level // 4)
    picture.paste(Image.merge("RGB", (sky, sky, sky.point(lambda level: min(255, level + 40)))), (0, 0))
    return picture


def encoded(picture, kind, **options):
    data = io.BytesIO()
    picture.save(data, kind, **options)
    return data.getvalue()


def difference(picture, result):
    """Result of comparing a picture with the returned bytes."""
    after, problem = decode(result)
    return unlike(_delivered(picture.mode, picture.size, picture.tobytes()), after) if after else problem


@lru_cache(maxsize=4)
def _delivered(mode, size, pixels):
    """A picture as it is decoded, which most tests compare with the same one."""
    picture, problem = decode(encoded(Image.frombytes(mode, size, pixels), "PNG", compress_level=1))
    assert picture, problem
    return picture


@pytest.mark.parametrize("source", [photograph, smooth])
@pytest.mark.parametrize("quality", [30, 40, 50, 60, 75, 85, 95])
@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("JPEG", {}),
        ("JPEG", {"subsampling": 0}),
        ("JPEG", {"progressive": True, "optimize": True}),
        ("WEBP", {}),
        ("AVIF", {"speed": 10}),
    ],
    ids=["jpeg", "jpeg-444", "jpeg-progressive", "webp", "avif"],
)
def test_correct_optimisation_is_the_same_picture(kind, options, quality, source):
    """At all realistic qualities."""
    picture = source()
    assert difference(picture, encoded(picture, kind, quality=quality, **options)) == ""


@pytest.mark.parametrize("quality", [30, 75])
@pytest.mark.parametrize("width", [500, 300, 150])
@pytest.mark.parametrize("resample", FILTERS.values(), ids=FILTERS)
def test_scaled_down_picture_is_the_same(resample, width, quality):
    """With any filter, and as JPEG afterwards."""
    picture = photograph()
    small = picture.resize((width, round(width * 2 / 3)), resample)
    assert difference(picture, encoded(small, "JPEG", quality=quality)) == ""


@pytest.mark.parametrize(
    "make",
    [
        lambda picture: encoded(picture, "PNG"),
        lambda picture: encoded(picture, "WEBP", lossless=True),
        lambda picture: encoded(picture.quantize(256), "PNG"),
        lambda picture: encoded(picture.convert("RGBA"), "PNG"),
        lambda picture: encoded(picture.convert("RGBA"), "AVIF", quality=50, speed=10),
        lambda picture: encoded(picture.rotate(90, expand=True), "JPEG", exif=_turned(6)),
        lambda picture: encoded(picture, "JPEG", icc_profile=_srgb()),
    ],
    ids=["png", "webp-lossless", "256-colours", "opaque-alpha", "opaque-alpha-avif", "turned-by-exif", "srgb"],
)
def test_other_encodings_of_the_same_picture_are_the_same(make):
    """Whatever its bytes look like."""
    picture = photograph()
    assert difference(picture, make(picture)) == ""


def _turned(orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    return exif


def _srgb():
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def _swapped(order):
    def change(picture):
        channels = dict(zip("RGB", picture.split(), strict=True))
        return Image.merge("RGB", [channels[name] for name in order])

    return change


def _tiled(picture):
    small, result = picture.resize((300, 200)), picture.copy()
    for place in ((0, 0), (300, 0), (0, 200), (300, 200)):
        result.paste(small, place)
    return result


def _framed(picture):
    result = Image.new("RGB", picture.size)
    result.paste(picture.resize((560, 400)), (20, 0))
    return result


def _watermarked(picture):
    result = picture.copy()
    ImageDraw.Draw(result).text((500, 370), "SAMPLE", fill="white")
    return result


def _noisy(picture):
    noise = Image.merge("RGB", [Image.effect_noise(picture.size, 25) for _ in range(3)])
    return ImageChops.add(picture, noise, 1, -128)


def _blurred_in_part(picture):
    result = picture.copy()
    result.paste(picture.crop((400, 200, 600, 400)).filter(ImageFilter.GaussianBlur(3)), (400, 200))
    return result


DAMAGE = {
    "grey": lambda picture: Image.new("RGB", picture.size, (128, 128, 128)),
    "black": lambda picture: Image.new("RGB", picture.size),
    "white": lambda picture: Image.new("RGB", picture.size, "white"),
    "its-mean": lambda picture: picture.resize((1, 1), Image.Resampling.BOX).resize(picture.size),
    "another": lambda picture: Image.effect_mandelbrot(picture.size, (-2, -1, 1, 1), 100).convert("RGB"),
    "greyscale": lambda picture: picture.convert("L"),
    "negative": ImageOps.invert,
    "bgr": _swapped("BGR"),
    "grb": _swapped("GRB"),
    "rbg": _swapped("RBG"),
    "one-channel-lost": lambda picture: Image.merge("RGB", (*picture.split()[:2], Image.new("L", picture.size))),
    "flipped": ImageOps.flip,
    "mirrored": ImageOps.mirror,
    "upside-down": lambda picture: picture.rotate(180),
    "sheared": lambda picture: picture.transform(picture.size, Image.Transform.AFFINE, (1, 0.1, 0, 0, 1, 0)),
    "shifted-by-2": lambda picture: ImageChops.offset(picture, 2, 0),
    "shifted-down-by-3": lambda picture: ImageChops.offset(picture, 0, 3),
    "shifted-by-half": lambda picture: ImageChops.offset(picture, 300, 200),
    "cropped-by-4": lambda picture: picture.crop((4, 4, 596, 396)).resize(picture.size),
    "cropped-by-60": lambda picture: picture.crop((60, 40, 540, 360)).resize(picture.size),
    "tiled": _tiled,
    "framed": _framed,
    "watermarked": _watermarked,
    "noisy": _noisy,
    "blurred": lambda picture: picture.filter(ImageFilter.GaussianBlur(1)),
    "very-blurred": lambda picture: picture.filter(ImageFilter.GaussianBlur(8)),
    "blurred-in-part": _blurred_in_part,
    "enlarged-thumbnail": lambda picture: picture.resize((150, 100)).resize(picture.size),
    "mosaic": lambda picture: picture.resize((75, 50), 4).resize(picture.size, 0),
    "posterised": lambda picture: ImageOps.posterize(picture, 3),
    "sixteen-colours": lambda picture: picture.quantize(16).convert("RGB"),
    "black-and-white": lambda picture: picture.convert("1"),
    "darker": lambda picture: picture.point(lambda level: level * 9 // 10),
    "lighter": lambda picture: picture.point(lambda level: min(255, level * 11 // 10)),
    "gamma": lambda picture: picture.point(lambda level: round(255 * (level / 255) ** 1.3)),
    "veiled": lambda picture: Image.blend(picture, Image.new("RGB", picture.size, "white"), 0.1),
    "paler": lambda picture: ImageEnhance.Color(picture).enhance(0.7),
    "flat": lambda picture: ImageEnhance.Contrast(picture).enhance(0.7),
    "sharpened-to-death": lambda picture: picture.filter(ImageFilter.UnsharpMask(3, 300, 0)),
    "negative-luma": lambda picture: ImageOps.solarize(picture, 128),
    "half-grey": lambda picture: ImageChops.composite(
        picture, Image.new("RGB", picture.size, (128, 128, 128)), _upper_half(picture.size)
    ),
}


def _upper_half(size):
    mask = Image.new("L", size)
    ImageDraw.Draw(mask).rectangle((0, 0, size[0], size[1] // 2), fill=255)
    return mask


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
@pytest.mark.parametrize("form", [("WEBP", 80), ("JPEG", 60)], ids=["webp", "jpeg"])
def test_damaged_picture_differs(damage, form):
    """Each of these is a complete picture of the right size and format."""
    picture = photograph()
    assert difference(picture, encoded(damage(picture), form[0], quality=form[1])) != ""


@pytest.mark.parametrize("quality", [1, 5, 10])
@pytest.mark.parametrize("kind", ["JPEG", "WEBP", "AVIF"])
def test_unrecognisable_picture_differs(kind, quality):
    """Below the lowest acceptable quality."""
    picture = photograph()
    assert difference(picture, encoded(picture, kind, quality=quality)) != ""


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda picture: encoded(picture.convert("CMYK"), "JPEG"), "in CMYK, which browsers do not show alike"),
        (lambda picture: encoded(picture.convert("I;16"), "PNG"), "in I;16, which browsers do not show alike"),
        (lambda picture: encoded(_with_alpha(picture, 0), "PNG"), "that is transparent"),
        (lambda picture: encoded(_with_alpha(picture, 200), "WEBP"), "that is transparent"),
        (lambda picture: encoded(_with_alpha(picture, 0, (300, 200, 310, 210)), "WEBP"), "that is transparent"),
        (
            lambda picture: encoded(picture, "WEBP", save_all=True, append_images=[ImageOps.flip(picture)]),
            "of 2 frames, for an original of 1",
        ),
    ],
    ids=["cmyk", "16-bit", "invisible", "see-through", "a-hole", "animated"],
)
def test_pictures_that_browsers_show_differently_are_reported(make, said):
    """Their colours may be right in memory."""
    picture = photograph()
    assert difference(picture, make(picture)) == said


def _with_alpha(picture, level, box=None):
    alpha = Image.new("L", picture.size, 255)
    alpha.paste(level, box or (0, 0, *picture.size))
    result = picture.copy()
    result.putalpha(alpha)
    return result


def test_transparent_original_keeps_its_transparency():
    """A custom sample may be transparent."""
    original = _with_alpha(photograph(), 0, (100, 100, 200, 200))
    assert difference(original, encoded(original, "WEBP", quality=80)) == ""
    assert difference(original, encoded(photograph(), "WEBP")) == "without the original's transparency"
    moved = _with_alpha(photograph(), 0, (300, 200, 400, 300))
    assert "that differs from the original" in difference(original, encoded(moved, "WEBP"))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF"])
def test_truncated_picture_is_no_picture(kind):
    """Even if the decoder would tolerate the missing bytes."""
    data = encoded(photograph(), kind)
    for lost in (2, 12, 200, len(data) // 2, len(data) - 40):
        picture, problem = decode(data[:-lost])
        assert picture is None, lost
        assert "that cannot be decoded" in problem or "that are not an image" in problem


def test_progressive_picture_cut_at_a_scan_differs():
    """With an end mark appended it decodes, but coarsely."""
    data = encoded(photograph(), "JPEG", progressive=True, quality=80)
    scans = [at for at in range(len(data) - 1) if data[at : at + 2] == b"\xff\xda"]
    assert len(scans) > 3
    assert difference(photograph(), data[: scans[1]] + b"\xff\xd9") != ""


def test_colours_are_compared_as_displayed():
    """A result without the profile of a picture in other colours looks different."""
    picture = photograph()
    green, red = picture.split()[1], picture.split()[0]
    other = Image.merge("RGB", (green, red, picture.split()[2]))
    assert "that differs from the original" in difference(picture, encoded(other, "JPEG", icc_profile=_srgb()))
    broken, problem = decode(encoded(picture, "JPEG", icc_profile=b"none"))
    assert broken is None
    assert "its colour profile cannot be used" in problem


@settings(max_examples=30)
@given(
    left=st.integers(0, 599 - 16),
    top=st.integers(0, 399 - 16),
    size=st.integers(16, 600),
    quality=st.sampled_from([40, 80, 95]),
)
def test_damage_anywhere_is_found(left, top, size, quality):
    """A block of 16 pixels or more with opposite colours, at any place."""
    picture = photograph().copy()
    box = (left, top, min(left + size, 600), min(top + size, 400))
    mean = picture.crop(box).resize((1, 1), Image.Resampling.BOX).getpixel((0, 0))
    picture.paste(tuple(0 if level > 127 else 255 for level in mean), box)
    assert difference(photograph(), encoded(picture, "WEBP", quality=quality)) != ""
