"""What must hold: rules read from `expectations/`, run on staged returns and on candidate marts."""

import logging

# Importing Great Expectations logs some 250 lines at INFO where logging is on; this must stand before that import.
logging.getLogger("great_expectations").setLevel(logging.WARNING)
