"""What lies around an object and its cameras."""

import torch
import torch.nn.functional as F

from pad_nerfstudio.fields.environment import SHELL, Environment, look_up


def directions(count: int = 2000) -> torch.Tensor:
    return F.normalize(torch.randn(count, 3, generator=torch.Generator().manual_seed(0)), dim=-1)


def test_a_texture_is_looked_up_by_direction_and_wraps_around() -> None:
    rows, columns = 64, 128
    elevation = ((torch.arange(rows) + 0.5) / rows - 0.5) * torch.pi
    azimuth = ((torch.arange(columns) + 0.5) / columns * 2 - 1) * torch.pi
    flat, up = torch.cos(elevation)[:, None], torch.sin(elevation)[:, None].expand(rows, columns)
    texture = torch.stack([flat * azimuth.cos(), flat * azimuth.sin(), up])[None]
    behind = torch.tensor([[-1.0, 1e-4, 0.0], [-1.0, -1e-4, 0.0]])
    for some in (directions(), F.normalize(behind, dim=-1)):
        torch.testing.assert_close(look_up(texture, some), some, atol=0.03, rtol=0)


def test_the_shell_is_seen_from_where_a_camera_stands_and_infinity_by_direction() -> None:
    torch.manual_seed(0)
    environment = Environment(32, torch.tensor([1.0, 2.0, 3.0]), radius=SHELL * 2.0)
    environment.shell.data[:, :3].uniform_()
    ways, origins = directions(), torch.tensor([1.0, 2.0, 3.0]) + 2.0 * directions(4000)[2000:]
    environment.shell.data[:, 3] = 20.0
    on_shell = origins + ways * torch.linspace(0, 6, 3000)[:, None, None]
    nearest = ((on_shell - environment.center).norm(dim=-1) - SHELL * 2.0).abs().argmin(0)
    met = on_shell[nearest, torch.arange(2000)] - environment.center  # the slow way: by walking along the rays
    expected = look_up(environment.shell[:, :3], F.normalize(met, dim=-1))
    assert (environment(origins, ways) - expected).abs().mean() < 5e-3
    environment.shell.data[:, 3] = -20.0
    environment.far.data.uniform_()
    torch.testing.assert_close(environment(origins, ways), look_up(environment.far, ways))
