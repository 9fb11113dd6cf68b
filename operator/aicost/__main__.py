"""`python -m aicost` is the command `aicost`."""

from aicost.cli import main

if __name__ == "__main__":
    main()
