"""Hides MiniStack's own packages from a function that runs in MiniStack's interpreter.

Python imports this before anything else, when the folder is on its path. A dependency that the image lacks is then
missing here as well, and botocore does not find the optional packages that the image does not have.
"""

import sys

sys.path[:] = [entry for entry in sys.path if not entry.endswith("site-packages")]
