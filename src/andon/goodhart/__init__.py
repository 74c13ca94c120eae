"""How numbers get bent: the measure and the target are questioned before any person."""
