"""Small twins of each published format, written here: what each kind knows of its format, and its traps."""

import json
import math

import pytest

from engine import errors, importers, registry
from engine.importers import _collected, _sources, _tabulated
from engine.importers._mapping import Asked


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("TOUCHSTONE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("TOUCHSTONE_SAMPLE", str(tmp_path / "no-sample"))
    return tmp_path


@pytest.fixture
def put(tmp_path):
    """Write files into a folder and return it."""

    def put(files):
        root = tmp_path / "given"
        for name, content in files.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(content if isinstance(content, str) else json.dumps(content))
        return root

    return put


def collected(root, kind, fixes=None, asked=Asked(), **options):  # noqa: B008
    assert _tabulated.detect(root) == kind
    return _collected.collect(_tabulated.read(kind, root, asked, **options), fixes or {})


def scores(found):
    """Return (network, set, split, metric, shift) -> value."""
    said = {}
    for block in found.blocks("t"):
        if block.table.table == "scores":
            c = block.columns
            for network, value in zip(c["network"], c["value"], strict=True):
                said[network, c["dataset"], c["split"], c["metric"], f"{c['shift']}{c['strength'] or ''}"] = round(float(value), 6)
    return said


def networks(found):
    block = next(iter(found.blocks("t")))
    names, told = block.columns["network"], [json.loads(text) for text in block.columns["attributes"]]
    trained = block.columns["trained_on"]
    return {name: (one, trained[i] if isinstance(trained, list) else trained) for i, (name, one) in enumerate(zip(names, told, strict=True))}


TIMM = "model,img_size,top1,top1_err,top5,top5_err,param_count,crop_pct,interpolation\n"
TIMM_FILES = {
    "results-imagenet.csv": TIMM + 'vit,224,80.5,19.5,95.5,4.5,86.86,0.9,bicubic\nvit,384,82.5,17.5,96.5,3.5,"1,013.01",1.0,bicubic\n',
    "results-imagenet-a.csv": TIMM + 'vit,384,40.5,59.5,70.5,29.5,"1,013.01",1.0,bicubic\nvit,224,30.5,69.5,60.5,39.5,86.86,0.9,bicubic\n'
    + "lost,224,10.5,89.5,20.5,79.5,30.02,1.0,bicubic\n",
    "results-imagenet-a-clean.csv": TIMM + 'vit,224,90.5,9.5,99.5,0.5,86.86,0.9,bicubic\nvit,384,92.5,7.5,99.75,0.25,"1,013.01",1.0,bicubic\n',
    "benchmark-infer-amp.csv": "model,infer_samples_per_sec\nvit,1000\n",
}  # fmt: skip


def test_timm_joins_files_by_model_and_image_size(put):
    found = collected(put(TIMM_FILES), "timm")
    said = scores(found)
    assert said["vit [img_size=384]", "imagenet-a", "test", "accuracy", ""] == 0.405
    assert said["vit [img_size=224]", "imagenet-a-clean", "test", "top5_accuracy", ""] == 0.995
    assert networks(found)["vit [img_size=224]"] == ({"param_count": 86860000, "crop_pct": 0.9, "interpolation": "bicubic"}, "imagenet")
    assert networks(found)["vit [img_size=384]"][0]["param_count"] == 1013010000
    assert any("imagenet-a with imagenet-a-clean" in note for note in found.notes)


def test_timm_tells_the_network_that_joins_nothing(put):
    (issue,) = [issue for issue in collected(put(TIMM_FILES), "timm").issues if issue.code == "alone"]
    assert issue.details["network"].tolist() == ["lost [img_size=224]"]
    assert issue.details["only_on"].tolist() == ["imagenet-a"]


def test_timm_leaves_a_doubled_key_to_the_audit(put):
    files = dict(TIMM_FILES)
    files["results-imagenet.csv"] += "vit,224,79.5,20.5,94.5,5.5,86.86,0.9,bicubic\n"
    found = collected(put(files), "timm")
    assert "same-key" in [issue.code for issue in found.issues]
    assert {"vit [img_size=224] #1", "vit [img_size=224] #2"} <= set(networks(found))


def test_a_timm_file_alone_is_timm_too(put):
    root = put(TIMM_FILES)
    assert _tabulated.detect(root / "results-imagenet.csv") == "timm"
    assert len(_tabulated.read("timm", root / "results-imagenet.csv").layout.scores) == 2


SOUPS = "".join(
    json.dumps({"model_name": f"model_{i}", "ImageNet2p": 0.78 + i / 100, "ImageNet": 0.75 + i / 100, "ImageNetA": 0.26}) + "\n" for i in range(2)
)


def test_model_soups_knows_its_held_out_side_and_joins_hyper_parameters(put):
    root = put({"individual_model_results.jsonl": SOUPS, "hparam_info.json": {"model_1": {"lr": 3e-5, "aug": "rand-m4-n2"}}})
    found = collected(root, "model_soups")
    assert scores(found)["model_1", "ImageNet", "val", "accuracy", ""] == 0.79
    assert networks(found)["model_1"] == ({"lr": 3e-5, "aug": "rand-m4-n2"}, "ImageNet")
    assert any("Without hyper-parameters: model_0" in note for note in found.notes)


def bench(**more):
    return {"name": "A paper", "architecture": "WRN", "dataset": "cifar10", "clean_acc": "90.25", "venue": "ICLR 2020", "eps": "8/255", **more}


def test_robustbench_reads_text_in_percent_and_leaves_open_what_is_not_there(put):
    root = put({
        "cifar10/Linf/A.json": bench(autoattack_acc="36.45", unreliable=False), "cifar10/Linf/B.json": bench(autoattack_acc="0.00"),
        "cifar10/corruptions/C.json": bench(corruptions_acc="80.5", eps=None), "cifar10/corruptions/A.json": bench(corruptions_acc="70.5", eps=None),
        "cifar10/corruptions/unaggregated_results.csv": ",fog,fog\n,1,2\nC,0.9,0.85\n", "cifar10/Linf/broken.json": '{"clean_acc": ',
    })  # fmt: skip
    found = collected(root, "robustbench")
    said = scores(found)
    assert said == {
        ("A", "cifar10", "test", "accuracy", ""): 0.9025, ("A", "cifar10-autoattack-Linf", "test", "accuracy", ""): 0.3645,
        ("A", "cifar10-corruptions", "test", "accuracy", ""): 0.705, ("B", "cifar10", "test", "accuracy", ""): 0.9025,
        ("B", "cifar10-autoattack-Linf", "test", "accuracy", ""): 0.0, ("C", "cifar10", "test", "accuracy", ""): 0.9025,
        ("C", "cifar10-corruptions", "test", "accuracy", ""): 0.805, ("C", "cifar10", "test", "accuracy", "fog1.0"): 0.9,
        ("C", "cifar10", "test", "accuracy", "fog2.0"): 0.85,
    }  # fmt: skip
    assert networks(found)["A"][1] == "cifar10"
    assert any("broken.json is no JSON" in note for note in found.notes)


def bed(step, test_envs, **accuracies):
    args = {"dataset": "VLCS", "test_envs": test_envs, "algorithm": "ERM", "seed": 1, "trial_seed": 0, "hparams_seed": 2, "steps": 1001}
    return json.dumps({"args": args, "step": step, "epoch": 0.5, "hparams": {"lr": 1e-3}, **accuracies}) + "\n"


BED = {
    "r1/results.jsonl": bed(0, [1], env0_in_acc=0.25, env0_out_acc=0.25, env1_in_acc=0.25, env1_out_acc=0.25, env2_in_acc=0.25, env2_out_acc=0.25)
    + bed(300, [1], env0_in_acc=0.99, env0_out_acc=0.9, env1_in_acc=0.6, env1_out_acc=0.55, env2_in_acc=0.98, env2_out_acc=0.8) + '{"args": {"da\n',
}  # fmt: skip


def test_domainbed_knows_which_side_of_which_domain_a_number_is_of(put):
    found = collected(put(BED), "domainbed")
    assert scores(found) == {
        ("r1", "VLCS-env0", "train", "accuracy", ""): 0.99, ("r1", "VLCS-env0", "val", "accuracy", ""): 0.9,
        ("r1", "VLCS-env1", "test", "accuracy", ""): 0.6, ("r1", "VLCS-env1", "val", "accuracy", ""): 0.55,
        ("r1", "VLCS-env2", "train", "accuracy", ""): 0.98, ("r1", "VLCS-env2", "val", "accuracy", ""): 0.8,
        ("r1", "VLCS-training-domains", "test", "accuracy", ""): 0.85,  # (0.9 + 0.8) / 2
    }  # fmt: skip
    told, trained = networks(found)["r1"]
    assert (told["algorithm"], told["test_envs"], told["hparams.lr"], trained) == ("ERM", 1, 1e-3, "VLCS-training-domains")
    assert any("1 lines of r1/results.jsonl are no results" in note for note in found.notes)


def test_each_step_of_domainbed_can_be_a_network(put):
    assert set(networks(collected(put(BED), "domainbed", steps="all"))) == {"r1 [step=0]", "r1 [step=300]"}


CHECKPOINTS = "x,y,train_env,algorithm,model_hparams,dataset,test_env\n" + "".join(
    f"{x},{y},{env},ERM,\"{{'model_arch': 'resnet50', 'transfer': True}}\",PACS,0\n"
    for x, y, env in [(0.5, 0.4, 1), (0.5, 0.4, 1), (0.6, 0.4, 2), (0.7, 0.5, 1)]
)


def test_checkpoints_are_freed_of_copies_and_know_their_domains(put):
    found = collected(put({"PACS/env0_out_acc.csv": CHECKPOINTS}), "domain_generalization")
    assert [(issue.code, issue.rows) for issue in found.issues] == [("copies", (2,))]
    assert scores(found) == {
        ("checkpoint 1", "PACS-env1", "test", "accuracy", ""): 0.5, ("checkpoint 1", "PACS-env0", "test", "accuracy", ""): 0.4,
        ("checkpoint 3", "PACS-env2", "test", "accuracy", ""): 0.6, ("checkpoint 3", "PACS-env0", "test", "accuracy", ""): 0.4,
        ("checkpoint 4", "PACS-env1", "test", "accuracy", ""): 0.7, ("checkpoint 4", "PACS-env0", "test", "accuracy", ""): 0.5,
    }  # fmt: skip
    told, trained = networks(found)["checkpoint 3"]
    assert (told["model_arch"], told["transfer"], told["train_env"], trained) == ("resnet50", True, 2, "PACS-env2")


ASSAYING = """{"results": {"number_of_parameters": 25557032,
 "top1_classification_accuracy": {"S3DomainBed-PACS-photo-val": 0.96, "S3DomainBed-PACS-photo-test": 0.95, "S3DomainBed-PACS-sketch-test": 0.45,
                                  "Corrupted_S3DomainBed-PACS-photo-test_gaussian_noise_severity_3": 0.7},
 "top10_classification_accuracy": {"S3DomainBed-PACS-photo-test": NaN}, "negative_log_likelihood": {"S3DomainBed-PACS-sketch-test": 2.5},
 "size0.05_linf_apgd_dlr_auto_attack_1000": {"S3DomainBed-PACS-photo-test": 0.5}},
 "config": {}, "overrides": {"model": "timm_pretrained_resnet50d", "adaptation.dataset": "S3DomainBed-PACS-photo-train-fewshot-10",
 "adaptation.optimizer.defaults.lr": 0.0005, "adaptation.finetune_only_head": true, "datasets": ["a"]}}"""


def test_assaying_ood_reads_bare_nan_as_undefined_and_corruptions_as_shifts(put):
    found = collected(put({"multirun/0/results.json": ASSAYING}), "assaying_ood")
    said = scores(found)
    nan = said.pop(("multirun/0", "PACS-photo", "test", "top10_accuracy", ""))
    assert math.isnan(nan)
    assert said == {
        ("multirun/0", "PACS-photo", "val", "accuracy", ""): 0.96, ("multirun/0", "PACS-photo", "test", "accuracy", ""): 0.95,
        ("multirun/0", "PACS-sketch", "test", "accuracy", ""): 0.45, ("multirun/0", "PACS-photo", "test", "accuracy", "gaussian_noise3.0"): 0.7,
        ("multirun/0", "PACS-sketch", "test", "nll", ""): 2.5,
        ("multirun/0", "PACS-photo", "test", "size0.05_linf_apgd_dlr_auto_attack_1000", ""): 0.5,
    }  # fmt: skip
    told, trained = networks(found)["multirun/0"]
    assert (trained, told["regime"], told["lr"], told["finetune_only_head"]) == ("PACS-photo", "10 a class", 0.0005, True)
    assert next(iter(found.blocks("t"))).columns["parameters"] == [25557032]


def harness(name, acc):
    results = {"arc_easy": {"alias": "arc_easy", "acc,none": acc, "acc_stderr,none": 0.01, "acc_norm,none": acc - 0.05,
                            "acc_norm_stderr,none": "N/A"},
               "wikitext": {"word_perplexity,none": 25.5, "word_perplexity_stderr,none": "N/A"}}  # fmt: skip
    return {"results": results, "n-samples": {"arc_easy": {"original": 2376, "effective": 2376}}, "n-shot": {"arc_easy": 5}, "versions": {},
            "config": {"model": "hf", "model_args": f"pretrained={name},dtype=float16"}}  # fmt: skip


def test_lm_eval_reads_tasks_metrics_standard_errors_and_counts(put):
    found = collected(put({"a/results_1.json": harness("org/a", 0.6), "b/results_1.json": harness("org/b", 0.7)}), "lm_eval")
    assert scores(found)["org/b", "arc_easy", "test", "accuracy", ""] == 0.7
    blocks = {(b.columns["dataset"], b.columns["metric"]): b.columns for b in found.blocks("t") if "metric" in b.columns}
    easy = blocks["arc_easy", "accuracy"]
    assert (easy["n"], easy["unit"]) == ([2376, 2376], "fraction")
    assert easy["low"] == pytest.approx([0.6 - 0.0196, 0.7 - 0.0196], abs=1e-6)
    assert blocks["arc_easy", "acc_norm"]["low"] is None
    assert (blocks["wikitext", "word_perplexity"]["value"].tolist(), blocks["wikitext", "word_perplexity"]["unit"]) == ([25.5, 25.5], None)


def mlruns(run, name, accuracy, stage="active"):
    return {
        f"1/{run}/meta.yaml": f"run_id: {run}\nlifecycle_stage: {stage}\nrun_name: {name}\n", f"1/{run}/tags/mlflow.runName": name,
        f"1/{run}/metrics/val/acc": f"1700000000000 0.1 0\n1700000000100 {accuracy} 5\n1700000000050 0.2 3\n",
        f"1/{run}/metrics/test_acc": f"1700000000000 {accuracy - 0.25} 5\n", f"1/{run}/metrics/loss": "1700000000000 1.25 5\n",
        f"1/{run}/params/lr": "0.001", f"1/{run}/tags/mlflow.user": "somebody",
    }  # fmt: skip


def test_mlflow_takes_the_last_value_of_each_metric_and_leaves_deleted_runs_out(put):
    root = put(
        {
            "0/meta.yaml": "experiment_id: 0\n",
            **mlruns("aa", "calm-owl", 0.75),
            **mlruns("bb", "mad-fox", 0.875),
            **mlruns("cc", "gone", 0.5, "deleted"),
        }
    )
    found = collected(root, "mlflow")
    assert scores(found) == {
        ("calm-owl", "val_acc", "test", "accuracy", ""): 0.75, ("calm-owl", "test_acc", "test", "accuracy", ""): 0.5,
        ("mad-fox", "val_acc", "test", "accuracy", ""): 0.875, ("mad-fox", "test_acc", "test", "accuracy", ""): 0.625,
    }  # fmt: skip
    assert networks(found)["calm-owl"][0] == {"run_id": "aa", "loss": 1.25, "params.lr": 0.001}
    assert "1 deleted runs are left out." in found.notes


def test_an_export_of_mlflow_is_read(put):
    text = "run_id,status,metrics.acc,metrics.loss,params.lr,tags.mlflow.runName\naa,FINISHED,0.75,1.5,0.1,owl\nbb,FINISHED,0.5,1.25,0.2,fox\n"
    found = collected(put({"runs.csv": text}) / "runs.csv", "mlflow")
    assert scores(found) == {("owl", "acc", "test", "accuracy", ""): 0.75, ("fox", "acc", "test", "accuracy", ""): 0.5}
    assert networks(found)["fox"][0]["params.lr"] == 0.2


# --- all kinds


def test_the_kinds_of_tables_are_all_importers():
    assert set(_tabulated.KINDS) <= set(importers.names())


@pytest.mark.parametrize("kind", [kind for kind in _tabulated.KINDS if kind != "table"])
def test_a_folder_of_something_else_is_refused_with_what_to_bring(put, kind):
    root = put({"notes.txt": "nothing", "a.json": {"a": 1}, "b.csv": "a,b\n1,2\n", "c.jsonl": "{}\n"})
    with pytest.raises(errors.UserError) as told:
        registry.load("importers", kind).read(root)
    assert "Bring" in told.value.hint


def test_several_tables_of_no_known_kind_are_refused(put):
    with pytest.raises(errors.UserError, match="of no kind that is known together"):
        _tabulated.detect(put({"a.csv": "a,b\n1,2\n", "b.csv": "a,b\n1,2\n"}))


def test_the_in_distribution_set_of_a_kind_can_be_said(put):
    found = collected(put(TIMM_FILES), "timm", asked=Asked(id_column="imagenet-a-clean"))
    assert networks(found)["vit [img_size=224]"][1] == "imagenet-a-clean"
    with pytest.raises(errors.UserError, match="no set of this table named"):
        _tabulated.read("timm", put(TIMM_FILES), Asked(id_column="imagenet-b"))


def test_an_archive_is_read_like_the_folder_in_it(put, tmp_path):
    import zipfile

    root = put(TIMM_FILES)
    with zipfile.ZipFile(tmp_path / "timm.zip", "w") as archive:
        for file in root.iterdir():
            archive.write(file, f"results/{file.name}")
    assert scores(collected(tmp_path / "timm.zip", "timm")) == scores(collected(root, "timm"))
    with zipfile.ZipFile(tmp_path / "evil.zip", "w") as archive:
        archive.writestr("../out.csv", "a")
    with pytest.raises(errors.UserError, match="leads out of its folder"):
        _sources.files(tmp_path / "evil.zip")
