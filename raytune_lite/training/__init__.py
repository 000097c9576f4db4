"""What an objective needs around its training loop. Importing it does not import torch; its functions may."""
