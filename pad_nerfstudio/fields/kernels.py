"""Compiled kernels of the voxel field for CPUs: one pass per ray, no intermediate tensors.

All positions are in *grid units*: the first vertex of the grid is the origin and a voxel has side 1. `reference_rendering`
says the same in plain torch; the tests hold one against the other.

A grid is passed as `index` (nx, ny, nz) int32: the row of each vertex in `density` and `color`, or -1; and `skip`
(nx, ny, nz) uint8: 0 where the cell that starts at the vertex may hold matter (its eight corners then have rows), otherwise
how many cells away, in the largest coordinate, the nearest such cell is.

A sample is kept between the forward and the backward pass as five numbers: distance, raw density, red, green, blue.
"""

import math

import numba
import numpy as np

SAMPLE_SIZE = 5
"""Numbers kept per sample."""
OPAQUE = np.float32(1e-4)
"""Transmittance under which a ray ends."""
FAINT = np.float32(1e-4)
"""Weight under which a sample's colour is not looked up when nothing is learnt."""

_jit = numba.njit(nogil=True, fastmath=True, cache=True, error_model="numpy")
_inline = numba.njit(nogil=True, fastmath=True, cache=True, error_model="numpy", inline="always")


@_inline
def _softplus(x):
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
def _corners(x, y, z, index, rows, weights):
    """Rows and trilinear weights of the eight corners of the cell around a point."""
    ix = min(max(int(x), 0), index.shape[0] - 2)
    iy = min(max(int(y), 0), index.shape[1] - 2)
    iz = min(max(int(z), 0), index.shape[2] - 2)
    fx, fy, fz = x - ix, y - iy, z - iz
    for corner in range(8):
        cx, cy, cz = corner >> 2, (corner >> 1) & 1, corner & 1
        rows[corner] = index[ix + cx, iy + cy, iz + cz]
        weights[corner] = (fx if cx else 1 - fx) * (fy if cy else 1 - fy) * (fz if cz else 1 - fz)


@_jit
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
    rgb,  # (n, 3) out
    depth,  # (n,) out: sum of weight times distance, grid units
    transmittance,  # (n,) out: what reaches the background
    counts,  # (n,) int32 out: samples kept
    samples,  # (n, capacity, 5) out, or (0, 0, 5): keep nothing
):
    """Composite rays front to back."""
    keep, capacity = samples.shape[0] > 0, samples.shape[1]
    k = basis.shape[1]
    features = np.empty(3 * k, np.float32)
    last_x, last_y, last_z = index.shape[0] - 2, index.shape[1] - 2, index.shape[2] - 2
    one, step = np.float32(1), np.float32(step)
    for ray in range(start, end):
        ox, oy, oz = origins[ray, 0], origins[ray, 1], origins[ray, 2]
        dx, dy, dz = directions[ray, 0], directions[ray, 1], directions[ray, 2]
        near, far = _entry_and_exit(origins[ray], directions[ray], index.shape)
        samples_per_voxel = one / (max(abs(dx), abs(dy), abs(dz)) * step)
        through = one
        red = green = blue = distance = np.float32(0)
        count = 0
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
            r0, r1 = index[ix, iy, iz], index[ix, iy, iz + 1]
            r2, r3 = index[ix, iy + 1, iz], index[ix, iy + 1, iz + 1]
            r4, r5 = index[ix + 1, iy, iz], index[ix + 1, iy, iz + 1]
            r6, r7 = index[ix + 1, iy + 1, iz], index[ix + 1, iy + 1, iz + 1]
            fx, fy, fz = x - np.float32(ix), y - np.float32(iy), z - np.float32(iz)
            gx, gy, gz = one - fx, one - fy, one - fz
            w0, w1, w2, w3 = gx * gy * gz, gx * gy * fz, gx * fy * gz, gx * fy * fz
            w4, w5, w6, w7 = fx * gy * gz, fx * gy * fz, fx * fy * gz, fx * fy * fz
            raw = w0 * density[r0] + w1 * density[r1] + w2 * density[r2] + w3 * density[r3]
            raw += w4 * density[r4] + w5 * density[r5] + w6 * density[r6] + w7 * density[r7]
            alpha = one - math.exp(-_softplus(raw) * step)
            weight = through * alpha
            cr = cg = cb = np.float32(0)
            if keep or weight > FAINT:
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
                samples[ray, count, 0], samples[ray, count, 1] = s, raw
                samples[ray, count, 2], samples[ray, count, 3], samples[ray, count, 4] = cr, cg, cb
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


