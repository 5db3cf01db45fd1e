"""Blueprints: an architecture written out, layer by layer, for one input shape. Network, costs, drawing and export read it."""
