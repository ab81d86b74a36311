"""Markups that only their tracker can show, as text; Markdown and the wikis' markups are left as people wrote them."""
