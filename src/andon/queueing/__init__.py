"""What waiting does: numbers in, frozen results out; knows no ledger."""
