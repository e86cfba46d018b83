"""The command `train`: runs a recipe and prints how far it is."""

import argparse
import sys

from engine import errors, registry, training


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the name of a recipe; what follows it is the recipe's own (`train digits --help` shows it)."""
    parser.add_argument("recipe", metavar="RECIPE", help=f"one of: {', '.join(training.recipes())}")
    parser.add_argument("options", nargs=argparse.REMAINDER, help="options of the recipe")


def main(args: argparse.Namespace) -> int:
    """Run a recipe to its end and return 0; raises UserError for an unknown recipe or options it refuses."""
    if args.recipe not in training.recipes():
        raise errors.unknown("recipe", args.recipe, training.recipes())
    recipe = registry.load(training.ROOM, args.recipe)
    parser = argparse.ArgumentParser(prog=f"train {args.recipe}", description=registry.card(training.ROOM, args.recipe).title)
    recipe.add_arguments(parser)
    for line in recipe.main(parser.parse_args(args.options)):
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()
    return 0


def _alone() -> int:
    parser = argparse.ArgumentParser(prog="python -m engine.training.commands", description=__doc__)
    add_arguments(parser)
    try:
        return main(parser.parse_args())
    except errors.UserError as problem:
        sys.stderr.write(f"{problem}\n")
        return 2


if __name__ == "__main__":
    sys.exit(_alone())
