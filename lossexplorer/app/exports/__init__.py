"""What the window takes out of the program: pictures, tables, code, volumes, and the clipboard."""
