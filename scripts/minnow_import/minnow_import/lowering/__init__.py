"""The rules by which nodes become layers of minnow."""
