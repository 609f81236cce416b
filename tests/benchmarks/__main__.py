"""`make bench`: run every benchmark, one after the other."""

from __future__ import annotations

from tests.benchmarks import classifying, matching, past, replaying, reviewing, scanning, web

if __name__ == "__main__":
    matching.main()
    classifying.main()
    replaying.main()
    past.main()
    reviewing.main()
    web.main()
    scanning.main()
