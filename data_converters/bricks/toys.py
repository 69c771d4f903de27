"""The toys. Each faces +x, +y is its left, z is up; coordinates as in `parts.Part` (studs, studs, plates).

No toy equals its own mirror image or any turned copy of itself, so every view has one pose.
"""

from __future__ import annotations

from bricks.parts import Part, Shape
from bricks.random_toys import PREFIX, random_toy
from bricks.toy import Toy

Vector = tuple[float, float, float]


def box(name: str, at: Vector, size: Vector, colour: str, core: bool = False, **more) -> Part:
    """A brick or plate."""
    return Part(name, "box", at, size, colour, core=core, **more)


def slope(name: str, at: Vector, size: Vector, colour: str, **more) -> Part:
    """A roof brick that falls towards +x before it is turned."""
    return Part(name, "slope", at, size, colour, **more)


def round_(name: str, at: Vector, size: Vector, colour: str, shape: Shape = "round", **more) -> Part:
    """A cylinder, or another round shape."""
    return Part(name, shape, at, size, colour, **more)


def disc(name: str, centre: Vector, diameter: float, colour: str, turn: Vector, thick: float = 0.5, **more) -> Part:
    """A round tile stuck on a side face; `turn` takes its axis from +z to the outside of that face."""
    at = (centre[0] - diameter / 2, centre[1] - diameter / 2, centre[2] - thick / 2)
    return Part(name, "round", at, (diameter, diameter, thick), colour, studs=False, turn=turn, **more)


LEFT, RIGHT, FRONT, BACK = (-90.0, 0.0, 0.0), (90.0, 0.0, 0.0), (0.0, 90.0, 0.0), (0.0, -90.0, 0.0)
UPSIDE_DOWN = (180.0, 0.0, 0.0)


def parrot() -> Toy:
    """Vivid, one wing folded and one spread, on a branch with a leaf at one end."""
    parts = (
        box("branch_right", (0, -4, 0), (2, 4, 3), "brown", core=True),
        box("branch_left", (0, 0, 0), (2, 4, 3), "brown", core=True),
        round_("twig", (0.5, 2.8, 3), (1, 1, 3), "brown", core=True),
        slope("leaf", (0.2, 2.3, 6), (3, 2, 1), "lime", turn=(0, 0, 25)),
        box("foot_right", (0, -1.5, 3), (2, 1, 1), "orange", studs=False),
        box("foot_left", (0, 0.5, 3), (2, 1, 1), "orange", studs=False),
        box("belly", (-1, -1.5, 4), (3, 3, 3), "yellow", core=True),
        slope("breast", (2, -1.5, 4), (1, 3, 3), "orange", studs=False, turn=UPSIDE_DOWN),
        box("body", (-1, -1.5, 7), (4, 3, 3), "red", core=True),
        slope("back", (-2, -1.5, 7), (1, 3, 3), "dark_red", studs=False, turn=(0, 0, 180)),
        box("neck", (0, -1.5, 10), (3, 3, 2), "red", core=True),
        box("head", (0, -1, 12), (3, 2, 3), "red", core=True),
        box("crown", (0, -1, 15), (2, 2, 1), "blue", core=True),
        slope("crest", (-0.6, -0.5, 16), (2, 1, 3), "yellow", studs=False, turn=(0, 0, 180)),
        slope("brow", (2, -1, 15), (1, 2, 1), "red", studs=False),
        slope("beak", (3, -0.5, 13), (1.4, 1, 2), "charcoal", studs=False),
        slope("lower_beak", (3, -0.5, 12), (0.9, 1, 1), "grey", studs=False, turn=UPSIDE_DOWN),
        disc("cheek_left", (1.9, 1.08, 13.4), 1.1, "white", LEFT, core=True),
        disc("cheek_right", (1.9, -1.08, 13.4), 1.1, "white", RIGHT, core=True),
        disc("eye_left", (1.9, 1.2, 13.5), 0.55, "black", LEFT),
        disc("eye_right", (1.9, -1.2, 13.5), 0.55, "black", RIGHT),
        box("wing_left_shoulder", (-1.5, 1.5, 7.5), (4, 1, 3.5), "blue", core=True),
        box("wing_left_middle", (-2.5, 1.5, 5.5), (4, 0.9, 2), "green"),
        box("wing_left_tip", (-3.5, 1.5, 3.5), (3, 0.8, 2), "yellow"),
        box("wing_right_shoulder", (-0.5, -4.5, 10), (3, 3, 1), "blue", core=True),
        box("wing_right_arm", (-1.5, -5.5, 9), (3, 4, 1), "sky"),
        box("wing_right_feather_0", (0.5, -6.5, 11), (1, 3, 1), "green"),
        box("wing_right_feather_1", (-0.5, -6.5, 11), (1, 4, 1), "yellow"),
        box("wing_right_feather_2", (-1.5, -5.5, 10), (1, 3, 1), "purple"),
        box("tail_root", (-3, -1, 4.3), (2.2, 2, 2), "blue", core=True),
        box("tail_middle", (-4.5, -1, 2.5), (3, 2, 1.5), "teal", core=True),
        box("tail_long", (-6.5, -1, 1.5), (3, 1, 1), "red"),
        box("tail_short", (-5.5, 0, 1.5), (2, 1, 1), "green"),
    )
    return Toy("parrot", "vivid and many-coloured: one wing spread, one folded", parts)


