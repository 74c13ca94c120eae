"""What we say: findings as data, then words, charts, HTML, PDF and JSON.

``diagnosis`` puts the questions and orders what they found; ``findings`` says it; ``views`` freezes
what a page shows; ``html`` and ``pdf`` render views and compute nothing; ``machine`` writes and
reads the same findings for machines; ``replay`` makes a report's figures again.
"""
