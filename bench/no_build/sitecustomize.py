"""Python runs this when it starts: in the processes in which pip asks a build system, `no_build` is asked instead.

pip wants the metadata of what it downloads, for which an sdist's build system would run code of 40 packages and need
their compilers.
"""

import os

if "_PYPROJECT_HOOKS_BUILD_BACKEND" in os.environ:
    os.environ["_PYPROJECT_HOOKS_BUILD_BACKEND"] = "no_build"
    for name in ("_PYPROJECT_HOOKS_BACKEND_PATH", "_PYPROJECT_HOOKS_BACKEND_PATH_JSON"):
        os.environ.pop(name, None)
