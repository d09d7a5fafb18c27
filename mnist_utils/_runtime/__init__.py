"""What works behind `mnist_utils`: training, worker processes. Nobody imports it from outside the package."""