@_jit
def sample_gradients(start, end, samples, counts, background, step, g_rgb, g_depth, g_transmittance):
    """Turn kept samples, in place, into (distance, d/d raw density, weight, -, -).

    With sample values q_i = g_rgb . c_i + g_depth s_i the loss behaves as sum(w_i q_i) + T q_background, and
    d/d tau_i = T_{i+1} q_i - (what all later samples and the background contribute).
    """
    for ray in range(start, end):
        gr, gg, gb, gd = g_rgb[ray, 0], g_rgb[ray, 1], g_rgb[ray, 2], g_depth[ray]
        total = np.float32(0.0)
        through = np.float32(1.0)
        for i in range(counts[ray]):
            sample = samples[ray, i]
            alpha = np.float32(1.0 - math.exp(-_softplus(sample[1]) * step))
            value = gr * sample[2] + gg * sample[3] + gb * sample[4] + gd * sample[0]
            sample[2] = through * alpha
            sample[3] = value
            total += sample[2] * value
            through *= 1 - alpha
            sample[4] = through
        total += through * (gr * background[0] + gg * background[1] + gb * background[2] + g_transmittance[ray])
        for i in range(counts[ray]):
            sample = samples[ray, i]
            total -= sample[2] * sample[3]
            slope = np.float32(step / (1.0 + math.exp(-sample[1])))
            sample[1] = (sample[4] * sample[3] - total) * slope


@_jit
def mark_touched(first_x, end_x, origins, directions, samples, counts, index, touched):
    """Set `touched` (rows,) uint8 for the vertices with first_x <= x < end_x that any kept sample reads."""
    for ray in range(origins.shape[0]):
        o, d = origins[ray], directions[ray]
        for i in range(counts[ray]):
            s = samples[ray, i, 0]
            ix = min(max(int(o[0] + s * d[0]), 0), index.shape[0] - 2)
            if ix + 1 < first_x or ix >= end_x:
                continue
            iy = min(max(int(o[1] + s * d[1]), 0), index.shape[1] - 2)
            iz = min(max(int(o[2] + s * d[2]), 0), index.shape[2] - 2)
            for cx in range(max(ix, first_x), min(ix + 2, end_x)):
                touched[index[cx, iy, iz]] = 1
                touched[index[cx, iy, iz + 1]] = 1
                touched[index[cx, iy + 1, iz]] = 1
                touched[index[cx, iy + 1, iz + 1]] = 1


@_jit
def number_touched(touched, slots, rows):
    """Number the touched rows in order: slots[row] = its number, rows[number] = row. Returns how many; clears `touched`."""
    count = 0
    for row in range(touched.shape[0]):
        if touched[row]:
            touched[row] = 0
            slots[row] = count
            rows[count] = row
            count += 1
    return count


@_jit
def scatter_gradients(
    first_x, end_x, origins, directions, basis, samples, counts, index, slots, g_rgb, g_density, g_color
):
    """Add every sample's gradient to the compact rows of the vertices with first_x <= x < end_x.

    Each vertex belongs to one call and samples come in ray order, so sums do not depend on the number of threads.
    """
    k = basis.shape[1]
    g = np.empty(3 * k, np.float32)
    rows = np.empty(8, np.int32)
    weights = np.empty(8, np.float32)
    for ray in range(origins.shape[0]):
        o, d = origins[ray], directions[ray]
        for i in range(counts[ray]):
            s = samples[ray, i, 0]
            x = o[0] + s * d[0]
            ix = min(max(int(x), 0), index.shape[0] - 2)
            if ix + 1 < first_x or ix >= end_x:
                continue
            _corners(x, o[1] + s * d[1], o[2] + s * d[2], index, rows, weights)
            g_raw, weight = samples[ray, i, 1], samples[ray, i, 2]
            for b in range(k):
                for channel in range(3):
                    g[3 * b + channel] = weight * basis[ray, b] * g_rgb[ray, channel]
            for corner in range(8):
                vertex_x = ix + (corner >> 2)
                if vertex_x < first_x or vertex_x >= end_x:
                    continue
                slot, w = slots[rows[corner]], weights[corner]
                g_density[slot] += w * g_raw
                for j in range(3 * k):
                    g_color[slot, j] += w * g[j]


