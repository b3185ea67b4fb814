"""How much of a file is read and shown."""

#: Of a longer text the beginning is kept: some 200 pages of it.
MOST_CHARACTERS = 500_000
#: What is shown of a table.
SHOWN_ROWS = 200
SHOWN_COLUMNS = 40
SHOWN_CHARACTERS = 300
