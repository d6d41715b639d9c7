"""
What tiny conditional UNets and ControlNets give, by diffusers: writes diffusion/unet/<case>.f32, the noise (of a ControlNet all its
residuals one after another) as raw little-endian fp32, and published.json: how many tensors and parameters the networks of the
published configurations have, with a digest of their names and shapes. Weights and inputs are those that
diffusion-unet.test.ts makes from their names.

    python scripts/reference/diffusion-unet.py
"""

import hashlib
import json
import os

import numpy as np
import torch
from diffusers import ControlNetModel, UNet2DConditionModel

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "diffusion", "unet")


def seeded(name, shape, low, high):
    """As in seeded.ts: FNV-1a of the name starts a linear congruential generator. All its states at once."""
    state = 2166136261
    for byte in name.encode():
        state = ((state ^ byte) * 16777619) % 2**32
    count = int(np.prod(shape))
    factors = np.multiply.accumulate(np.full(count, 1664525, np.uint32), dtype=np.uint32)
    sums = np.add.accumulate(np.concatenate([[1], factors[:-1]]).astype(np.uint32), dtype=np.uint32)
    states = factors * np.uint32(state) + sums * np.uint32(1013904223)
    return torch.from_numpy((low + (high - low) * (states.astype(np.float64) / 2**32)).astype(np.float32).reshape(shape))


def values(name, shape):
    if len(shape) > 1:
        most = (3 / np.prod(shape[1:])) ** 0.5
        return seeded(name, shape, -most, most)
    return seeded(name, shape, -0.1, 0.1) if name.endswith("bias") else seeded(name, shape, 0.8, 1.2)


def blocks(levels, attends):
    down = ["CrossAttnDownBlock2D" if level in attends else "DownBlock2D" for level in range(levels)]
    up = ["CrossAttnUpBlock2D" if level in attends else "UpBlock2D" for level in reversed(range(levels))]
    return {"down_block_types": down, "up_block_types": up}


# Cut in width only; `attention_head_dim` is what diffusers calls the number of heads in these networks.
SD1 = {
    "block_out_channels": [32, 64, 96, 96],
    "attention_head_dim": 8,
    "cross_attention_dim": 24,
    "layers_per_block": 2,
    "flip_sin_to_cos": True,
    "freq_shift": 0,
    **blocks(4, {0, 1, 2}),
}
SD2 = {
    **SD1,
    "block_out_channels": [32, 64, 128, 128],
    "attention_head_dim": [2, 4, 8, 8],
    "cross_attention_dim": 40,
    "use_linear_projection": True,
}
SMALL = {**SD1, "layers_per_block": 1}
TINY = {**SMALL, "block_out_channels": [32, 64, 96], "mid_block_type": None, **blocks(3, {0, 1, 2})}

# Name: config, batch, whether a ControlNet's residuals are added.
CASES = {
    "sd1": (SD1, 2, False),
    "sd1-control": (SD1, 1, True),
    "sd2": (SD2, 2, False),
    "lcm": ({**SD1, "time_cond_proj_dim": 16}, 2, False),
    "inpaint": ({**SD1, "in_channels": 9}, 1, False),
    "small": (SMALL, 1, False),
    "small-control": ({**SMALL, "mid_block_type": None}, 1, True),
    "tiny": (TINY, 2, False),
    "plain-middle": ({**SMALL, "mid_block_type": "UNetMidBlock2D"}, 1, False),
    "deep": ({**TINY, "transformer_layers_per_block": [1, 2, 3], **blocks(3, {1, 2})}, 1, False),
}
CONTROLNETS = {
    "controlnet-sd1": (SD1, 2),
    "controlnet-sd2": (SD2, 1),
}
HINT = [16, 24, 40, 56]
HEIGHT, WIDTH, TOKENS = 16, 24, 10
# Of a ControlNet's latent map: its residuals are many.
SMALLER = (8, 16)

