"""Several outputs, several losses: which loss reaches which layer, and how a network learns.

A network with several outputs is trained on patches of the open volume. The modules that are
imported here describe it, without Keras, so that the window's process can refer to them:

- `setup`: what a training run depends on: network, outputs with target, loss and weight, optimizer.
- `network_graph`: the layers of a network and how they are connected.
- `reports`: what a training step tells: losses, norms of gradients, Gram matrix.
- `methods`: how the gradients of several losses are combined, one module a method.
- `targets`: what an output is to predict, one module a target.
- `images`, `patches`: what goes into the network, and the batch of each step.
- `loss_choices`: which losses an output can have.

What needs Keras is in `networks` (makes, loads and reads models), `losses_of_outputs` (Keras's loss
objects) and `steps` (gradients on each backend), imported in the engine's process alone.
"""
