"""waifu2x's plain chains of convolutions, which spandrel does not have: torch layers, a quarter as wide as published."""

from torch import nn


class Padded(nn.Module):
    """The chain over the picture, mirrored by what its convolutions take."""

    def __init__(self, widths, last):
        super().__init__()
        layers = []
        for inputs, outputs in zip((3, *widths), widths):
            layers += [nn.Conv2d(inputs, outputs, 3), nn.LeakyReLU(0.1)]
        self.net = nn.Sequential(*layers, last)
        self.pad = len(widths) + 1

    def forward(self, x):
        return self.net(nn.functional.pad(x, (self.pad,) * 4, "reflect"))


CASES = {
    "7-2x": lambda: Padded((8, 8, 16, 32, 32, 64), nn.ConvTranspose2d(64, 3, 4, 2, 3)),
    "vgg-1x": lambda: Padded((8, 8, 16, 16, 32, 32), nn.Conv2d(32, 3, 3)),
}
