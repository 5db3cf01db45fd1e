"""Pictures of architectures: where things lie (layout) and how they look (SVG). Pure Python, the same everywhere."""
