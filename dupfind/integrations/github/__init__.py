"""One comment on a GitHub issue that names the issues it may duplicate."""
