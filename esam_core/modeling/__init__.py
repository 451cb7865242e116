"""The networks in plain PyTorch; parameter names match upstream, so checkpoints load strictly."""
