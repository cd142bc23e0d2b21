"""What Jupyter's own tools need to know about Go notebooks."""
