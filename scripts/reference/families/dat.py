"""DAT, with ends and lengths of its variants, and narrower ends so that files stay small."""

import zlib

import torch
from torch import nn

from spandrel.architectures.DAT import DAT
from spandrel.architectures.DAT.__arch.DAT import Upsample


def adjust(name, tensor):
    # Batch statistics as training would leave them.
    seeded = torch.Generator().manual_seed(zlib.crc32(name.encode()))
    if name.endswith("running_mean"):
        return torch.rand(tensor.shape, generator=seeded) * 0.4 - 0.2
    if name.endswith("running_var"):
        return torch.rand(tensor.shape, generator=seeded) * 0.5 + 0.5
    return None


def network(end=0, **structure):
    module = DAT(embed_dim=64, img_size=8, upsampler="pixelshuffle" if end else "pixelshuffledirect", **structure)
    if end:
        module.conv_before_upsample[0] = nn.Conv2d(64, end, 3, 1, 1)
        module.upsample = Upsample(structure["upscale"], end)
        module.conv_last = nn.Conv2d(end, 3, 3, 1, 1)
    return module


CASES = {
    "4x": lambda: network(
        end=8, split_size=[2, 4], depth=[3], num_heads=[4], expansion_factor=1, upscale=4, resi_connection="3conv"
    ),
    "light-2x": lambda: network(
        split_size=[2, 8], depth=[1, 1], num_heads=[2, 2], expansion_factor=1, upscale=2, resi_connection="3conv"
    ),
    "square-3x": lambda: network(
        end=6, split_size=[4, 4], depth=[2], num_heads=[4], expansion_factor=1, upscale=3, qkv_bias=False
    ),
}
