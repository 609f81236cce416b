"""Quality control of debt-collection calls: from recording to register."""

__version__ = "0.1.0"
