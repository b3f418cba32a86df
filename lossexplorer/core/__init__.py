"""What every floor uses: parameters, slider scales, numbers as text, shipped files, displays."""
