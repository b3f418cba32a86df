"""The fast step: from scores to class sums, computed only where a prediction is not certain.

**The idea.** A prediction is ``softmax(scores / softness)``, followed by the degradations that act
on each voxel, and a class's score is half a signed distance in mm. Far from the boundaries the
prediction is certain: where the best class leads by more than 20 × softness, the other
probabilities are negligible (2e-9), and all such voxels of a class are equal. The step therefore
computes the rows of voxels near boundaries and one representative voxel of each class, weighted
with the number of voxels that it stands for. Its cost grows with the surfaces, not with the volume.
A confidence, a temperature or a confusion matrix acts on representatives as on every other voxel.
If there is no lead (after a blur, with a rim, for a given prediction), all rows are computed, by
the same functions.

**The data flow**::

    scores (class, z, y, x) in mm                        truth (z, y, x)
          │                                                   │
          ▼                                                   ▼
    Field: rows of 32 voxels, (class, row, 32)           Field (1, row, 32)      rows.py
          │                                                   │
          ├── lead of each row ◀──────────────────────────────┤                  band.py
          ▼                                                   │
    Counted: rows with a lead that is too small,              │                  chunks.py
          │  representatives of the classes, weights          │
          ├── preview: a row subset stands for all            │                  row_subset.py
          ├── preview: the best classes of each row           │                  best_classes.py
          ▼                                                   ▼
    Plan: the input of a step                                                    plan.py
          │
          ▼
    ┌─ one compiled loop over chunks of rows ───────────────────────┐            chunks.py
    │  read a chunk; displaced scores at their displaced places     │            moving.py
    │  scores → softmax → probabilities; labels → one-hot truth     │            voxels.py
    │  maps: p, p g, p², and the losses' own maps                   │            summing.py
    │  add groups of 8 rows in float32, then the sums in float64    │
    └───────────────────────────────────────────────────────────────┘
          │
          ▼
    sums (class,) in float64 ──▶ values of the losses

**Previews.** While a slider is dragged, a preview is enough. With many classes, only the best
classes of each row are summed; if a step would still be too large, a row subset stands for all
rows. The error of both is measured and shown. A pipeline with ``dense=True`` sums all rows and
classes, as the reference for tests.

**The vocabulary.**

row
    32 voxels that follow one another in memory, short enough that a surface cuts few rows.
weight
    The number of voxels that each voxel of a row counts for: 1; 1/32 in a row that holds 32 copies
    of one voxel; more in the row of a representative; 0 in a row of padding.
row_layout
    Where the voxels of a volume lie in rows, followed by the rows of copies and representatives.
field
    An array (k, z, y, x) in rows on the device: scores, labels, a random field.
lead
    By how many mm a class's score exceeds the next. The lead of a row is the smallest lead of the
    true class in its voxels. A degradation states the lead that it needs (`Degradation.lead`).
band
    The rows whose lead is too small, selected again when the needed lead changes.
selection
    The rows of a band, and the number of voxels of each class outside these rows.
representative
    A certain voxel of a class, equal to all voxels of the class outside the selection.
counted
    The rows that a sum runs over, with their weights, on the device.
chunk
    The rows that are computed at a time: their arrays fit the cache of a processor, or fill a GPU.
map
    A field whose sum over the voxels is needed: p, p g, p², or one of a loss's own maps.
recipe
    The operations in each voxel. It is hashable, because a function is compiled for it, and has no
    numbers: these are passed as tensors, so moving a slider compiles nothing.
moves
    A displacement as compiled functions take it. Scores are read at displaced places; the volume
    itself is not moved.
best classes
    The classes that come nearest to being the best in a row, with the background and the classes of
    the row's truth.
class of no score
    Stands for all other classes: each has the same probability as the class of no score.
row subset
    Rows, drawn evenly over the volume, that stand for all counted rows.
plan
    The input of a step for one sample, with one set of the controls' values.
form
    The form of a step: over chosen rows, which are gathered, or over all rows in their order. Each
    form is a compiled function, and the form not in use is compiled ahead, in a thread.
"""
