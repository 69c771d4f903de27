import torch

from pad_nerfstudio.odd_one_out.learned.correspondence import attended, corresponding_voxels
from pad_nerfstudio.odd_one_out.learned.reference import slow_corresponding_voxels, slow_sparse_attention
from pad_nerfstudio.odd_one_out.learned.voxel_attention import sparse_attention, tokens_of, volumes_of

OBJECTS, VOXELS, HEADS = 3, 8, 2


def inputs(dtype: torch.dtype = torch.float) -> tuple[torch.Tensor, list[torch.Tensor]]:
    generator = torch.Generator().manual_seed(0)
    features = torch.randn(OBJECTS, VOXELS, 5, generator=generator)
    qkv = [torch.randn(HEADS, OBJECTS * VOXELS, 4, generator=generator).to(dtype) for _ in range(3)]
    return features, qkv


def test_corresponding_voxels_are_those_of_the_slow_reference() -> None:
    features, _ = inputs()
    assert torch.equal(corresponding_voxels(features, 3), slow_corresponding_voxels(features, 3))
    assert corresponding_voxels(features, 50).shape == (OBJECTS, OBJECTS, VOXELS, VOXELS)


def test_each_voxel_sees_k_of_each_other_object_and_none_of_its_own() -> None:
    features, _ = inputs()
    chosen = corresponding_voxels(features, 3)
    looks = attended(chosen).view(OBJECTS, VOXELS, OBJECTS - 1, 3)
    for n in range(OBJECTS):
        others = [m for m in range(OBJECTS) if m != n]
        for place, m in enumerate(others):
            assert torch.equal(looks[n, :, place], m * VOXELS + chosen[n, m])
    assert attended(chosen[:1, :1]).shape == (VOXELS, 0)


def test_sparse_attention_and_its_gradients_are_those_of_the_slow_reference() -> None:
    features, qkv = inputs(torch.double)
    chosen = corresponding_voxels(features, 3)
    weights = torch.randn(qkv[0].shape, generator=torch.Generator().manual_seed(1)).double()
    results = []
    for attention, where in ((sparse_attention, attended(chosen)), (slow_sparse_attention, chosen)):
        leaves = [tensor.clone().requires_grad_() for tensor in qkv]
        out = attention(*leaves, where)
        (out * weights).sum().backward()
        results.append([out.detach(), *(leaf.grad for leaf in leaves)])
    for fast, slow in zip(*results, strict=True):
        torch.testing.assert_close(fast, slow, atol=1e-10, rtol=0)


@torch.no_grad()
def test_reading_only_what_is_looked_at_gives_the_same() -> None:
    features, qkv = inputs()
    chosen = corresponding_voxels(features, 3)
    fast, slow = sparse_attention(*qkv, attended(chosen)), slow_sparse_attention(*qkv, chosen)
    torch.testing.assert_close(fast, slow, atol=1e-5, rtol=0)


def test_gradcheck_of_sparse_attention() -> None:
    features, qkv = inputs(torch.double)
    looks = attended(corresponding_voxels(features, 2))
    leaves = [tensor[:1].clone().requires_grad_() for tensor in qkv]
    assert torch.autograd.gradcheck(lambda q, k, v: sparse_attention(q, k, v, looks), leaves)


def test_voxels_in_a_row_go_back_to_their_places() -> None:
    volumes = torch.rand(2, 3, 4, 4, 4)
    assert torch.equal(volumes_of(tokens_of(volumes), 4), volumes)
