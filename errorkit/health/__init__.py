"""What errorkit knows about itself, without needing the database to tell it."""

from errorkit.health.database import DatabaseFacts
from errorkit.health.facts import Facts, SpoolFacts, look
from errorkit.health.metrics import metrics_of
from errorkit.health.problems import Problem, problems_of

__all__ = ["DatabaseFacts", "Facts", "Problem", "SpoolFacts", "look", "metrics_of", "problems_of"]
