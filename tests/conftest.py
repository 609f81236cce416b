"""For every test: one thread per process, as the scan's workers have it.

How many threads share a sum decides its last digits, and now and then a recognised word: set here,
before any library reads it, a recogniser in this process hears what one in a worker process hears.
"""

import os

os.environ["OMP_NUM_THREADS"] = "1"
