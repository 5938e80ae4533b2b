"""Many annotated dialogues at a glance: figures, and the page and the workbook that show them."""
