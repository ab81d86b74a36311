"""An index in a schema of a PostgreSQL database, shared by many machines; docs/scale.md describes it.

`storage` has the statements and the tables, which are the same ones. This package has what differs: the connection,
which puts PostgreSQL's words for SQLite's (`sql`, `connection`); the word index, whose postings are blocks of bytes
(`posting_words`); the vectors, which pgvector chooses in half precision and which are then compared exactly
(`half_vectors`); and the files of the model (`model_files`). So both stores give the same answers to the last digit.
"""
