"""`python -m steepest`, and `torchrun -m steepest` on many ranks."""

from steepest.cli import main

if __name__ == "__main__":
    main()
