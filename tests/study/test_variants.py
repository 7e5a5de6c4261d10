"""What is set for one run stands apart; what is stale is told; a study that may not be written is read."""

import json
import os
import shutil
import sqlite3
import time

import pytest
from tests.command import shanshui
from tests.worlds import valley, write_raster

from shanshui import new_study, open_study
from shanshui.core.errors import PlanError, StoreError
from shanshui.flow.variants import LONGEST, checked_name, name_of

LIMITS = {"slope_class": {"limits_deg": (5.0, 15.0)}}


@pytest.fixture(scope="module")
def start(tmp_path_factory):
    folder = tmp_path_factory.mktemp("start")
    write_raster(folder / "dem.tif", valley(40, 50).values)
    new_study(folder / "s", elevation=folder / "dem.tif")
    text = (folder / "s/study.toml").read_text("utf-8")
    (folder / "s/study.toml").write_text(text, "utf-8")
    with open_study(folder / "s") as study:
        study.run("unit_slope_classes", workers=1)
    return folder


@pytest.fixture
def folder(start, tmp_path):
    """A study of its own with slope classes by planning unit made."""
    shutil.copytree(start, tmp_path / "w", symlinks=True)
    return tmp_path / "w/s"


def tree(folder):
    return {
        str(p.relative_to(folder)): (p.stat().st_mtime_ns, p.stat().st_size)
        for p in sorted(folder.rglob("*"))
    }


# variants


def test_what_is_set_for_a_run_leaves_the_study_alone(folder):
    study = open_study(folder)
    before = tree(folder / "products")
    mean = study["slope_class"].values.mean()
    outcome = study.run("unit_slope_classes", settings=LIMITS, workers=1)
    assert outcome.variant == "slope_class.limits_deg=5,15"
    assert outcome.made == ["slope_class", "unit_slope_classes"]
    dry = study.variant(outcome.variant)
    assert {p.name for p in dry.layout.products.iterdir()} == {
        "slope_class.tif",
        "unit_slope_classes.parquet",
    }
    assert {k: v for k, v in tree(folder / "products").items() if "=" not in k} == before
    assert study["slope_class"].values.mean() == mean
    assert dry["slope_class"].values.mean() != mean
    assert dry.record("slope").digest == study.record("slope").digest
    assert set(study.states().values()) - {"made", "missing"} == {
        s for s in study.states().values() if s.startswith("cannot")
    }
    assert (dry.state("slope_class"), study.state("slope_class")) == ("made", "made")
    assert study.run("unit_slope_classes", workers=1).made == []


def test_a_variant_is_run_again_by_its_name_and_shares_what_is_kept(folder):
    study = open_study(folder)
    study.run("slope_class", settings=LIMITS, variant="steep", workers=1)
    again = open_study(folder).run("unit_slope_classes", variant="steep", workers=1)
    assert again.made == ["unit_slope_classes"]
    assert open_study(folder).variants() == {"steep": {"slope_class": {"limits_deg": [5.0, 15.0]}}}
    other = study.run("slope_class", settings=LIMITS, variant="other", workers=1)
    assert other.made == []
    assert (folder / "products/other/slope_class.tif").exists()
    assert study.variant("steep").run("slope_class", workers=1).variant == "steep"


def test_what_a_variant_reaches_and_has_not_made_is_not_taken_from_the_study(folder):
    study = open_study(folder)
    study.run("slope_class", settings=LIMITS, variant="steep", workers=1)
    steep = study.variant("steep")
    assert study.has("unit_slope_classes")
    assert not steep.has("unit_slope_classes")
    assert steep.states()["unit_slope_classes"] == "missing"
    with pytest.raises(PlanError, match="not made yet in variant steep.*--variant steep"):
        steep["unit_slope_classes"]
    assert steep.has("slope")


def test_a_variant_on_a_bare_study_leaves_to_the_study_what_it_does_not_reach(start, tmp_path):
    shutil.copytree(start, tmp_path / "w", symlinks=True)
    shutil.rmtree(tmp_path / "w/s/store")
    shutil.rmtree(tmp_path / "w/s/products")
    study = open_study(tmp_path / "w/s")
    study.run("slope_class", settings=LIMITS, variant="steep", workers=1)
    assert study.state("slope") == "made"
    assert study.state("slope_class") == "missing"
    assert study.variant("steep").state("slope_class") == "made"


