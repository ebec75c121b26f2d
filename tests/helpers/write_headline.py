"""Put the first paragraph of docs/bigbench.md, which is written from a database, into README.md.

`python tests/helpers/write_headline.py`
"""

import re
import textwrap
from pathlib import Path

ROOT = Path(__file__).parents[2]
HEADLINE = re.compile(r"(\*\*On BIG-bench's preferred scores:\*\* )(.*?)( \[docs/bigbench\.md\].*?)\n\n", re.DOTALL)


def main():
    """Rewrite the paragraph, in lines of at most 140 characters."""
    page, readme = ((ROOT / name).read_text(encoding="utf-8") for name in ("docs/bigbench.md", "README.md"))
    said = re.search(r"## In short\n\n(.*?)\n\n", page, re.DOTALL)[1]

    def renewed(found):
        paragraph = " ".join((found[1] + said + found[3]).split())
        return textwrap.fill(paragraph, 140, break_long_words=False, break_on_hyphens=False) + "\n\n"

    (ROOT / "README.md").write_text(HEADLINE.sub(renewed, readme, count=1), encoding="utf-8")


if __name__ == "__main__":
    main()
