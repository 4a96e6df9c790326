"""Tells the review meeting: the monthly pack, made from one data set in five renderings."""
