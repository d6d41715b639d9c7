"""
CUNet cascades: Real-CUGAN as spandrel has it, and waifu2x's cunet, which is the same nets at 1x. A quarter as wide
as published, so that the files stay small.
"""

import torch
from spandrel.architectures.RealCUGAN import UpCunet2x, UpCunet2x_fast, UpCunet3x, UpCunet4x
from torch import nn
from torch.nn import functional

from spandrel.architectures.RealCUGAN.__arch.upcunet_v3 import UNet1, UNet2

KEPT = {3, 12}


def narrow(module):
    """Every layer with a quarter of its channels, but for those of pictures."""
    for name, child in module.named_children():
        if isinstance(child, (nn.Conv2d, nn.ConvTranspose2d)):
            sides = [n if n in KEPT else n // 4 for n in (child.in_channels, child.out_channels)]
            layer = type(child)(*sides, child.kernel_size, child.stride, child.padding)
            setattr(module, name, layer)
        else:
            narrow(child)
    return module


class Cunet(nn.Module):
    """waifu2x's cunet as its ncnn files have it: nothing is clamped between the nets."""

    def __init__(self):
        super().__init__()
        self.unet1 = UNet1(3, 3, deconv=False)
        self.unet2 = UNet2(3, 3, deconv=False)

    def forward(self, x):
        first = self.unet1(functional.pad(x, (28,) * 4, "reflect"))
        return self.unet2(first) + functional.pad(first, (-20,) * 4)


def as_ncnn(state):
    """What ncnn's files make of a state: transposed convolutions by output and input, excitation as matrices."""
    turned = ("conv2_up", "conv3_up", "conv4_up", "unet1.conv_bottom")
    renamed = {}
    for name, value in state.items():
        layer, role = name.rsplit(".", 1)
        if layer.endswith(turned):
            renamed[f"{layer}.turned.{role}"] = value.transpose(0, 1) if role == "weight" else value
        elif ".seblock." in name and role == "weight":
            renamed[name] = value.flatten(1)
        else:
            renamed[name] = value
    return renamed


CASES = {
    "1x": lambda: narrow(Cunet()),
    "2x": lambda: narrow(UpCunet2x()),
    "3x-pro": lambda: narrow(UpCunet3x(pro=True)),
    "4x": lambda: narrow(UpCunet4x()),
    "ncnn-2x": lambda: (narrow(UpCunet2x()), as_ncnn),
    "fast-2x": lambda: narrow(UpCunet2x_fast()),
}
