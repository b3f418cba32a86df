"""What explains the program: the manual, the tour of the first run, and the report for a fault."""
