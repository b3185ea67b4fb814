"""Documents that the demonstration files as evidence: made from records, none invented."""