def elephant() -> Toy:
    """Almost all light grey; the trunk swings to its right and one foot is lifted."""
    grey = "light_grey"
    parts = (
        round_("leg_back_right", (0, -2, 0), (1.9, 1.9, 6), grey, core=True),
        round_("leg_back_left", (0, 0.1, 0), (1.9, 1.9, 6), grey),
        round_("leg_front_right", (4, -2, 0), (1.9, 1.9, 6), grey, core=True),
        box("leg_front_left", (4.6, 0.2, 3), (1.7, 1.7, 3), grey, core=True, studs=False, turn=(0, -20, 0)),
        slope("foot_front_left", (5.1, 0.2, 1.4), (2, 1.7, 1.6), grey, studs=False, turn=(0, -20, 0)),
        box("belly_back", (0, -2, 6), (3, 4, 3), grey, core=True),
        box("belly_front", (3, -2, 6), (3, 4, 3), grey, core=True),
        box("back_rear", (0, -2, 9), (2, 4, 3), grey, core=True),
        box("back_front", (2, -2, 9), (4, 4, 3), grey, core=True),
        slope("rump_low", (-1, -2, 6), (1, 4, 3), grey, studs=False, turn=(180, 0, 180)),
        slope("rump_high", (-1, -2, 9), (1, 4, 3), grey, studs=False, turn=(0, 0, 180)),
        box("spine_rear", (0.5, -1, 12), (2, 2, 1), grey),
        box("spine_front", (3, -1, 12), (3, 2, 1), grey),
        box("head_low", (6, -1.5, 8), (3, 3, 3), grey, core=True),
        box("head_high", (6, -1.5, 11), (3, 3, 3), grey, core=True),
        slope("forehead", (7, -1.5, 14), (2, 3, 2), grey),
        box("ear_left", (5.6, 1.6, 9), (2.4, 0.5, 6), grey, studs=False, turn=(0, 0, 25)),
        box("ear_right", (5.2, -2.3, 8), (2.9, 0.5, 7), grey, studs=False, turn=(0, 0, -40)),
        box("trunk_0", (8.8, -0.6, 8.5), (1.2, 1.2, 4), grey, core=True, studs=False),
        box("trunk_1", (9, -0.85, 6), (1.1, 1.1, 3), grey, core=True, studs=False, turn=(-15, -12, 0)),
        box("trunk_2", (9.3, -1.35, 3.6), (1, 1, 3), grey, core=True, studs=False, turn=(-30, -20, 0)),
        round_("trunk_tip", (9.7, -2.25, 2), (0.9, 0.9, 2.6), grey, studs=True, turn=(125, -20, 0)),
        round_("tusk_left", (9, 0.8, 7.4), (0.5, 0.5, 4), "white", "cone", studs=False, turn=(0, 115, 0)),
        round_("tusk_right", (8.6, -1.4, 7.9), (0.5, 0.5, 2), "white", "cone", studs=False, turn=(0, 115, 0)),
        disc("eye_left", (8.2, 1.55, 12), 0.5, "black", LEFT),
        disc("eye_right", (8.2, -1.55, 12), 0.5, "black", RIGHT),
        box("tail", (-1.35, -0.3, 5.5), (0.4, 0.5, 4.5), grey, core=True, studs=False, turn=(-20, 10, 0)),
        round_("tail_tuft", (-1.65, -0.76, 3.97), (0.6, 0.6, 1.8), "dark_grey", studs=False, turn=(-20, 10, 0)),
        box("nail_back_right", (1.6, -1.5, 0.15), (0.5, 0.8, 0.8), "white", studs=False),
        box("nail_front_right", (5.6, -1.5, 0.15), (0.5, 0.8, 0.8), "white", studs=False),
        round_("knob_left", (2, 1.8, 9.7), (1, 1, 1), "grey", turn=LEFT),
    )
    return Toy("elephant", "almost all light grey: trunk to one side, one foot lifted", parts)


