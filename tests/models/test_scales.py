"""What scales are called."""

import pytest
from jumpcheck.models.scales import scale_name


@pytest.mark.parametrize(
    ("basis", "name"),
    [
        (["non_embedding_params"], "parameters"),
        (["total_params", "non_embedding_params", "none"], "parameters"),
        (["training_tokens", "none", "training_tokens"], "training tokens"),
        (["training_flops", "6 * total_params * training_tokens"], "training FLOPs"),
        (["training_tokens", "training_steps"], "parameters"),
        (["training_tokens", "non_embedding_params"], "parameters"),
        (["exp(-loss)"], "exp(−pretraining loss)"),
        (["none"], "parameters"),
        ([], "parameters"),
    ],
)
def test_names_of_scales(basis, name):
    assert scale_name(basis) == name