FULL = {**SD1, "block_out_channels": [320, 640, 1280, 1280], "cross_attention_dim": 768}
PUBLISHED = {
    "sd1": FULL,
    "sd2": {**FULL, "cross_attention_dim": 1024, "attention_head_dim": [5, 10, 20, 20], "use_linear_projection": True},
    "lcm": {**FULL, "time_cond_proj_dim": 256},
    "small-sd": {**FULL, "layers_per_block": 1},
    "bk-sdm-small": {**FULL, "layers_per_block": 1, "mid_block_type": None},
    "tiny-sd": {
        **FULL,
        "layers_per_block": 1,
        "block_out_channels": [320, 640, 1280],
        "mid_block_type": None,
        **blocks(3, {0, 1, 2}),
    },
}


def given(batch, config, height=HEIGHT, width=WIDTH):
    times = torch.tensor([501.25, 3.5])[:batch]
    sample = seeded("sample", (batch, config.get("in_channels", 4), height, width), -2, 2)
    context = seeded("context", (batch, TOKENS, config["cross_attention_dim"]), -2, 2)
    return {"sample": sample, "timestep": times, "encoder_hidden_states": context}


def fill(model):
    for name, parameter in model.named_parameters():
        parameter.data = values(name, tuple(parameter.shape))
    return model.eval()


def write(case, results):
    flat = torch.cat([result.flatten() for result in results])
    flat.numpy().astype("<f4").tofile(os.path.join(HERE, f"{case}.f32"))
    print(case, len(results), flat.numel(), f"deviation {flat.std():.3f}, {flat.min():.3f} to {flat.max():.3f}")


def shapes(config):
    """Of every map that the way down hands on, finest first."""
    widths, layers = config["block_out_channels"], config["layers_per_block"]
    found = [(widths[0], 0)]
    for level, width in enumerate(widths):
        found += [(width, level)] * layers
        if level < len(widths) - 1:
            found.append((width, level + 1))
    return found


def residuals(batch, config):
    def one(name, channels, level):
        return seeded(name, (batch, channels, HEIGHT >> level, WIDTH >> level), -1, 1)

    widths = config["block_out_channels"]
    down = tuple(one(f"down_{index}", *shape) for index, shape in enumerate(shapes(config)))
    return {
        "down_block_additional_residuals": down,
        "mid_block_additional_residual": one("mid", widths[-1], len(widths) - 1),
    }


torch.set_num_threads(1)
with torch.no_grad():
    for case, (config, batch, control) in CASES.items():
        unet = fill(UNet2DConditionModel(**config))
        more = residuals(batch, config) if control else {}
        if "time_cond_proj_dim" in config:
            more["timestep_cond"] = seeded("timestep_cond", (batch, config["time_cond_proj_dim"]), -1, 1)
        write(case, [unet(**given(batch, config), **more).sample])
    for case, (config, batch) in CONTROLNETS.items():
        own = {name: value for name, value in config.items() if name != "up_block_types"}
        net = fill(ControlNetModel(**own, conditioning_embedding_out_channels=HINT))
        hint = seeded("hint", (batch, 3, 8 * SMALLER[0], 8 * SMALLER[1]), 0, 1)
        result = net(**given(batch, config, *SMALLER), controlnet_cond=hint)
        write(case, [*result.down_block_res_samples, result.mid_block_res_sample])

published = {}
with torch.device("meta"):
    models = {name: UNet2DConditionModel(**config) for name, config in PUBLISHED.items()}
    own = {name: value for name, value in FULL.items() if name != "up_block_types"}
    models["controlnet"] = ControlNetModel(**own)
for name, model in models.items():
    lines = sorted(f"{tensor} {list(value.shape)}" for tensor, value in model.state_dict().items())
    published[name] = {
        "tensors": len(lines),
        "parameters": sum(value.numel() for value in model.state_dict().values()),
        "digest": hashlib.sha256("\n".join(lines).encode()).hexdigest(),
    }
    print(name, published[name])
with open(os.path.join(HERE, "published.json"), "w") as file:
    json.dump(published, file, indent=2)
    file.write("\n")
