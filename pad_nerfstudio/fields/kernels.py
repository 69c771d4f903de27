"""Compiled kernels of the voxel field for CPUs: one pass per ray, no intermediate tensors.

All positions are in *grid units*: the first vertex of the grid is the origin and a voxel has side 1. The module
`reference` says the same in plain torch; tests hold one against the other.

A grid is passed as `index` (nx, ny, nz) int32: the row of each vertex in `density` and `color`, or -1; and `skip`
(nx, ny, nz) uint8: 0 where the cell that starts at the vertex may hold matter (its eight corners then have rows),
else how many cells away, in the largest coordinate, the nearest such cell is. Rows are numbered in the order of
`index`, so the upper neighbour along z of a vertex with a row has the next row.

A sample is kept between the forward and the backward pass as five numbers: distance, raw density, red, green, blue;
and as the rows of the four lower corners (along z) of its cell. Those of a ray stand together, from `first[ray]` on.
"""

import math

import numba
import numpy as np

SAMPLE_SIZE = 5
"""Numbers kept per sample."""
OPAQUE = np.float32(1e-2)
"""Transmittance under which a ray ends. What is left counts as background, which rewards surfaces that let no more
through; measured against 1e-4: a third fewer samples in training, and held-out views as good."""
FAINT = np.float32(1e-3)
"""Weight under which a sample's colour is not looked up when nothing is learnt."""

jit = numba.njit(nogil=True, fastmath=True, cache=True, error_model="numpy")
_inline = numba.njit(nogil=True, fastmath=True, cache=True, error_model="numpy", inline="always")


@_inline
def softplus(x):
    """log(1 + exp(x)), in the precision of x."""
    return x if x > np.float32(15) else math.log(np.float32(1) + math.exp(x))


@_inline
def _entry_and_exit(o, d, shape):
    near, far = np.float32(0), np.float32(1e30)
    for axis in range(3):
        if abs(d[axis]) < 1e-9:
            if o[axis] < 0.0 or o[axis] > shape[axis] - 1:
                return near, np.float32(-1)
            continue
        a = -o[axis] / d[axis]
        b = (shape[axis] - 1 - o[axis]) / d[axis]
        near = max(near, min(a, b))
        far = min(far, max(a, b))
    return near, far


@_inline
def corners(x, y, z, index, rows, weights):
    """Rows and trilinear weights of the eight corners of the cell around a point."""
    ix = min(max(int(x), 0), index.shape[0] - 2)
    iy = min(max(int(y), 0), index.shape[1] - 2)
    iz = min(max(int(z), 0), index.shape[2] - 2)
    fx, fy, fz = x - ix, y - iy, z - iz
    for corner in range(8):
        cx, cy, cz = corner >> 2, (corner >> 1) & 1, corner & 1
        rows[corner] = index[ix + cx, iy + cy, iz + cz]
        weights[corner] = (fx if cx else 1 - fx) * (fy if cy else 1 - fy) * (fz if cz else 1 - fz)


