"""One thread for small matrices, as in every command of the Makefile; NumPy reads this when it is first imported."""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")
