"""Controls: which requirements apply, how controls are run, and the evidence claimed for them."""
