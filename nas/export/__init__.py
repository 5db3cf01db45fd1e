"""Architectures as files that stand by themselves: PyTorch source, ONNX, JSON; each proven before it is handed out."""
