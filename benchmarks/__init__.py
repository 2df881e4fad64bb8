"""What errorkit costs, measured beside bare Django and its peers in one run."""
