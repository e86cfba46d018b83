"""Interventions: test distributions made by acting on a causal model of images (`engine.systems`)."""