def panther() -> Toy:
    """Almost all dark; the head looks to its left and the tail is a hook."""
    parts = (
        box("belly_back", (0, -1.5, 5), (4, 3, 3), "black", core=True),
        box("belly_front", (4, -1.5, 5), (4, 3, 3), "black", core=True),
        box("back_rear", (-0.5, -1.5, 8), (3, 3, 2), "charcoal", core=True),
        box("back_middle", (2.5, -1.5, 8), (3, 3, 1), "black", core=True),
        box("shoulder", (5.5, -1.5, 8), (3, 3, 2), "charcoal", core=True),
        slope("hip", (0.5, -1.5, 10), (2, 3, 1), "black"),
        box("leg_back_right", (0, -1.9, 2), (1.8, 1, 4), "black", core=True, turn=(0, 12, 0)),
        box("paw_back_right", (-0.2, -1.9, 0), (2, 1, 2), "charcoal"),
        box("leg_back_left", (1, 0.9, 2), (1.8, 1, 4), "black", core=True, turn=(0, -12, 0)),
        box("paw_back_left", (1.2, 0.9, 0), (2, 1, 2), "charcoal"),
        box("leg_front_right", (6.6, -1.9, 2), (1.5, 1, 5), "black", core=True, turn=(0, -15, 0)),
        box("paw_front_right", (7.1, -1.9, 0), (2, 1, 2), "charcoal"),
        box("leg_front_left", (5.6, 0.9, 2), (1.5, 1, 5), "black", core=True, turn=(0, 8, 0)),
        box("paw_front_left", (5.1, 0.9, 0), (2, 1, 2), "charcoal"),
        box("neck", (7.6, -1, 9), (2, 2, 2.5), "black", core=True, studs=False, turn=(0, -20, 10)),
        box("head", (8.3, -1, 10.5), (2.6, 2.8, 4), "black", core=True, studs=True, turn=(0, 0, 30)),
        box("muzzle", (10.6, 0.425, 10.6), (1.2, 1.8, 2), "charcoal", core=True, studs=False, turn=(0, 0, 30)),
        disc("nose", (11.77, 1.65, 12.0), 0.6, "pink", (0, 90, 30), thick=0.6),
        disc("eye_right", (11.17, 0.38, 13.5), 0.65, "lime", (0, 90, 30), thick=0.6),
        disc("eye_left", (10.37, 1.77, 13.5), 0.65, "lime", (0, 90, 30), thick=0.6),
        slope("ear_right", (9.29, -1.03, 14.5), (1, 1, 2.5), "charcoal", studs=False, turn=(0, 0, 210)),
        slope("ear_left", (8.39, 0.53, 14.5), (1, 1, 2.5), "charcoal", studs=False, turn=(0, 0, 210)),
        box("collar", (7.7, -1.25, 9.6), (0.9, 2.5, 1.2), "dark_red", studs=False, turn=(0, -20, 10)),
        round_("tail_0", (-1.6, -0.5, 8), (1, 1, 4), "black", core=True, turn=(0, -70, 0)),
        round_("tail_1", (-2.7, -0.35, 9.5), (0.9, 0.9, 4), "charcoal", core=True, turn=(0, -25, 0)),
        round_("tail_2", (-3, -0.1, 12.7), (0.9, 0.9, 3.4), "black", core=True, turn=(-25, -5, 0)),
        round_("tail_3", (-2.9, 0.9, 14.9), (0.8, 0.8, 3.4), "charcoal", turn=(-70, 0, 0)),
        box("flank_patch", (3.2, 1.45, 5.6), (1.8, 0.3, 1.8), "dark_grey", studs=False),
        box("spot_0", (3.0, -0.8, 9), (1, 1, 1), "dark_grey"),
        box("spot_1", (6.6, 0.3, 10), (1, 1, 1), "dark_grey"),
    )
    return Toy("panther", "almost all dark: head turned, hooked tail", parts)


