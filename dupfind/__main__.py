"""`python -m dupfind` is `dupfind`."""

from dupfind.cli.main import main

main()
