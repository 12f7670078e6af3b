"""`python -m bench.with_rules FOLDER scan …`: this very program, with the rule files of FOLDER as its own.

For comparisons of rules alone: `--rules` would add to unleak's own rules, not replace them.
"""

import sys
from pathlib import Path
from unittest.mock import patch

from unleak.__main__ import main

if __name__ == "__main__":
    folder = Path(sys.argv.pop(1))
    with patch("unleak.scan.ruleset.builtin", lambda: folder):
        main()
