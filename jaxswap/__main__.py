"""`python -m jaxswap` is the console script `jaxswap`."""

import sys

from jaxswap.cli import main

if __name__ == "__main__":
    sys.exit(main.main())
