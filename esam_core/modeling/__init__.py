"""The networks in plain PyTorch; parameter names are upstream's, so checkpoints load strictly."""
