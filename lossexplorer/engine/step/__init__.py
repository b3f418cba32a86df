"""The fast step: from scores to class sums, computed only where a prediction is not certain.

**The idea.** A prediction is ``softmax(scores / softness)`` and what then acts on each voxel, and a
class's score is half a signed distance in mm. Away from the boundaries nothing happens: where the
best class leads by more than 20 × softness, the other probabilities no longer count (2e-9), and all
such voxels of a class are alike. The step therefore computes the rows of voxels near boundaries and
one representative voxel of each class, weighted with the number of voxels that it stands for. Its
cost grows with the surfaces, not with the volume. Nothing else is special: a confidence, a
temperature or a confusion matrix acts on representatives as on every voxel. What leaves no lead (a
blur, a rim, a prediction from a file) has all rows computed, by the same functions.

**The way of the data**::

    scores (class, z, y, x) in mm                        truth (z, y, x)
          │                                                   │
          ▼                                                   ▼
    Field: rows of 32 voxels, (class, row, 32)           Field (1, row, 32)      rows.py
          │                                                   │
          ├── lead of each row ◀──────────────────────────────┤                  band.py
          ▼                                                   │
    Counted: rows with a lead that is too small,              │                  chunks.py
          │  one representative of each class, weights        │
          ├── preview: a row subset stands for all            │                  row_subset.py
          ├── preview: the best classes of each row           │                  best_classes.py
          ▼                                                   ▼
    Plan: all that a step takes                                                  plan.py
          │
          ▼
    ┌─ one compiled loop over chunks of rows ───────────────────────┐            chunks.py
    │  read a chunk; displaced scores from where they come          │            moving.py
    │  scores → softmax → probabilities; labels → one-hot truth     │            voxels.py
    │  maps: p, p g, p², and each loss's own                        │            summing.py
    │  add 8 rows in float32, then these sums in float64            │
    └───────────────────────────────────────────────────────────────┘
          │
          ▼
    sums (class,) in float64 ──▶ values of the losses

**Previews.** While a slider is dragged, a preview is enough. With many classes, the best classes of
each row are summed; where a step would still be too large, a row subset stands for all rows. What
both leave out is measured and said. ``dense=True`` of a pipeline switches all of this off: every
row and every class is summed, as the reference for tests.

**The vocabulary.**

row
    32 voxels that follow one another in memory order. Short enough for a surface to cut few.
weight
    The number of voxels that each voxel of a row counts for: 1; 1/32 in a row that holds 32 copies
    of one voxel; more in the row of a representative; 0 in a row that only fills an array up.
layout
    Where the voxels of a volume lie in rows, with the rows of copies and of representatives behind.
field
    An array (k, z, y, x) in rows on the device: scores, labels, a random field.
lead
    By how many mm a class's score is ahead of the next; of a row, that of the true class in the
    voxel where it is smallest. Each degradation says which lead it needs (`Degradation.lead`).
band
    The rows whose lead is too small, chosen anew when the lead that is needed changes.
selection
    A band's rows, and the number of voxels of each class that lie in none of them.
representative
    A voxel of a class that is certain: what all voxels of the class outside the selection are.
counted
    The rows that a sum runs over, with their weights, on the device.
chunk
    The rows that are computed at a time: their arrays fit the cache of a processor, or fill a GPU.
map
    A field whose sum over the voxels is needed: p, p g, p², or one that a loss has of its own.
recipe
    What is done in each voxel: hashable, because a function is compiled for it. Numbers are not
    part of it: they are passed as tensors, and moving a slider compiles nothing.
moves
    A displacement as compiled functions take it. No volume is moved: what is read is.
best classes
    Of each row, the classes that come nearest to being the best in it, with the background and
    those of its truth.
class of no score
    Stands for all classes that are not among the best: each of them gets what it gets.
row subset
    Rows, drawn evenly over the volume, that stand for all counted ones.
plan
    What a step takes of one sample, with one set of the controls' values.
form
    Of a step: over chosen rows, which are gathered, or over all rows, as they lie. Each form is a
    compiled function, and the other one is compiled ahead, in a thread.
"""
