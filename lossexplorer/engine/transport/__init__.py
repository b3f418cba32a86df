"""Between the window's process and the engine's: the process itself, its pulse, interrupts, arrays.

`process` starts the engine's process and offers it as an executor, `pulse` notices when it hangs,
`task` lets a computation in it be interrupted and say how far it is, and `shared_array` carries
large arrays through shared memory. Nothing here knows what is asked or computed.
"""
