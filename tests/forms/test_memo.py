"""What is remembered of texts is bounded: free texts never come back."""

import pytest

from entrepot.forms import memo


def test_each_value_is_computed_once_until_too_many_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memo, "KEPT", 2)
    computed: list[str] = []

    def length(text: str) -> int:
        computed.append(text)
        return len(text)

    lengths = memo.Memo(length)
    assert [*map(lengths.__getitem__, ["a", "a", "bc", "def", "a"])] == [1, 1, 2, 3, 1]
    assert computed == ["a", "bc", "def", "a"]
    assert len(lengths) <= 2
