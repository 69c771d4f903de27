"""What the panel says. Viser renders MDX: names must not be able to say anything in it."""

from pad_nerfstudio.viewing.inspection import Found
from pad_nerfstudio.viewing.scored_run import ScoredPart, ScoredQuery
from pad_nerfstudio.viewing.verdicts import verdict

OF_QUERY = "the selected query"
"""Entry of the list of what scores are shown."""


def literal(name: str) -> str:
    """A name as code, which MDX leaves alone."""
    return "`" + "".join("'" if letter in "`\r\n" else letter for letter in name) + "`"


def about_query(query: ScoredQuery, threshold: float | None) -> str:
    """Name, verdict, score and what speaks against them."""
    p_value = "" if query.p_value is None else f", p = {query.p_value:.3g}"
    lines = [literal(query.file_path), f"**{verdict(query.score, threshold)}**, score {query.score:.4g}{p_value}"]
    if not query.converged:
        lines.append("not localised: its camera may stand elsewhere")
    return "  \n".join(lines)


def part_entry(part: ScoredPart) -> str:
    """A part in the list of what scores are shown."""
    return f"part {part.part_id}: {part.score:.4g}"


def about_scores(query: ScoredQuery, part: ScoredPart | None) -> str:
    """Whose scores the layers show, and from where."""
    if part is not None:
        return f"Scores of part {literal(part.part_id)}, fused from its photos ({part.score:.4g}), from any side"
    return f"Scores of {literal(query.file_path)}: its map at its pose, from elsewhere what it shows of the object"


def about_click(found: Found | None) -> str:
    """What a click met."""
    if found is None:
        return "nothing there"
    where = "({:.4g}, {:.4g}, {:.4g})".format(*found.point)
    return f"no score at {where}: not seen there" if found.score is None else f"score {found.score:.4g} at {where}"
