"""
Small seeded networks of every family and their outputs, by spandrel (https://github.com/chaiNNer-org/spandrel)
with torch: writes families/<family>-<case>.safetensors and .f32. See README.md.

families/<family>.py registers its family's networks: `CASES` maps a case's name to a function that returns a
torch module, or a pair of one and a function from its state to the state that is written (other tensor names).
Optional beside it: `adjust(name, tensor)` returns other values for a tensor, or a number to multiply the seeded ones
by, or None to leave it as seeded;
`RUN` maps a case's name to a function (module, picture) -> output where calling the module is not enough.

    python scripts/reference/families.py [family or family-case ...]
"""

import glob
import importlib.util
import os
import sys
import zlib

import numpy as np
import torch
from PIL import Image
from safetensors.torch import save_file

HERE = os.path.dirname(os.path.abspath(__file__))
FAMILIES = os.path.join(HERE, "families")
LIMIT = 300_000


def seed(name, tensor):
    """
    Values that depend on the tensor's name alone, spread so that layers neither fade nor grow: weights with two
    or more dimensions by their inputs, scales of one dimension around 1, biases and the like around 0.
    """
    random = np.random.Generator(np.random.PCG64(zlib.crc32(name.encode())))
    shape = tuple(tensor.shape)
    if len(shape) >= 2:
        inputs = max(1, int(np.prod(shape[1:])))
        # Tables of a position's bias and learned scales have no inputs: they are kept in a middling range.
        most = 1.0 if "table" in name or 1 in shape[:2] and inputs < 4 else (3 / inputs) ** 0.5
        values = random.uniform(-most, most, shape)
    elif name.endswith("bias"):
        values = random.uniform(-0.1, 0.1, shape)
    else:
        values = random.uniform(0.8, 1.2, shape)
    return torch.from_numpy(np.asarray(values, np.float32).reshape(shape))


def rounded(state, parameters):
    """The state as it is stored: weights in halves, so that files stay small; torch then computes with just these."""
    return {name: value.half() if name in parameters else value for name, value in state.items()}


def picture(channels):
    with Image.open(os.path.join(HERE, "picture.png")) as image:
        crop = np.asarray(image.convert("RGB"), np.float32)[4:44, 8:56] / 255
    planes = torch.from_numpy(crop.transpose(2, 0, 1).copy())
    # A network of one channel is given the planes one by one, as a batch.
    return planes[:, None] if channels == 1 else planes[None]


def channels_of(module):
    """Of the picture: networks say it under different names; RGB where they do not."""
    told = [getattr(module, name, None) for name in ("in_nc", "in_channels", "in_chans", "num_in_ch", "input_channels")]
    return 1 if 1 in told else 3


def stride(scale):
    """Every n-th pixel of every n-th row is kept: n and the scale have no common factor, so every phase is there."""
    return 1 if scale == 1 else 2 if scale % 2 else 3


def write(family, case, built, adjust, run):
    module, renamed = built if isinstance(built, tuple) else (built, lambda state: state)
    module = module.float().eval()
    parameters = {name for name, _ in module.named_parameters()}
    state = module.state_dict()
    for name, value in state.items():
        values = adjust(name, value)
        if name in parameters and (values is None or isinstance(values, float)):
            values = seed(name, value) * (1 if values is None else values)
        if values is not None:
            state[name] = values.to(value.dtype)
    stored = rounded(state, parameters)
    module.load_state_dict({name: value.to(state[name].dtype) for name, value in stored.items()})
    given = picture(getattr(module, "picture_channels", None) or channels_of(module))
    with torch.inference_mode():
        output = run(module, given).float().numpy()
    output = output[:, 0] if given.shape[0] == 3 else output[0]
    scale = output.shape[1] // given.shape[2]
    step = stride(scale)
    path = os.path.join(FAMILIES, f"{family}-{case}")
    save_file({name: value.contiguous() for name, value in renamed(stored).items()}, path + ".safetensors")
    output[:, ::step, ::step].astype("<f4").tofile(path + ".f32")
    sizes = [os.path.getsize(path + end) for end in (".safetensors", ".f32")]
    print(
        f"{family}-{case}: {scale}x, {sizes[0]} and {sizes[1]} bytes, "
        f"mean {output.mean():.3f}, deviation {output.std():.3f}, {output.min():.3f} to {output.max():.3f}"
    )
    if max(sizes) > LIMIT:
        sys.exit(f"{family}-{case} is larger than {LIMIT} bytes")
    if not 0.03 < output.std() < 5:
        sys.exit(f"{family}-{case} fades or explodes: choose other seeds with `adjust`")


def load(path):
    spec = importlib.util.spec_from_file_location(os.path.basename(path)[:-3], path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


torch.set_num_threads(1)
wanted = sys.argv[1:]
for source in sorted(glob.glob(os.path.join(FAMILIES, "*.py"))):
    family = os.path.basename(source)[:-3]
    if wanted and not any(name.split("-")[0] == family for name in wanted):
        continue
    registered = load(source)
    adjust = getattr(registered, "adjust", lambda name, value: None)
    runs = getattr(registered, "RUN", {})
    for case, build in registered.CASES.items():
        if not wanted or family in wanted or f"{family}-{case}" in wanted:
            run = runs.get(case, lambda module, given: module(given))
            write(family, case, build(), adjust, run)
