"""How the classifier is made: corpus, candidate models, comparison, the artefact."""
