"""What must hold: rules read from `expectations/`, run on staged returns and on candidate marts."""
