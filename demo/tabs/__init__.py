"""One file per tab of the page: layout and wiring only."""
