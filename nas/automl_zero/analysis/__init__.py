"""What a program is made of: its live part, what each instruction is worth, what it does that people have names for."""
