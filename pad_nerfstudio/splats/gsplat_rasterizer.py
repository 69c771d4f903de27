"""The rasteriser of gsplat, which needs CUDA.

Ye et al., "gsplat: An Open-Source Library for Gaussian Splatting", JMLR 2025. On a machine without a GPU its first call
would begin to compile and leave a lock behind: see `check_rasterizer`.
"""

from pad_nerfstudio.data.pixel_rays import PinholeStack
from pad_nerfstudio.splats.gaussians import Gaussians
from pad_nerfstudio.splats.projection import intrinsics, world_to_camera
from pad_nerfstudio.splats.rasterization import BLUR, NEAR, Rasterized


def rasterize(gaussians: Gaussians, cameras: PinholeStack, degree: int, compensate: bool) -> Rasterized:
    """All cameras in one call; see `Rasterizer`."""
    from gsplat.rendering import rasterization

    rendered, opacity, info = rasterization(
        means=gaussians.means,
        quats=gaussians.quaternions,
        scales=gaussians.scales,
        opacities=gaussians.opacities,
        colors=gaussians.harmonics,
        viewmats=world_to_camera(cameras.camera_to_world),
        Ks=intrinsics(cameras),
        width=cameras.width,
        height=cameras.height,
        near_plane=NEAR,
        eps2d=BLUR,
        sh_degree=degree,
        packed=False,
        render_mode="RGB+ED",
        rasterize_mode="antialiased" if compensate else "classic",
    )
    return Rasterized(rendered[..., :3], rendered[..., 3], opacity[..., 0], info)
