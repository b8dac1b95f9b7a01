"""The comparisons of all parts of the project, run by bench/suite."""
