"""What-if: the stored calls judged again by other rules or another policy; nothing is written."""
