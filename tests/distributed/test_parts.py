"""The parts that a cluster computes are those of `--part`, and together those of one run."""

from dataclasses import replace
from pathlib import Path

import pytest

from dupfind.collection.collection import Collection
from dupfind.collection.record_spool import PartSource
from dupfind.collection.text_part import write_text_part
from dupfind.dedup.all_pairs import of_collection
from dupfind.dedup.pair_part import PartPairs
from dupfind.dedup.report import Parameters
from dupfind.distributed import work
from dupfind.distributed.cluster import RayCluster
from dupfind.distributed.pair_parts import pair_parts
from dupfind.distributed.text_parts import text_parts
from dupfind.distributed.work import Encoded, SentModel, encode
from dupfind.encoders.load import load_encoder
from dupfind.encoders.model_folder import ModelFolder
from dupfind.encoders.received_model import received_model
from dupfind.errors import ClusterError, DupfindError, ModelError, PartError
from dupfind.partition.one_run import one_run
from dupfind.partition.share import Share
from dupfind.sources.source import Source
from tests.collection.test_text_parts import silent
from tests.dedup.test_all_pairs import collected
from tests.support.samples import WordEncoder, corpus
from tests.support.this_process import ThisProcess
from tests.support.tiny_models import bert_tensors, write_model, write_safetensors

RECORDS = corpus(90)


def sources() -> list[PartSource]:
    source = Source("tracker.db", "records", "tracker.db", read=lambda: iter(RECORDS))
    return [PartSource(source, {}, is_path=True)]


@pytest.fixture
def folder(model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModelFolder:
    """The model; the cache of this user has none."""
    monkeypatch.setenv("DUPFIND_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(work, "_loaded", {})
    monkeypatch.setattr(work, "_fetched", lambda ref: ref)
    return ModelFolder(model)


def contents(
    cluster: RayCluster,
    place: Path,
    model: ModelFolder,
    of: int,
    known: frozenset[str] = frozenset(),
) -> list[bytes]:
    with text_parts(
        cluster,
        place,
        sources(),
        model,
        missing=lambda keys: [key for key in keys if key not in known],
        n_parts=of,
        start_task=silent,
    ) as paths:
        return [path.read_bytes() for path in paths]


@pytest.mark.parametrize("of", [1, 3, 7])
def test_the_parts_of_a_cluster_are_those_of_part_to_the_last_byte(
    folder: ModelFolder, tmp_path: Path, of: int
) -> None:
    expected = []
    for number in range(1, of + 1):
        path = tmp_path / f"{number}.dfp"
        write_text_part(path, Share(number, of), sources(), lambda _: load_encoder(folder), start_task=silent)
        expected.append(path.read_bytes())
    cluster = ThisProcess()
    assert contents(cluster, tmp_path / "parts", folder, of) == expected
    assert cluster.n_run == of + 1  # one for the facts of the encoder
    assert not (tmp_path / "parts").exists()
    assert (tmp_path / "cache" / "models" / folder.fingerprint).is_dir()  # from the files that were sent


def test_a_run_that_was_lost_continues_with_the_parts_that_it_has(
    folder: ModelFolder, tmp_path: Path
) -> None:
    with pytest.raises(ClusterError):
        contents(ThisProcess(fails_after=4), tmp_path / "parts", folder, 7)
    assert len(list((tmp_path / "parts").rglob("*.dfp"))) == 3
    cluster = ThisProcess()
    assert contents(cluster, tmp_path / "parts", folder, 7) == contents(
        ThisProcess(), tmp_path / "others", folder, 7
    )
    assert cluster.n_run == 5


def test_texts_that_the_index_has_are_not_sent(folder: ModelFolder, tmp_path: Path) -> None:
    with Collection.create(tmp_path / "index", model=str(folder.path)) as collection:
        collection.index(RECORDS, source="tracker.db", complete=True)
        encoding = collection.store.encoding().id
        keys = frozenset(
            row[0] for row in collection.store.connection.execute("SELECT fingerprint FROM embedding")
        )
        assert collection.store.missing_embeddings(encoding, keys) == []
    whole = contents(ThisProcess(), tmp_path / "parts", folder, 2)
    without = contents(ThisProcess(), tmp_path / "parts", folder, 2, keys)
    dim = load_encoder(folder).dim
    assert sum(map(len, whole)) - sum(map(len, without)) >= len(keys) * dim * 4


def test_machines_with_two_engines_are_refused(folder: ModelFolder, tmp_path: Path) -> None:
    class TwoKinds(ThisProcess):
        def result(self, value: Encoded) -> Encoded:
            return value if self.n_run < 3 else value._replace(engine="torch-cuda-bf16")

    with pytest.raises(ClusterError, match=r"the engines [\w-]+ and torch-cuda-bf16"):
        contents(TwoKinds(), tmp_path / "parts", folder, 4)


def test_parts_that_another_process_writes_are_refused(folder: ModelFolder, tmp_path: Path) -> None:
    class Twice(ThisProcess):
        def result(self, value: Encoded) -> Encoded:
            if self.n_run == 3:
                contents(ThisProcess(), tmp_path / "parts", folder, 4)
            return value

    with pytest.raises(PartError, match="is in use by another process"):
        contents(Twice(), tmp_path / "parts", folder, 4)


def test_a_machine_without_the_model_says_so(folder: ModelFolder) -> None:
    sent = SentModel("no-such-model", "/nowhere", folder.fingerprint, is_few=False)
    with pytest.raises(ModelError, match="no-such-model"):
        encode(sent, [], ["a text"])
    other = replace(sent, path=str(folder.path), fingerprint="0" * 64)
    with pytest.raises(ModelError, match="other weights here"):
        encode(other, [], ["a text"])


def test_files_that_are_not_those_of_the_model_are_refused(folder: ModelFolder, tmp_path: Path) -> None:
    other = write_model(tmp_path / "other")
    write_safetensors(other / "model.safetensors", bert_tensors(5))
    files = {file: (other / file).read_bytes() for file in ModelFolder(other).files}
    with pytest.raises(ModelError, match="the files that were sent are not those of tiny"):
        received_model(folder.fingerprint, "tiny", files.items(), "the files that were sent")
    for name in ("../up.json", "/root.json", "code.py"):
        with pytest.raises(ModelError, match="is no file of a model"):
            received_model(folder.fingerprint, "tiny", [(name, b"{}")], "the files that were sent")
    assert not list((tmp_path / "cache").rglob("*.safetensors"))


@pytest.mark.parametrize("of", [None, 1, 3, 200])
def test_the_pairs_of_a_cluster_are_those_of_one_run(tmp_path: Path, of: int | None) -> None:
    parameters = Parameters(min_score=0.5)
    with Collection.create(tmp_path / "index", encoder=WordEncoder()) as collection:
        collection.index(corpus(150), source="tracker.db")
        with collection.store.reading():
            expected = collected(of_collection(collection, parameters.lowest_score))
        paths = pair_parts(
            ThisProcess(1),
            tmp_path,
            collection,
            parameters,
            max_pairs=1 << 20,
            n_parts=of,
            start_task=silent,
        )
        with collection.store.reading():
            assert collected([PartPairs(one_run(paths)).pairs(collection)]) == expected
        assert len(expected) > 100
        with pytest.raises(DupfindError, match="more than 10 pairs"):
            pair_parts(
                ThisProcess(1), tmp_path, collection, parameters, max_pairs=10, n_parts=of, start_task=silent
            )
