"""Requests and answers, and the child process that turns one into the other.

`messages` are the frozen values; `client` runs in the window's process and imports no TensorFlow;
`worker`, `pipeline` and `backends` run in the child, or in the process of the command line.
"""