def test_what_does_not_differ_in_the_end_stands_once(folder):
    study = open_study(folder)
    before = study.record("slope_class").digest
    default = study.plan.steps["slope_class"].card.checked({})["limits_deg"]
    outcome = study.run("slope_class", settings={"slope_class": {"limits_deg": default}}, workers=1)
    assert outcome.variant == ""
    study.run("slope_class", settings=LIMITS, variant="steep", workers=1)
    (folder / "study.toml").write_text(
        (folder / "study.toml").read_text("utf-8")
        + "\n[steps.slope_class]\nlimits_deg = [5.0, 15.0]\n"
    )
    study = open_study(folder)
    study.run("slope_class", workers=1)
    assert study.record("slope_class").digest != before
    study.run("slope_class", variant="steep", workers=1)
    assert study.variant("steep").record("slope_class").variant == ""
    assert study.variant("steep").state("slope_class") == "made"
    assert not (folder / "products/steep").exists()


def test_a_name_stands_for_one_setting(folder):
    study = open_study(folder)
    study.run("slope_class", settings=LIMITS, variant="steep", workers=1)
    with pytest.raises(PlanError, match=r"'steep' stands for slope_class.limits_deg=5,15, not for"):
        study.run("slope_class", settings={"slope_class": {"limits_deg": (9.0,)}}, variant="steep")
    with pytest.raises(PlanError, match="there is 'steep' already"):
        study.run("slope_class", settings=LIMITS, variant="Steep")
    with pytest.raises(PlanError, match=r"no variant 'stepe'; did you mean 'steep'"):
        study.run("slope_class", variant="stepe")


@pytest.mark.parametrize(
    "name",
    [
        "",
        " a",
        "../x",
        "a/b",
        "a\\b",
        ".hidden",
        "-x",
        "a.",
        "x.tif",
        "con",
        "a\nb",
        "a:b",
        "x" * 99,
        "products",
        "Products",
        "report",
        "maps",
        "maps-en",
        "store",
        "tmp",
    ],
)
def test_names_that_no_folder_can_have_are_refused(name):
    with pytest.raises(PlanError, match="variant '"):
        checked_name(name)


def test_names_may_be_in_any_script():
    assert checked_name("退耕还林 2035") == "退耕还林 2035"


def test_names_made_of_settings_tell_them_apart_and_fit_a_folder():
    names = [
        name_of({"gep": {"year": 2015}}),
        name_of({"gep": {"frame": "a/b"}}),
        name_of({"gep": {"frame": "a_b"}}),
        name_of({"gep": {"frame": "x" * 200}}),
        name_of({"gep": {"frame": "x" * 201}}),
        name_of({"gep": {"year": None}}),
    ]
    assert names[0] == "gep.year=2015"
    assert len(set(names)) == len(names)
    assert all(checked_name(name) and len(name) <= LONGEST for name in names)


def test_sweeping_keeps_variants_until_they_are_dropped(folder):
    study = open_study(folder)
    study.run("unit_slope_classes", settings=LIMITS, variant="steep", workers=1)
    assert study.sweep()[0] == 0
    assert study.variant("steep").has("slope_class")
    assert study.sweep("steep")[0] == 2
    assert not (folder / "products/steep").exists()
    assert study.variants() == {}
    assert study.has("slope_class")
    assert not study.verify()
    with pytest.raises(PlanError, match="no variant 'steep'"):
        study.sweep("steep")


def test_variants_outlive_the_ledger(folder):
    study = open_study(folder)
    study.run("unit_slope_classes", settings=LIMITS, variant="steep", workers=1)
    study.close()
    (folder / "store/ledger.sqlite").unlink()
    study = open_study(folder)
    assert study.variant("steep").state("slope_class") == "made"
    assert study.run("unit_slope_classes", variant="steep", workers=1).made == []
    assert not study.verify(deep=True)


def test_a_lost_note_of_the_variants_is_named_and_written_anew(folder):
    from shanshui.study.upkeep import mend

    study = open_study(folder)
    study.run("slope_class", settings=LIMITS, variant="steep", workers=1)
    (folder / "store/variants.json").unlink()
    found = study.verify()
    assert [f.name for f in found] == ["variants.json"]
    mend(study, found)
    assert not study.verify()
    assert "steep" in (folder / "store/variants.json").read_text("utf-8")


