"""Output formats of a report: text, HTML, Markdown, CSV and JSON."""
