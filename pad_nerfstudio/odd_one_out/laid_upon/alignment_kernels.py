"""Compiled kernels that lay one object upon another by their signed distance fields.

A field is [x, y, z] float32, negative inside, with the position of its first vertex and the distance of its vertices.
A pose maps the first object's world points to the second's: p -> R p + t.
"""

import numba
import numpy as np

jit = numba.njit(nogil=True, cache=True, error_model="numpy")


@jit
def look_up(field, origin, step, x, y, z):
    """Trilinear value and gradient; outside, those of the nearest place inside plus the distance to it."""
    gx, gy, gz = (x - origin[0]) / step, (y - origin[1]) / step, (z - origin[2]) / step
    nx, ny, nz = field.shape
    cx, cy, cz = min(max(gx, 0.0), nx - 1.001), min(max(gy, 0.0), ny - 1.001), min(max(gz, 0.0), nz - 1.001)
    beyond = abs(gx - cx) + abs(gy - cy) + abs(gz - cz)
    i, j, k = int(cx), int(cy), int(cz)
    a, b, c = cx - i, cy - j, cz - k
    v000, v001, v010, v011 = field[i, j, k], field[i, j, k + 1], field[i, j + 1, k], field[i, j + 1, k + 1]
    v100, v101, v110, v111 = (
        field[i + 1, j, k],
        field[i + 1, j, k + 1],
        field[i + 1, j + 1, k],
        field[i + 1, j + 1, k + 1],
    )
    v00, v01, v10, v11 = (
        v000 + a * (v100 - v000),
        v001 + a * (v101 - v001),
        v010 + a * (v110 - v010),
        v011 + a * (v111 - v011),
    )
    v0, v1 = v00 + b * (v10 - v00), v01 + b * (v11 - v01)
    dx = (1 - b) * ((1 - c) * (v100 - v000) + c * (v101 - v001)) + b * ((1 - c) * (v110 - v010) + c * (v111 - v011))
    dy = (1 - c) * (v10 - v00) + c * (v11 - v01)
    return v0 + c * (v1 - v0) + beyond * step, dx / step, dy / step, (v1 - v0) / step


@jit
def values(points, rotation, shift, field, origin, step, out):
    """Signed distances of moved points [n, 3]."""
    for n in range(len(points)):
        x, y, z = points[n]
        u = rotation[0, 0] * x + rotation[0, 1] * y + rotation[0, 2] * z + shift[0]
        v = rotation[1, 0] * x + rotation[1, 1] * y + rotation[1, 2] * z + shift[1]
        w = rotation[2, 0] * x + rotation[2, 1] * y + rotation[2, 2] * z + shift[2]
        out[n] = look_up(field, origin, step, u, v, w)[0]


@jit
def mean_distance(points, rotation, shift, field, origin, step, cap):
    """Mean of the distances from the surface, none counted as more than `cap`."""
    total = 0.0
    for n in range(len(points)):
        x, y, z = points[n]
        u = rotation[0, 0] * x + rotation[0, 1] * y + rotation[0, 2] * z + shift[0]
        v = rotation[1, 0] * x + rotation[1, 1] * y + rotation[1, 2] * z + shift[1]
        w = rotation[2, 0] * x + rotation[2, 1] * y + rotation[2, 2] * z + shift[2]
        total += min(abs(look_up(field, origin, step, u, v, w)[0]), cap)
    return total / len(points)


@jit
def costs(
    start, end, rotations, center_a, center_b, points_a, points_b, field_a, origin_a, field_b, origin_b, step, cap, out
):
    """Mean distance both ways for rotations [start, end) of `rotations` that lay center upon center."""
    for n in range(start, end):
        r = rotations[n]
        back = np.ascontiguousarray(r.T)
        out[n] = mean_distance(points_a, r, center_b - r @ center_a, field_b, origin_b, step, cap)
        out[n] += mean_distance(points_b, back, center_a - back @ center_b, field_a, origin_a, step, cap)


@jit
def _add(points, frame, field, origin, step, scale, normal, gradient, backwards, rotation, shift):
    """Normal equations of the distances of points, for a small turn and shift after the pose; their robust cost."""
    cost = 0.0
    j = np.zeros(6)
    for n in range(len(points)):
        p = points[n]
        if backwards:  # p is of the second object, looked up in the first one's field at R^T (p - t)
            q = rotation.T @ (p - shift)
        else:
            q = rotation @ p + shift
        value, dx, dy, dz = look_up(field, origin, step, q[0], q[1], q[2])
        weight = 1.0 / (1.0 + (value / scale) ** 2)
        cost += weight * value * value
        weight *= weight
        g = np.array([dx, dy, dz])
        if backwards:
            g = -(rotation @ g)
            arm = p - frame
        else:
            arm = q - frame
        j[0] = arm[1] * g[2] - arm[2] * g[1]
        j[1] = arm[2] * g[0] - arm[0] * g[2]
        j[2] = arm[0] * g[1] - arm[1] * g[0]
        j[3:] = g
        for a in range(6):
            gradient[a] += weight * j[a] * value
            for b in range(6):
                normal[a, b] += weight * j[a] * j[b]
    return cost


@jit
def refine(
    start, end, rotations, shifts, points_a, points_b, field_a, origin_a, field_b, origin_b, step, scale, rounds, out
):
    """Gauss-Newton on the robust distances both ways; poses [start, end) are changed, `out` gets their costs."""
    for n in range(start, end):
        rotation, shift = rotations[n].copy(), shifts[n].copy()
        frame = points_b.sum(axis=0) / len(points_b)
        for _ in range(rounds):
            normal, gradient = np.eye(6) * 1e-9, np.zeros(6)
            _add(points_a, frame, field_b, origin_b, step, scale, normal, gradient, False, rotation, shift)
            _add(points_b, frame, field_a, origin_a, step, scale, normal, gradient, True, rotation, shift)
            for a in range(6):
                normal[a, a] *= 1.001
            delta = -np.linalg.solve(normal, gradient)
            angle = np.sqrt(delta[0] ** 2 + delta[1] ** 2 + delta[2] ** 2)
            turn = np.eye(3)
            if angle > 1e-12:
                x, y, z = delta[0] / angle, delta[1] / angle, delta[2] / angle
                angle = min(angle, 0.3)
                k = np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])
                turn = np.eye(3) + np.sin(angle) * k + (1 - np.cos(angle)) * (k @ k)
            rotation = turn @ rotation
            shift = turn @ (shift - frame) + frame + delta[3:]
        normal, gradient = np.eye(6), np.zeros(6)
        cost = _add(points_a, frame, field_b, origin_b, step, scale, normal, gradient, False, rotation, shift) / len(
            points_a
        )
        cost += _add(points_b, frame, field_a, origin_a, step, scale, normal, gradient, True, rotation, shift) / len(
            points_b
        )
        rotations[n], shifts[n], out[n] = rotation, shift, cost
