import sys
from pathlib import Path

import matplotlib

matplotlib.use("agg")
# The lectures import what lies beside them.
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "lectures"))
