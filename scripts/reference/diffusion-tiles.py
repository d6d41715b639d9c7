"""Reference values for diffusion-tiles.test.ts: tile grids, ramps, weights, masks, crops and colour matches.

    python scripts/reference/diffusion-tiles.py

Written from the published rules (papers, and the behaviour of the web UI as documented), with Pillow, numpy and torch; writes
scripts/reference/diffusion/tiles/.
"""

import base64
import json
import math
import pathlib

import numpy
import torch
import torch.nn.functional
from PIL import Image, ImageOps

OUT = pathlib.Path(__file__).parent / "diffusion" / "tiles"


def bytes_of(array):
    return base64.b64encode(numpy.ascontiguousarray(array).tobytes()).decode()


def starts(length, tile, overlap):
    count = max(1, math.ceil((length - overlap) / (tile - overlap)))
    step = (length - tile) / (count - 1) if count > 1 else 0
    return [length - tile if count > 1 and i == count - 1 else int(i * step) for i in range(count)]


def grids():
    cases = []
    for length in (64, 65, 100, 128, 200, 256, 513, 777, 1000, 1024, 1536, 2000, 2048, 3001, 4096):
        for tile, overlap in ((64, 8), (64, 0), (64, 32), (512, 64), (512, 0), (512, 256), (768, 48)):
            if length >= tile:
                cases.append([length, tile, overlap, starts(length, tile, overlap)])
    return cases


def samples(width, height, seed):
    """The formula that the test has too."""
    y, x, c = numpy.mgrid[0:height, 0:width, 0:3]
    return ((x * 37 + y * 91 + c * 53 + x * y * 17 + seed * 71) % 256).astype(numpy.uint8)


def combined(width, height, tile, overlap):
    """Tiles pasted over one another by Pillow: columns within a row first, then rows."""
    tile_w, tile_h = tile
    ramp = (numpy.arange(overlap, dtype=numpy.float64) * 255 / max(1, overlap)).astype(numpy.uint8)
    whole = Image.new("RGB", (width, height))
    index = 0
    for y in starts(height, tile_h, overlap):
        row = Image.new("RGB", (width, tile_h))
        for x in starts(width, tile_w, overlap):
            image = Image.fromarray(samples(tile_w, tile_h, index))
            index += 1
            mask = numpy.full((tile_h, tile_w), 255, numpy.uint8)
            if x > 0 and overlap > 0:
                mask[:, :overlap] = ramp
            row.paste(image, (x, 0), Image.fromarray(mask))
        mask = numpy.full((tile_h, width), 255, numpy.uint8)
        if y > 0 and overlap > 0:
            mask[:overlap] = ramp[:, None]
        whole.paste(row, (0, y), Image.fromarray(mask))
    return {
        "picture": [width, height],
        "tile": list(tile),
        "overlap": overlap,
        "pixels": bytes_of(numpy.asarray(whole)),
    }


def joined(width, height, tile, overlap):
    """Weighted averages in torch, with whole maps of weights."""
    tile_w, tile_h = tile

    def bell(length):
        t = torch.arange(length, dtype=torch.float64)
        mid = (length - 1) / 2
        return torch.exp(-((t - mid) ** 2) / (length * length) / (2 * 0.01)) / math.sqrt(2 * math.pi * 0.01)

    weights = bell(tile_h)[:, None] * bell(tile_w)[None, :]
    total = torch.zeros(4, height, width, dtype=torch.float64)
    count = torch.zeros(height, width, dtype=torch.float64)
    index = 0
    for y in starts(height, tile_h, overlap):
        for x in starts(width, tile_w, overlap):
            place = torch.arange(4 * tile_h * tile_w, dtype=torch.float64) + 1000 * index
            prediction = torch.sin(place * 0.37).reshape(4, tile_h, tile_w)
            total[:, y : y + tile_h, x : x + tile_w] += prediction * weights
            count[y : y + tile_h, x : x + tile_w] += weights
            index += 1
    return {
        "map": [width, height],
        "tile": list(tile),
        "overlap": overlap,
        "values": bytes_of((total / count).numpy().astype("<f4")),
    }


def blurred(mask, sigma):
    """8-bit, the picture mirrored about its outermost pixels."""
    if sigma == 0:
        return mask
    radius = int(2.5 * sigma + 0.5)
    kernel = numpy.exp(-numpy.square(numpy.arange(-radius, radius + 1)) / (2 * sigma * sigma))
    kernel /= kernel.sum()
    for axis in (1, 0):
        pads = [(radius, radius) if i == axis else (0, 0) for i in (0, 1)]
        padded = numpy.pad(mask.astype(numpy.float64), pads, mode="reflect")
        mask = numpy.apply_along_axis(lambda line: numpy.convolve(line, kernel, "valid"), axis, padded)
        mask = numpy.round(mask).clip(0, 255).astype(numpy.uint8)
    return mask


def slope(width, height, vertical):
    """From black in the middle of nothing to white on the middle line, made of Pillow's gradient."""
    half = Image.linear_gradient("L").resize((256, 128), Image.Resampling.BICUBIC)
    both = Image.new("L", (256, 256))
    both.paste(half, (0, 0))
    both.paste(ImageOps.flip(half), (0, 128))
    if vertical:
        return both.resize((width, height), Image.Resampling.BICUBIC)
    return both.transpose(Image.Transpose.ROTATE_90).resize((width, height), Image.Resampling.BICUBIC)