@_jit
def total_variation_gradients(
    start, end, rows, vertices, index, density, color, density_weight, color_weight, softness, g_density, g_color
):
    """Add the gradient of weight * sum over neighbours of sqrt(difference^2 + softness^2) for each of `rows`."""
    nx, ny, nz = index.shape
    for slot in range(start, end):
        row = rows[slot]
        x, y, z = vertices[row, 0], vertices[row, 1], vertices[row, 2]
        for side in range(6):
            offset = 1 if side & 1 else -1
            ax = x + (offset if side >> 1 == 0 else 0)
            ay = y + (offset if side >> 1 == 1 else 0)
            az = z + (offset if side >> 1 == 2 else 0)
            if ax < 0 or ay < 0 or az < 0 or ax >= nx or ay >= ny or az >= nz:
                continue
            other = index[ax, ay, az]
            if other < 0:
                continue
            difference = density[row] - density[other]
            g_density[slot] += density_weight * difference / math.sqrt(difference * difference + 1.0)
            for j in range(color.shape[1]):
                difference = color[row, j] - color[other, j]
                g_color[slot, j] += color_weight * difference / math.sqrt(difference * difference + softness * softness)


@_jit
def ray_gradients(
    start,
    end,
    origins,
    directions,
    basis,
    samples,
    counts,
    index,
    density,
    color,
    g_rgb,
    g_origins,
    g_directions,
    g_basis,
):
    """Gradients of rays through the positions of their samples (after `sample_gradients`).

    Distances along the ray are held fixed, and the direction's way through the spherical harmonics is left to `g_basis`.
    """
    k = basis.shape[1]
    rows = np.empty(8, np.int32)
    weights = np.empty(8, np.float32)
    for ray in range(start, end):
        o, d = origins[ray], directions[ray]
        for i in range(counts[ray]):
            s, g_raw, weight = samples[ray, i, 0], samples[ray, i, 1], samples[ray, i, 2]
            x, y, z = o[0] + s * d[0], o[1] + s * d[1], o[2] + s * d[2]
            _corners(x, y, z, index, rows, weights)
            fx = x - min(max(int(x), 0), index.shape[0] - 2)
            fy = y - min(max(int(y), 0), index.shape[1] - 2)
            fz = z - min(max(int(z), 0), index.shape[2] - 2)
            for corner in range(8):
                cx, cy, cz = corner >> 2, (corner >> 1) & 1, corner & 1
                row = rows[corner]
                value = g_raw * density[row]
                for b in range(k):
                    g_feature = np.float32(0.0)
                    for channel in range(3):
                        g_feature += weight * g_rgb[ray, channel] * color[row, 3 * b + channel]
                    value += basis[ray, b] * g_feature
                    g_basis[ray, b] += weights[corner] * g_feature
                wx, wy, wz = (fx if cx else 1 - fx), (fy if cy else 1 - fy), (fz if cz else 1 - fz)
                gx = value * (1 if cx else -1) * wy * wz
                gy = value * (1 if cy else -1) * wx * wz
                gz = value * (1 if cz else -1) * wx * wy
                g_origins[ray, 0] += gx
                g_origins[ray, 1] += gy
                g_origins[ray, 2] += gz
                g_directions[ray, 0] += s * gx
                g_directions[ray, 1] += s * gy
                g_directions[ray, 2] += s * gz


@_jit
def interpolate(start, end, points, index, density, color, out_density, out_color, fallback):
    """Trilinear look-ups at `points` (n, 3); corners without a row count as `fallback` density and no colour."""
    rows = np.empty(8, np.int32)
    weights = np.empty(8, np.float32)
    for point in range(start, end):
        _corners(points[point, 0], points[point, 1], points[point, 2], index, rows, weights)
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


@_jit
def visible_weight(start, end, origins, directions, samples, counts, index, step, weight):
    """Raise `weight` (rows,) to the largest compositing weight of the samples near each vertex (one range at a time)."""
    rows = np.empty(8, np.int32)
    weights = np.empty(8, np.float32)
    for ray in range(start, end):
        o, d = origins[ray], directions[ray]
        through = np.float32(1.0)
        for i in range(counts[ray]):
            s = samples[ray, i, 0]
            alpha = np.float32(1.0 - math.exp(-_softplus(samples[ray, i, 1]) * step))
            _corners(o[0] + s * d[0], o[1] + s * d[1], o[2] + s * d[2], index, rows, weights)
            for corner in range(8):
                weight[rows[corner]] = max(weight[rows[corner]], through * alpha)
            through *= 1 - alpha
