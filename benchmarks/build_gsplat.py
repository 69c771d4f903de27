"""Compiles gsplat's CUDA code, which it does when it first rasterizes: one Gaussian on one small image."""

import torch


def main() -> None:
    """Rasterize, and say that it worked."""
    from gsplat import rasterization

    one = torch.ones(1, 3, device="cuda")
    rgb, _, _ = rasterization(
        means=one * torch.tensor([0.0, 0.0, 3.0], device="cuda"),
        quats=torch.tensor([[1.0, 0.0, 0.0, 0.0]], device="cuda"),
        scales=0.5 * one,
        opacities=one[:, 0],
        colors=one,
        viewmats=torch.eye(4, device="cuda")[None],
        Ks=torch.tensor([[[20.0, 0.0, 16.0], [0.0, 20.0, 16.0], [0.0, 0.0, 1.0]]], device="cuda"),
        width=32,
        height=32,
    )
    print("the middle of the image:", rgb[0, 16, 16].tolist())


if __name__ == "__main__":
    main()
