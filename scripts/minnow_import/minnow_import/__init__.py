"""Converts trained networks of other libraries to minnow descriptions and weights.

A reader (readers) turns a file into a Graph (graph). simplify folds constants and removes nodes that compute nothing.
execute runs a graph in double precision or exact integers (operators). lowering turns a graph into minnow's layers, and
write writes the C++ description, the tensors and the report. check compiles the result and compares it with execute.
"""