def hedgehog() -> Toy:
    """Many small parts: a stepped body covered with spines of five browns, an apple and a leaf on its back."""
    browns = ("brown", "dark_tan", "nougat", "dark_brown", "tan")
    # each layer: how high it is (plates), and the studs (x, y) of its upper face that the next layer leaves free
    steps = {
        7: [(x, y) for x in range(9) for y in (-3, 2)] + [(0, y) for y in range(-2, 2)],
        10: [(x, y) for x in range(1, 8) for y in (-2, 1)] + [(1, -1), (1, 0), (7, -1), (7, 0)],
        13: [(x, y) for x in range(2, 7) for y in (-1, 0)],
    }

    def height(x: int, y: int, z: int) -> int:
        return 3 if (3 * x + y + z) % 4 else 4

    skip = {(7, 4, 2), (7, 5, 2), (13, 4, -1), (13, 3, -1), (13, 4, 0), (13, 3, 0), (10, 2, -2)}
    spines = tuple(
        round_(f"spine_{z}_{x}_{y}", (x, y, z), (1, 1, height(x, y, z)), browns[(2 * x + 3 * y + z) % 5], "cone")
        for z, studs in steps.items()
        for x, y in studs
        if (z, x, y) not in skip
    )
    parts = (
        box("sole", (0, -3, 2), (9, 6, 2), "tan", core=True),
        box("flank_back", (0, -3, 4), (5, 6, 3), "dark_brown", core=True),
        box("flank_front", (5, -3, 4), (4, 6, 3), "dark_brown", core=True),
        box("middle", (1, -2, 7), (7, 4, 3), "dark_brown", core=True),
        box("ridge", (2, -1, 10), (5, 2, 3), "dark_brown", core=True),
        box("face", (9, -2, 2), (2, 4, 3), "tan", core=True),
        slope("cheek", (9, -2, 5), (2, 4, 3), "tan", core=True),
        box("snout", (11, -1, 2), (1, 2, 2), "tan", core=True),
        round_("nose", (11.8, -0.5, 2.8), (1, 1, 2), "black", "ball"),
        disc("eye_left", (10.2, 2.02, 4.4), 0.7, "black", LEFT),
        disc("eye_right", (10.2, -2.02, 4.4), 0.7, "black", RIGHT),
        box("ear_left", (9, 1.1, 8), (0.6, 1.1, 1.6), "nougat", studs=False),
        box("ear_right", (9, -2.2, 8), (0.6, 1.1, 1.6), "nougat", studs=False),
        box("foot_front_left", (7.2, 1.4, 0), (2, 1, 2), "nougat"),
        box("foot_front_right", (7.8, -2.4, 0), (2, 1, 2), "nougat"),
        box("foot_back_left", (1.2, 1.4, 0), (2, 1, 2), "nougat"),
        box("foot_back_right", (0.6, -2.4, 0), (2, 1, 2), "nougat"),
        round_("apple", (3.1, -0.9, 13), (1.8, 1.8, 4.2), "red", "ball", core=True),
        round_("apple_stalk", (3.85, -0.15, 16.8), (0.3, 0.3, 1.6), "brown", studs=False),
        slope("leaf", (3.7, 2, 7), (2, 1, 1), "lime", turn=(0, 0, 20)),
        round_("berry", (1.9, -2.1, 10), (1.1, 1.1, 2.6), "purple", "ball"),
    )
    return Toy("hedgehog", "many small parts: a stepped body covered with spines", (*parts, *spines))


