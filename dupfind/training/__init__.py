"""Fine-tuning: labelled pairs, recipes, the trainer, mining, and the acceptance of what came out."""
