"""`python -m twofold_verify`: the same as the command `twofold-verify`."""

import sys

from twofold_verify.cli import main

sys.exit(main())
