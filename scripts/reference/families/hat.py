"""HAT with windows of 16, as published, and of 8 and 4; narrower ends so that files stay small."""

from torch import nn

from spandrel.architectures.HAT import HAT
from spandrel.architectures.HAT.__arch.HAT import Upsample


def adjust(name, tensor):
    # Published networks take a hundredth of this branch: larger, so that a mistake in it shows.
    return 8.0 if name.endswith("cab.2.weight") else None


def network(end, **structure):
    module = HAT(img_size=32, **{"window_size": 16, "mlp_ratio": 2.0, **structure})
    width = structure["embed_dim"]
    module.conv_before_upsample[0] = nn.Conv2d(width, end, 3, 1, 1)
    module.upsample = Upsample(structure["upscale"], end)
    module.conv_last = nn.Conv2d(end, 3, 3, 1, 1)
    return module


def slim(module):
    """Without the buffers of places, which are most of a small network with windows of 16; files of the others hold them."""
    return module, lambda state: {name: value for name, value in state.items() if "position_index" not in name}


CASES = {
    "4x": lambda: slim(
        network(8, embed_dim=24, depths=[2], num_heads=[2], compress_ratio=3, squeeze_factor=6, upscale=4)
    ),
    "small-2x": lambda: network(
        8, embed_dim=16, depths=[2, 1], num_heads=[2, 2], window_size=8, compress_ratio=8, squeeze_factor=8, upscale=2
    ),
    "wide-3x": lambda: network(
        6, embed_dim=16, depths=[1], num_heads=[4], window_size=4, overlap_ratio=1.0, qkv_bias=False,
        compress_ratio=4, squeeze_factor=4, upscale=3,
    ),
    "1x": lambda: slim(
        network(8, embed_dim=16, depths=[2], num_heads=[2], compress_ratio=4, squeeze_factor=8, upscale=1)
    ),
}