def test_a_ledger_of_a_newer_program_is_no_damage(folder):
    with sqlite3.connect(folder / "store/ledger.sqlite") as db:
        db.execute("pragma user_version=7")
    db.close()
    for words in (("verify",), ("list",), ("run", "slope")):
        said = shanshui(words[0], folder, *words[1:], code=2)
        assert "use that version or a newer one" in said
    assert [p.name for p in (folder / "store").glob("ledger*")] == ["ledger.sqlite"]


def test_variants_on_the_command_line(folder):
    said = shanshui("run", folder, "slope_class", "--set", "slope_class.limits_deg=5,15")
    assert "variant slope_class.limits_deg=5,15: what differs stands apart" in said
    shanshui("run", folder, "slope_class", "--set", "slope_class.limits_deg=4,8", "--as", "low")
    listed = shanshui("list", folder, "--variants")
    assert "low" in listed
    assert "slope_class.limits_deg = [4.0, 8.0]" in listed
    rows = json.loads(shanshui("list", folder, "--variant", "low", "--json"))
    assert {r["product"]: r["variant"] for r in rows}["slope_class"] == "low"
    shown = json.loads(shanshui("show", folder, "slope_class", "--variant", "low", "--json"))
    assert shown["file"].endswith("products/low/slope_class.tif")
    assert shown["variant"] == "low"
    assert shown["state"] == "made"
    assert "limits_deg = [4.0, 8.0]" in shanshui(
        "explain", folder, "slope_class", "--variant", "low"
    )
    assert "[4.0, 8.0]" not in shanshui("explain", folder, "slope_class")
    to = folder / "low.tif"
    shanshui("export", folder, "slope_class", "--to", to, "--variant", "low")
    assert to.exists()
    assert "0 made" in shanshui("run", folder, "slope_class", "--variant", "low")
    assert "files" in shanshui("sweep", folder, "--variant", "low")
    assert "no variant 'low'" in shanshui("show", folder, "slope_class", "--variant", "low", code=2)
    assert "names what --set and --for set" in shanshui("run", folder, "--as", "x", code=2)


# what is stale is told


def test_a_stale_product_says_why(folder):
    (folder / "study.toml").write_text(
        (folder / "study.toml").read_text("utf-8")
        + "\n[steps.slope_class]\nlimits_deg = [5.0, 15.0]\n"
    )
    study = open_study(folder)
    assert study.state("slope") == "made"
    assert study.fresh("slope")
    assert study.stale_reason("slope") == ""
    assert study.state("slope_class") == "stale"
    assert "limits_deg" in study.stale_reason("slope_class")
    assert study.stale_reason("unit_slope_classes") == "slope_class is not up to date"
    assert study.state("aspect") == "missing"
    shown = shanshui("show", folder, "slope_class")
    assert "state          stale (changed since: setting limits_deg" in shown
    assert json.loads(shanshui("show", folder, "slope", "--json"))["state"] == "made"
    study.run("slope_class", workers=1)
    assert study.state("slope_class") == "made"


def test_a_changed_input_makes_stale_while_the_study_is_open(folder):
    study = open_study(folder)
    assert study.state("slope") == "made"
    write_raster(folder.parent / "dem.tif", valley(40, 50).values + 1)
    assert study.state("slope") == "stale"


def test_a_product_whose_input_is_gone_from_the_study_is_stale(folder):
    study = open_study(folder)
    ledger = study.ledger
    with ledger.writing():
        record = ledger.product("slope")
        ledger.know_product("old_name", record.recipe, record.digest, "", 1)
    assert study.state("old_name") == "stale"
    assert study.stale_reason("old_name") == "no step makes it any more"
    assert [(f.name, f.serious) for f in study.verify()] == [("old_name", False)]
    study.sweep()
    assert not study.verify()
    assert study.has("slope")


# verify


def test_verify_on_the_command_line(folder):
    assert shanshui("verify", folder).strip() == "all is right"
    assert json.loads(shanshui("verify", folder, "--deep", "--json"))["right"]
    path = folder / "products/slope.tif"
    path.unlink()
    said = shanshui("verify", folder, code=1)
    assert f"slope: its file {path} is gone; shanshui run {folder}" in said
    found = json.loads(shanshui("verify", folder, "--json", code=1))
    assert found["faults"][0]["kind"] == "file"
    assert "its file was written anew" in shanshui("verify", folder, "--mend")
    assert path.exists()


