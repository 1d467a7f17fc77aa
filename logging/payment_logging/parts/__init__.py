"""The parts of Fluentd's configuration, each with one purpose and a file of its own.

A part begins with a source or a label, and sends what it made of a record to the label of the next part. Whatever
fails on the way goes to ``@ERROR``.
"""
