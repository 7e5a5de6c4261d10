import json

import pandas as pd
import pytest
from tests.command import shanshui
from tests.industry.test_input_output import plain_table
from tests.industry.test_screening import mixed


def test_weigh_a_square_and_say_what_would_mend_it(tmp_path):
    place = tmp_path / "j.csv"
    place.write_text(",cost,quality,time\ncost,1,9,1\nquality,1/9,1,5\ntime,1,,1\n")
    out = shanshui("weigh", place)
    assert "NOT accepted" in out
    assert "ask again" in out
    assert "random index saaty" in out
    found = json.loads(
        shanshui(
            "weigh", place, "--method", "geometric", "--random-index", "donegan-dodd", "--json"
        )
    )
    assert sum(w["weight"] for w in found["weights"]) == pytest.approx(1.0)
    assert found["nodes"][0]["random_index"] == "donegan-dodd"
    assert not found["nodes"][0]["accepted"]


def test_weigh_intervals_by_any_solver(tmp_path):
    place = tmp_path / "j.csv"
    place.write_text(
        "1,2..5,2..4,1..3\n1/5..1/2,1,1..3,1..2\n1/4..1/2,1/3..1,1,1/2..1\n1/3..1,1/2..1,1..2,1\n"
    )
    found = json.loads(shanshui("weigh", place, "--json"))
    node = found["nodes"][0]
    assert (node["method"], node["scale"]) == ("goal-programme", "product")
    assert node["indeterminacy"] == pytest.approx(2.3762, abs=5e-5)
    assert "[1.6818, 2.4495]" in shanshui("weigh", place)
    shanshui("weigh", place, "--method", "interval-lp-lower", "--to", tmp_path / "w.csv")
    assert pd.read_csv(tmp_path / "w.csv")["weight"].sum() == pytest.approx(1.0)


def test_weigh_contradictions_is_a_finding_and_no_crash(tmp_path):
    place = tmp_path / "j.csv"
    place.write_text("row,column,value\na,b,2\nb,c,2\nc,a,2\n")
    assert "no weights lie inside" in shanshui("weigh", place, "--method", "interval-lp-lower")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (",a,b\na,1,3\nb,3,1\n", "not reciprocal"), (",a,b\na,1,-3\nb,,1\n", "above 0"), (",a,b\na,1,many\nb,,1\n", "no judgement"),
        ("", "empty"), (",a,b\na,1,2\n", "expected a square"),
    ],
)  # fmt: skip
def test_weigh_refuses_what_is_no_judgement(tmp_path, text, message):
    place = tmp_path / "j.csv"
    place.write_text(text)
    out = shanshui("weigh", place, code=2)
    assert message in out
    assert "Traceback" not in out


def test_linkages_of_a_file(tmp_path):
    place = tmp_path / "t.csv"
    plain_table().to_csv(place, index=False)
    out = shanshui("linkages", place)
    assert "sensitivity_leontief" in out
    assert "ghosh form" in out
    found = json.loads(
        shanshui("linkages", place, "--sectors", 2, "--json", "--to", tmp_path / "l.csv")
    )
    assert sum(s["influence"] for s in found["sectors"]) == pytest.approx(2.0)
    assert len(pd.read_csv(tmp_path / "l.csv")) == 2
    broken = plain_table()
    broken.loc[0, "final"] = 1.0
    broken.to_csv(place, index=False)
    assert "do not balance" in shanshui("linkages", place, code=2)
    shanshui("linkages", place, "--tolerance", 1)


def test_screen_a_register(tmp_path):
    out = shanshui("screen", mixed(tmp_path / "r.csv"), "--to", tmp_path / "o.parquet")
    assert "3 rows, 1 repeated, 2 accepted" in out
    assert "broken dates: 1" in out
    assert list(pd.read_parquet(tmp_path / "o.parquet")["category"]) == ["biology", "energy"]
    found = json.loads(
        shanshui("screen", mixed(tmp_path / "r.csv"), "--to", tmp_path / "o.csv", "--json")
    )
    assert found["rows"] == 3
    assert "no file" in shanshui(
        "screen", tmp_path / "none.csv", "--to", tmp_path / "p.csv", code=2
    )
    assert "OURS=THEIRS" in shanshui(
        "screen", tmp_path / "r.csv", "--to", tmp_path / "p.csv", "--column", "name", code=2
    )


def test_rank_sites_by_criteria_judged_and_measured(tmp_path):
    sites, rules, judged = (tmp_path / n for n in ("s.csv", "c.csv", "j.csv"))
    sites.write_text("site,price,view\na,3,4\nb,4,3\nc,5,3.5\n")
    rules.write_text("criterion,direction\nprice,cost\nview,benefit\n")
    judged.write_text(",price,view\nprice,1,3\nview,1/3,1\n")
    out = shanshui("rank", sites, "--criteria", rules, "--judgements", judged)
    assert "price 0.7500 (cost), view 0.2500 (benefit)" in out
    assert "likeness to vikor" in out
    assert "when one alternative leaves" in out
    place = tmp_path / "r.csv"
    found = json.loads(
        shanshui(
            "rank", sites, "--criteria", rules, "--method", "weighted-sum", "--objective", "critic",
            "--to", place, "--json",
        )
    )  # fmt: skip
    assert found["alternatives"][0]["alternative"] == "a"
    assert sum(w["weight"] for w in found["weights"]) == pytest.approx(1.0)
    assert set(found["similarity"]["topsis"]) == {"spearman", "weighted_spearman", "ws"}
    assert len(found["reversal"]["pairs"]) == 3
    assert pd.read_csv(place)["rank"].tolist() == [1, 2, 2]
    assert "expected a number" in shanshui("rank", rules, code=2)
    judged.write_text(",price,noise\nprice,1,3\nnoise,1/3,1\n")
    assert "noise, view" in shanshui("rank", sites, "--judgements", judged, code=2)


def test_weigh_says_whether_intervals_hold_consistent_judgements(tmp_path):
    place = tmp_path / "j.csv"
    place.write_text("row,column,lower,upper\na,b,1,3\nb,c,1,3\na,c,1,9\n")
    assert "some consistent judgements lie inside" in shanshui("weigh", place)
    place.write_text("row,column,lower,upper\na,b,2,3\nb,c,2,3\na,c,1,2\n")
    assert "no consistent judgements lie inside" in shanshui("weigh", place)
    node = json.loads(shanshui("weigh", place, "--json"))["nodes"][0]
    assert node["feasible"] is False
    # l u of a over c is 2; of a over b over c 6 times 6
    assert node["intransitivity"] == pytest.approx(2.8903717578961645)
