"""ATD, with narrower ends so that files stay small. The last group of alike pixels is not a whole one."""

from unittest.mock import patch

import torch
from torch import nn

from spandrel.architectures.ATD import ATD
from spandrel.architectures.ATD.__arch.atd_arch import Upsample


def network(end=0, **structure):
    upsampler = "pixelshuffle" if end else "pixelshuffledirect"
    module = ATD(upsampler=upsampler, window_size=8, img_size=8, resi_connection="3conv", **structure)
    if end:
        module.conv_before_upsample[0] = nn.Conv2d(structure["embed_dim"], end, 3, 1, 1)
        module.upsample = Upsample(structure["upscale"], end)
        module.conv_last = nn.Conv2d(end, 3, 3, 1, 1)
    return module


CASES = {
    "4x": lambda: network(
        8, embed_dim=24, depths=[2, 1], num_heads=[3, 3], category_size=256, num_tokens=16, reducted_dim=6, upscale=4
    ),
    "light-2x": lambda: network(
        embed_dim=48, depths=[2], num_heads=[4], category_size=128, num_tokens=24, reducted_dim=8, mlp_ratio=1, upscale=2
    ),
    "meanless-3x": lambda: network(
        embed_dim=16, depths=[3], num_heads=[2], category_size=256, num_tokens=12, convffn_kernel_size=7,
        qkv_bias=False, norm=False, upscale=3,
    ),
}


def run(module, picture):
    """Pixels of one category in their order: the network sorts without saying which of equals comes first."""
    sort = torch.sort
    with patch("torch.sort", lambda values, dim, stable: sort(values, dim=dim, stable=True)):
        return module(picture)


RUN = {case: run for case in CASES}
