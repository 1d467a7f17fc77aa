"""The archive of old log files: compress, upload, verify what is there, and only then delete.

Each step leaves a whole state, so a run that was killed is finished by the next one: a plain file, or its compressed
form beside it, or that form alone, here, in the bucket, or in both.
"""
