"""What reading assumes about the insides of zarr."""

import numpy as np
import pytest
import zarr

from lossexplorer.volumes.formats import zarr_store

LABELS = np.arange(64, dtype=np.uint8).reshape(4, 4, 4)


@pytest.mark.parametrize(
    ("version", "compressor", "name"),
    [
        (2, {"id": "zlib", "level": 1}, "zlib"),
        (3, {"name": "gzip", "configuration": {"level": 1}}, "gzip"),
    ],
)
def test_zarr_gives_every_chunk_to_the_pipeline_that_its_configuration_names(
    version, compressor, name, tmp_path, monkeypatch
):
    array = zarr.create_array(
        tmp_path / "labels.zarr", data=LABELS, chunks=(4, 4, 2), zarr_format=version,
        compressors=[compressor],
    )  # fmt: skip
    assert array.nchunks == 2
    checked = []
    monkeypatch.setattr(zarr_store, "_check_chunk", lambda names, *_: checked.append(names))
    found = zarr_store.read_array(tmp_path / "labels.zarr", "")
    np.testing.assert_array_equal(found, LABELS)
    assert len(checked) == 2, (
        "volumes/formats/zarr_store.py: `BatchedCodecPipeline.decode_batch` gets every chunk "
        "before it is unpacked"
    )
    assert all(name in names for names in checked), (
        "volumes/formats/zarr_store.py: the pipeline's codecs say how a chunk is packed"
    )
