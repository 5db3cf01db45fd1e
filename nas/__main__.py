"""`python -m nas`: the engine on the command line."""

import sys

from nas.cli.main import main

sys.exit(main(sys.argv[1:]))
