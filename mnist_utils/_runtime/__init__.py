"""What works behind `mnist_utils`: training, worker processes. Chapters don't need it; an appendix explains it."""
