"""`python -m dupfind` is `dupfind`."""

from dupfind.cli import main

main()
