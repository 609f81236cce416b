"""The recordings of the scan's tests serve here too."""

from tests.scan.conftest import recordings, rows, settings_in

__all__ = ["recordings", "rows", "settings_in"]
