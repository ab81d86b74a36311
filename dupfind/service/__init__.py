"""The resident HTTP service: routes, pages, workers."""
