"""The tests of dupfind."""

import os

# A product of matrices is small in a test. With a thread on each core it waits for those of the other worker, which
# takes up to eight times as long. Set before numpy and torch are loaded, and for the processes that a test starts.
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")
