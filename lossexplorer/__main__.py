"""Start the command line with ``python -m lossexplorer``."""

from lossexplorer.cli import main

if __name__ == "__main__":
    main()
