"""The maths of service credits: a module for each method, with its name, whose `lines` gives what a rule costs."""
