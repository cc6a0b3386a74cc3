"""What is made of the results: tables, a plot, a page of the docs."""
