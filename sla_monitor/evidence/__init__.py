"""One documented file that holds what was seen and what was said, so that anybody can work a month out again."""
