"""What a person does on each page, but for runs and the overview, with a shop of its own."""