@jit
def render(
    start,
    end,
    origins,  # (n, 3) float32, grid units
    directions,  # (n, 3) float32, unit length
    basis,  # (n, k) float32, spherical harmonics of the directions
    offsets,  # (n,) float32 in [0, 1): where in its step the first sample lies
    index,
    skip,
    density,  # (rows,) float32, before softplus
    color,  # (rows, 3 k) float32, coefficient-major
    background,  # (3,) float32
    step,  # float, grid units
    nearest,  # bool: take colour from the nearest vertex alone
    rgb,  # (n, 3) out
    depth,  # (n,) out: sum of weight times distance, grid units
    transmittance,  # (n,) out: what reaches the background
    counts,  # (n,) int32 out: samples kept
    first,  # (n,) int64 out: where the samples of a ray begin
    samples,  # (n * capacity, 5) float32 out, or (0, 5): keep nothing
    corners_below,  # (n * capacity, 4) int32 out
    touched,  # (rows,) uint8 out: set to 1 where a kept sample reads
):
    """Composite rays front to back."""
    keep, capacity = samples.shape[0] > 0, samples.shape[0] // max(1, origins.shape[0])
    slot = start * capacity
    k = basis.shape[1]
    features = np.empty(3 * k, np.float32)
    last_x, last_y, last_z = index.shape[0] - 2, index.shape[1] - 2, index.shape[2] - 2
    one, half, step = np.float32(1), np.float32(0.5), np.float32(step)
    for ray in range(start, end):
        ox, oy, oz = origins[ray, 0], origins[ray, 1], origins[ray, 2]
        dx, dy, dz = directions[ray, 0], directions[ray, 1], directions[ray, 2]
        near, far = _entry_and_exit(origins[ray], directions[ray], index.shape)
        samples_per_voxel = one / (max(abs(dx), abs(dy), abs(dz)) * step)
        through = one
        red = green = blue = distance = np.float32(0)
        count = 0
        first[ray] = slot
        last = int((far - near) / step - offsets[ray]) if far > near else -1
        i = 0
        while i <= last:
            s = near + (np.float32(i) + offsets[ray]) * step
            x, y, z = ox + s * dx, oy + s * dy, oz + s * dz
            ix, iy, iz = min(max(int(x), 0), last_x), min(max(int(y), 0), last_y), min(max(int(z), 0), last_z)
            away = skip[ix, iy, iz]
            if away:
                i += max(1, int(np.float32(away - 1) * samples_per_voxel))
                continue
            i += 1
            # the corners are written out: loops over small arrays cost a quarter more
            r0, r2 = index[ix, iy, iz], index[ix, iy + 1, iz]
            r4, r6 = index[ix + 1, iy, iz], index[ix + 1, iy + 1, iz]
            r1, r3, r5, r7 = r0 + 1, r2 + 1, r4 + 1, r6 + 1
            fx, fy, fz = x - np.float32(ix), y - np.float32(iy), z - np.float32(iz)
            gx, gy, gz = one - fx, one - fy, one - fz
            w0, w1, w2, w3 = gx * gy * gz, gx * gy * fz, gx * fy * gz, gx * fy * fz
            w4, w5, w6, w7 = fx * gy * gz, fx * gy * fz, fx * fy * gz, fx * fy * fz
            raw = w0 * density[r0] + w1 * density[r1] + w2 * density[r2] + w3 * density[r3]
            raw += w4 * density[r4] + w5 * density[r5] + w6 * density[r6] + w7 * density[r7]
            alpha = one - math.exp(-softplus(raw) * step)
            weight = through * alpha
            cr = cg = cb = np.float32(0)
            if nearest and weight > FAINT:
                below = (r0 if fy < half else r2) if fx < half else (r4 if fy < half else r6)
                row = below if fz < half else below + 1
                for b in range(k):
                    cr += basis[ray, b] * color[row, 3 * b]
                    cg += basis[ray, b] * color[row, 3 * b + 1]
                    cb += basis[ray, b] * color[row, 3 * b + 2]
            elif keep or weight > FAINT:
                for j in range(3 * k):
                    features[j] = w0 * color[r0, j] + w1 * color[r1, j] + w2 * color[r2, j] + w3 * color[r3, j]
                    features[j] += w4 * color[r4, j] + w5 * color[r5, j] + w6 * color[r6, j] + w7 * color[r7, j]
                for b in range(k):
                    cr += basis[ray, b] * features[3 * b]
                    cg += basis[ray, b] * features[3 * b + 1]
                    cb += basis[ray, b] * features[3 * b + 2]
            if keep:
                if count == capacity:
                    break
                samples[slot, 0], samples[slot, 1] = s, raw
                samples[slot, 2], samples[slot, 3], samples[slot, 4] = cr, cg, cb
                corners_below[slot, 0], corners_below[slot, 1] = r0, r2
                corners_below[slot, 2], corners_below[slot, 3] = r4, r6
                touched[r0], touched[r1], touched[r2], touched[r3] = 1, 1, 1, 1
                touched[r4], touched[r5], touched[r6], touched[r7] = 1, 1, 1, 1
                slot += 1
            count += 1
            red += weight * cr
            green += weight * cg
            blue += weight * cb
            distance += weight * s
            through *= one - alpha
            if through < OPAQUE:
                break
        rgb[ray, 0] = red + through * background[0]
        rgb[ray, 1] = green + through * background[1]
        rgb[ray, 2] = blue + through * background[2]
        depth[ray] = distance
        transmittance[ray] = through
        counts[ray] = count


@jit
def interpolate(start, end, points, index, density, color, out_density, out_color, fallback):
    """Trilinear look-ups at `points` (n, 3); corners without a row count as `fallback` density and no colour."""
    rows = np.empty(8, np.int32)
    weights = np.empty(8, np.float32)
    for point in range(start, end):
        corners(points[point, 0], points[point, 1], points[point, 2], index, rows, weights)
        raw = np.float32(0.0)
        seen = np.float32(0.0)
        out_color[point] = 0.0
        for corner in range(8):
            row, w = rows[corner], weights[corner]
            if row < 0:
                raw += w * fallback
                continue
            raw += w * density[row]
            seen += w
            for j in range(color.shape[1]):
                out_color[point, j] += w * color[row, j]
        out_density[point] = raw
        if seen > 1e-6:
            for j in range(color.shape[1]):
                out_color[point, j] /= seen
