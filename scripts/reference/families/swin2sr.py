"""Swin2SR, small and with each end that it shares with SwinIR."""

from torch import nn

from spandrel.architectures.Swin2SR import Swin2SR
from spandrel.architectures.Swin2SR.__arch.Swin2SR import Upsample


def adjust(name, tensor):
    # As large as training leaves them.
    return tensor.fill_(2.3) if name.endswith("logit_scale") else None


def network(end=0, **structure):
    module = Swin2SR(**{"img_size": 8, "mlp_ratio": 2.0, "window_size": 4, "embed_dim": 24, **structure})
    if end:
        module.conv_before_upsample[0] = nn.Conv2d(24, end, 3, 1, 1)
        module.upsample = Upsample(structure["upscale"], end)
        module.conv_last = nn.Conv2d(end, 3, 3, 1, 1)
    if structure.get("upsampler") == "pixelshuffle_aux":
        module.conv_bicubic = nn.Conv2d(3, end, 3, 1, 1)
        module.conv_aux = nn.Conv2d(end, 3, 3, 1, 1)
        module.conv_after_aux[0] = nn.Conv2d(3, end, 3, 1, 1)
    module.picture_channels = structure.get("in_chans", 3)
    return module


CASES = {
    "classical-4x": lambda: network(end=8, depths=[2], num_heads=[4], upscale=4, upsampler="pixelshuffle"),
    "light-2x": lambda: network(depths=[2, 2], num_heads=[3, 3], upscale=2, upsampler="pixelshuffledirect"),
    "compressed-4x": lambda: network(end=8, depths=[2], num_heads=[3], upscale=4, upsampler="pixelshuffle_aux"),
    "grey-1x": lambda: network(
        depths=[2], num_heads=[3], upscale=1, img_size=14, window_size=7, in_chans=1, img_range=255.0,
        resi_connection="3conv",
    ),
}
