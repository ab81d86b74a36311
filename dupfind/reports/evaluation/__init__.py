"""An evaluation drawn as text, SVG or JSON."""
