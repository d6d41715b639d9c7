"""Reference values for src/picture/resample.test.ts and metrics.test.ts, from Pillow and scikit-image.

    python3 -m venv venv && venv/bin/pip install pillow numpy scikit-image
    venv/bin/python scripts/reference/resample.py > src/picture/fixtures/resample-reference.json
"""

import json
import sys

import numpy
from PIL import Image
from skimage.metrics import structural_similarity

EDGE = 24  # pixels repeated around the picture, so that Pillow sees them where we clamp
FILTERS = {
    "bilinear": Image.Resampling.BILINEAR,
    "bicubic": Image.Resampling.BICUBIC,
    "lanczos3": Image.Resampling.LANCZOS,
}


def picture(width, height):
    y, x = numpy.mgrid[0:height, 0:width]
    return ((x * 37 + y * 91 + x * y * 17) % 256).astype(numpy.float32)


def resample(name, source, window, size):
    image = Image.fromarray(numpy.pad(source, EDGE, mode="edge"))
    x, y, width, height = window
    box = (x + EDGE, y + EDGE, x + width + EDGE, y + height + EDGE)
    result = numpy.asarray(image.resize(size, FILTERS[name], box))
    return [round(float(value), 3) for value in result.clip(0, 255).ravel()]


def main():
    cases = []
    for name in FILTERS:
        for (width, height), window, size in [
            ((7, 5), (0, 0, 7, 5), (17, 11)),
            ((7, 5), (1.25, 0.5, 4.5, 3.75), (13, 9)),
            ((16, 12), (0, 0, 16, 12), (5, 4)),
            ((16, 12), (2.5, 1.75, 11, 9.5), (4, 13)),
        ]:
            values = resample(name, picture(width, height), window, size)
            cases.append(
                {"filter": name, "from": [width, height], "window": window, "to": size, "values": values}
            )
    one = picture(32, 24)
    other = picture(32, 24) * 0.8 + picture(24, 32).T * 0.15
    other = numpy.floor(other)
    similarity = structural_similarity(
        one.astype(float),
        other.astype(float),
        gaussian_weights=True,
        sigma=1.5,
        use_sample_covariance=False,
        data_range=255,
    )
    json.dump({"cases": cases, "ssim": similarity}, sys.stdout)


main()
