"""Pictures of emotions: dialogues as pages, and a report on how a pipeline does."""
