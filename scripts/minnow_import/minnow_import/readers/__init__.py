"""One reader for each format. read chooses the reader of a file."""