def crab() -> Toy:
    """Orange and blue fiddler crab with one huge claw."""
    legs = [
        leg
        for x, lean, colour in ((0.2, -18, "orange"), (1.7, 0, "red"), (3.2, 14, "orange"))
        for leg in (
            box(f"thigh_left_{x}", (x, 2.8, 3), (0.9, 2, 1.2), colour, core=True, turn=(15, 0, -lean)),
            box(f"shin_left_{x}", (x + 0.03 * lean, 4.4, 0), (0.7, 0.7, 4.2), "sky", studs=False, turn=(14, 0, 0)),
            box(f"thigh_right_{x}", (x, -4.8, 3), (0.9, 2, 1.2), colour, core=True, turn=(-15, 0, lean)),
            box(f"shin_right_{x}", (x + 0.03 * lean, -5.1, 0), (0.7, 0.7, 4.2), "blue", studs=False, turn=(-14, 0, 0)),
        )
    ]
    parts = (
        box("shell_low_left", (0, 0, 2), (5, 3, 3), "orange", core=True),
        box("shell_low_right", (0, -3, 2), (5, 3, 3), "orange", core=True),
        box("shell_high", (0, -2, 5), (4, 4, 2), "red", core=True),
        slope("shell_front", (4, -2, 5), (1, 4, 2), "red", studs=False),
        slope("shell_left", (1.5, 0.5, 5), (1, 4, 2), "orange", studs=False, turn=(0, 0, 90)),
        slope("shell_right", (1.5, -4.5, 5), (1, 4, 2), "orange", studs=False, turn=(0, 0, -90)),
        box("belly", (0.5, -2, 1), (4, 4, 1), "tan", core=True, studs=False),
        box("mouth", (5, -0.5, 2.4), (0.4, 1, 1.5), "dark_red", studs=False),
        round_("stalk_left", (3.6, 0.5, 7), (0.8, 0.8, 3), "orange", core=True, studs=False),
        round_("stalk_right", (3.6, -1.3, 7), (0.8, 0.8, 2), "orange", core=True, studs=False),
        round_("eye_left", (3.4, 0.3, 9.5), (1.2, 1.2, 3), "white", "ball", core=True),
        round_("eye_right", (3.4, -1.5, 8.5), (1.2, 1.2, 3), "white", "ball", core=True),
        disc("pupil_left", (4.56, 0.9, 11), 0.6, "black", FRONT, thick=0.6),
        disc("pupil_right", (4.56, -0.9, 10), 0.6, "black", FRONT, thick=0.6),
        box("big_arm", (4.6, 1.6, 2.4), (2.4, 1.2, 1.8), "orange", core=True, turn=(0, -12, 20)),
        box("big_palm", (6.6, 0.6, 2.6), (2, 3, 4), "red", core=True, turn=(0, 0, 10)),
        slope("big_finger", (8.4, 2.0, 3.4), (3, 1.4, 3), "yellow", turn=(0, 0, 6)),
        slope("big_thumb", (8.6, 0.5, 3), (2.4, 1.1, 2.4), "orange", studs=False, turn=(0, 0, 16)),
        box("small_arm", (4.7, -2.7, 2.4), (1.8, 0.9, 1.4), "orange", core=True, turn=(0, -8, -25)),
        slope("small_claw", (6.2, -3.4, 2.2), (1.6, 1.1, 2), "purple", studs=False, turn=(0, 0, -15)),
        round_("barnacle", (0.5, -1.5, 7), (1, 1, 2), "light_grey", "cone"),
        box("weed", (1, 0.5, 7), (2, 1, 1), "green"),
        round_("shell_knob", (2, -0.5, 7), (1, 1, 1), "teal"),
        *legs,
    )
    return Toy("crab", "orange and blue: one huge claw, one small", parts)


TOYS = {toy.name: toy for toy in (parrot(), elephant(), hedgehog(), panther(), crab())}


def toy_named(name: str | None) -> Toy | None:
    """One of `TOYS`, or a random toy by its number (`random-7`); None where there is no such toy."""
    if name is not None and name.startswith(PREFIX) and name.removeprefix(PREFIX).isdecimal():
        return random_toy(int(name.removeprefix(PREFIX)))
    return TOYS.get(name or "")
