"""A program that plays a policy for people to see, in one thread, which alone renders."""
