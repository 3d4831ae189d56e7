"""The optimiser: real pictures in, smaller ones out, and a clear refusal of everything else."""

import io
from pathlib import Path

import pytest
from PIL import Image

from sandbox.images.optimizing import MEDIA_TYPES, Refused, Wishes, larger, optimize

SAMPLE = (Path(__file__).parents[3] / "playbook/data/sample.jpg").read_bytes()


def picture(**options: object) -> bytes:
    result = io.BytesIO()
    Image.new("RGBA", (40, 20), (200, 30, 30, 90)).save(result, "PNG", **options)
    return result.getvalue()


def opened(image: bytes) -> Image.Image:
    result = Image.open(io.BytesIO(image))
    result.load()
    return result


@pytest.mark.parametrize("name", MEDIA_TYPES)
def test_sample_shrinks_in_every_format(name):
    result = optimize(SAMPLE, Wishes(format=name))
    assert opened(result).format == name.upper()
    assert opened(result).size == (600, 400)
    assert len(result) < len(SAMPLE) / 2


def test_sample_is_a_real_photograph():
    assert 50_000 < len(SAMPLE) <= 300_000
    assert opened(SAMPLE).format == "JPEG"
    assert not opened(SAMPLE).getexif()


def test_image_is_narrowed_with_same_aspect_ratio():
    assert opened(optimize(SAMPLE, Wishes(width=300))).size == (300, 200)


def test_image_is_never_enlarged():
    assert opened(optimize(SAMPLE, Wishes(width=4000))).size == (600, 400)


def test_transparency_is_kept_where_supported():
    assert opened(optimize(picture(), Wishes(format="webp"))).mode == "RGBA"
    assert opened(optimize(picture(), Wishes(format="jpeg"))).mode == "RGB"


def test_image_is_upright_without_metadata():
    exif = Image.Exif()
    exif[0x0112] = 6  # orientation: the camera was turned
    exif[0x010F] = "a camera"
    result = opened(optimize(picture(exif=exif), Wishes()))
    assert result.size == (20, 40)
    assert not result.getexif()


@pytest.mark.parametrize(
    "image",
    [b"", b"hello", b"<svg xmlns='http://www.w3.org/2000/svg'/>", SAMPLE[:2_000], picture()[:50]],
    ids=["nothing", "text", "svg", "jpeg-cut-off", "png-cut-off"],
)
def test_non_image_is_refused(image):
    with pytest.raises(Refused, match="not a picture") as refusal:
        optimize(image, Wishes())
    assert refusal.value.status == 415


def test_too_many_pixels_are_refused_before_decoding():
    bomb = io.BytesIO()
    Image.new("1", (8_000, 6_000)).save(bomb, "PNG")
    with pytest.raises(Refused, match="40 megapixels") as refusal:
        optimize(bomb.getvalue(), Wishes())
    assert refusal.value.status == 413


def test_options_have_defaults():
    assert Wishes.parse({}) == Wishes("webp", 80, None)
    assert Wishes.parse({"format": "JPG", "quality": "", "width": "640"}) == Wishes("jpeg", 80, 640)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"format": "bmp"}, "format must be one of webp, avif, jpeg"),
        ({"quality": "0"}, "quality must be a whole number from 1 to 100"),
        ({"quality": "101"}, "quality must be a whole number from 1 to 100"),
        ({"quality": "-5"}, "quality must be a whole number from 1 to 100"),
        ({"quality": "٣"}, "quality must be a whole number from 1 to 100"),
        ({"width": "15"}, "width must be a whole number from 16 to 4096"),
        ({"width": "9" * 5_000}, "width must be a whole number from 16 to 4096"),
    ],
    ids=["format", "quality-0", "quality-101", "negative", "other-digits", "width-15", "huge"],
)
def test_invalid_option_is_refused_with_allowed_values(fields, message):
    with pytest.raises(Refused, match=message) as refusal:
        Wishes.parse(fields)
    assert refusal.value.status == 400


def test_cache_key_depends_on_picture_and_options():
    keys = {
        Wishes().cache_key(SAMPLE),
        Wishes(width=300).cache_key(SAMPLE),
        Wishes(format="avif").cache_key(SAMPLE),
        Wishes(quality=79).cache_key(SAMPLE),
        Wishes().cache_key(SAMPLE[:-1]),
    }
    assert len(keys) == 5
    assert Wishes().cache_key(SAMPLE) == Wishes().cache_key(bytes(SAMPLE))


@pytest.mark.parametrize("name", MEDIA_TYPES)
def test_larger_output_is_a_valid_picture(name):
    result = larger(SAMPLE, Wishes(format=name))
    assert opened(result).format == name.upper()
    assert opened(result).size == (600, 400)
    assert len(result) > len(SAMPLE)
