"""Requests and answers, and the child process that computes answers from requests.

`messages` has the frozen values; `client` runs in the window's process and imports no TensorFlow;
`worker`, `pipeline` and `backends` run in the child process or in that of the command line.
"""
