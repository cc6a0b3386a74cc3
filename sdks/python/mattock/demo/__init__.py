"""The demo: a document pipeline over a folder of text files (`mattock demo [FOLDER]`)."""
