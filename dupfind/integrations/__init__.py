"""Other programs: coding agents (MCP) and GitHub."""