def damage(folder, name):
    study = open_study(folder)
    record = study.record(name)
    path = study.layout.object(record.digest, record.suffix)
    study.close()
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 4
    path.chmod(0o644)
    path.write_bytes(bytes(data))
    return path


def test_damage_is_mended_by_verify_and_a_run(folder):
    damage(folder, "unit_slope_classes")
    assert "is damaged" in shanshui("verify", folder, code=1)
    assert "the next run makes it anew" in shanshui("verify", folder, "--mend", code=1)
    assert "1 made" in shanshui("run", folder, "unit_slope_classes")
    assert "all is right" in shanshui("verify", folder, "--deep")


def test_what_is_shown_and_exported_is_what_was_kept(folder):
    from shanshui.store.manifests import stamp_of

    path = damage(folder, "unit_slope_classes")
    with sqlite3.connect(folder / "store/ledger.sqlite") as db:
        db.execute("update object set stamp=? where digest=?", (stamp_of(path.stat()), path.stem))
    db.close()
    for words in (
        ("show", folder, "unit_slope_classes"),
        ("export", folder, "unit_slope_classes", "--to", folder / "x.csv"),
    ):
        assert "its bytes are not those that were kept" in shanshui(*words, code=2)
    assert not (folder / "x.csv").exists()


def test_show_names_a_published_file_that_is_another(folder):
    (folder / "products/slope.tif").unlink()
    assert "is gone; shanshui run" in shanshui("show", folder, "slope")


def test_a_ledger_made_anew_on_the_command_line(folder):
    path = folder / "store/ledger.sqlite"
    path.write_bytes(path.read_bytes()[:5000])
    for words in (
        ("list",),
        ("show", "slope"),
        ("explain", "slope"),
        ("export", "slope", "--to", folder / "x.tif"),
    ):
        said = shanshui(words[0], folder, *words[1:], code=2)
        assert "--rebuild" in said, said
    said = shanshui("verify", folder, "--rebuild")
    assert "put aside as ledger.sqlite.aside-" in said
    assert "all is right" in said
    assert "0 made" in shanshui("run", folder, "unit_slope_classes")


@pytest.mark.parametrize("words", [("sweep",), ("run", "slope")])
def test_a_damaged_ledger_is_mended_by_what_writes(folder, words):
    path = folder / "store/ledger.sqlite"
    path.write_bytes(b"x" * 9000)
    shanshui(words[0], folder, *words[1:])
    assert "all is right" in shanshui("verify", folder)


def kept_files(folder):
    return sorted(p.name for p in (folder / "store/objects").rglob("*") if p.is_file())


@pytest.mark.parametrize("stop", [KeyboardInterrupt, SystemExit, StoreError])
def test_a_stop_while_a_lost_ledger_is_made_anew_loses_nothing(folder, monkeypatch, stop):
    from shanshui.store import manifests

    before = kept_files(folder)
    (folder / "store/ledger.sqlite").unlink()
    calls, insert = [], manifests._insert

    def stopping(*args):
        calls.append(args)
        if len(calls) == 2:
            raise stop("stopped")
        insert(*args)

    monkeypatch.setattr(manifests, "_insert", stopping)
    with pytest.raises(stop):
        open_study(folder).sweep()
    monkeypatch.undo()
    assert "--rebuild" in shanshui("verify", folder, code=1)
    assert open_study(folder).has("unit_slope_classes")
    shanshui("sweep", folder)
    assert kept_files(folder) == before
    assert "all is right" in shanshui("verify", folder)


def emptied(folder):
    """A ledger of this edition that knows nothing, as a stop of an older program left it."""
    with sqlite3.connect(folder / "store/ledger.sqlite") as db:
        for table in ("object", "recipe", "product", "shown"):
            db.execute(f"delete from {table}")  # noqa: S608 - our own words
    db.close()


@pytest.mark.parametrize("words", [("sweep",), ("run", "unit_slope_classes"), ("verify", "--mend")])
def test_a_ledger_that_knows_no_kept_result_is_named_and_filled(folder, words):
    before = kept_files(folder)
    emptied(folder)
    said = shanshui("verify", folder, code=1)
    assert "knows none of the " in said
    assert f"shanshui verify {folder} --rebuild" in said
    assert open_study(folder).state("unit_slope_classes") == "made"
    shanshui(words[0], folder, *words[1:])
    assert kept_files(folder) == before
    assert "all is right" in shanshui("verify", folder)


