"""What works behind `mnist_utils`: training, worker processes, downloads. Only an appendix speaks of it."""