def crop_of(mask, padding, size):
    """Box and padding inside the picture, made to the proportions of `size`; what lies outside is cut off here."""
    height, width = mask.shape
    left, top, right, bottom = Image.fromarray(mask).getbbox()
    left, top = max(left - padding, 0), max(top - padding, 0)
    right, bottom = min(right + padding, width), min(bottom + padding, height)
    ratio = size[0] / size[1]
    if (right - left) / (bottom - top) > ratio:
        top, bottom = grown(top, bottom, int((right - left) / ratio - (bottom - top)), height)
    else:
        left, right = grown(left, right, int((bottom - top) * ratio - (right - left)), width)
    return [left, top, right - left, bottom - top]


def grown(low, high, more, limit):
    low, high = low - more // 2, high + more - more // 2
    if high > limit:
        low, high = low - (high - limit), limit
    if low < 0:
        low, high = 0, high - low
    return low, min(high, limit)


def masks():
    cases = []

    def case(name, picture, gradient, box, sigma, padding, size, shape):
        width, height = picture
        canvas = Image.new("L", picture)
        canvas.paste(gradient, (box[0], box[1]))
        mask = blurred(numpy.asarray(canvas), sigma)
        rows = [0, box[1] + 1, min(height - 1, box[1] + box[3] // 2), min(height - 1, box[1] + box[3] // 3)]
        cases.append(
            {
                "name": name,
                "picture": list(picture),
                "box": list(box),
                "blur": sigma,
                "padding": padding,
                "size": list(size),
                "shape": shape,
                "crop": crop_of(mask, padding, size),
                "rows": rows,
                "values": bytes_of(mask[rows]),
            }
        )

    flat = {"kind": "lines", "x": {"kind": "flat"}, "y": {"kind": "flat"}}
    for box in ((0, 0, 256, 256), (256, 0, 256, 256), (256, 256, 256, 256), (512, 512, 256, 256)):
        white = Image.new("L", box[2:], 255)
        case("redraw", (640, 560), white, box, 8, 32, (320, 320), flat)
    case("redraw, wider", (640, 560), Image.new("L", (256, 128), 255), (0, 128, 256, 128), 4, 16, (320, 192), flat)
    case("redraw, unblurred", (640, 560), Image.new("L", (256, 256), 255), (256, 256, 256, 256), 0, 32, (320, 320), flat)
    down = {"kind": "lines", "x": {"kind": "flat"}, "y": {"kind": "triangle"}}
    across = {"kind": "lines", "x": {"kind": "triangle"}, "y": {"kind": "flat"}}
    case("half tile", (640, 560), slope(256, 256, True), (256, 128, 256, 256), 4, 16, (256, 256), down)
    case("half tile", (640, 560), slope(256, 256, False), (128, 256, 256, 256), 4, 16, (256, 256), across)
    case("band", (640, 300), slope(64, 300, False), (224, 0, 64, 300), 0, 16, (128, 320), across)
    cone = ImageOps.invert(Image.radial_gradient("L").resize((256, 256), Image.Resampling.BICUBIC))
    case("intersection", (640, 560), cone, (128, 128, 256, 256), 4, 0, (256, 256), {"kind": "radial"})
    return cases


def colours():
    """Both matches on whole planes in torch; the wavelets by explicit low and high frequencies of both pictures."""

    def picture(width, height, seed):
        place = torch.arange(3 * height * width, dtype=torch.float64) + 1
        values = 0.5 + 0.3 * torch.sin(place * place * 0.01 + seed) + 0.2 * torch.sin(place * 0.003 * seed)
        return values.float().reshape(1, 3, height, width)

    def blur(image, step):
        line = torch.tensor([0.25, 0.5, 0.25])
        kernel = (line[:, None] * line[None, :])[None, None].repeat(3, 1, 1, 1)
        padded = torch.nn.functional.pad(image, (step, step, step, step), mode="replicate")
        return torch.nn.functional.conv2d(padded, kernel, groups=3, dilation=step)

    def split(image, levels):
        high = torch.zeros_like(image)
        for level in range(levels):
            low = blur(image, 2**level)
            high = high + (image - low)
            image = low
        return high, image

    def moments(image):
        flat = image.reshape(3, -1)
        return flat.mean(1).reshape(1, 3, 1, 1), (flat.var(1, unbiased=False) + 1e-5).sqrt().reshape(1, 3, 1, 1)

    cases = []
    for width, height, levels in ((66, 45, 5), (20, 33, 3), (5, 3, 5)):
        redrawn, source = picture(width, height, 1), picture(width, height, 2) * 0.6 + 0.1
        wavelet = split(redrawn, levels)[0] + split(source, levels)[1]
        (mean, spread), (wanted_mean, wanted_spread) = moments(redrawn), moments(source)
        statistics = (redrawn - mean) / spread * wanted_spread + wanted_mean
        cases.append(
            {
                "size": [width, height],
                "levels": levels,
                "redrawn": bytes_of(redrawn.numpy()),
                "source": bytes_of(source.numpy()),
                "wavelet": bytes_of(wavelet.numpy()),
                "moments": bytes_of(statistics.numpy()),
            }
        )
    return cases


def main():
    files = {
        "grids": grids(),
        "combined": [
            combined(61, 53, (24, 24), 8),
            combined(61, 53, (24, 16), 5),
            combined(50, 40, (16, 24), 0),
            combined(40, 24, (16, 16), 12),
        ],
        "joined": [
            joined(50, 37, (16, 16), 4),
            joined(30, 16, (16, 16), 8),
            joined(23, 40, (16, 24), 12),
        ],
        "masks": masks(),
        "colours": colours(),
    }
    OUT.mkdir(parents=True, exist_ok=True)
    for name, value in files.items():
        (OUT / f"{name}.json").write_text(json.dumps(value) + "\n")


main()
