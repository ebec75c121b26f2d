"""What a person or a program opens: report, explorer, data dictionary, Croissant."""
