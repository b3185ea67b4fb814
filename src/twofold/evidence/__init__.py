"""Evidence: items with versions, and the files behind them."""
