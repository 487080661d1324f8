"""`alertes.yaml` is checked when it is loaded."""

from pathlib import Path

import pytest

from entrepot.alerts.rules import FILE, AlertRulesError, load_alert_rules


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("part: 0.10", "part: 10", r"line \d+: frequente\.part: Input should be less than or equal to 1"),
        ("{contact: national, webhook: true}", "{webhook: false}", r"line \d+: destinataires\..*nobody would be told"),
        ("  territoire:", "  mairie:", r"line \d+: destinataires\.mairie"),
        ("silence_max_jours: 180", "silence_max: 180", r"line \d+: silence_max"),
    ],
)
def test_a_file_that_cannot_be_used_names_the_line(tmp_path: Path, before: str, after: str, said: str) -> None:
    text = FILE.read_text("utf-8")
    assert before in text
    (tmp_path / "alertes.yaml").write_text(text.replace(before, after, 1), "utf-8")
    with pytest.raises(AlertRulesError, match=said):
        load_alert_rules(tmp_path / "alertes.yaml")
