"""What makes the documents, the pretrained weights and the study."""
