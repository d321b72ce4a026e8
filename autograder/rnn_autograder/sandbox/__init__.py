"""Where student code runs: isolated, limited, and never trusted."""
