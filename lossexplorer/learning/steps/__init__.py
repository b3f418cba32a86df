"""Training steps on each backend: gradients of every loss, and updates by an optimizer of Keras."""
