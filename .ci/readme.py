"""README as PyPI shows it, where no file lies beside it: hatchling asks this for the metadata.

Links within the repository lead to the page of `Repository` in `[project.urls]`, at the tag of the
version. As long as no repository is named, each is the name of the file instead.
"""

import re
from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface

LINK = re.compile(r"(?P<image>!?)\[(?P<text>[^\]]*)\]\((?P<path>(?!https?:)[^)\s]+)\)")


class ReadmeHook(MetadataHookInterface):
    """Gives the package its long description."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Set `readme`, which is dynamic in pyproject.toml."""
        root = Path(self.root)
        version = re.search(r'"(.+)"', (root / "privy_async" / "version.py").read_text())
        assert version is not None
        text = standing_alone(
            (root / "README.md").read_text(),
            repository=metadata.get("urls", {}).get("Repository"),
            tag=f"v{version[1]}",
        )
        metadata["readme"] = {"content-type": "text/markdown", "text": text}


def standing_alone(text: str, *, repository: str | None, tag: str) -> str:
    """Return the text with no link that needs a file beside it."""

    def rewrite(link: re.Match[str]) -> str:
        path, told = link["path"], link["text"]
        if repository is None or path.startswith("#"):
            return told if path.strip("`") in told or path.startswith("#") else f"{told} (`{path}`)"
        kind = "raw" if link["image"] else "blob"
        return f"{link['image']}[{told}]({repository.rstrip('/')}/{kind}/{tag}/{path})"

    return LINK.sub(rewrite, text)
