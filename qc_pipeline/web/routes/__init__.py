"""The pages and actions, one module a page."""
