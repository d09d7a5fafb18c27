"""From any picture to MNIST's format: opening files, ink and paper, MNIST's recipe, one digit, a page of digits."""
