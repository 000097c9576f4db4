"""What a run says, and to whom: the terminal, handlers of the logger, handlers of the root logger."""

import logging as standard

import pytest

import raytune_lite as rtl


class Kept(standard.Handler):
    def __init__(self):
        super().__init__()
        self.records = []

    def emit(self, record):
        self.records.append(record)

    def texts(self, level):
        return [record.getMessage() for record in self.records if record.levelno == level]


@pytest.fixture(autouse=True)
def as_it_was():
    logger = rtl.logging.get_logger("raytune_lite")
    before = logger.level, logger.propagate, logger.handlers[:]
    yield
    logger.setLevel(before[0])
    logger.propagate, logger.handlers[:] = before[1:]


def run(**keywords):
    def objective(trial):
        if trial.number == 1:
            raise ValueError("no")
        return trial.suggest_float("x", 0, 1)

    study = rtl.create_study(study_name="said", sampler=rtl.samplers.RandomSampler(seed=1))
    study.optimize(objective, n_trials=2, catch=ValueError, executor="inline", **keywords)


def test_a_handler_of_ones_own_has_each_trial_notices_and_the_result(capsys):
    kept = Kept()
    rtl.logging.get_logger("optuna").addHandler(kept)  # Optuna's name, as its tutorials have it
    run()
    infos = kept.texts(rtl.logging.INFO)
    assert [text.split()[:3] for text in infos[:2]] == [["trial", "0", "COMPLETE:"], ["trial", "1", "FAIL"]]
    assert infos[2].splitlines()[0] == "study said:"
    assert any("trial 1 (attempt 1) failed" in text for text in kept.texts(rtl.logging.WARNING))
    shown = capsys.readouterr().err
    assert shown.count("trial 1 (attempt 1) failed") == 1  # and the default handler does not print it again
    assert "trial 0 COMPLETE" not in shown
    kept.records.clear()
    run(show_progress_bar=False)
    assert not any("study said:" in text for text in kept.texts(rtl.logging.INFO))


def test_the_root_loggers_handlers_are_told_where_that_is_wanted(caplog, capsys):
    caplog.set_level("INFO")
    root = Kept()
    standard.getLogger().addHandler(root)
    try:
        run()
        assert not root.records
        rtl.logging.enable_propagation()
        run()
        assert len(root.texts(rtl.logging.INFO)) == 3
        rtl.logging.disable_propagation()
        rtl.logging.get_logger("raytune_lite.mine").info("hello")
        assert len(root.texts(rtl.logging.INFO)) == 3
        assert "hello" in capsys.readouterr().err
    finally:
        standard.getLogger().removeHandler(root)


def test_without_the_default_handler_nothing_is_printed_and_others_are_told(capsys):
    kept = Kept()
    rtl.logging.get_logger("raytune_lite").addHandler(kept)
    rtl.logging.disable_default_handler()
    run()
    rtl.logging.get_logger("raytune_lite.mine").warning("hello")
    assert capsys.readouterr().err == ""
    assert len(kept.texts(rtl.logging.INFO)) == 3
    rtl.logging.enable_default_handler()
    run()
    assert "study said:" in capsys.readouterr().err


def test_the_level_holds_for_all(capsys):
    kept = Kept()
    logger = rtl.logging.get_logger("raytune_lite")
    logger.addHandler(kept)
    rtl.logging.set_verbosity(rtl.logging.WARNING)
    assert logger.level == rtl.logging.get_verbosity() == standard.WARNING
    run()
    assert not kept.texts(rtl.logging.INFO)
    assert kept.texts(rtl.logging.WARNING)
    rtl.logging.set_verbosity(rtl.logging.ERROR)
    kept.records.clear()
    capsys.readouterr()
    run()
    assert not kept.records
    assert capsys.readouterr().err == ""


def test_a_name_with_half_a_character_is_logged_in_ascii():
    kept = Kept()
    rtl.logging.get_logger("raytune_lite").addHandler(kept)
    rtl.logging.tell(rtl.logging.INFO, "trial \ud800")
    assert kept.texts(rtl.logging.INFO) == ["trial \\ud800"]


def test_a_logger_has_a_name():
    assert rtl.logging.get_logger("mine").name == "mine"
    assert rtl.logging.get_logger("optuna.x").name == "raytune_lite.x"
    with pytest.raises(TypeError, match="name must be"):
        rtl.logging.get_logger(3)
