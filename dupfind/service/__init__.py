"""The resident service: a warm index behind HTTP, for programs, for hooks, and for a page where one types an issue.

`app` puts it together; `routes` says what it answers, and is where further pages and routes are added; `guard` stands
before all of them; `desk` holds the opened index.
"""
