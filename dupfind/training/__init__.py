"""Fine-tuning: labelled pairs, recipes, the trainer, mining, and the acceptance test of the tuned model."""
