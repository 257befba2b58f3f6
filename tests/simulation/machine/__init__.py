"""What a world is made of: chance, time, processes and the network between them."""