def test_sweeping_refuses_where_the_ledger_knows_none_of_what_is_kept(folder):
    for path in (folder / "store/objects").rglob("*"):
        if path.is_file() and path.suffix != ".manifest":
            data = bytearray(path.read_bytes())
            data[len(data) // 2] ^= 4
            path.chmod(0o644)
            path.write_bytes(bytes(data))
    before = kept_files(folder)
    emptied(folder)
    said = shanshui("sweep", folder, code=2)
    assert "nothing is deleted" in said
    assert "--rebuild" in said
    assert kept_files(folder) == before


def aged(folder, *, noted):
    """The ledger as the first edition left it: without digests of bytes, and here with or without notes."""
    with sqlite3.connect(folder / "store/ledger.sqlite") as db:
        db.execute("update object set stored='', stamp=''")
    db.close()
    if not noted:
        for path in (folder / "store/objects").rglob("*.manifest"):
            path.unlink()


def test_the_note_beside_an_old_result_holds_over_what_lies_there_now(folder):
    file = folder / "products/unit_slope_classes.parquet"
    before = file.read_bytes()
    damage(folder, "unit_slope_classes")
    aged(folder, noted=True)
    assert "is damaged" in shanshui("verify", folder, code=1)
    assert "1 made" in shanshui("run", folder, "unit_slope_classes")
    assert file.read_bytes() == before
    assert "all is right" in shanshui("verify", folder, "--deep")


def test_an_old_table_without_a_note_is_told_to_be_taken_as_found(folder, monkeypatch):
    monkeypatch.setattr("shanshui.store.watch.table_digest", lambda frame: "as another library")
    aged(folder, noted=False)
    assert "they will be taken as found" in shanshui("verify", folder)
    shanshui("run", folder, "unit_slope_classes")
    said = shanshui("verify", folder)
    assert "unit_slope_classes: was kept by an older version" in said
    assert "they were taken as found" in said
    # what a grid holds tells by itself
    assert "slope_class: " not in said
    monkeypatch.undo()
    shanshui("run", folder, "unit_slope_classes", "--fresh")
    assert shanshui("verify", folder).strip() == "all is right"


@pytest.mark.parametrize("name", ["slope", "unit_slope_classes"])
def test_a_damaged_result_is_not_said_to_be_not_made(folder, name):
    path = damage(folder, name)
    for words in (("show", folder, name), ("export", folder, name, "--to", folder / "x.tif")):
        said = shanshui(*words, code=2)
        assert f"{path}: a kept result is damaged" in said
        assert "not made yet" not in said
    path.write_bytes(path.read_bytes()[:-1])
    assert "a kept result is damaged" in shanshui("show", folder, name, code=2)
    path.unlink()
    assert "kept result is gone; run again" in shanshui("show", folder, name, code=2)


def test_what_was_put_down_as_damaged_is_cured_by_a_run(folder):
    damage(folder, "unit_slope_classes")
    assert f"verify {folder} --mend, then shanshui run {folder}" in shanshui(
        "verify", folder, code=1
    )
    for said in (shanshui("verify", folder, "--mend", code=1), shanshui("verify", folder, code=1)):
        assert f"is gone; shanshui run {folder}" in said
        assert "--mend" not in said


def test_a_folder_in_the_place_of_one_file_holds_up_no_other(folder):
    stands = folder / "products/slope.tif"
    stands.unlink()
    stands.mkdir()
    (stands / "mine.txt").write_text("kept", "utf-8")
    others = [folder / "products/slope_class.tif", folder / "products/unit_slope_classes.parquet"]
    for file in others:
        file.unlink()
    said = shanshui("run", folder, "unit_slope_classes")
    assert all(file.is_file() for file in others)
    assert said.count(f"{stands}: a folder stands where the file of slope belongs") == 1
    assert "move it away" in said
    assert "a folder stands there; move it away" in shanshui("verify", folder, code=1)
    shanshui("run", folder, "slope", "--fresh")
    assert (stands / "mine.txt").read_text("utf-8") == "kept"
    stands.rename(folder / "mine")
    shanshui("run", folder, "unit_slope_classes")
    assert stands.is_file()
    assert "all is right" in shanshui("verify", folder)


def test_a_dropped_variant_leaves_a_folder_that_is_not_ours(folder):
    study = open_study(folder)
    study.run("slope_class", settings=LIMITS, variant="steep", workers=1)
    stands = folder / "products/steep/slope_class.tif"
    stands.unlink()
    stands.mkdir()
    study.sweep("steep")
    assert study.variants() == {}
    assert stands.is_dir()


@pytest.mark.parametrize("stop", [StoreError, KeyboardInterrupt])
def test_a_new_variant_of_which_nothing_was_made_leaves_no_trace(folder, monkeypatch, stop):
    from shanshui.flow.run import Run

    def fail(*args):
        raise stop("no")

    study = open_study(folder)
    monkeypatch.setattr(Run, "_make", fail)
    with pytest.raises(stop):
        study.run("slope_class", settings=LIMITS, variant="steep", workers=1)
    with pytest.raises(PlanError):
        study.run("nothing_of_that_name", settings=LIMITS, variant="steep", workers=1)
    assert study.variants() == {}
    assert not study.verify()
    monkeypatch.undo()
    study.run("slope_class", settings=LIMITS, variant="steep", workers=1)
    monkeypatch.setattr(Run, "_make", fail)
    with pytest.raises(stop):
        study.run("unit_slope_classes", variant="steep", workers=1)
    assert list(study.variants()) == ["steep"]


def test_a_variant_that_made_something_before_it_failed_stays(folder, monkeypatch):
    from shanshui.flow.run import Run

    make = Run._make

    def fail(self, name, above):
        if name == "unit_slope_classes":
            raise StoreError("no")
        return make(self, name, above)

    monkeypatch.setattr(Run, "_make", fail)
    study = open_study(folder)
    with pytest.raises(StoreError):
        study.run("unit_slope_classes", settings=LIMITS, variant="steep", workers=1)
    assert list(study.variants()) == ["steep"]


# reading


READS = (
    ("list",),
    ("list", "--json"),
    ("list", "--variants"),
    ("show", "slope"),
    ("explain", "slope"),
    ("check",),
    ("verify",),
)


@pytest.mark.parametrize("words", READS)
def test_looking_writes_nothing(folder, words):
    before = tree(folder)
    shanshui(words[0], folder, *words[1:])
    assert tree(folder) == before


def test_looking_at_a_study_that_never_ran_makes_no_folder(start, tmp_path):
    new_study(tmp_path / "s", elevation=start / "dem.tif")
    before = tree(tmp_path / "s")
    shanshui("list", tmp_path / "s")
    shanshui("check", tmp_path / "s")
    assert "not made yet" in shanshui("show", tmp_path / "s", "slope", code=2)
    assert tree(tmp_path / "s") == before


@pytest.fixture
def archive(folder, monkeypatch):
    """The study as a colleague's share or an archive: nothing can be written there."""
    access = os.access
    monkeypatch.setattr(os, "access", lambda p, mode: mode != os.W_OK and access(p, mode))
    return folder


def test_an_archive_is_listed_shown_explained_exported_and_checked(archive, tmp_path):
    before = tree(archive)
    for words in READS:
        shanshui(words[0], archive, *words[1:])
    assert open_study(archive)["slope"].shape == (40, 50)
    assert tree(archive) == before
    shanshui("export", archive, "slope", "--to", tmp_path / "slope.tif")
    assert (tmp_path / "slope.tif").exists()


@pytest.mark.parametrize("words", [("run", "slope"), ("sweep",), ("verify", "--rebuild")])
def test_an_archive_refuses_to_be_written_in_words(archive, words):
    assert "cannot be written" in shanshui(words[0], archive, *words[1:], code=2)


def test_a_study_lets_go_of_its_ledger(folder):
    with open_study(folder) as study:
        assert study.has("slope")
        for _ in range(3):
            study.states()
            study.estimate("slope")
    assert study.has("slope")  # and opens it again when asked
    study.close()


def test_a_stop_by_hand_says_what_is_kept(folder, monkeypatch):
    from shanshui.study.study import Study

    def stop(self, *args, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr(Study, "run", stop)
    said = shanshui("run", folder, code=130)
    assert "stopped; what is finished is kept, run again to go on" in said


def test_a_study_held_by_another_program_is_said_soon(folder):
    other = sqlite3.connect(folder / "store/ledger.sqlite")
    other.execute("begin exclusive")
    started = time.monotonic()
    with pytest.raises(StoreError, match="another program holds the ledger"):
        open_study(folder).has("slope")
    assert time.monotonic() - started < 60
    other.close()
