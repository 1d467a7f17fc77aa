"""``python -m payment_bundle`` is ``payobs``."""

from payment_bundle.cli import main

main()
