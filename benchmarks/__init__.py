"""What is measured, by kind: speed, accuracy, reliability; and the reports made of the figures."""
