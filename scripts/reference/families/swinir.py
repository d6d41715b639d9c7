"""SwinIR with each of its ends, narrower ones where files would be large."""

from torch import nn

from spandrel.architectures.SwinIR import SwinIR
from spandrel.architectures.SwinIR.__arch.SwinIR import Upsample


def network(end=0, **structure):
    module = SwinIR(**{"img_size": 8, "mlp_ratio": 2.0, "window_size": 4, **structure})
    if end:
        width, channels = structure["embed_dim"], structure.get("in_chans", 3)
        module.conv_before_upsample[0] = nn.Conv2d(width, end, 3, 1, 1)
        module.upsample = Upsample(structure["upscale"], end)
        module.conv_last = nn.Conv2d(end, channels, 3, 1, 1)
    module.picture_channels = structure.get("in_chans", 3)
    return module


def unshuffled():
    module = network(
        embed_dim=16, depths=[1], num_heads=[2], upscale=4, upsampler="nearest+conv", start_unshuffle=2
    )
    return module, lambda state: {name.replace("conv_first.", "conv_first.1."): value for name, value in state.items()}


CASES = {
    "classical-2x": lambda: network(
        end=8, embed_dim=24, depths=[2, 3], num_heads=[4, 4], upscale=2, upsampler="pixelshuffle"
    ),
    "classical-3x": lambda: network(
        end=6, embed_dim=16, depths=[2], num_heads=[2], upscale=3, upsampler="pixelshuffle"
    ),
    "classical-8x": lambda: network(
        end=6, embed_dim=16, depths=[2], num_heads=[2], upscale=8, upsampler="pixelshuffle"
    ),
    "light-4x": lambda: network(
        embed_dim=24, depths=[2], num_heads=[3], img_size=16, window_size=8, upscale=4, upsampler="pixelshuffledirect"
    ),
    "large-4x": lambda: network(
        embed_dim=16, depths=[1], num_heads=[2], upscale=4, upsampler="nearest+conv", resi_connection="3conv"
    ),
    "unshuffle-2x": unshuffled,
    "noise-1x": lambda: network(embed_dim=24, depths=[2, 2], num_heads=[3, 3]),
    "jpeg-grey-1x": lambda: network(
        embed_dim=24, depths=[2, 2], num_heads=[3, 3], img_size=14, window_size=7, in_chans=1, img_range=255.0
    ),
}
