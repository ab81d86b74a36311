"""A record's text: composed, its boilerplate, its terms, what it says like another."""
