"""What the rest of the program computes with: label volumes, their classes, batches and patches.

Nothing here opens a file. `labels` is one volume with its classes, `ids` the way from a file's
numbers to class indices, `grid` whether two volumes lie on the same voxels, `grouping` many ids
as fewer classes, `batch` several volumes of one shape, `patches` what a volume is cut into.
"""
