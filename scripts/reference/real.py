"""
Runs further published weights, which are not shipped, on picture.png: writes .cache/real/<name>.f32 for
scripts/bench/real-weights.ts. See README.md.
"""

import os

from published import HERE, picture, run_keras

UPSCALERJS = "upscalerjs-models-0.9.0"
KERAS = {
    "idealo-gans": (UPSCALERJS, "models/idealo/gans"),
    "div2k-2x": (UPSCALERJS, "models/div2k/005-2x"),
    "div2k-3x": (UPSCALERJS, "models/div2k/019-3x"),
    "div2k-4x": (UPSCALERJS, "models/div2k/017-4x"),
}
KERAS.update({f"esrgan-slim-{n}x": ("upscalerjs-esrgan-slim-1.0.0", f"models/x{n}") for n in (2, 3, 4, 8)})

out = os.path.join(HERE, "../../.cache/real")
os.makedirs(out, exist_ok=True)
for name, (package, path) in KERAS.items():
    values = run_keras(package, path, picture)
    values.astype("<f4").tofile(os.path.join(out, f"{name}.f32"))
    print(name, values.shape, values.min(), values.max())
