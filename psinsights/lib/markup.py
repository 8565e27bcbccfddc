"""Templates as they are sent: without the indentation that is only for those who write them."""

from __future__ import annotations

import re

from django.template.base import Origin
from django.template.loaders import filesystem

INDENTATION = re.compile(r"\n[ \t]+")


class Loader(filesystem.Loader):
    """Reads our templates; of pages, lines begin at their first character.

    Indentation is a tenth of a page's bytes. Line ends stay, and with them the numbers of lines in
    errors. What a template fills in keeps its spaces.
    """

    def get_contents(self, origin: Origin) -> str:
        text = super().get_contents(origin)
        return INDENTATION.sub("\n", text) if origin.name.endswith(".html") else text
