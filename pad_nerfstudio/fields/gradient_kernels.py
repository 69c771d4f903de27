"""Compiled kernels of the backward pass; grids, samples and units are those of `kernels`."""

import math

import numpy as np

from pad_nerfstudio.fields.kernels import corners, jit, softplus


@jit
def sample_gradients(start, end, samples, first, counts, background, step, g_rgb, g_depth, g_transmittance):
    """Turn kept samples, in place, into (distance, d/d raw density, weight, -, -).

    With sample values q_i = g_rgb . c_i + g_depth s_i the loss behaves as sum(w_i q_i) + T q_background, and
    d/d tau_i = T_{i+1} q_i - (what all later samples and the background contribute).
    """
    for ray in range(start, end):
        gr, gg, gb, gd = g_rgb[ray, 0], g_rgb[ray, 1], g_rgb[ray, 2], g_depth[ray]
        total = np.float32(0.0)
        through = np.float32(1.0)
        for i in range(first[ray], first[ray] + counts[ray]):
            sample = samples[i]
            alpha = np.float32(1.0 - math.exp(-softplus(sample[1]) * step))
            value = gr * sample[2] + gg * sample[3] + gb * sample[4] + gd * sample[0]
            sample[2] = through * alpha
            sample[3] = value
            total += sample[2] * value
            through *= 1 - alpha
            sample[4] = through
        total += through * (gr * background[0] + gg * background[1] + gb * background[2] + g_transmittance[ray])
        for i in range(first[ray], first[ray] + counts[ray]):
            sample = samples[i]
            total -= sample[2] * sample[3]
            slope = np.float32(step / (1.0 + math.exp(-sample[1])))
            sample[1] = (sample[4] * sample[3] - total) * slope


@jit
def number_touched(touched, slots, rows):
    """Number the touched rows in order: slots[row] = number, rows[number] = row. Returns how many."""
    count = 0
    for row in range(touched.shape[0]):
        if touched[row]:
            slots[row] = count
            rows[count] = row
            count += 1
    return count


@jit
def scatter_gradients(
    first_x,
    end_x,
    origins,
    directions,
    basis,
    samples,
    corners_below,
    first,
    counts,
    shape,
    slots,
    g_rgb,
    g_density,
    g_color,
):
    """Add every sample's gradient to the compact rows of the vertices with first_x <= x < end_x.

    Each vertex belongs to one call and samples come in ray order, so sums do not depend on the number of threads.
    """
    k = basis.shape[1]
    g = np.empty(3 * k, np.float32)
    last_x, last_y, last_z = shape[0] - 2, shape[1] - 2, shape[2] - 2
    one = np.float32(1)
    for ray in range(origins.shape[0]):
        begin, end = first[ray], first[ray] + counts[ray]
        if begin == end:
            continue
        ox, oy, oz = origins[ray, 0], origins[ray, 1], origins[ray, 2]
        dx, dy, dz = directions[ray, 0], directions[ray, 1], directions[ray, 2]
        entry, leave = ox + samples[begin, 0] * dx, ox + samples[end - 1, 0] * dx
        if max(entry, leave) < first_x - 2 or min(entry, leave) > end_x + 1:
            continue
        for i in range(begin, end):
            s = samples[i, 0]
            x, y, z = ox + s * dx, oy + s * dy, oz + s * dz
            ix = min(max(int(x), 0), last_x)
            if ix + 1 < first_x or ix >= end_x:
                continue
            fx = x - np.float32(ix)
            fy = y - np.float32(min(max(int(y), 0), last_y))
            fz = z - np.float32(min(max(int(z), 0), last_z))
            g_raw, weight = samples[i, 1], samples[i, 2]
            for b in range(k):
                share = weight * basis[ray, b]
                g[3 * b], g[3 * b + 1], g[3 * b + 2] = (
                    share * g_rgb[ray, 0],
                    share * g_rgb[ray, 1],
                    share * g_rgb[ray, 2],
                )
            for corner in range(4):
                if (corner < 2 and ix < first_x) or (corner > 1 and ix + 1 >= end_x):
                    continue
                slot = slots[corners_below[i, corner]]
                wide = (fx if corner > 1 else one - fx) * (fy if corner & 1 else one - fy)
                low, high = wide * (one - fz), wide * fz
                g_density[slot] += low * g_raw
                g_density[slot + 1] += high * g_raw
                for j in range(3 * k):
                    g_color[slot, j] += low * g[j]
                    g_color[slot + 1, j] += high * g[j]


@jit
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


@jit
def ray_gradients(
    start,
    end,
    origins,
    directions,
    basis,
    samples,
    first,
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

    Distances along the ray are held fixed, and the direction's way through the harmonics is left to `g_basis`.
    """
    k = basis.shape[1]
    rows = np.empty(8, np.int32)
    weights = np.empty(8, np.float32)
    for ray in range(start, end):
        o, d = origins[ray], directions[ray]
        for i in range(first[ray], first[ray] + counts[ray]):
            s, g_raw, weight = samples[i, 0], samples[i, 1], samples[i, 2]
            x, y, z = o[0] + s * d[0], o[1] + s * d[1], o[2] + s * d[2]
            corners(x, y, z, index, rows, weights)
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
