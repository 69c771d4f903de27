"""Pages of one look, from the templates of this package."""

from collections.abc import Mapping
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined


def rendered_page(template: str, content: Mapping[str, Any]) -> str:
    """Fill a template; whatever is not `Markup` is escaped.

    Args:
        template: file name in `templates/`
        content: what it shows
    """
    loader = PackageLoader("pad_nerfstudio.reporting", "templates")
    environment = Environment(autoescape=True, loader=loader, undefined=StrictUndefined)
    return environment.get_template(template).render(**content)
