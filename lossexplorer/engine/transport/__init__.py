"""Transport between the window's process and the engine's.

`process` starts the engine's process and offers it as an executor, `pulse` detects when it hangs,
`task` makes computations in it interruptible and reports their progress, and `shared_array` passes
large arrays through shared memory. Nothing here depends on what is asked or computed.
"""
