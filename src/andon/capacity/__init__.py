"""How many people, and when: forecast, requirement, shifts, the plan, and the what-if."""
