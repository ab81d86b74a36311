"""A Report drawn as text, HTML, Markdown, CSV or JSON."""
